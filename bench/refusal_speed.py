"""What one refusal costs the proxy, in CPU time and in one process: `.venv/bin/python -m bench.refusal_speed`.

The addons that work on a refusal, wired as `why403 run --quiet --log-format json` wires them: explained, redacted,
counted, annotated, logged, handed to the failure store. Each line is the best of several rounds, for the machine may be
busy with other things:

- new: every refusal is another one (another path and another token), so that all of the work is done
- one kind: the same call refused again and again, with ids and a moment of its own each time
- 1,000 kinds: a thousand different calls by turns, each refused again and again
- explain, redact: the two large parts of a new refusal alone
- counted only: as one kind, with the store switched off

Beside it stands what stock mitmproxy spends on a whole request where the comparison in docs/performance.md was made.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mitmproxy import http, options as mitmproxy_options
from mitmproxy.addons import core
from mitmproxy.master import Master
from mitmproxy.test import tflow

from bench.speed.answers import GRAPH, token as graph_token
from proxy_addons.addons.assembly import Outside, assemble
from proxy_addons.addons.reporter import Reporter
from proxy_addons.addons.screen import NoScreen
from proxy_addons.cli.cached_hooks import cache_hooks
from proxy_addons.cli.mitmproxy_shortcuts import take_shortcuts
from proxy_addons.diagnosis.failure import explain
from proxy_addons.intake.flow import exchange_from_flow
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact
from proxy_addons.sinks.event_log import start_logging, stop_logging
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.worker import LineWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.exchange import Exchange

REPEATED: Final = 1000
ROUNDS: Final = 3
KINDS: Final = 1000
NEW: Final = 100
"""Refusals measured where all of the work is done: they take long."""
_ISSUED: Final = 1_790_000_000
_STARTED: Final = _ISSUED + 405.0
_BODY: Final = (
    '{{"error":{{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation.",'
    '"innerError":{{"date":"2026-09-21T14:20:05","request-id":"{answered}","client-request-id":"{asked}"}}}}}}'
)


_TOKEN: Final = graph_token(GRAPH, 0, _ISSUED)


def _token(number: int) -> str:
    """A token nobody has sent before."""
    return graph_token(GRAPH, 1000 + number, _ISSUED)


def flow(number: int, kind: int, *, token: str = "") -> http.HTTPFlow:
    """A call Graph refused, as mitmproxy holds it in the end: the `number`th, of some kind."""
    asked, answered = f"7f1d6f0e-6a5b-4f0e-9a3e-{2 * number:012d}", f"7f1d6f0e-6a5b-4f0e-9a3e-{2 * number + 1:012d}"
    made = tflow.tflow(resp=True)
    headers: dict[str | bytes, str | bytes] = {
        "Host": GRAPH,
        "Authorization": f"Bearer {token or _TOKEN}",
        "User-Agent": "bench/1.0",
        "client-request-id": asked,
    }
    made.request = http.Request.make("GET", f"https://{GRAPH}/v1.0/users/k{kind}", b"", headers)
    made.response = http.Response.make(
        403,
        _BODY.format(asked=asked, answered=answered),
        {
            "Server": "nginx",
            "Date": "Mon, 21 Sep 2026 14:20:05 GMT",
            "Content-Type": "application/json",
            "request-id": answered,
            "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"West Europe","Ring":"5"}}',
        },
    )
    made.request.timestamp_start = _STARTED + number / 1000
    made.response.timestamp_start = made.request.timestamp_start + 0.01
    made.response.timestamp_end = made.request.timestamp_start + 0.02
    return made


def best(of: Callable[[], None], count: int, clock: Callable[[], float] = time.thread_time) -> float:
    """Microseconds of CPU each: the best of the rounds, with nothing left over for the collector from before."""
    found = []
    for _ in range(ROUNDS):
        gc.collect()
        before = clock()
        of()
        found.append((clock() - before) / count * 1e6)
    return min(found)


class Proxy:
    """The addons of a proxy that does not listen; `tell` is what happens after a refused answer has gone."""

    def __init__(self, folder: Path, ruleset: Ruleset, *, store: bool) -> None:
        self.metrics = Metrics()
        self.master = Master(mitmproxy_options.Options(), asyncio.get_running_loop())
        cache_hooks(self.master)
        take_shortcuts()
        addons = assemble(Outside(self.metrics, NoScreen(), ruleset=ruleset))
        self.master.addons.add(core.Core(), *addons)
        self.master.options.update(confdir=str(folder))
        self.master.options.update(why403_store=str(folder / "store.sqlite") if store else "off")
        self.reporter = next(addon for addon in addons if isinstance(addon, Reporter))
        self.sink = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - closed in `close`
        self.writer = LineWriter(self.sink, "bench-log")
        self.handler = start_logging(self.writer, self.metrics, as_json=True)

    def tell(self, flows: list[http.HTTPFlow]) -> None:
        """Refused, one after the other."""
        for each in flows:
            self.reporter.report(each, exchange_from_flow(each, None, None))

    def close(self) -> None:
        """Let go of everything."""
        self.master._legacy_log_events.uninstall()  # noqa: SLF001 - the master itself does it in `run`, which is not called
        for addon in ("why403-store", "why403-reporter"):
            self.master.addons.get(addon).done()
        stop_logging(self.handler)
        self.writer.close(5)
        self.sink.close()


async def measured(folder: Path, ruleset: Ruleset, *, store: bool) -> dict[str, float]:
    """Microseconds of one refusal of each sort, on the event loop's thread."""
    proxy = Proxy(folder, ruleset, store=store)
    logging.getLogger("mitmproxy").setLevel(logging.ERROR)
    try:
        figures = {}
        if store:
            fresh = [
                [flow(number, 10_000 + number, token=_token(number)) for number in range(at, at + NEW)]
                for at in range(0, NEW * ROUNDS, NEW)
            ]
            figures["new"] = best(lambda: proxy.tell(fresh.pop()), NEW)
            kinds = [flow(number, number % KINDS) for number in range(REPEATED)]
            proxy.tell(kinds)
            figures["1,000 kinds"] = best(lambda: proxy.tell(kinds), REPEATED)
        ones = [flow(number, 0) for number in range(REPEATED)]
        proxy.tell(ones[:100])
        # What is to be stored of one kind is stored by then.
        await asyncio.sleep(1)
        figures["one kind" if store else "one kind, counted only"] = best(lambda: proxy.tell(ones), REPEATED)
    finally:
        proxy.close()
    return figures


def parts(ruleset: Ruleset) -> dict[str, float]:
    """Microseconds of the two large parts of a new refusal, and of both as they stand in the proxy."""
    exchanges: list[Exchange] = [exchange_from_flow(flow(number, number), None, None) for number in range(NEW)]
    failures = [failure for exchange in exchanges for failure in explain(exchange, ruleset)]
    pseudonyms = Pseudonyms(b"a key for measuring, 32 bytes long")

    def explained() -> None:
        for exchange in exchanges:
            explain(exchange, ruleset)

    def redacted() -> None:
        for failure in failures:
            redact(failure, pseudonyms)

    return {"explain": best(explained, NEW), "redact": best(redacted, NEW)}


def say(figures: Mapping[str, float]) -> None:
    """Print figures as soon as they are there."""
    for name, microseconds in figures.items():
        sys.stdout.write(f"{name:<24} {microseconds:7.0f} us\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    ruleset = read_rules()
    say(parts(ruleset))
    for store in (True, False):
        with tempfile.TemporaryDirectory() as scratch:
            say(asyncio.run(measured(Path(scratch), ruleset, store=store)))


if __name__ == "__main__":
    main()
