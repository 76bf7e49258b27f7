"""Slow work off the event loop: one thread behind a bounded queue.

A full disk, a read-only folder or a terminal nobody scrolls must never hold up a connection, so whoever hands work over
never waits: when the queue is full the work is refused, and the caller counts that.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger(__name__)

LINES_AT_MOST: Final = 2000
_TOGETHER_AT_MOST: Final = 1000
_PAUSE_SECONDS: Final = 0.1
"""Nobody who watches a terminal notices it, and the event loop is interrupted ten times a second at most."""
_STOP: Final = object()


class Worker[Item]:
    """Run `handle` for every item, in order, in a thread of its own.

    What `handle` raises costs its item. It is told once only: the log may be written by this very worker.
    """

    def __init__(self, name: str, handle: Callable[[Item], None], limit: int) -> None:
        self._queue: queue.Queue[Item | object] = queue.Queue()
        self._limit = limit
        self._handle = handle
        self._failed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._closed = False
        self._thread.start()

    def offer(self, item: Item) -> bool:
        """Hand an item over; False when the queue is full or the worker was closed."""
        if self._closed or self._queue.qsize() >= self._limit:
            return False
        self._queue.put_nowait(item)
        return True

    def __len__(self) -> int:
        """How many items wait."""
        return self._queue.qsize()

    def close(self, timeout: float) -> bool:
        """Refuse further items and give what waits `timeout` seconds to be handled; False if that was not enough."""
        if not self._closed:
            self._closed = True
            self._queue.put_nowait(_STOP)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (item := self._queue.get()) is not _STOP:
            try:
                self._handle(item)  # type: ignore[arg-type]  # the sentinel is the only other thing ever queued
            except Exception as error:  # noqa: BLE001 - a thread that ends would take everything after it along
                self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self._failed:
            self._failed = True
            # Its text may quote a token.
            name = self._thread.name
            _logger.error("%s lost an item to %s, and goes on", name, type(error).__name__)


class Stream(Protocol):
    """Where lines end up."""

    def write(self, text: str, /) -> object:
        """Write a text."""

    def flush(self) -> None:
        """Let nothing wait."""


class LineWriter:
    """Lines for a terminal, a file or a pipe, written by a worker. A stream that went away costs its lines, no more.

    Lines that come one after the other are written together: a thread that wakes for each would take more from the
    event loop than the lines themselves.
    """

    def __init__(self, stream: Stream, name: str, limit: int = LINES_AT_MOST) -> None:
        self._stream = stream
        self._together: list[str] = []
        self._ending = threading.Event()
        self._worker: Worker[str] = Worker(name, self._write, limit)

    def put(self, text: str) -> bool:
        """Queue a text, which may hold several lines; False when it was dropped because too many wait."""
        return self._worker.offer(text)

    def close(self, timeout: float) -> bool:
        """Write what waits, for at most `timeout` seconds."""
        self._ending.set()
        return self._worker.close(timeout)

    def _write(self, text: str) -> None:
        self._together.append(f"{text}\n")
        if len(self._worker) and len(self._together) < _TOGETHER_AT_MOST and not self._ending.is_set():
            return
        written, self._together = "".join(self._together), []
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(written)
            self._stream.flush()
        self._ending.wait(_PAUSE_SECONDS)
