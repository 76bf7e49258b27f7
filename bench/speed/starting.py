"""How long it takes until somebody can connect, and until the help is there."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import PROXY_CORE, output_of, running
from bench.speed.entrants import STOCK, US, mitmdump_forward, why403
from bench.speed.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.speed.entrants import Entrant
    from bench.speed.stage import Stage

_ROUNDS_FOR_ONE: Final = 2
_PATIENCE: Final = 30.0


def start(stage: Stage) -> Sequence[Figure]:
    """Seconds from the command to the first accepted connection, in turn; the median of eleven in the long form."""
    waits: dict[str, list[float]] = {US: [], STOCK: []}
    entrants = (why403(stage.upstream, forward=True), mitmdump_forward(stage.upstream))
    for entrant in entrants:
        # The first start of all makes a certificate authority, and fills caches on both sides.
        _start(stage, entrant)
    for _ in range(stage.rounds * _ROUNDS_FOR_ONE + 1):
        for entrant in entrants:
            waits[entrant.name].append(_start(stage, entrant))
    each = [ours / stock for ours, stock in zip(waits[US], waits[STOCK], strict=True)]
    medians = {name: statistics.median(values) for name, values in waits.items()}
    beside = ", ".join(f"{name} {value:.2f} s" for name, value in medians.items())
    raw = {"rounds": {name: [round(value, 3) for value in values] for name, values in waits.items()}}
    ratio = medians[US] / medians[STOCK]
    return (Figure("start", round(ratio, 3), round(min(each), 3), round(max(each), 3), beside, raw),)


def help_page(stage: Stage) -> Sequence[Figure]:
    """Milliseconds of `why403 --help`."""
    command = [str(Path(sys.executable).with_name("why403")), "--help"]
    values = []
    for _ in range(stage.rounds * _ROUNDS_FOR_ONE + 2):
        began = time.perf_counter()
        output_of(command, _PATIENCE, core=PROXY_CORE)
        values.append((time.perf_counter() - began) * 1000)
    # The first may read from disk what the others find in memory.
    values = values[1:]
    return (Figure("help", round(statistics.median(values), 1), round(min(values), 1), round(max(values), 1)),)


def import_times(stage: Stage) -> str:
    """What Python imports at start, by time: the profile of a start that is too slow."""
    entrant = why403(
        stage.upstream, forward=True, python=(sys.executable, "-X", "importtime", "-m", "proxy_addons.cli")
    )
    log = stage.log_of(entrant)
    with running(entrant.command, entrant.port, log):
        pass
    return _slowest_imports(log.read_text(encoding="utf-8", errors="replace"))


def help_imports(stage: Stage) -> str:
    """The same for the help."""
    del stage
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "proxy_addons.cli", "--help"],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=True,
    )
    return _slowest_imports(done.stderr)


def _slowest_imports(said: str) -> str:
    lines = [
        line.removeprefix("import time:").split("|") for line in said.splitlines() if line.startswith("import time:")
    ]
    rows = [(int(own), int(total), name) for own, total, name in lines if own.strip().isdecimal()]
    top = sorted(rows, reverse=True)[:25]
    table = "\n".join(f"{own:>9}  {total:>10}  {name.strip()}" for own, total, name in top)
    return f"  self us   with others  module, the 25 slowest of {len(rows)}\n{table}\n"


def _start(stage: Stage, entrant: Entrant) -> float:
    began = time.perf_counter()
    with running(entrant.command, entrant.port, stage.log_of(entrant)):
        return time.perf_counter() - began
