"""How many connections each worker has, in memory all workers of a run share.

Each writes its own number and reads those of the others, so that nobody has to be asked when a connection comes. Every
number has the moment it was written with it: a worker that has died, or hangs, soon counts for nothing.
"""

from __future__ import annotations

import math
import mmap
import os
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

BEAT_SECONDS: Final = 0.25
STALE_SECONDS: Final = 1.0
"""Who has written nothing for so long takes no connections either."""
_NUMBER: Final = 8
"""Bytes of a float. An aligned one is written and read in one piece."""


def new_loads(places: int) -> int:
    """A descriptor of memory for so many workers, for every process that inherits it. Of Linux only."""
    descriptor = os.memfd_create("why403-loads")
    os.ftruncate(descriptor, 2 * _NUMBER * places)
    return descriptor


class Loads:
    """The numbers by the places of the workers, from 0."""

    def __init__(self, descriptor: int) -> None:
        self._numbers = memoryview(mmap.mmap(descriptor, 0)).cast("d")
        self._places = len(self._numbers) // 2

    def write(self, place: int, connections: int) -> None:
        """A worker has so many connections now."""
        self._numbers[2 * place] = connections
        self._numbers[2 * place + 1] = time.monotonic()

    def forget(self, place: int) -> None:
        """Nobody there takes connections."""
        self._numbers[2 * place + 1] = 0.0

    def least_beside(self, place: int) -> float:
        """The fewest connections any of the others has; infinite where there is no other."""
        fresh = max(0.0, time.monotonic() - STALE_SECONDS)
        return min(
            (self._numbers[2 * each] for each in range(self._places) if each != place and self._written(each) > fresh),
            default=math.inf,
        )

    def _written(self, place: int) -> float:
        return self._numbers[2 * place + 1]


class Share:
    """One worker's connections, told to the others whenever they change, and that it still lives in between."""

    def __init__(self, loads: Loads, place: int, loop: asyncio.AbstractEventLoop) -> None:
        self._loads = loads
        self._place = place
        self._loop = loop
        self._open: set[object] = set()
        self._beat: asyncio.TimerHandle | None = None

    @property
    def ahead(self) -> bool:
        """Whether another worker has fewer connections."""
        return len(self._open) > self._loads.least_beside(self._place)

    def begin(self) -> None:
        """Count as one that takes connections."""
        self._loads.write(self._place, len(self._open))
        self._beat = self._loop.call_later(BEAT_SECONDS, self.begin)

    def end(self) -> None:
        """Count no more."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
        self._loads.forget(self._place)

    def add(self, connection: object) -> None:
        """A connection is open."""
        self._open.add(connection)
        self._tell()

    def remove(self, connection: object) -> None:
        """It is no more; saying so twice does no harm."""
        self._open.discard(connection)
        self._tell()

    def _tell(self) -> None:
        if self._beat is not None:
            self._loads.write(self._place, len(self._open))
