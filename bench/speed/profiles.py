"""Where the time goes where a goal is missed: the profile of the proxy under the very load, from a run of its own."""

from __future__ import annotations

import io
import pstats
import signal
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from bench.processes import PROXY_CORE, CannotMeasureError, output_of, running
from bench.speed.answers import EWS, EWS_PATH, GRAPH, soap
from bench.speed.client import connected
from bench.speed.entrants import why403, why403_plain
from bench.speed.load import Traffic, drive
from bench.speed.starting import help_imports, import_times
from bench.speed.throughput import TRAFFIC
from bench.speed.upstream import BATCH_PATH, LARGE_PATH

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench.speed.stage import Stage

_SECONDS: Final = 4
_WARM_UP_SECONDS: Final = 2
_LINES: Final = 30
_PATIENCE: Final = 120.0
_CALLS: Final = 200


_SAME: Final = {
    "plain-p99": "plain",
    "tls-p99": "tls",
    "upload-memory": "transfers",
    "download-memory": "transfers",
    "first-byte": "transfers",
}
"""Goals that one load explains."""


def profile_name(key: str) -> str:
    """The file that explains a goal's figure."""
    return f"profile-{_SAME.get(key, key)}.txt"


def profile_of(key: str, stage: Stage) -> str:
    """The profile that explains a goal's figure, as text."""
    transfer = partial(_one_client, method="GET", host=GRAPH, path=LARGE_PATH, calls=1)
    special: dict[str, Callable[[Stage], str]] = {
        "own-cpu": _own_cpu,
        "start": import_times,
        "help": help_imports,
        "batch": partial(_one_client, method="POST", host=GRAPH, path=BATCH_PATH, calls=_CALLS),
        "ews": partial(_one_client, method="POST", host=EWS, path=EWS_PATH, calls=_CALLS),
        **dict.fromkeys(("download-memory", "upload-memory", "first-byte"), transfer),
    }
    if key in special:
        return special[key](stage)
    traffic = TRAFFIC.get(key.removesuffix("-p99"), Traffic())
    return _under_load(stage, traffic, plain=key.startswith(("plain", "lasting")))


def _under_load(stage: Stage, traffic: Traffic, *, plain: bool) -> str:
    written_to, python = _watched(stage)
    entrant = why403_plain(stage.upstream, python=python) if plain else why403(stage.upstream, python=python)
    with running(entrant.command, entrant.port, stage.log_of(entrant)) as process:
        stage.warm_up(entrant, traffic)
        # Under a profiler on a busy machine less may come back than the figures would need.
        with _profiling(process), suppress(CannotMeasureError):
            drive(stage.directory, entrant, traffic, _SECONDS)
    return _text(written_to)


def _watched(stage: Stage) -> tuple[Path, tuple[str, ...]]:
    written_to = stage.directory / "profile"
    return written_to, (sys.executable, "-m", "bench.speed.profiled", str(written_to))


@contextmanager
def _profiling(process: subprocess.Popen[bytes]) -> Iterator[None]:
    process.send_signal(signal.SIGUSR1)
    yield
    process.send_signal(signal.SIGUSR2)


def _own_cpu(stage: Stage) -> str:
    written_to = stage.directory / "profile"
    output_of([sys.executable, "-m", "bench.speed.own_cpu", str(written_to)], _PATIENCE, core=PROXY_CORE)
    return _text(written_to)


def _one_client(stage: Stage, *, method: str, host: str, path: str, calls: int) -> str:
    body = soap("FindItem").encode() if host == EWS else b"{}" if method == "POST" else b""
    written_to, python = _watched(stage)
    entrant = why403(stage.upstream, python=python)
    with (
        running(entrant.command, entrant.port, stage.log_of(entrant)) as process,
        connected(entrant.port, host_in_path=True) as client,
    ):
        # Long enough for what is read in the background after the start.
        end = time.monotonic() + _WARM_UP_SECONDS
        while time.monotonic() < end:
            client.ask("GET", "/v1.0/users")
            client.read()
        with _profiling(process):
            for _ in range(calls):
                client.ask(method, path, host, body)
                client.read()
    return _text(written_to)


def _text(path: Path) -> str:
    """The top by own time and by time with callees, without anybody's folders."""
    said = io.StringIO()
    stats = pstats.Stats(str(path), stream=said).strip_dirs()
    for order in ("tottime", "cumulative"):
        stats.sort_stats(order).print_stats(_LINES)
    path.unlink()
    lines = (line.rstrip() for line in said.getvalue().splitlines())
    return "\n".join(line for line in lines if line and not line.endswith(str(path))) + "\n"
