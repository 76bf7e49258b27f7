"""Recorded JSON as a parser can take it: what recorders write is not always what RFC 8259 allows."""

from __future__ import annotations

import codecs
import re
from typing import IO, Final

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)
"""One whole escape, or the pair of them that is one character beyond U+FFFF."""

_FIRST_HALF: Final = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}")
_SHORT_ESCAPE: Final = 6
_LONGEST_ESCAPE: Final = 2 * _SHORT_ESCAPE
BEGINNING: Final = 64 * 1024
"""How many bytes of the beginning a stream remembers."""

_REPLACEMENT: Final = rb"\ufffd"


class JsonStream:
    r"""A stream without the byte order mark Windows tools put first, and without what is no character.

    JavaScript's strings may hold one half of a surrogate pair, and browsers record it as `\ud83d`. No UTF-8 can hold
    that, and some recorders write bytes that are no UTF-8 at all: the parser would give up, and every entry after it
    would be lost. Both are read as U+FFFD. `damaged_at` counts the bytes before the first that is no UTF-8.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._at_start = True
        self._held_back = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._bytes_read = 0
        self.beginning = b""
        self.damaged_at: int | None = None

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none only at the end."""
        if size == 0:
            return b""
        while True:
            chunk = self._stream.read(size)
            ready = self._whole_characters(self._utf_8(self._without_mark(chunk), at_end=not chunk), at_end=not chunk)
            if ready or not chunk:
                self.beginning += ready[: BEGINNING - len(self.beginning)]
                return ready

    def _without_mark(self, chunk: bytes) -> bytes:
        at_start, self._at_start = self._at_start, self._at_start and not chunk
        if at_start and chunk.startswith(codecs.BOM_UTF8):
            self._bytes_read = len(codecs.BOM_UTF8)
            return chunk.removeprefix(codecs.BOM_UTF8)
        return chunk

    def _utf_8(self, chunk: bytes, *, at_end: bool) -> bytes:
        before = self._bytes_read - len(self._decoder.getstate()[0])
        self._bytes_read += len(chunk)
        try:
            return self._decoder.decode(chunk, at_end).encode()
        except UnicodeDecodeError as error:
            # A character torn by the end of the file is part of what breaks off there.
            self.damaged_at = None if at_end else before + error.start
            self._decoder.errors = "replace"
            return self._decoder.decode(chunk, at_end).encode()

    def _whole_characters(self, chunk: bytes, *, at_end: bool) -> bytes:
        text = self._held_back + chunk
        cut = len(text) if at_end else _last_whole(text)
        text, self._held_back = text[:cut], text[cut:]
        return _ESCAPE.sub(_mended, text) if _SURROGATE.search(text) else text


def _last_whole(text: bytes) -> int:
    """Where to cut so that no escape and no pair of them is torn: always before a run of backslashes, or at the end."""
    cut = text.find(b"\\", max(0, len(text) - _LONGEST_ESCAPE))
    if cut < 0:
        return len(text)
    while True:
        cut = len(text[:cut].rstrip(b"\\"))
        if not _FIRST_HALF.fullmatch(text, max(0, cut - _SHORT_ESCAPE), cut):
            return cut
        cut -= _SHORT_ESCAPE


def _mended(escape: re.Match[bytes]) -> bytes:
    found = escape[0]
    is_half = len(found) == _SHORT_ESCAPE and _SURROGATE.match(found)
    return _REPLACEMENT if is_half else found
