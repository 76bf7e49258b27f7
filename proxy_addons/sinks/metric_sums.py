"""Metrics of several processes as one page: what each counted, summed, and what the ended ones had counted.

A counter or a histogram is the sum over all processes there ever were, so it never goes back when one is replaced. A
gauge is a state of the processes there are, and how several states make one differs: GAUGES says it for each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Exemplar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from prometheus_client import CollectorRegistry

    type Labels = tuple[tuple[str, str], ...]
    type Key = tuple[str, Labels]

SUM, MOST, LEAST, OWN = "sum", "most", "least", "own"

GAUGES: Final[Mapping[str, str]] = {
    # Work at hand: every process has its share of it.
    "why403_exchanges_in_flight": SUM,
    "why403_connections": SUM,
    "why403_store_queue_length": SUM,
    "why403_bundle_queue_length": SUM,
    "why403_page_readers": SUM,
    # One that leaves makes the whole unready.
    "why403_draining": MOST,
    # All read the same file; one that has not yet says 0.
    "why403_certificate_not_after_timestamp_seconds": MOST,
    # The same in all, but for the moment in which changed rules are taken up.
    "why403_rules_loaded": MOST,
    "why403_rules_info": MOST,
    "why403_build_info": MOST,
    # Good only where it is good for all.
    "why403_store_up": LEAST,
    "why403_rules_last_reload_successful": LEAST,
    # Since when all use the rules they use.
    "why403_rules_last_reload_success_timestamp_seconds": LEAST,
    # What only the process that starts the others knows; its start is the start of the whole.
    "why403_workers": OWN,
    "process_start_time_seconds": OWN,
    # What the system gives to all together. Descriptors and their limit both, so that their ratio means something.
    "process_virtual_memory_bytes": SUM,
    "process_resident_memory_bytes": SUM,
    "process_open_fds": SUM,
    "process_max_fds": SUM,
}
"""How the states of several processes make one; what is missing here is summed."""


@dataclass(frozen=True, slots=True)
class Traced:
    """An exemplar: the case behind a number. `at` is in seconds since 1970."""

    labels: dict[str, str]
    value: float
    at: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample of one process."""

    name: str
    labels: dict[str, str]
    value: float
    traced: Traced | None = None

    @property
    def key(self) -> Key:
        """What makes it the same series in another process."""
        return self.name, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Family:
    """A metric of one process."""

    name: str
    kind: str
    text: str
    readings: Sequence[Reading]


def family_of(metric: Metric) -> Family:
    """A metric in the form that goes from one process to another."""
    readings = [
        Reading(sample.name, dict(sample.labels), float(sample.value), _traced(sample.exemplar))
        for sample in metric.samples
    ]
    return Family(metric.name, metric.type, metric.documentation, readings)


@dataclass(slots=True)
class MetricSums:
    """The last readings of every process by a number of its own, and what the ended ones left behind."""

    own: CollectorRegistry
    _living: dict[int, Sequence[Family]] = field(default_factory=dict)
    _left: dict[str, Family] = field(default_factory=dict)

    def take(self, process: int, families: Sequence[Family]) -> None:
        """The present readings of a process."""
        self._living[process] = families

    def bury(self, process: int) -> None:
        """A process has ended: what it counted stays, its states go."""
        for family in self._living.pop(process, ()):
            if family.kind != "gauge":
                left = self._left.get(family.name)
                self._left[family.name] = _together(family, SUM, [left, family] if left else [family])

    def collect(self) -> Iterator[Metric]:
        """Every metric once, in the order of the own registry."""
        living = [{family.name: family for family in families} for families in self._living.values()]
        own = {metric.name: family_of(metric) for metric in self.own.collect()}
        for name in dict.fromkeys(name for source in (own, self._left, *living) for name in source):
            theirs = [source[name] for source in living if name in source]
            mine = [own[name]] if name in own else []
            one = [*mine, *theirs, *([self._left[name]] if name in self._left else [])][0]
            if one.kind != "gauge":
                yield _metric(_together(one, SUM, [*mine, *theirs, *filter(None, [self._left.get(name)])]))
                continue
            how = GAUGES.get(name, SUM)
            chosen = mine if how == OWN else theirs or mine if how == LEAST else [*mine, *theirs]
            yield _metric(_together(one, how, chosen))


def _together(family: Family, how: str, parts: Iterable[Family]) -> Family:
    found: dict[Key, Reading] = {}
    for reading in (reading for part in parts for reading in part.readings):
        known = found.get(reading.key)
        found[reading.key] = reading if known is None else _joined(known, reading, how)
    return Family(family.name, family.kind, family.text, [*found.values()])


def _joined(one: Reading, other: Reading, how: str) -> Reading:
    values = (one.value, other.value)
    value = max(values) if how == MOST else min(values) if how == LEAST else sum(values)
    traces = [traced for traced in (one.traced, other.traced) if traced is not None]
    return Reading(one.name, one.labels, value, max(traces, key=lambda traced: traced.at, default=None))


def _metric(family: Family) -> Metric:
    metric = Metric(family.name, family.text, family.kind)
    for reading in family.readings:
        traced = reading.traced
        exemplar = Exemplar(traced.labels, traced.value, traced.at) if traced else None
        metric.add_sample(reading.name, reading.labels, reading.value, exemplar=exemplar)
    return metric


def _traced(exemplar: Exemplar | None) -> Traced | None:
    if exemplar is None:
        return None
    return Traced(dict(exemplar.labels), float(exemplar.value), float(exemplar.timestamp or 0))
