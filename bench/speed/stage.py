"""What every measurement gets: the upstream, a folder to write in, and how thoroughly to measure."""

from __future__ import annotations

import statistics
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.processes import OTHER_CORE, PROXY_CORE, CannotMeasureError, running
from bench.speed.figure import Figure
from bench.speed.load import Load, Traffic, drive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bench.speed.entrants import Entrant
    from bench.speed.upstream import Upstream

_WARM_UP_SECONDS = 4
"""Until what is loaded in the background has been."""
_WARM_UPS_AT_MOST = 12


@dataclass(frozen=True)
class Stage:
    """`rounds` of `seconds` for each proxy, in turn."""

    upstream: Upstream
    directory: Path
    rounds: int
    seconds: int
    quick: bool
    say: Callable[[str], None]

    def log_of(self, entrant: Entrant) -> Path:
        """Where a proxy's output goes."""
        return self.directory / f"{entrant.name}-{entrant.port}.log"

    def contest(self, entrants: Sequence[Entrant], traffic: Traffic, *, pinned: bool = True) -> dict[str, list[Load]]:
        """Drive the proxies in turn, so that a machine that gets slower makes all of them slower."""
        runs: dict[str, list[Load]] = {entrant.name: [] for entrant in entrants}
        proxy_core, load_core = (PROXY_CORE, OTHER_CORE) if pinned else (None, None)
        with ExitStack() as started:
            for entrant in entrants:
                log = self.log_of(entrant)
                started.enter_context(
                    running(entrant.command, entrant.port, log, core=proxy_core, announced=entrant.announced)
                )
                self.warm_up(entrant, traffic, load_core)
            for _ in range(self.rounds):
                for entrant in entrants:
                    runs[entrant.name].append(drive(self.directory, entrant, traffic, self.seconds, core=load_core))
        return runs

    def warm_up(self, entrant: Entrant, traffic: Traffic, core: str | None = OTHER_CORE) -> None:
        """Until every kind of refusal has happened twice: what one costs that nobody has seen is a figure of its own.

        The second is not the first happening again: the same call was refused before.
        """
        refused_only = replace(traffic, every=min(traffic.every, 1))
        met = 0
        for _ in range(_WARM_UPS_AT_MOST):
            # A machine with much else to do may not answer at all in this time; the rounds would tell.
            with suppress(CannotMeasureError):
                met += drive(self.directory, entrant, refused_only, _WARM_UP_SECONDS, core=core, begin=met).answers
            if met >= 2 * traffic.kinds * refused_only.every:
                return


def rate(runs: Mapping[str, Sequence[Load]], name: str) -> float:
    """Calls a second, the median of the rounds."""
    return statistics.median(load.per_second for load in runs[name])


def ratio(
    key: str, runs: Mapping[str, Sequence[Load]], pair: tuple[str, str], of: Callable[[Load], float], unit: str
) -> Figure:
    """One against the other: medians of the rounds; the spread is that of the rounds' own ratios."""
    ours, theirs = ([of(load) for load in runs[name]] for name in pair)
    each = [one / other for one, other in zip(ours, theirs, strict=True)]
    medians = {name: statistics.median(of(load) for load in loads) for name, loads in runs.items()}
    return Figure(
        key,
        round(medians[pair[0]] / medians[pair[1]], 3),
        round(min(each), 3),
        round(max(each), 3),
        ", ".join(
            f"{name} {value:,.0f}{unit}" if unit == "/s" else f"{name} {value:.1f}{unit}"
            for name, value in medians.items()
        ),
        {"rounds": {name: [round(of(load), 2) for load in loads] for name, loads in runs.items()}},
    )
