"""More than one process: workers that share the ports, and replicas behind HAProxy. All parts share both cores."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import LOCAL, CannotMeasureError, free_port, running
from bench.speed.entrants import STOCK, US, Entrant, mitmdump, why403
from bench.speed.load import Traffic, drive
from bench.speed.stage import ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.speed.figure import Figure
    from bench.speed.load import Load
    from bench.speed.stage import Stage

_REPOSITORY: Final = Path(__file__).parents[2]
_HEALTHY: Final = Traffic(every=0, kinds=1)
_REPLICAS: Final = "two replicas"
_PATIENCE: Final = 30.0


def workers(stage: Stage) -> Sequence[Figure]:
    """Two workers against one stock process, TLS on both sides."""
    done = subprocess.run(
        [sys.executable, "-m", "proxy_addons.cli", "run", "--help"],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=True,
    )
    if "--workers" not in done.stdout:
        raise CannotMeasureError("not available: why403 run has no --workers")
    entrants = [why403(stage.upstream, "--workers", "2"), mitmdump(stage.upstream)]
    runs = stage.contest(entrants, _HEALTHY, pinned=False)
    return (ratio("workers", runs, (US, STOCK), _per_second, "/s"),)


def replicas(stage: Stage) -> Sequence[Figure]:
    """Two processes behind HAProxy with the configuration of deploy/, against one that is called directly.

    The client speaks plain HTTP, as it does to HAProxy there. Tokens of twenty apps, because HAProxy keeps an app with
    its replica.
    """
    one, two = (why403(stage.upstream, scheme="http") for _ in range(2))
    front = free_port()
    configuration = stage.directory / "haproxy.cfg"
    configuration.write_text(_configuration(front, one, two), encoding="utf-8")
    haproxy = Entrant(_REPLICAS, ("haproxy", "-db", "-f", str(configuration)), front, "http", host_in_path=True)
    runs: dict[str, list[Load]] = {_REPLICAS: [], US: []}
    with ExitStack() as started:
        for number, replica in enumerate((one, two)):
            log = stage.directory / f"replica-{number}.log"
            started.enter_context(running(replica.command, replica.port, log, core=None))
        started.enter_context(running(haproxy.command, front, stage.directory / "haproxy.log", core=None))
        for entrant in (haproxy, one):
            drive(stage.directory, entrant, _MANY_APPS, 1, core=None)
        for _ in range(stage.rounds):
            for name, entrant in ((_REPLICAS, haproxy), (US, one)):
                runs[name].append(drive(stage.directory, entrant, _MANY_APPS, stage.seconds, core=None))
    return (ratio("replicas", runs, (_REPLICAS, US), _per_second, "/s"),)


_MANY_APPS: Final = Traffic(apps=20)


def _per_second(load: Load) -> float:
    return load.per_second


def _configuration(front: int, one: Entrant, two: Entrant) -> str:
    """What deploy/ has, on the ports that are free here."""
    text = (_REPOSITORY / "deploy" / "haproxy" / "haproxy.cfg").read_text(encoding="utf-8")
    places = {
        "18403": front,
        "18404": free_port(),
        **dict(zip(("8403", "8404", "9403"), _ports(one), strict=True)),
        **dict(zip(("8413", "8414", "9413"), _ports(two), strict=True)),
    }
    for written, real in places.items():
        text = text.replace(f"{LOCAL}:{written}", f"{LOCAL}:{real}").replace(f"port {written}", f"port {real}")
    return text


def _ports(entrant: Entrant) -> Iterator[int]:
    """Reverse, forward and admin port, as the command line says them."""
    for option in ("--reverse-port", "--forward-port", "--admin-port"):
        yield int(entrant.command[entrant.command.index(option) + 1])
