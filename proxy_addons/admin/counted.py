"""What a proxy has counted, as one reads it: sums by label, the present revision, an upper bound of a percentile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.metrics_core import Metric
    from prometheus_client.samples import Sample

_P99: Final = 0.99


@dataclass(frozen=True, slots=True)
class Slowest:
    """How long all but one of a hundred took: within so many seconds, None where that is more than `measured_to`."""

    observed: int
    p99_within_seconds: float | None
    measured_to_seconds: float


@dataclass(frozen=True, slots=True)
class Counted:
    """Every sample of one moment, by name."""

    samples: Mapping[str, list[Sample]]

    @classmethod
    def of(cls, families: Iterable[Metric]) -> Counted:
        """From what a registry collects."""
        samples: dict[str, list[Sample]] = {}
        for sample in (sample for family in families for sample in family.samples):
            samples.setdefault(sample.name, []).append(sample)
        return cls(samples)

    def total(self, name: str, **labels: str) -> int:
        """The sum of the series that have these labels; 0 where there is none."""
        chosen = (each for each in self.samples.get(name, ()) if labels.items() <= each.labels.items())
        return int(sum(each.value for each in chosen))

    def by(self, name: str, label: str) -> dict[str, int]:
        """The sums by one label, zeros left out."""
        found: dict[str, int] = {}
        for each in self.samples.get(name, ()):
            if each.value:
                found[each.labels[label]] = found.get(each.labels[label], 0) + int(each.value)
        return found

    def labels(self, name: str) -> Mapping[str, str]:
        """The labels of an info metric; empty where there is none."""
        return next((each.labels for each in self.samples.get(name, ()) if each.value), {})

    def number(self, name: str) -> float:
        """The sum of a gauge; 0 where there is none."""
        return sum(each.value for each in self.samples.get(name, ()))

    def slowest(self, name: str) -> Slowest:
        """The 99th percentile of a histogram of seconds, as far as its buckets tell."""
        buckets = self.samples.get(f"{name}_bucket", [])
        observed = max((each.value for each in buckets), default=0)
        bounds = [float(each.labels["le"]) for each in buckets if observed and each.value >= observed * _P99]
        last = max((float(each.labels["le"]) for each in buckets if each.labels["le"] != "+Inf"), default=0.0)
        bound = min(bounds, default=math.inf)
        return Slowest(int(observed), None if math.isinf(bound) else bound, last)
