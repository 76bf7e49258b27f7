import gzip
import os
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from proxy_addons.addons.links_coding import Recoded, behind, can_recode

BODY = b"hello " * 1000 + os.urandom(50_000)
PACKED = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def through(coding: str, raw: bytes, size: int) -> list[bytes]:
    recoded = behind(coding, lambda piece: piece.replace(b"hello", b"goodbye"))
    assert isinstance(recoded, Recoded)
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
    return [b"".join(recoded(piece)) for piece in (*pieces, b"")]


def unpacked(coding: str, raw: bytes) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    return gzip.decompress(raw) if coding == "gzip" else bytes(brotli.decompress(raw))


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("size", [37, 4096, 1 << 20])
def test_a_packed_body_is_rewritten_and_stays_packed(coding: str, size: int) -> None:
    raw = PACKED[coding](b"hello " * 9)
    assert unpacked(coding, b"".join(through(coding, raw, size))) == b"goodbye " * 9


@pytest.mark.parametrize("coding", PACKED)
def test_a_large_body_comes_through_whole(coding: str) -> None:
    recoded = behind(coding, lambda piece: piece)
    assert isinstance(recoded, Recoded)
    raw = PACKED[coding](BODY * 8)
    parts = [part for start in range(0, len(raw), 7000) for part in recoded(raw[start : start + 7000])]
    assert unpacked(coding, b"".join([*parts, *recoded(b"")])) == BODY * 8


@pytest.mark.parametrize("coding", PACKED)
def test_a_body_that_breaks_off_does_not_look_complete_afterwards(coding: str) -> None:
    raw = PACKED[coding](os.urandom(500_000))
    out = b"".join(through(coding, raw[: len(raw) // 2], 1000))
    if coding == "gzip":
        state = zlib.decompressobj(31)
        assert state.decompress(out)
        assert not state.eof
    elif coding == "br":
        reader = brotli.Decompressor()
        assert reader.process(out)
        assert not reader.is_finished()
    else:
        stream = zstandard.ZstdDecompressor().decompressobj()
        assert stream.decompress(out)
        assert not stream.eof


@pytest.mark.parametrize("coding", PACKED)
def test_bytes_that_are_no_such_coding_pass_as_they_are(coding: str) -> None:
    assert b"".join(through(coding, b"not packed at all, " * 100, 500)) == b"not packed at all, " * 100


SEVERAL: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress}
"""Codings whose bodies may consist of several members, each complete in itself."""


@pytest.mark.parametrize("coding", SEVERAL)
@pytest.mark.parametrize("size", [1, 37, 1 << 20])
def test_a_body_of_several_members_comes_through_whole(coding: str, size: int) -> None:
    raw = b"".join(SEVERAL[coding](part) for part in (b"one ", b"", b"and another"))
    assert unpacked(coding, b"".join(through(coding, raw, size))) == b"one and another"


def test_a_second_member_that_breaks_off_does_not_look_complete_afterwards() -> None:
    raw = gzip.compress(b"hello ") + gzip.compress(os.urandom(1000))[:500]
    with pytest.raises(EOFError):
        unpacked("gzip", b"".join(through("gzip", raw, 4096)))


@pytest.mark.parametrize("coding", SEVERAL)
def test_what_follows_a_body_and_is_no_member_is_left_out(coding: str) -> None:
    raw = SEVERAL[coding](b"hello ") + b"\0\0\0 and more"
    assert unpacked(coding, b"".join(through(coding, raw, 4096))) == b"goodbye "


def test_a_body_of_thousands_of_members_does_not_look_complete() -> None:
    raw = gzip.compress(b"hello ") + gzip.compress(b"") * 5000
    with pytest.raises((EOFError, gzip.BadGzipFile, zlib.error)):
        unpacked("gzip", b"".join(through("gzip", raw, 1 << 20)))


def test_what_a_server_sent_so_far_reaches_the_client_without_waiting_for_more() -> None:
    packer = zlib.compressobj(wbits=31)
    recoded = behind("gzip", lambda piece: piece)
    assert isinstance(recoded, Recoded)
    sent = b"".join(recoded(packer.compress(b"first") + packer.flush(zlib.Z_SYNC_FLUSH)))
    assert zlib.decompressobj(31).decompress(sent) == b"first"


def test_a_bomb_goes_through_in_small_parts() -> None:
    largest = 0

    def look(piece: bytes) -> bytes:
        nonlocal largest
        largest = max(largest, len(piece))
        return piece

    recoded = behind("gzip", look)
    assert isinstance(recoded, Recoded)
    out = sum(len(part) for part in recoded(gzip.compress(bytes(50_000_000))))
    assert largest <= 64 * 1024
    assert out < 1_000_000


def test_codings_nobody_can_undo_are_left_alone() -> None:
    assert [can_recode(coding) for coding in ("", "identity", "GZIP", "br", "zstd")] == [True] * 5
    assert not any(can_recode(coding) for coding in ("deflate", "gzip, br", "aes128gcm"))


@pytest.mark.parametrize("coding", PACKED)
def test_a_bomb_is_cut_off_and_does_not_look_complete(coding: str) -> None:
    unpacked_bytes = 0

    def count(part: bytes) -> bytes:
        nonlocal unpacked_bytes
        unpacked_bytes += len(part)
        return part

    recoded = behind(coding, count)
    assert isinstance(recoded, Recoded)
    raw = PACKED[coding](bytes(64 * 1024 * 1024))
    out = b"".join(b"".join(recoded(raw[at : at + 1000])) for at in range(0, len(raw), 1000)) + b"".join(recoded(b""))

    assert unpacked_bytes <= 4 * 1024 * 1024 + 100 * len(raw)
    assert unpacked_bytes < 30 * 1024 * 1024
    with pytest.raises((EOFError, brotli.error, AssertionError)):
        assert len(unpacked(coding, out)) == 64 * 1024 * 1024


def test_a_long_body_of_little_variety_is_no_bomb() -> None:
    body = b'{"value": [%s]}' % b",".join(
        b'{"id": %d, "read": false, "count": 0}' % number for number in range(300_000)
    )
    raw = gzip.compress(body)

    recoded = behind("gzip", lambda part: part)
    assert isinstance(recoded, Recoded)
    out = b"".join(recoded(raw)) + b"".join(recoded(b""))

    assert gzip.decompress(out) == body
