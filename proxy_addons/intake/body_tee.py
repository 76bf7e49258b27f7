"""A body that is streamed on, unchanged, while the first part of it is kept.

mitmproxy calls the tee with every piece it forwards, and once with an empty piece at the end.
"""

from __future__ import annotations

from typing import Final

KEPT_BYTES: Final = 256 * 1024
"""How much of one body is kept: refusals are far smaller, and a hundred of them in flight still fit anywhere."""


class BodyTee:
    """Hand every piece on as it is and keep at most `limit` bytes of them."""

    __slots__ = ("_kept", "finished", "length", "limit")

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self.limit = limit
        self.length = 0
        self.finished = False
        self._kept = bytearray()

    def __call__(self, piece: bytes) -> bytes:
        """Return the piece untouched; mitmproxy forwards what it gets back, and drops the connection if this raises."""
        try:
            self._keep(piece)
        except Exception:  # noqa: BLE001 - no memory, or a mistake: the body goes on and is not explained
            self.forget()
            self.length += 1  # never complete again, even if this was the first piece
        return piece

    def _keep(self, piece: bytes) -> None:
        room = self.limit - len(self._kept)
        if room > 0:
            self._kept += piece[:room]
        self.length += len(piece)
        self.finished = self.finished or not piece

    def forget(self) -> None:
        """Keep nothing of this body after all; what follows is handed on as before."""
        self.limit = 0
        self._kept.clear()

    @property
    def kept(self) -> bytes:
        """The beginning of the body, as it travelled (still compressed, if it was)."""
        return bytes(self._kept)

    @property
    def complete(self) -> bool:
        """Whether the whole body came by and all of it was kept."""
        return self.finished and self.length == len(self._kept)
