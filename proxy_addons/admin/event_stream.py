"""The stream that keeps pages live: server-sent events, a bounded queue per reader, at most so many readers.

An event says only that something changed; the page then asks for itself again. So nothing here depends on who may see
what, and a reader that misses an event has lost nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

READERS_AT_MOST: Final = 200
QUEUED_AT_MOST: Final = 16
_HEARTBEAT_SECONDS: Final = 15.0
_LAST_SECONDS: Final = 0.2
_RETRY_SECONDS: Final = 5
_UNAVAILABLE: Final = 503
_BEAT: Final = b": still here\n\n"


class Reader:
    """One open page."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUED_AT_MOST)
        self.gone = asyncio.Event()


class Feed:
    """All readers. `counted` is told how many there are, `dropped` of each that was too slow."""

    def __init__(
        self, counted: Callable[[int], None] = lambda _: None, dropped: Callable[[], None] = lambda: None
    ) -> None:
        self._readers: set[Reader] = set()
        self._counted = counted
        self._dropped = dropped
        self.joined = asyncio.Event()

    def join(self) -> Reader | None:
        """A new reader; None where there are enough."""
        if len(self._readers) >= READERS_AT_MOST:
            return None
        reader = Reader()
        self._readers.add(reader)
        self._counted(len(self._readers))
        self.joined.set()
        return reader

    def leave(self, reader: Reader) -> None:
        """Forget a reader."""
        self._readers.discard(reader)
        reader.gone.set()
        self._counted(len(self._readers))
        if not self._readers:
            self.joined.clear()

    def publish(self, name: str, data: str) -> None:
        """Tell everybody; whoever has not taken the last few is let go. `data` is one line."""
        event = f"event: {name}\ndata: {data}\n\n".encode()
        for reader in tuple(self._readers):
            try:
                reader.queue.put_nowait(event)
            except asyncio.QueueFull:
                self._dropped()
                self.leave(reader)

    def close(self) -> None:
        """Let everybody go."""
        for reader in tuple(self._readers):
            self.leave(reader)


class EventStream:
    """The answer to one reader, until it leaves, is let go, or the proxy ends."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events as they come."""
        reader = self._feed.join()
        if reader is None:
            full = PlainTextResponse("Too many pages are open.\n", _UNAVAILABLE, {"Retry-After": str(_RETRY_SECONDS)})
            await full(scope, receive, send)
            return
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        ways_to_end = [asyncio.ensure_future(way) for way in (_sent(reader, send), _left(receive), reader.gone.wait())]
        try:
            await asyncio.wait(ways_to_end, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways_to_end:
                way.cancel()
            await asyncio.gather(*ways_to_end, return_exceptions=True)
            self._feed.leave(reader)
        # One that takes nothing does not take this either.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _sent(reader: Reader, send: Send) -> None:
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
    while True:
        try:
            async with asyncio.timeout(_HEARTBEAT_SECONDS):
                event = await reader.queue.get()
        except TimeoutError:
            event = _BEAT
        await send({"type": "http.response.body", "body": event, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
