"""JSON passed on unread for as long as it names no link: most pages of most answers hold none.

To follow JSON costs many times what it costs to look for a name in it. So pieces pass as they come, and are kept a
while; where a key of a link shows up, whoever follows JSON (`links_json`) is told what has gone by, and goes on from
there. A link's text comes behind its key, so nothing that would have been rewritten has gone before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.addons.links_json import JsonLinkStream

if TYPE_CHECKING:
    from proxy_addons.addons.links_inside import Inside
    from proxy_addons.addons.links_members import JsonLinks

UNREAD_AT_MOST: Final = 128 * 1024
"""Bytes of one answer that are kept, for they may have to be followed after all; by then most answers are over."""


class UnreadUntilNamed:
    """Feed it a body piece by piece and send what it returns instead; an empty piece is the end."""

    def __init__(self, links: JsonLinks, inside: Inside) -> None:
        self._stream = JsonLinkStream(links, inside)
        self._links = links
        self._unread = bytearray()
        self._last = b""
        self._is_named = False
        self._ahead = 0

    @property
    def held(self) -> bytes:
        """What came and was not passed on yet."""
        return self._stream.held[self._ahead :] if self._is_named else b""

    def __call__(self, piece: bytes) -> bytes:
        """The next bytes, possibly fewer or more than were fed."""
        if not self._is_named and not self._names_a_link(piece):
            self._pass(piece)
            return piece
        if not self._is_named:
            self._catch_up()
            # What is held back there has been passed on here.
            self._is_named, self._ahead = True, len(self._stream.held)
        out = self._stream(piece)
        again = min(self._ahead, len(out))
        self._ahead -= again
        return out[again:]

    def _names_a_link(self, piece: bytes) -> bool:
        """Whether a key of a link ends in this piece, in the only form in which keys are known."""
        if self._last and self._names_one(self._last + piece[: self._links.longest_mark]):
            return True
        return self._names_one(piece)

    def _names_one(self, text: bytes) -> bool:
        if any(mark in text for mark in self._links.marks):
            return True
        folded = text.lower()
        return any(mark in folded for mark in self._links.folded_marks)

    def _pass(self, piece: bytes) -> None:
        self._unread += piece
        self._last = (self._last + piece[-self._links.longest_mark :])[-self._links.longest_mark :]
        if len(self._unread) > UNREAD_AT_MOST:
            self._catch_up()

    def _catch_up(self) -> None:
        """Have followed what has gone by unread."""
        unread = bytes(self._unread)
        self._unread.clear()
        # An empty piece would be the end.
        if unread:
            self._stream(unread)
