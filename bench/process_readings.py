"""What a process and its children hold at this moment, read from /proc (Linux): memory, descriptors, threads, CPU."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MEGABYTE: Final = 1024.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Reading:
    """Sums over a process and its children. Memory in MB: resident, and with shared pages split among their users."""

    rss: float = 0.0
    pss: float = 0.0
    descriptors: int = 0
    threads: int = 0
    cpu_seconds: float = 0.0

    def __add__(self, other: Reading) -> Reading:
        """Both together."""
        return Reading(
            self.rss + other.rss,
            self.pss + other.pss,
            self.descriptors + other.descriptors,
            self.threads + other.threads,
            self.cpu_seconds + other.cpu_seconds,
        )


def read_tree(pid: int) -> Reading:
    """A process with all below it; what has ended meanwhile counts nothing."""
    total = Reading()
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        with contextlib.suppress(OSError):
            total += _read(each)
            for task in Path(f"/proc/{each}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return total


def _read(pid: int) -> Reading:
    place = Path(f"/proc/{pid}")
    rollup = dict(line.split(":", 1) for line in (place / "smaps_rollup").read_text().splitlines()[1:])
    status = (place / "stat").read_text().rpartition(")")[2].split()
    return Reading(
        rss=int(rollup["Rss"].split()[0]) / _MEGABYTE,
        pss=int(rollup["Pss"].split()[0]) / _MEGABYTE,
        descriptors=len(os.listdir(place / "fd")),  # noqa: PTH208 - names are enough, and descriptors are no paths
        threads=int(status[17]),
        cpu_seconds=(int(status[11]) + int(status[12])) / _TICKS,
    )
