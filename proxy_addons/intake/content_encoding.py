"""Content-Encoding undone on a captured copy, within bounds, as far as the bytes allow.

The bytes come from the wire and may be a bomb, cut off or broken half way. Whatever can be read up to that point is
evidence; nothing in here raises for bad input.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

import brotli
import zstandard

from proxy_addons.evidence.exchange import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DECODED_BYTES: Final = 512 * 1024
"""How much of an unpacked body is kept: a bomb stops here, and reading it never holds up the event loop for long."""

_CODINGS_AT_MOST: Final = 4
_PIECE: Final = 1024
_SIP: Final = 128
"""Of zstd, whose library offers no bound per call: four bytes may stand for 128 KiB."""


class _Decoder(Protocol):
    """One running decompression: feed a piece and get about `room` bytes; broken input is a ValueError."""

    def feed(self, piece: bytes, room: int) -> bytes: ...

    @property
    def finished(self) -> bool: ...


class _Zlib:
    """gzip (RFC 1952) and deflate, which servers send both with (RFC 1950) and without (RFC 1951) its wrapper."""

    def __init__(self, window_bits: int) -> None:
        self._state = zlib.decompressobj(window_bits)

    def feed(self, piece: bytes, room: int) -> bytes:
        try:
            return self._state.decompress(self._state.unconsumed_tail + piece, room)
        except zlib.error as error:
            raise ValueError(str(error)) from error

    @property
    def finished(self) -> bool:
        return self._state.eof


class _Brotli:
    """Brotli, RFC 7932."""

    def __init__(self) -> None:
        self._state = brotli.Decompressor()

    def feed(self, piece: bytes, room: int) -> bytes:
        try:
            return bytes(self._state.process(piece, output_buffer_limit=room))
        except brotli.error as error:
            raise ValueError(str(error)) from error

    @property
    def finished(self) -> bool:
        return bool(self._state.is_finished())


class _Zstandard:
    """Zstandard, RFC 8878. The window is bounded, or a frame of a few bytes could ask for gigabytes."""

    def __init__(self) -> None:
        self._state = zstandard.ZstdDecompressor(max_window_size=16 * DECODED_BYTES).decompressobj()

    def feed(self, piece: bytes, room: int) -> bytes:
        out = bytearray()
        try:
            for start in range(0, len(piece), _SIP):
                out += self._state.decompress(piece[start : start + _SIP])
                if len(out) >= room or self._state.eof:
                    break
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error
        return bytes(out)

    @property
    def finished(self) -> bool:
        return self._state.eof


_DECODERS: Final[Mapping[str, Callable[[bytes], _Decoder]]] = {
    "gzip": lambda _: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda _: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda raw: _Zlib(zlib.MAX_WBITS if raw[:1] == b"\x78" else -zlib.MAX_WBITS),
    "br": lambda _: _Brotli(),
    "zstd": lambda _: _Zstandard(),
}


def undo_content_encoding(raw: bytes, codings: str, *, truncated: bool = False) -> Body:
    """The body behind `raw`, whose Content-Encoding header says `codings` (a comma list, applied left to right).

    `truncated` says that `raw` is only the beginning of what travelled.
    """
    names = [name for name in (part.strip().lower() for part in codings.split(",")) if name not in ("", "identity")]
    if len(names) > _CODINGS_AT_MOST:
        return Body(None, truncated, f"{len(names)} content encodings on top of each other")
    body = Body(raw, truncated)
    for name in reversed(names):
        make = _DECODERS.get(name)
        if make is None:
            return Body(None, truncated, f"content encoding {name!r} is not known")
        body = _decoded(body.content or b"", name, make, cut_before=body.truncated)
    return body


def _decoded(raw: bytes, name: str, make: Callable[[bytes], _Decoder], *, cut_before: bool) -> Body:
    pieces = [raw[start : start + _PIECE] for start in range(0, len(raw), _PIECE)]
    out, broken_in, finished = _feed_all(make(raw), pieces)
    if broken_in is not None:
        # A decoder keeps what it read of a broken piece to itself; byte by byte it has nothing to keep.
        single = [bytes([byte]) for byte in pieces[broken_in]]
        out, _, _ = _feed_all(make(raw), [*pieces[:broken_in], *single])
    if len(out) > DECODED_BYTES:
        return Body(out[:DECODED_BYTES], truncated=True, problem=f"longer than {DECODED_BYTES} bytes when unpacked")
    if broken_in is not None:
        return Body(out, truncated=True, problem=f"no valid {name} after {len(out)} readable bytes")
    if raw and not finished and not cut_before:
        return Body(out, truncated=True, problem=f"the {name} stream ends before it is complete")
    return Body(out, cut_before)


def _feed_all(decoder: _Decoder, pieces: list[bytes]) -> tuple[bytes, int | None, bool]:
    """What came out, the index of the piece that broke it (None: none did), and whether the stream reached its end."""
    out = bytearray()
    for index, piece in enumerate(pieces):
        try:
            out += decoder.feed(piece, DECODED_BYTES + 1 - len(out))
        except ValueError:
            return bytes(out), index, False
        if decoder.finished or len(out) > DECODED_BYTES:
            break
    return bytes(out), None, decoder.finished
