"""One run of a soak: the clients, the proxy's process, and a sample of both every few seconds."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import sqlite3
import statistics
import sys
import time
from typing import TYPE_CHECKING, Final

from bench.process_readings import read_tree
from bench.soak_clients import Crowd, Seen
from bench.soak_plan import callers, calm_callers
from bench.soak_report import Counts, Sample, Storm
from bench.soak_stage import RULE, log_errors, metrics, total, written_rule

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from bench.soak_line import Doors
    from bench.soak_plan import Plan

_EVERY: Final = 2.0
"""Seconds between two samples."""
_REST_SECONDS: Final = 15.0
_SLACK_SECONDS: Final = 0.005


class Soak:
    """One run: the proxy's process, its clients, and what was seen of both."""

    def __init__(self, plan: Plan, doors: Doors, process: subprocess.Popen[bytes], directory: Path) -> None:
        self._plan = plan
        self._doors = doors
        self._process = process
        self._directory = directory
        self._numbers: Iterator[int] = itertools.count()
        self._seen = Seen()
        self._phase = ""
        self._began = time.monotonic()
        self._before = {"cpu": 0.0, "exchanges": 0.0, "refusals": 0.0, "second": 0.0}
        self._series: dict[str, float] = {}
        self.samples: list[Sample] = []
        self.storms: list[Storm] = []

    async def run(self) -> Counts:
        """Everything, to the end, when all clients have gone."""
        at_rest = read_tree(self._process.pid)
        calm = Crowd(self._doors, self._seen, self._numbers)
        calls = [asyncio.create_task(caller) for caller in calm_callers(calm)]
        others = [asyncio.create_task(each) for each in (self._live_reader(), self._visitor(), self._rule_writer())]
        watch = asyncio.create_task(self._watch())
        for name, begin, end in self._plan.storms:
            await asyncio.sleep(max(0.0, begin - self._now()))
            await self._storm(name, end)
        await asyncio.sleep(max(0.0, self._plan.seconds - self._now()))
        await _end(calm, calls)
        for task in (watch, *others):
            task.cancel()
        await asyncio.gather(watch, *others, return_exceptions=True)
        return await self._rest(at_rest.descriptors)

    def _now(self) -> float:
        return time.monotonic() - self._began

    async def _storm(self, name: str, end: float) -> None:
        crowd = Crowd(self._doors, self._seen, self._numbers)
        usual = statistics.median([sample.p50 for sample in self.samples if sample.p50 is not None][-15:] or [1.0])
        began, refusals = self._now(), self._seen.refusals
        self._phase = name
        calls = [asyncio.create_task(caller) for caller in callers(name, crowd)]
        await asyncio.sleep(max(0.0, end - self._now()))
        await _end(crowd, calls)
        ended, self._phase = self._now(), ""
        made = self._seen.refusals - refusals
        self._seen.taken()
        recovered = await self._recovery(ended, usual)
        self.storms.append(Storm(name, began, ended, made, recovered))
        say(f"  storm of {ended - began:.0f} s ({name}): {made} refusals; recovered after {recovered} s")

    async def _recovery(self, ended: float, usual: float) -> float | None:
        """Seconds until healthy calls are as fast as before (half as slow again and 5 ms) and nothing is queued.

        At the most: the store gathers what comes for a moment, so a look may find something that has just come.
        """
        while self._now() < ended + 60:
            await asyncio.sleep(_EVERY / 2)
            last = self.samples[-1]
            fast = last.p50 is not None and last.p50 <= 1.5 * usual + 1000 * _SLACK_SECONDS
            if last.second > ended and fast and not last.store_queue:
                return round(last.second - ended, 1)
        return None

    async def _watch(self) -> None:
        for number in itertools.count(1):
            # Not at fixed moments: late ones would come in bursts, with rates over no time at all.
            await asyncio.sleep(_EVERY)
            sample = await self._sample()
            self.samples.append(sample)
            if number % 30 == 0:
                say(
                    f"  {sample.second / 60:4.1f} min  {sample.rss:6.1f} MB  p50 {sample.p50 or 0:5.1f} ms  "
                    f"p99 {sample.p99 or 0:6.1f} ms  {sample.descriptors:4d} descriptors  {sample.threads} threads  "
                    f"{sample.exchanges:5.0f}/s"
                )

    async def _sample(self) -> Sample:
        # A proxy that is too busy to answer at once holds something all the same.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EVERY):
                self._series = metrics(await self._page("/metrics"))
        series, held = self._series, read_tree(self._process.pid)
        latencies = sorted(1000 * each for each in self._seen.taken())
        before = self._before
        now = {
            "cpu": held.cpu_seconds,
            "exchanges": total(series, "why403_exchanges_total"),
            "refusals": total(series, "why403_failures_total"),
            "second": self._now(),
        }
        self._before = now
        passed = now["second"] - before["second"]
        sizes = [path.stat().st_size for path in self._directory.glob("failures.sqlite*")]
        return Sample(
            second=round(now["second"], 1),
            phase=self._phase,
            rss=round(held.rss, 1),
            pss=round(held.pss, 1),
            descriptors=held.descriptors,
            threads=held.threads,
            cpu=round((now["cpu"] - before["cpu"]) / passed, 2),
            exchanges=round((now["exchanges"] - before["exchanges"]) / passed, 1),
            refusals=round((now["refusals"] - before["refusals"]) / passed, 1),
            p50=round(latencies[len(latencies) // 2], 1) if latencies else None,
            p99=round(latencies[int(len(latencies) * 0.99)], 1) if latencies else None,
            store_queue=total(series, "why403_store_queue_length"),
            dropped=total(series, "why403_store_dropped_total"),
            store_megabytes=round(sum(sizes) / 1024 / 1024, 2),
            in_flight=total(series, "why403_exchanges_in_flight"),
        )

    async def _page(self, path: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._doors.admin)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        with contextlib.closing(writer):
            return (await reader.read()).partition(b"\r\n\r\n")[2].decode()

    async def _live_reader(self) -> None:
        """A page that is open all the time."""
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._doors.admin)
            writer.write(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            with contextlib.closing(writer):
                while await reader.readline():
                    pass

    async def _visitor(self) -> None:
        """Somebody who goes through the pages."""
        for path in itertools.cycle(("/", "/ews", "/rules", "/?q=graph", "/nowhere")):
            await asyncio.sleep(5)
            groups = re.findall(r"/groups/[a-z0-9-]+", await self._page(path))
            if groups:
                await self._page(groups[0])

    async def _rule_writer(self) -> None:
        """Somebody who works on a rule: now and then it is wrong."""
        place = self._directory / "rules" / "graph" / RULE.name
        for number in itertools.count(1):
            await asyncio.sleep(20)
            place.write_text(written_rule(number), encoding="utf-8")

    async def _rest(self, before: int) -> Counts:
        """Wait until nothing is open any more, or for long enough, and count."""
        deadline = time.monotonic() + _REST_SECONDS
        while True:
            series = metrics(await self._page("/metrics"))
            still = total(series, "why403_exchanges_in_flight") + total(series, "why403_connections")
            waiting = total(series, "why403_store_queue_length")
            if (not still and not waiting) or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(1)
        after = read_tree(self._process.pid)
        self._process.terminate()
        await asyncio.to_thread(self._process.wait)
        with contextlib.closing(sqlite3.connect(self._directory / "failures.sqlite")) as store:
            (stored,) = store.execute("SELECT COALESCE(SUM(occurrences), 0) FROM why403_groups").fetchone()
        return Counts(
            exchanges=int(total(series, "why403_exchanges_total")),
            refusals_seen=self._seen.refusals,
            refusals_stored=stored,
            records_dropped=int(total(series, "why403_store_dropped_total")),
            wrong=dict(self._seen.wrong),
            internal_errors=int(total(series, "why403_internal_errors_total")),
            left_in_flight=int(total(series, "why403_exchanges_in_flight")),
            descriptors_before=before,
            descriptors_after=after.descriptors,
            log_errors=log_errors(self._directory / "log"),
        )


async def _end(crowd: Crowd, calls: list[asyncio.Task[None]]) -> None:
    """Let everybody finish what they are at; who takes long is interrupted."""
    crowd.over = True
    await asyncio.wait(calls, timeout=5)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


def say(line: str) -> None:
    """A line at once: whoever waits wants to see it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
