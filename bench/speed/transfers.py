"""Large bodies: what they cost in memory, and when the first byte arrives."""

from __future__ import annotations

import re
import statistics
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import running
from bench.speed.client import Client, connected
from bench.speed.entrants import mitmdump, why403
from bench.speed.figure import Figure
from bench.speed.upstream import LARGE_BYTES, LARGE_PATH, UPLOAD_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.speed.entrants import Entrant
    from bench.speed.stage import Stage

_KILOBYTES: Final = 1024 / 1e6


def transfers(stage: Stage) -> Sequence[Figure]:
    """The three figures. Beside the memory stands that of stock mitmdump, which keeps a body until it is whole."""
    direct = stage.upstream.tls
    ours = why403(stage.upstream)
    down: list[float] = []
    up: list[float] = []
    later: list[float] = []
    rounds = max(2, stage.rounds - 2)
    for _ in range(rounds):
        # A process of its own each time: what one transfer has left behind would hide the next one's peak.
        with _warm(stage, ours) as (client, pid), connected(direct) as to_upstream:
            down.append(_extra_memory(pid, partial(_download, client)))
            later.append(_first_byte(client) - _first_byte(to_upstream))
        with _warm(stage, ours) as (client, pid):
            up.append(_extra_memory(pid, partial(_upload, client)))
    with _warm(stage, mitmdump(stage.upstream)) as (client, pid):
        stock = (_extra_memory(pid, partial(_download, client)), _extra_memory(pid, partial(_upload, client)))
    beside = "mitmdump {:.0f} MB"
    return (
        _figure("download-memory", down, beside.format(stock[0])),
        _figure("upload-memory", up, beside.format(stock[1])),
        _figure("first-byte", later, ""),
    )


@contextmanager
def _warm(stage: Stage, entrant: Entrant) -> Iterator[tuple[Client, int]]:
    with ExitStack() as open_ones:
        process = open_ones.enter_context(running(entrant.command, entrant.port, stage.log_of(entrant)))
        client = open_ones.enter_context(connected(entrant.port, host_in_path=entrant.host_in_path))
        for _ in range(20):
            client.ask("GET", "/v1.0/users")
            client.read()
        yield client, process.pid


def _download(client: Client) -> None:
    client.ask("GET", LARGE_PATH)
    _, length = client.read()
    assert length == LARGE_BYTES  # noqa: S101 - our own upstream said so


def _upload(client: Client) -> None:
    client.ask("PUT", UPLOAD_PATH, length=LARGE_BYTES)
    client.read()


def _first_byte(client: Client) -> float:
    """Milliseconds from the request of a large body to its first byte; the median of a few."""
    waits = []
    for _ in range(3):
        began = time.perf_counter()
        client.ask("GET", LARGE_PATH)
        first, _ = client.read()
        waits.append((first - began) * 1000)
    return statistics.median(waits)


def _extra_memory(pid: int, work: Callable[[], None]) -> float:
    """MB resident at the peak of the work, more than before it."""
    # 5 forgets the peak so far (proc(5)).
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    before = _status(pid, "VmRSS")
    work()
    return _status(pid, "VmHWM") - before


def _status(pid: int, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) * _KILOBYTES if found else 0.0


def _figure(key: str, values: list[float], beside: str) -> Figure:
    return Figure(
        key,
        round(statistics.median(values), 2),
        round(min(values), 2),
        round(max(values), 2),
        beside,
        {"rounds": [round(value, 2) for value in values]},
    )
