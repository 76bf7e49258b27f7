"""Addresses in Autodiscover's XML rewritten while it streams: the text of known elements, and nothing else.

Comments, CDATA sections and markup pass as they are. Between two pieces at most a tag, or the beginning of an address,
is held back; markup that never ends is passed on and nothing after it is touched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.links_inside import LONGEST_BEGINNING

if TYPE_CHECKING:
    from proxy_addons.addons.links_inside import Inside
    from proxy_addons.addons.links_members import XmlLinks

_MARKUP: Final = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|"
    rb"<(?!!--|!\[CDATA\[|\?)(?P<end>/?)(?:[\w.-]+:)?(?P<name>[\w.-]*)(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>",
    re.DOTALL,
)
_SELF_CLOSED: Final = b"/>"
_LONGEST_MARKUP: Final = 64 * 1024
_LONGEST_NAME: Final = 100


class XmlLinkStream:
    """Feed it a body piece by piece and send what it returns instead; an empty piece is the end."""

    def __init__(self, links: XmlLinks, inside: Inside) -> None:
        self._links = links
        self._inside = inside
        self.held = b""
        """What came and was not passed on yet."""
        self._element = b""
        """The element whose text begins here; empty anywhere else."""
        self._setting = b""
        self._gave_up = False

    def __call__(self, piece: bytes) -> bytes:
        """The next bytes, possibly fewer or more than were fed."""
        if self._gave_up:
            return piece
        text, self.held = self.held + piece, b""
        out: list[bytes] = []
        at = 0
        while at < len(text):
            going_on = self._markup(text, at, out) if text[at : at + 1] == b"<" else self._text(text, at, out, piece)
            if going_on is None:
                break
            at = going_on
        if not piece:
            out.append(self.held)
            self.held = b""
        return b"".join(out)

    def _markup(self, text: bytes, at: int, out: list[bytes]) -> int | None:
        found = _MARKUP.match(text, at)
        if found is None:
            self._gave_up = len(text) - at > _LONGEST_MARKUP
            if self._gave_up:
                out.append(text[at:])
            else:
                self.held = text[at:]
            return None
        out.append(found[0])
        name = found["name"]
        if name is not None:
            opens = not found["end"] and not found[0].endswith(_SELF_CLOSED)
            self._element = name if opens else b""
        return found.end()

    def _text(self, text: bytes, at: int, out: list[bytes], piece: bytes) -> int | None:
        """Text up to the next markup. Where it may be an address or a setting's name, its beginning is waited for."""
        end = text.find(b"<", at)
        is_whole = end >= 0
        end = end if is_whole else len(text)
        if not is_whole and self._matters and end - at < LONGEST_BEGINNING and piece:
            self.held = text[at:]
            return None
        words = text[at:end]
        if self._element == b"Name":
            self._setting = words.strip()[:_LONGEST_NAME]
        elif self._is_link:
            words = self._inside.address(words)
        out.append(words)
        self._element = b""
        return end

    @property
    def _matters(self) -> bool:
        return self._element == b"Name" or self._is_link

    @property
    def _is_link(self) -> bool:
        named = self._element == b"Value" and self._setting in self._links.settings
        return named or self._element in self._links.elements
