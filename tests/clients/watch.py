"""What why403 says about the calls of one test: log line, box and bundle of every failure."""

from __future__ import annotations

import json
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from tests.clients.wire import MARK
from tests.live.proxy import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.live.proxy import RunningProxy

ENOUGH = "bundle not written (enough)"
"""What the proxy says when the tests' own calls have left as many bundles as anybody needs of one kind."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One failure as why403 reports it: the canonical log line, the box on the terminal, and the bundle."""

    line: dict[str, Any]
    box: str
    find_bundle: Callable[[], Path]

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
        """The failure as the bundle's diagnosis.json has it."""
        with zipfile.ZipFile(self.find_bundle()) as members:
            report = json.loads(members.read("diagnosis.json"))
        failure: dict[str, Any] = report["failures"][0]
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

    def __init__(self, proxy: RunningProxy, bundles: Path) -> None:
        self._proxy = proxy
        self._bundles = bundles
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
        return Verdict(line, box, lambda: self._bundle(identifier))

    def _box(self, identifier: str) -> str:
        box: list[str] = []
        while not box or identifier not in box[-1]:
            line = self._proxy.shown.get(timeout=SECONDS)
            self.shown.append(line)
            box = [line] if line.startswith("┌") else [*box, line]
        return "\n".join(box)

    def _bundle(self, identifier: str) -> Path:
        """Its path, as soon as it is there: another thread writes it."""
        pattern = f"why403-*-{identifier}.zip"
        self._proxy.wait_for(lambda: any(self._bundles.glob(pattern)))
        return next(self._bundles.glob(pattern))
