"""How long an explanation takes, in CPU time: `.venv/bin/python -m bench.explain_speed`.

Two figures, both over the examination corpus (tests/replay): one explanation of one refused exchange against the whole
rule base, and a recording of 10,000 entries, 5 % of them refused, through the same path as `why403 explain`.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.course import Course, conclude, proceed
from proxy_addons.diagnosis.failure import explain
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.intake.har import read_har
from proxy_addons.intake.rule_files import read_rules
from tests.replay.case import read_corpus
from tests.replay.har import har_of

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset

ENTRIES: Final = 10_000
SHARE: Final = 20
"""One entry in so many is refused."""
ROUNDS: Final = 5


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


def single(refused: list[Exchange], ruleset: Ruleset) -> tuple[float, float]:
    """Median and 99th percentile of one explanation, in milliseconds of CPU."""
    spent = []
    for _ in range(ROUNDS):
        for exchange in refused:
            before = time.process_time_ns()
            explain(exchange, ruleset)
            spent.append((time.process_time_ns() - before) / 1e6)
    return statistics.median(spent), statistics.quantiles(spent, n=100)[98]


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
    refused, _ = corpus()
    median, last = single(refused, ruleset)
    speed, failures = whole(recording(), ruleset)
    sys.stdout.write(
        f"loading {len(ruleset.rules)} rules: {loaded:.2f} s\n"
        f"one refusal ({len(refused)} different): median {median:.2f} ms, 99th percentile {last:.2f} ms\n"
        f"{ENTRIES} entries, {failures} failures: {speed:.0f} entries a second\n"
    )


if __name__ == "__main__":
    main()
