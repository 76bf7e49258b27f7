"""Calls that succeeded a moment ago and succeed again: what is remembered of a success would stay as it is.

Most traffic repeats itself. A call that names the same place with the same token and client as one seen to be known
within the last second needs no reading at all, as long as nothing else was remembered in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.intake.flow import TELLING

if TYPE_CHECKING:
    from mitmproxy.http import Request

    from proxy_addons.evidence.timeline import Memory

KNOWN_AT_MOST: Final = 4000
_SECONDS: Final = 1.0


class KnownCalls:
    """Marks of calls, in place of the calls: nothing of a request can be read from them."""

    def __init__(self) -> None:
        self._memory: Memory | None = None
        self._seen: dict[int, float] = {}

    def has(self, mark: int, began: float, memory: Memory) -> bool:
        """Whether remembering this call would change nothing in a memory."""
        seen = self._seen.get(mark)
        return memory is self._memory and seen is not None and 0 <= began - seen < _SECONDS

    def note(self, mark: int, began: float, before: Memory, after: Memory) -> None:
        """Take down that a call was remembered; where that changed something, every mark is worth nothing."""
        if after is not self._memory or len(self._seen) >= KNOWN_AT_MOST:
            self._seen.clear()
            self._memory = after
        if before is after:
            self._seen[mark] = began


def mark_of(request: Request) -> int:
    """A number that stands for all that is remembered of a call without a body; another one in every process."""
    data = request.data
    telling = tuple(field for field in data.headers.fields if field[0].lower() in TELLING)
    return hash((data.method, data.scheme, data.host, data.port, data.path, telling))
