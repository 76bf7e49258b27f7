"""What the failure store sustains: `.venv/bin/python -m bench.store_speed`.

Two figures on SQLite, in a temporary folder. Ten seconds of 500 failures a second, of which one in ten is a kind not
seen before and all are redacted exchanges of the corpus: what arrives, and how late an event loop is meanwhile that
does nothing but hand them over and look at the clock; before that the same loop without a store. Then pages of a store
with 100,000 records, in each way they are asked for, in milliseconds of wall time.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.failure import Failure
from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact
from proxy_addons.sinks.failure_filters import Filters
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.buffer import Batch, Entry, Tally, parts_of
from proxy_addons.sinks.store.database import open_store
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.reading import list_failures, list_groups, number_of
from proxy_addons.sinks.store.writer import StoreWriter
from proxy_addons.sinks.store.writing import make_ready, write
from tests.redaction.corpus.every import CASES
from tests.sinks.reports import REPORT

if TYPE_CHECKING:
    from proxy_addons.redaction.record import Record

RATE: Final = 500
SECONDS: Final = 10
TICK: Final = 0.02
RECORDS: Final = 100_000
ROUNDS: Final = 20
_CLOSE_SECONDS: Final = 60


def corpus() -> list[Record]:
    """The exchanges of the redaction's corpus as records."""
    pseudonyms = Pseudonyms(b"k" * 32)
    return [redact(Failure(case.exchange, REPORT), pseudonyms) for case in CASES]


def renamed(record: Record, number: int, group: int) -> Record:
    """The record as another occurrence, of some group."""
    report = replace(record.report, id=f"f-{number:012x}", fingerprint=f"g1-{group:016x}")
    return replace(record, report=report)


async def offered(writer: StoreWriter | None, records: list[Record]) -> list[float]:
    """Hand failures over at the rate, from an event loop; how late it was at each tick, in milliseconds."""
    late: list[float] = []
    sent, begun = 0, time.perf_counter()
    for tick in range(round(SECONDS / TICK)):
        due = begun + tick * TICK
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        late.append((time.perf_counter() - due) * 1000)
        for _ in range(round(RATE * TICK)):
            group = sent if sent % 10 == 0 else sent % 7
            record = renamed(records[sent % len(records)], sent, group)
            if writer is not None:
                writer.offer(record, "bench")
            sent += 1
    return late


def sustained(folder: Path, records: list[Record]) -> str:
    """The first figure, in words."""
    idle = asyncio.run(offered(None, records))
    metrics = Metrics()
    writer = StoreWriter(str(folder / "live.sqlite"), Limits(), metrics)
    before = time.process_time()
    late = asyncio.run(offered(writer, records))
    spent = time.process_time() - before
    ended = writer.close(_CLOSE_SECONDS)

    def count(name: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(f"why403_{name}", labels) or 0.0

    lost = sum(count("store_dropped_total", reason=reason) for reason in ("queue_full", "unsafe", "store_error"))
    delays = "".join(
        f"  the loop's delay {name}: median {statistics.median(each):.2f} ms, 99th percentile "
        f"{statistics.quantiles(each, n=100)[98]:.2f} ms, worst {max(each):.2f} ms\n"
        for name, each in (("without a store", idle), ("with it", late))
    )
    return (
        f"{RATE} failures a second for {SECONDS} s: {count('sink_writes_total', sink='store'):.0f} stored or counted, "
        f"{count('store_records_total'):.0f} full records, {lost:.0f} dropped, closed in time: {ended}\n"
        f"  {100 * spent / SECONDS:.0f} % of one core\n{delays}"
    )


def filled(place: str, records: list[Record]) -> None:
    """A store of so many records, each tenth of a group of its own, spread over a month."""
    database = open_store(place)
    clean = [replace(record, originals=Originals()) for record in records[:7]]
    now, step = int(time.time() * 1000), 30 * 86_400_000 // RECORDS
    for start in range(0, RECORDS, 1000):
        entries = [
            Entry(renamed(clean[number % 7], number, number // 10), "bench", now - (RECORDS - number) * step)
            for number in range(start, start + 1000)
        ]
        tallies: dict[str, Tally] = {}
        for entry in entries:
            one = Tally(parts_of(entry.record), 1, entry.seen, entry.seen)
            known = tallies.get(entry.fingerprint)
            tallies[entry.fingerprint] = known + one if known else one
        batch = Batch(entries, tallies)
        ready, unsafe = make_ready(batch.entries)
        with database.writing() as connection:
            write(connection, batch.tallies, ready, unsafe, 20)
    database.close()


def pages(place: str) -> str:
    """The second figure, in words."""
    database = open_store(place)
    middle = number_of(database, f"f-{RECORDS // 2:012x}")
    week = int(time.time() * 1000) - 7 * 86_400_000
    asked = {
        "the latest": (Filters(), None),
        "from the middle": (Filters(), middle),
        "a group": (Filters(group=f"g1-{RECORDS // 30:016x}"), None),
        "a cause": (Filters(cause=REPORT.diagnosis.leading.cause), middle),
        "a cause nobody has": (Filters(cause="none"), None),
        "an app and a week": (Filters(app=REPORT.token.app, since=week), None),
        "a request id": (Filters(request_id="11111111-1111-1111-1111-000000000000"), None),
        "a week, from the middle": (Filters(since=week), middle),
    }
    lines = []
    for name, (filters, before) in asked.items():
        spent, found = [], []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            found = list_failures(database, filters, 50, before)
            spent.append((time.perf_counter() - began) * 1000)
        lines.append(
            f"  {name}: {len(found)} rows, median {statistics.median(spent):.1f} ms, worst {max(spent):.1f} ms"
        )
    began = time.perf_counter()
    groups = list_groups(database, Filters(), 50)
    lines.append(f"  {len(groups)} groups: {(time.perf_counter() - began) * 1000:.1f} ms")
    database.close()
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    records = corpus()
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(sustained(Path(folder), records))
        place = str(Path(folder) / "large.sqlite")
        began = time.perf_counter()
        filled(place, records)
        size = Path(place).stat().st_size / 1e6
        sys.stdout.write(
            f"{RECORDS} records, {size:.0f} MB, written in {time.perf_counter() - began:.0f} s; pages of 50:\n"
        )
        sys.stdout.write(f"{pages(place)}\n")


if __name__ == "__main__":
    main()
