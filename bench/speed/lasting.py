"""Memory after a million calls, a tenth of them refused in a thousand ways, against that after ten thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.process_readings import read_tree
from bench.processes import running
from bench.speed.entrants import why403_plain
from bench.speed.figure import Figure
from bench.speed.load import Traffic, drive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.speed.entrants import Entrant
    from bench.speed.stage import Stage

FIRST: Final = 10_000
LAST: Final = 1_000_000
_LAST_WHEN_QUICK: Final = 30_000
_TRAFFIC: Final = Traffic(every=10, kinds=1000, apps=20)


def lasting_memory(stage: Stage) -> Sequence[Figure]:
    """The ratio; without TLS, because what stays is the same and a million calls come sooner."""
    entrant = why403_plain(stage.upstream)
    last = _LAST_WHEN_QUICK if stage.quick else LAST
    with running(entrant.command, entrant.port, stage.log_of(entrant)) as process:
        done = _until(stage, entrant, 0, FIRST)
        early = read_tree(process.pid).pss
        done = _until(stage, entrant, done, last)
        late = read_tree(process.pid).pss
    ratio = round(late / early, 3)
    beside = f"{early:.0f} MB, then {late:.0f} MB after {done:,} calls"
    return (Figure("lasting-memory", ratio, ratio, ratio, beside),)


def _until(stage: Stage, entrant: Entrant, done: int, calls: int) -> int:
    """Send calls until so many are through; how many that were in the end."""
    pace = 500.0
    while done < calls:
        seconds = max(1, min(60, round((calls - done) / pace)))
        load = drive(stage.directory, entrant, _TRAFFIC, seconds)
        done += load.answers
        pace = max(load.per_second, 1.0)
        stage.say(f"  {done:,} calls")
    return done
