"""JSON without its extremes: what is nested deeper than any recording needs counts as null, endless strings are cut.

The parser holds the whole path of each level, so memory grows with the square of the depth: 100,000 brackets, which are
100 kB, took 20 GB. And it holds each string as a whole, and reads it from the start with every piece.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

DEEPEST: Final = 200
"""Levels that are kept; a HAR has about ten."""
LONGEST_STRING: Final = 48 * 1024 * 1024
"""Bytes of one string that are kept, and what is left of the piece they end in."""

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_STRINGS: Final = re.compile(_STRING, re.DOTALL)
_TOKENS: Final = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_NO_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_OPENING: Final = frozenset(b"[{")
_PROBE: Final = b'"!'
"""Behind a text that ends within a string this closes the string and an exclamation mark is left; else none is."""


_CONTINUED: Final = bytes(range(0x80, 0xC0))
"""Bytes within a character of UTF-8, never its first."""


class Readable(Protocol):
    """What can be read in pieces, none of which ends within an escape."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, none only at the end."""


class ShallowJson:
    """A stream of JSON in which everything below `DEEPEST` levels is null and no string is much longer than allowed."""

    def __init__(self, stream: Readable, *, longest_string: int = LONGEST_STRING) -> None:
        self._stream = stream
        self._longest = longest_string
        self._in_string = False
        self._string_bytes = 0
        self._depth = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none only at the end."""
        if size == 0:
            return b""
        while True:
            piece = self._stream.read(size)
            kept = self._followed(piece)
            if kept or not piece:
                return kept

    def _followed(self, piece: bytes) -> bytes:
        began_in_string, began_at = self._in_string, self._depth
        after_a_cut = self._string_bytes > self._longest
        text = b'"' + piece if began_in_string else piece
        outside = _STRINGS.sub(b"", text + _PROBE)
        self._in_string = outside.endswith(b"!")
        if began_in_string and outside == _PROBE[1:]:
            return self._within_string(piece, after_a_cut=after_a_cut) if began_at <= DEEPEST else b""
        self._string_bytes = 0
        if after_a_cut:
            piece = piece.lstrip(_CONTINUED)
            text = b'"' + piece
        deepest = began_at
        for bracket in outside.translate(None, _NO_BRACKETS):
            self._depth += 1 if bracket in _OPENING else -1
            deepest = max(deepest, self._depth)
        if deepest <= DEEPEST:
            return piece
        kept = _pruned(text, began_at)
        return kept[1:] if began_in_string and began_at <= DEEPEST else kept

    def _within_string(self, piece: bytes, *, after_a_cut: bool) -> bytes:
        """What is kept of a piece that is all string: nothing where it is too long, but the end of a torn character."""
        self._string_bytes += len(piece)
        if self._string_bytes <= self._longest:
            return piece
        return b"" if after_a_cut else piece[: len(piece) - len(piece.lstrip(_CONTINUED))]


def _pruned(text: bytes, depth: int) -> bytes:
    """The text with null in place of what is too deep; `depth` is where it begins."""
    kept = bytearray()
    keeping_from = 0 if depth <= DEEPEST else len(text)
    for token in _TOKENS.finditer(text):
        if token[0] in {b"[", b"{"}:
            depth += 1
            if depth == DEEPEST + 1:
                kept += text[keeping_from : token.start()] + b"null"
                keeping_from = len(text)
        elif token[0] in {b"]", b"}"}:
            depth -= 1
            if depth == DEEPEST:
                keeping_from = token.end()
    return bytes(kept + text[keeping_from:])
