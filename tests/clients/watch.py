"""What why403 says about the calls of one test: log line, box and stored record of every failure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from proxy_addons.diagnosis.report import failure_json
from proxy_addons.sinks.store.database import open_store
from proxy_addons.sinks.store.reading import find_record
from tests.clients.wire import MARK
from tests.live.proxy import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from proxy_addons.diagnosis.failure_report import FailureReport
    from tests.live.proxy import RunningProxy

ENOUGH = "bundle not written (enough)"
"""What the proxy says when the tests' own calls have left as many bundles as anybody needs of one kind."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One failure as why403 reports it: the canonical log line, the box on the terminal, and the stored record."""

    line: dict[str, Any]
    box: str
    find_report: Callable[[], FailureReport]

    @property
    def cause(self) -> str:
        """The leading cause."""
        return str(self.line["rule.id"])

    @property
    def short(self) -> tuple[str, str]:
        """The leading cause and how sure why403 is of it."""
        return self.cause, str(self.line["auth.certainty"])

    @property
    def told(self) -> dict[str, Any]:
        """The failure as the store has it, in the form of the JSON report."""
        failure: dict[str, Any] = failure_json(self.find_report())
        assert (failure["id"], failure["findings"][0]["cause"]) == (self.line["why403.id"], self.cause)
        return failure

    @property
    def findings(self) -> dict[str, str]:
        """Every cause that was found, best first, with its certainty."""
        return {each["cause"]: each["certainty"] for each in self.told["findings"]}

    @property
    def gates(self) -> dict[str, str]:
        """The state of every gate."""
        return {each["gate"]: each["state"] for each in self.told["gates"]}

    @property
    def evidence(self) -> dict[str, str]:
        """The facts that speak for the leading cause."""
        listed = self.told["findings"][0]["evidence"]
        return {each["fact"]: each["value"] for each in listed if each["supports"]}


class Watch:
    """Reads what the proxy reports. The end of a test's reports is a failure of its own making, told by its id."""

    def __init__(self, proxy: RunningProxy, store: Path) -> None:
        self._proxy = proxy
        self._store = open_store(str(store))
        self._client = httpx.Client(
            proxy=f"http://127.0.0.1:{proxy.forward}",
            verify=proxy.trust(),
            timeout=SECONDS,
            headers={"User-Agent": MARK},
        )
        self.lines: list[dict[str, Any]] = []
        """Every canonical line of the run, the tests' own included."""
        self.shown: list[str] = []
        """Everything the terminal showed."""

    def close(self) -> None:
        """Hang up."""
        self._client.close()
        self._store.close()

    def verdicts(self) -> list[Verdict]:
        """Every failure since the last look, oldest first."""
        mark = str(uuid.uuid4())
        self._client.get("https://graph.microsoft.com/v1.0/mark", headers={"client-request-id": mark})
        found: list[dict[str, Any]] = []
        while not found or found[-1].get("ms.client_request_id") != mark:
            found.append(self._next_failure())
        return [self._verdict(line) for line in found[:-1]]

    def _next_failure(self) -> dict[str, Any]:
        while True:
            line = self._proxy.lines.get(timeout=SECONDS)
            assert line["log.level"] == "info" or ENOUGH in line["message"], line
            if line.get("event.name") == "why403.failure":
                self.lines.append(line)
                return line

    def verdict(self, cause: str, certainty: str) -> Verdict:
        """The one failure since the last look, which has to be this one."""
        found = self.verdicts()
        assert [each.short for each in found] == [(cause, certainty)], [each.short for each in found]
        return found[0]

    def _verdict(self, line: dict[str, Any]) -> Verdict:
        identifier, cause = line["why403.id"], line["rule.id"]
        assert "127.0.0.1" not in line["url.full"], "the client's way is no part of Microsoft's address"
        box = self._box(identifier)
        assert box.splitlines()[-1].startswith(f"└─ {cause} · {identifier} ")
        return Verdict(line, box, lambda: self._report(identifier))

    def _box(self, identifier: str) -> str:
        box: list[str] = []
        while not box or identifier not in box[-1]:
            line = self._proxy.shown.get(timeout=SECONDS)
            self.shown.append(line)
            box = [line] if line.startswith("┌") else [*box, line]
        return "\n".join(box)

    def _report(self, identifier: str) -> FailureReport:
        """What is stored, as soon as it is there: another thread writes it."""
        found: list[FailureReport] = []

        def stored() -> bool:
            record = find_record(self._store, identifier)
            found.extend([] if record is None else [record.report])
            return bool(found)

        self._proxy.wait_for(stored)
        return found[0]
