"""Gives memory back to the system when a crowd of clients has gone.

A connection with TLS on both sides is some hundred objects that refer to each other, and some 150 KB the C library
holds for OpenSSL. Python finds such rings when as many objects are new as a quarter of all there are, which after a
crowd may be hours away; and what it frees then the C library keeps. So both are told, once for each crowd.
"""

from __future__ import annotations

import ctypes
import gc
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

CROWD: Final = 100
"""Connections at once; what fewer leave behind is taken up by those who come next."""
_GONE: Final = 4


class Crowd:
    """How many clients are connected, and whether most of the many there were have left."""

    def __init__(self) -> None:
        self._now = 0
        self._most = 0

    def came(self) -> None:
        """One more."""
        self._now += 1
        self._most = max(self._most, self._now)

    def left(self) -> bool:
        """One less; True where a crowd has gone by this, for the first time since it came."""
        self._now -= 1
        gone = self._most >= CROWD and self._now * _GONE <= self._most
        if gone:
            self._most = self._now
        return gone


def settle() -> None:
    """Take what is there now out of the search for rings: rules, tables and code stay until the end.

    A full search then looks at what came with the traffic, which takes a tenth of the time the event loop would stand.
    """
    gc.freeze()


def find_trim() -> Callable[[int], int] | None:
    """`malloc_trim` of the C library; None where it has none (macOS, Windows, musl)."""
    try:
        found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # no such library to ask; on Windows it wants a name
        return None
    return found
