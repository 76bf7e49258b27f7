"""The rule that an error of ours never reaches the traffic, in one place.

An addon that raises does not break the exchange, but every addon behind it misses the event and nobody notices. So each
hook runs its body inside a guard: what goes wrong is counted, logged without a word from the wire, and over.
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)


class Guard:
    """`with guard:` around the body of a hook of one part of the product."""

    def __init__(self, part: str, metrics: Metrics) -> None:
        self.part = part
        self._count = metrics.internal_errors.labels(part)

    def __enter__(self) -> None:
        """Enter the body."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Swallow what went wrong. Cancellation and exit are not errors and pass."""
        if not isinstance(error, Exception):
            return False
        self._count.inc()
        _logger.error("internal error in %s: %s", self.part, described(error))
        return True


def described(error: Exception) -> str:
    """An error's type and the lines of code it came through; not its text, which may quote a token."""
    places = (
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    )
    return f"{type(error).__name__} at {' < '.join(reversed([*places]))}"
