"""JSON without its extremes: depths no recording needs and numbers no machine counts with are null, strings are cut.

The parser holds the whole path of each level, so memory grows with the square of the depth: 100,000 brackets, which are
100 kB, took 20 GB. And it holds each string as a whole, and reads it from the start with every piece. At a number of
more than 63 bits, at NaN and at Infinity, which some recorders write, it gives up.
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
_IN_A_NUMBER: Final = b"+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What a number may be written with, or a word like NaN."""
_TORN_BYTES: Final = 64
"""How much of a number is kept that a piece ends in: more than any that counts."""
_STRANGE: Final = re.compile(rb"NaN|Infinity|\d{19}|[eE]\+?\d{3}")
_NUMBERS: Final = re.compile(_STRING + rb"|-?(?:NaN|Infinity|\d[\d.eE+-]*+)", re.DOTALL)
_NO_MACHINES: Final = re.compile(rb"-?(?:NaN|Infinity|\d{19}.*|[\d.]+[eE]\+?\d{3}.*)")
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
        self._torn = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none only at the end."""
        if size == 0:
            return b""
        while True:
            piece = self._stream.read(size)
            torn, self._torn = self._torn, b""
            kept = self._followed(torn + piece, at_end=not piece)
            if kept or not piece:
                return kept

    def _followed(self, piece: bytes, *, at_end: bool) -> bytes:
        began_in_string, began_at = self._in_string, self._depth
        after_a_cut = self._string_bytes > self._longest
        text = b'"' + piece if began_in_string else piece
        outside = _STRINGS.sub(b"", text + _PROBE)
        self._in_string = outside.endswith(b"!")
        if not self._in_string and not at_end:
            piece, text = self._without_torn_number(piece, text)
        if _STRANGE.search(outside):
            text = _NUMBERS.sub(_countable, text)
            piece = text[began_in_string:]
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

    def _without_torn_number(self, piece: bytes, text: bytes) -> tuple[bytes, bytes]:
        """Hold back what may go on in the next piece."""
        torn = len(piece) - len(piece.rstrip(_IN_A_NUMBER))
        self._torn = piece[len(piece) - torn :][:_TORN_BYTES]
        return piece[: len(piece) - torn], text[: len(text) - torn]

    def _within_string(self, piece: bytes, *, after_a_cut: bool) -> bytes:
        """What is kept of a piece that is all string: nothing where it is too long, but the end of a torn character."""
        self._string_bytes += len(piece)
        if self._string_bytes <= self._longest:
            return piece
        return b"" if after_a_cut else piece[: len(piece) - len(piece.lstrip(_CONTINUED))]


def _countable(token: re.Match[bytes]) -> bytes:
    return b"null" if _NO_MACHINES.fullmatch(token[0]) else token[0]


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
