"""How long an explanation takes, in CPU time: `.venv/bin/python -m bench.explain_speed`.

All of them over the examination corpus (tests/replay): loading the rule base; one explanation of one refused exchange
against all of it, alone and with the redaction that follows in the proxy; a healthy EWS call; and a recording of 10,000
entries, 5 % of them refused, through the same path as `why403 explain`.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.course import Course, conclude, proceed
from proxy_addons.diagnosis.failure import explain, explain_next
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.evidence.hidden import hidden_failures
from proxy_addons.evidence.services import identify
from proxy_addons.evidence.timeline import NOTHING
from proxy_addons.intake.har import read_har
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact
from tests.replay.case import read_corpus
from tests.replay.har import har_of

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset

ENTRIES: Final = 10_000
SHARE: Final = 20
"""One entry in so many is refused."""
ROUNDS: Final = 5
REPEATED: Final = 100


def corpus() -> tuple[list[Exchange], list[Exchange]]:
    """The refused exchanges of the corpus, and those in which nothing was refused and the answer was a success."""
    refused: list[Exchange] = []
    fine: list[Exchange] = []
    for part in read_corpus():
        for case in part.cases:
            read = list(read_har(io.BytesIO(har_of([case]))))
            for step, exchange in zip(case.exchanges, read, strict=True):
                if isinstance(exchange, Exchange):
                    succeeded = exchange.response is not None and exchange.response.status < 300  # noqa: PLR2004  # HTTP's classes
                    (refused if step.expected else fine if succeeded else []).append(exchange)
    return refused, fine


def single(refused: list[Exchange], ruleset: Ruleset, *, redacted: bool) -> list[float]:
    """One explanation of each refusal, with its redaction where that is asked for: milliseconds of CPU."""
    pseudonyms = Pseudonyms(b"a key for measuring, 32 bytes long")
    spent = []
    for _ in range(ROUNDS):
        for exchange in refused:
            before = time.process_time_ns()
            for failure in explain(exchange, ruleset):
                if redacted:
                    redact(failure, pseudonyms)
            spent.append((time.process_time_ns() - before) / 1e6)
    return spent


def healthy(fine: list[Exchange], ruleset: Ruleset) -> float:
    """The median of a healthy EWS call that has been seen before, in microseconds of CPU."""
    spent = []
    for exchange in fine:
        request = exchange.request
        if identify(request.host, request.split_url.path).surface == "ews" and not hidden_failures(exchange):
            _, memory = explain_next(exchange, ruleset, NOTHING)
            before = time.process_time_ns()
            for _ in range(REPEATED):
                explain_next(exchange, ruleset, memory)
            spent.append((time.process_time_ns() - before) / 1e3 / REPEATED)
    return statistics.median(spent)


def _told(spent: list[float]) -> str:
    return f"median {statistics.median(spent):.2f} ms, 99th percentile {statistics.quantiles(spent, n=100)[98]:.2f} ms"


def recording() -> bytes:
    """A recording of many entries, each of them from the corpus, refusals spread evenly."""
    refused: list[object] = []
    fine: list[object] = []
    for part in read_corpus():
        for case in part.cases:
            entries = json.loads(har_of([case]).decode("utf-8-sig"))["log"]["entries"]
            for step, entry in zip(case.exchanges, entries, strict=True):
                (refused if step.expected else fine if 200 <= entry["response"]["status"] < 300 else []).append(entry)  # noqa: PLR2004  # HTTP's classes
    entries = [
        refused[index // SHARE % len(refused)] if index % SHARE == 0 else fine[index % len(fine)]
        for index in range(ENTRIES)
    ]
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "bench"}, "entries": entries}}).encode()


def whole(raw: bytes, ruleset: Ruleset) -> tuple[float, int]:
    """Entries a second of CPU through reading and explaining, and how many failures came out."""
    before, course, count = time.process_time(), Course(), 0
    for item in read_har(io.BytesIO(raw)):
        if isinstance(item, Exchange):
            course, failures = proceed(course, item, ruleset)
            count += len(failures)
    count += len(conclude(course, ruleset))
    return ENTRIES / (time.process_time() - before), count


def main() -> None:
    """Measure and print."""
    before = time.process_time()
    ruleset = read_rules()
    loaded = time.process_time() - before
    refused, fine = corpus()
    speed, failures = whole(recording(), ruleset)
    sys.stdout.write(
        f"loading {len(ruleset.rules)} rules: {loaded:.2f} s\n"
        f"one refusal ({len(refused)} different): {_told(single(refused, ruleset, redacted=False))}\n"
        f"the same with its redaction: {_told(single(refused, ruleset, redacted=True))}\n"
        f"one healthy EWS call: {healthy(fine, ruleset):.0f} us\n"
        f"{ENTRIES} entries, {failures} failures: {speed:.0f} entries a second\n"
    )


if __name__ == "__main__":
    main()
