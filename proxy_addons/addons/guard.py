"""The rule that an error of ours never reaches the traffic, in one place.

An addon that raises does not break the exchange, but every addon behind it misses the event and nobody notices. So each
hook runs its body inside a guard: what goes wrong is counted, logged without a word from the wire, and over.

A body that hangs is cut off by the watchdog. One that does so again and again is given a rest, because every time it
holds up all connections for a second or two.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)

CUT_OFF_AT_MOST: Final = 3
_REST_SECONDS: Final = 60.0


class TookTooLongError(Exception):
    """Raised by the watchdog in the middle of whatever of ours held the event loop up."""


class Guard:
    """`with guard:` around the body of a hook of one part of the product."""

    def __init__(self, part: str, metrics: Metrics) -> None:
        self.part = part
        self._count = metrics.internal_errors.labels(part)
        self._cut_off = 0
        self._rests_until = 0.0

    @property
    def rests(self) -> bool:
        """Whether this part was cut off so often that it should leave its work alone for a minute; counts if so."""
        if not self._rests_until:
            return False
        if time.monotonic() >= self._rests_until:
            self._rests_until = 0.0
            return False
        self._count.inc()
        return True

    def note(self, error: Exception) -> None:
        """Take account of an error that was caught before it came here."""
        if not isinstance(error, TookTooLongError):
            return
        self._cut_off += 1
        if self._cut_off >= CUT_OFF_AT_MOST:
            self._cut_off, self._rests_until = 0, time.monotonic() + _REST_SECONDS
            _logger.error("%s was cut off %d times and rests for a minute", self.part, CUT_OFF_AT_MOST)

    def __enter__(self) -> None:
        """Enter the body."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Swallow what went wrong. Cancellation and exit are not errors and pass."""
        if not isinstance(error, Exception):
            return False
        self._count.inc()
        _logger.error("internal error in %s: %s", self.part, described(error))
        self.note(error)
        return True


def described(error: Exception) -> str:
    """An error's type and the lines of code it came through; not its text, which may quote a token."""
    places = (
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    )
    return f"{type(error).__name__} at {' < '.join(reversed([*places]))}"
