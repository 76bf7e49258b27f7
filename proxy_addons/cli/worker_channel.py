"""How `why403 run --workers` and its workers talk: frames through the two pipes between a process and its child.

Pipes have no name and no address, so nobody else can open them. What goes up is redacted already: log lines, boxes,
counts. What goes down is what to do, and at first the settings.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import threading
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Final

import orjson

_HEAD: Final = struct.Struct("!cI")
_LONGEST: Final = 64 * 1024 * 1024


class Told(Enum):
    """What a frame says; the first six come from a worker."""

    LOG = b"l"
    SCREEN = b"s"
    STATE = b"c"
    LOADED = b"r"
    UNUSABLE = b"u"
    PLAN = b"P"
    GO = b"G"
    ASK = b"A"
    RELOAD = b"H"
    DRAIN = b"D"
    END = b"E"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a worker is to do: the settings as text, the ports, and how its lines and boxes look.

    `place` is the worker's own among all, from 0. `inherited` are descriptors: the listening sockets of the reverse and
    the forward port, and the memory in which the workers tell each other how many connections they have.
    """

    settings: dict[str, bool | str | list[str]]
    reverse: int
    forward: int
    place: int
    inherited: tuple[int, int, int]
    as_json: bool
    log_level: int
    boxes: bool
    coloured: bool
    width: int

    def encoded(self) -> bytes:
        """As JSON."""
        return orjson.dumps(asdict(self))

    @staticmethod
    def decoded(text: bytes) -> Plan:
        """From JSON, as the process above wrote it."""
        told = orjson.loads(text)
        return Plan(**{**told, "inherited": tuple(told["inherited"])})


def frame(told: Told, content: bytes = b"") -> bytes:
    """One message as it goes through the pipe."""
    return _HEAD.pack(told.value, len(content)) + content


async def read_frame(stream: asyncio.StreamReader) -> tuple[Told, bytes] | None:
    """The next message; None at the end, and where the other side went away in the middle of one."""
    try:
        kind, length = _HEAD.unpack(await stream.readexactly(_HEAD.size))
        if length > _LONGEST:
            return None
        return Told(kind), await stream.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        return None


class WorkerEnd:
    """A worker's side of the pipes. `send` waits, so threads call it and never the event loop."""

    def __init__(self) -> None:
        # What anybody prints goes where errors go, or it would break a frame.
        self._up = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, told: Told, content: bytes = b"") -> None:
        """Write a whole message. When nobody listens any more this does nothing."""
        rest = memoryview(frame(told, content))
        with self._lock, contextlib.suppress(OSError):
            while rest:
                rest = rest[os.write(self._up, rest) :]

    async def commands(self) -> asyncio.StreamReader:
        """What comes down, on the running loop."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(os.dup(0), "rb", 0))
        return reader


class FramedText:
    """The stream a `LineWriter` writes to in a worker: each of its texts becomes a frame."""

    def __init__(self, end: WorkerEnd, told: Told) -> None:
        self._end = end
        self._told = told

    def write(self, text: str) -> None:
        """Send a text, without the line end its writer puts behind it."""
        self._end.send(self._told, text.removesuffix("\n").encode(errors="backslashreplace"))

    def flush(self) -> None:
        """Nothing is held back."""
