"""A rewriter behind a Content-Encoding: packed pieces come in, packed pieces go out, in the same coding.

What the client said it accepts has reached the server, and the answer comes in the coding they agreed on; so it goes
on in that coding. Every piece is flushed: what the server sent so far reaches the client without waiting for more.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

import brotli
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    type Rewriter = Callable[[bytes], bytes]

_ROOM: Final = 64 * 1024
"""How much is unpacked at a time: a bomb goes through in pieces of this size."""
_SIP: Final = 256
_ALWAYS_ALLOWED: Final = 4 * 1024 * 1024
_EXPANSION: Final = 100
"""A body may unpack to `_ALWAYS_ALLOWED` bytes and so many times what came of it; JSON packs to a tenth or so."""
_LARGEST_WINDOW: Final = 8 * 1024 * 1024
"""What RFC 8878 asks every decoder of zstd to support."""


class _BrokenError(ValueError):
    """The packed bytes are no valid stream."""


class Coding(Protocol):
    """Unpacking and packing of one body."""

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        """What a piece holds, in parts of bounded size; ValueError where it is broken."""

    def pack(self, piece: bytes) -> bytes:
        """The packed form, complete up to here."""

    def end(self) -> bytes:
        """What closes the packed form, empty where the incoming one was not closed: a cut-off body stays cut off."""


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._unpacker = zlib.decompressobj(window_bits)
        self._packer = zlib.compressobj(level=1, wbits=window_bits)

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        try:
            while True:
                part = self._unpacker.decompress(piece, _ROOM)
                piece = self._unpacker.unconsumed_tail
                if part:
                    yield part
                if not piece and len(part) < _ROOM:
                    return
        except zlib.error as error:
            raise _BrokenError(str(error)) from error

    def pack(self, piece: bytes) -> bytes:
        return self._packer.compress(piece) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._packer.flush() if self._unpacker.eof else b""


class _Brotli:
    def __init__(self) -> None:
        self._unpacker = brotli.Decompressor()
        self._packer = brotli.Compressor(quality=1)

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        try:
            part = self._unpacker.process(piece, output_buffer_limit=_ROOM)
            while part:
                yield bytes(part)
                part = self._unpacker.process(b"", output_buffer_limit=_ROOM)
        except brotli.error as error:
            raise _BrokenError(str(error)) from error

    def pack(self, piece: bytes) -> bytes:
        return bytes(self._packer.process(piece) + self._packer.flush())

    def end(self) -> bytes:
        return bytes(self._packer.finish()) if self._unpacker.is_finished() else b""


class _Zstandard:
    def __init__(self) -> None:
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
        self._packer = zstandard.ZstdCompressor(level=1).compressobj()

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        try:
            # This library offers no bound per call, and four bytes can stand for 128 KiB.
            for start in range(0, len(piece), _SIP):
                part = self._unpacker.decompress(piece[start : start + _SIP])
                if part:
                    yield part
        except zstandard.ZstdError as error:
            raise _BrokenError(str(error)) from error

    def pack(self, piece: bytes) -> bytes:
        return bytes(self._packer.compress(piece) + self._packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    def end(self) -> bytes:
        return bytes(self._packer.flush()) if self._unpacker.eof else b""


_CODINGS: Final[Mapping[str, Callable[[], Coding]]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "br": _Brotli,
    "zstd": _Zstandard,
}
"""Not `deflate`: servers send it with and without its wrapper, and no service of Microsoft's sends it."""


class Recoded:
    """A rewriter for a packed body. Where the packing turns out to be broken, all that follows passes as it came.

    A bomb is cut off: unpacking all of it would hold up every other connection. What has gone through is not closed,
    so that no client takes it for whole.
    """

    def __init__(self, coding: Coding, rewriter: Rewriter) -> None:
        self._coding = coding
        self._rewriter = rewriter
        self._broken = False
        self._cut_off = False
        self._room = _ALWAYS_ALLOWED

    def __call__(self, piece: bytes) -> Iterator[bytes]:
        """What to send for a piece; an empty piece is the end."""
        if self._cut_off:
            return
        if self._broken:
            yield piece
            return
        self._room += _EXPANSION * len(piece)
        if not piece:
            rest = self._rewriter(b"")
            yield (self._coding.pack(rest) if rest else b"") + self._coding.end()
            return
        try:
            for part in self._coding.unpack(piece):
                self._room -= len(part)
                if self._room < 0:
                    self._cut_off = True
                    return
                rewritten = self._rewriter(part)
                if rewritten:
                    yield self._coding.pack(rewritten)
        except ValueError:
            self._broken = True
            yield piece


def can_recode(content_encoding: str) -> bool:
    """Whether a body with this Content-Encoding can be read on the way."""
    return not content_encoding.strip() or content_encoding.strip().lower() in {"identity", *_CODINGS}


def behind(content_encoding: str, rewriter: Rewriter) -> Rewriter | Recoded:
    """A rewriter for a body with this Content-Encoding, one of those `can_recode` allows."""
    make = _CODINGS.get(content_encoding.strip().lower())
    return rewriter if make is None else Recoded(make(), rewriter)
