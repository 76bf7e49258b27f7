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
_GZIP_BITS: Final = zlib.MAX_WBITS | 16
_MEMBERS_AT_MOST: Final = 1000
"""Each costs some time even if nothing is in it, and servers send one."""
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


class _Unpacker(Protocol):
    """What zlib and zstandard have in common: it reads one member, and keeps what comes behind."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""


class _Members[Unpacker: _Unpacker]:
    """Members of gzip (RFC 1952 section 2.2), frames of zstd (RFC 8878 section 3.1): one or more make a body.

    What is none behind the first is left out, as readers do.
    """

    def __init__(self, make: Callable[[], Unpacker]) -> None:
        self._make = make
        self.unpacker = make()
        self._count = 1
        self._left_out = False

    def unpack(
        self, piece: bytes, read: Callable[[Unpacker, bytes], Iterator[bytes]], error: type[Exception]
    ) -> Iterator[bytes]:
        """What a piece holds, read with `read`, which raises `error` where bytes are no member."""
        while piece and not self._left_out:
            if self.unpacker.eof:
                self._begin_another()
            try:
                yield from read(self.unpacker, piece)
            except error as broken:
                self._left_out = self._count > 1
                if not self._left_out:
                    raise _BrokenError(str(broken)) from broken
            piece = self.unpacker.unused_data

    @property
    def ended(self) -> bool:
        """Whether the last of them has."""
        return self.unpacker.eof or self._left_out

    def _begin_another(self) -> None:
        self._count += 1
        if self._count > _MEMBERS_AT_MOST:
            raise _BrokenError("too many members")
        self.unpacker = self._make()


class _Gzip:
    def __init__(self) -> None:
        self._members = _Members(lambda: zlib.decompressobj(_GZIP_BITS))
        self._packer = zlib.compressobj(level=1, wbits=_GZIP_BITS)

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        return self._members.unpack(piece, _inflated, zlib.error)

    def pack(self, piece: bytes) -> bytes:
        return self._packer.compress(piece) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._packer.flush() if self._members.ended else b""


def _inflated(unpacker: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    while True:
        part = unpacker.decompress(piece, _ROOM)
        piece = unpacker.unconsumed_tail
        if part:
            yield part
        if not piece and len(part) < _ROOM:
            return


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
        decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._members = _Members(decompressor.decompressobj)
        self._packer = zstandard.ZstdCompressor(level=1).compressobj()

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        # This library offers no bound per call, and four bytes can stand for 128 KiB.
        for start in range(0, len(piece), _SIP):
            yield from self._members.unpack(piece[start : start + _SIP], _decompressed, zstandard.ZstdError)

    def pack(self, piece: bytes) -> bytes:
        return bytes(self._packer.compress(piece) + self._packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    def end(self) -> bytes:
        return bytes(self._packer.flush()) if self._members.ended else b""


def _decompressed(unpacker: zstandard.ZstdDecompressionObj, piece: bytes) -> Iterator[bytes]:
    part = unpacker.decompress(piece)
    if part:
        yield part


_CODINGS: Final[Mapping[str, Callable[[], Coding]]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
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
