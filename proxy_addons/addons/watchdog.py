"""Cuts off what hangs in our own code. One loop carries every connection, so a hook that never ends ends all of them.

A timer of the kernel rings about once a second. Python runs its handler also in the middle of a search by a regular
expression, a wait for a lock or a read of a file. Where the loop has not turned since it rang before, and the very same
call of ours is still under way, that call gets a `TookTooLongError`; its guard swallows it, and the traffic goes on.
Nothing is spent per exchange.

Only where there are such timers (not on Windows), only in the main thread, and only if nobody else uses the signal.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import proxy_addons
from proxy_addons.addons.guard import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

SECONDS: Final = 2.0
"""Between two rings. What hangs is cut off after one to two of them; an explanation takes some milliseconds."""

_PACKAGE: Final = Path(proxy_addons.__file__).parent
# Not the command's own: it calls the hooks of all addons, mitmproxy's and the user's among them.
OURS: Final = tuple(
    f"{_PACKAGE / storey}/"
    for storey in ("evidence", "diagnosis", "redaction", "sinks", "intake", "entra", "admin", "addons")
)
_WAITED_FOR: Final = frozenset({"load", "configure", "explain", "token", "bundle"})
"""What a person asked for in mitmproxy's own tools, and waits for: reading other rules, packing a thousand flows."""
_IMPORT: Final = "<frozen importlib"
_TURN_OF_THE_LOOP: Final = "_run_once"
"""What asyncio calls it. Below it stand whoever started the loop and what he waits for: the end."""


class Watchdog:
    """Rings while the proxy runs. `ours` are beginnings of the paths of files whose calls may be cut off."""

    name = "why403-watchdog"

    def __init__(self, seconds: float = SECONDS, ours: Sequence[str] = OURS) -> None:
        self._seconds = seconds
        self._ours = tuple(ours)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._suspect: FrameType | None = None

    def running(self) -> None:
        """Begin to watch this loop."""
        with contextlib.suppress(AttributeError, ValueError):  # no such timer, or not the main thread
            if signal.getsignal(signal.SIGALRM) is signal.SIG_DFL:
                signal.signal(signal.SIGALRM, self._ring)
                self._loop = asyncio.get_running_loop()
                signal.setitimer(signal.ITIMER_REAL, self._seconds, self._seconds)

    def done(self) -> None:
        """Stop watching."""
        if self._loop is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            self._loop = self._suspect = None

    def _ring(self, _: int, frame: FrameType | None) -> None:
        """Run by Python between any two instructions: it must not log, count or take a lock."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        call, before = self._call_of_ours(frame), self._suspect
        if call is not None and call is before:
            self._suspect = None
            raise TookTooLongError
        self._suspect = call
        if call is not None:
            loop.call_soon_threadsafe(self._acquit)

    def _acquit(self) -> None:
        """The loop has turned: whatever was under way has ended, or waits like everybody."""
        self._suspect = None

    def _call_of_ours(self, frame: FrameType | None) -> FrameType | None:
        """The outermost call of ours that is under way, None where somebody else's code runs or a module is loaded.

        A large library takes seconds on a busy machine, and one that is loaded by half is worse than a wait.
        """
        found = None
        while frame is not None and frame.f_code.co_name != _TURN_OF_THE_LOOP:
            if frame.f_code.co_filename.startswith(_IMPORT):
                return None
            if frame.f_code.co_filename.startswith(self._ours):
                found = frame
            frame = frame.f_back
        return None if found is None or found.f_code.co_name in _WAITED_FOR else found
