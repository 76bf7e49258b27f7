"""What a soak came to: verdicts over its samples, the JSON and the picture.

A verdict is a sentence with the figures it stands on and whether it holds. Memory, descriptors and threads are compared
between two calm stretches: the reference (after the first storms, when the bounded tables have filled) and the end.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.picture import Panel, Series, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MEMORY_MAY_GROW: Final = 1.20
RECOVERED_WITHIN: Final = 10.0
"""Seconds after a storm until healthy calls are as fast as before it and nothing waits to be stored."""
SPARE_DESCRIPTORS: Final = 10
SPARE_THREADS: Final = 4
"""Pools start their last threads when they are needed first; what leaks, leaks with every connection or reload."""
_SETTLE_SECONDS: Final = 15.0
_END_SHARE: Final = 0.15
_FILLING: Final = 2


@dataclass(frozen=True)
class Sample:
    """One moment. Latencies in milliseconds, of the healthy calls since the sample before; None: there were none."""

    second: float
    phase: str
    rss: float
    pss: float
    descriptors: int
    threads: int
    cpu: float
    exchanges: float
    refusals: float
    p50: float | None
    p99: float | None
    store_queue: float
    dropped: float
    store_megabytes: float
    in_flight: float


@dataclass(frozen=True)
class Storm:
    """A storm as it passed. `recovered` is seconds from its end until all was as before; None: not before the next."""

    name: str
    began: float
    ended: float
    refusals: int
    recovered: float | None


@dataclass(frozen=True)
class Counts:
    """What was counted on both sides by the end, and what is left at rest when the clients have gone."""

    exchanges: int
    refusals_seen: int
    refusals_stored: int
    records_dropped: int
    wrong: Mapping[str, int]
    internal_errors: int
    left_in_flight: int
    descriptors_before: int
    descriptors_after: int
    log_errors: Sequence[str]


@dataclass(frozen=True)
class Verdict:
    """One promise, whether it held, and the figures."""

    promise: str
    holds: bool
    figures: str


def verdicts(samples: Sequence[Sample], storms: Sequence[Storm], counts: Counts) -> list[Verdict]:
    """Everything a soak has to show."""
    reference, end = _calm_stretches(samples, storms)
    wrong = ", ".join(f"{number} x {what}" for what, number in counts.wrong.items())
    return [
        _memory(reference, end),
        _not_more("threads do not grow", reference, end, lambda sample: sample.threads, spare=SPARE_THREADS),
        _not_more(
            "descriptors do not grow", reference, end, lambda sample: sample.descriptors, spare=SPARE_DESCRIPTORS
        ),
        Verdict(
            "nothing is left open when the clients have gone",
            counts.left_in_flight == 0 and counts.descriptors_after <= counts.descriptors_before + SPARE_DESCRIPTORS,
            f"{counts.left_in_flight} exchanges, {counts.descriptors_after} descriptors "
            f"({counts.descriptors_before} before the first client)",
        ),
        *(_recovered(storm) for storm in storms),
        Verdict(
            "every answer reached its client unchanged",
            not counts.wrong,
            f"{counts.exchanges} exchanges, {wrong or 'none wrong'}",
        ),
        Verdict(
            "every refusal is counted in the store",
            counts.refusals_seen == counts.refusals_stored,
            f"{counts.refusals_seen} seen by clients, {counts.refusals_stored} in the store; "
            f"{counts.records_dropped} full records dropped and counted",
        ),
        Verdict(
            "no error of why403 itself",
            counts.internal_errors == 0 and not counts.log_errors,
            f"{counts.internal_errors} counted, {len(counts.log_errors)} in the log",
        ),
    ]


def _calm_stretches(samples: Sequence[Sample], storms: Sequence[Storm]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The calm samples after the first storms have settled, and those of the end.

    The first storm of new tokens fills the tables; where a third follows, the reference comes after the second.
    """
    last = samples[-1].second
    settled = sorted(storm.ended + _SETTLE_SECONDS for storm in storms) or [last * _END_SHARE]
    begun = settled[1 if len(settled) > _FILLING else 0]
    calm = [sample for sample in samples if not sample.phase]
    length = max(last * _END_SHARE, 10.0)
    reference = [sample for sample in calm if begun <= sample.second <= begun + length]
    end = [sample for sample in calm if sample.second >= last - length]
    return reference or calm, end or calm


def _memory(reference: Sequence[Sample], end: Sequence[Sample]) -> Verdict:
    before, after = (statistics.median(sample.rss for sample in part) for part in (reference, end))
    minute = reference[0].second / 60
    return Verdict(
        f"memory is flat within {round(100 * MEMORY_MAY_GROW - 100)} %",
        after <= before * MEMORY_MAY_GROW,
        f"{before:.1f} MB around minute {minute:.1f}, {after:.1f} MB at the end ({100 * after / before - 100:+.1f} %)",
    )


def _not_more(
    promise: str, reference: Sequence[Sample], end: Sequence[Sample], what: Callable[[Sample], int], *, spare: int
) -> Verdict:
    before, after = (statistics.median_high([what(sample) for sample in part]) for part in (reference, end))
    figures = f"{before} around minute {reference[0].second / 60:.1f}, {after} at the end"
    return Verdict(promise, after <= before + spare, figures)


def _recovered(storm: Storm) -> Verdict:
    figures = "not before the end" if storm.recovered is None else f"after {storm.recovered:.0f} s"
    holds = storm.recovered is not None and storm.recovered <= RECOVERED_WITHIN
    return Verdict(f"recovered from the storm at {storm.began / 60:.1f} min ({storm.name})", holds, figures)


def picture(samples: Sequence[Sample], storms: Sequence[Storm], title: str, subtitle: str) -> str:
    """The samples over time, the storms shaded."""

    def over_time(name: str, value: Callable[[Sample], float | None]) -> Series:
        points = [(sample.second, found) for sample in samples if (found := value(sample)) is not None]
        return Series(name, points)

    panels = [
        Panel("Memory", "MB", [over_time("RSS", lambda s: s.rss), over_time("PSS", lambda s: s.pss)]),
        Panel(
            "Healthy calls, latency",
            "ms",
            [over_time("p50", lambda s: s.p50), over_time("p99", lambda s: s.p99)],
            decades=True,
        ),
        Panel(
            "Exchanges a second",
            "",
            [over_time("all", lambda s: s.exchanges), over_time("refused", lambda s: s.refusals)],
        ),
        Panel(
            "Descriptors and threads",
            "",
            [over_time("descriptors", lambda s: s.descriptors), over_time("threads", lambda s: s.threads)],
        ),
        Panel("Records waiting for the store", "", [over_time("waiting", lambda s: s.store_queue)]),
        Panel("Failure store", "MB", [over_time("size", lambda s: s.store_megabytes)]),
    ]
    return lines(title, subtitle, panels, [(storm.began, storm.ended) for storm in storms])
