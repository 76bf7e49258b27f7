import gzip
import hashlib
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given, strategies

from proxy_addons.intake.content_encoding import DECODED_BYTES, undo_content_encoding

TEXT = "".join(f'{{"error": "{hashlib.sha256(bytes([n % 256, n // 256])).hexdigest()}"}}' for n in range(3000)).encode()
"""Text that does not shrink to nothing, so that half of it packed is a good part of it."""

BOMB = b"0" * 50_000_000

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data)),
    "zstd": zstandard.compress,
}


def raw_deflate(data: bytes) -> bytes:
    """RFC 1951 without the wrapper of RFC 1950, as some servers send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("coding", CODINGS)
def test_a_packed_body_is_unpacked(coding: str) -> None:
    body = undo_content_encoding(CODINGS[coding](TEXT), coding.upper())
    assert (body.content, body.truncated, body.problem) == (TEXT, False, "")


def test_deflate_without_its_wrapper_is_understood_as_well() -> None:
    assert undo_content_encoding(raw_deflate(TEXT), "deflate").content == TEXT


@pytest.mark.parametrize("codings", ["", "identity", " , "])
def test_a_body_that_is_not_packed_stays_as_it_is(codings: str) -> None:
    assert undo_content_encoding(TEXT, codings).content == TEXT


def test_several_codings_are_undone_from_the_last_to_the_first() -> None:
    assert undo_content_encoding(gzip.compress(bytes(brotli.compress(TEXT))), "br, gzip").content == TEXT


def test_an_empty_body_with_a_coding_is_empty() -> None:
    body = undo_content_encoding(b"", "gzip")
    assert (body.content, body.problem) == (b"", "")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_stops_at_the_bound(coding: str) -> None:
    body = undo_content_encoding(CODINGS[coding](BOMB), coding)
    assert body.content == BOMB[:DECODED_BYTES]
    assert (body.truncated, body.problem) == (True, f"longer than {DECODED_BYTES} bytes when unpacked")


def test_a_bomb_in_a_bomb_stops_at_the_bound() -> None:
    body = undo_content_encoding(gzip.compress(gzip.compress(BOMB)), "gzip, gzip")
    assert len(body.content or b"") == DECODED_BYTES


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_the_beginning_of_a_stream_is_read_as_far_as_it_goes(coding: str) -> None:
    half = CODINGS[coding](TEXT)
    half = half[: len(half) // 2]
    body = undo_content_encoding(half, coding, truncated=True)
    assert body.truncated
    assert body.problem == ""
    assert len(body.content or b"") > len(TEXT) // 4
    assert TEXT.startswith(body.content or b"")


def test_a_stream_that_ends_too_early_says_so() -> None:
    body = undo_content_encoding(gzip.compress(TEXT)[:-400], "gzip")
    assert (body.truncated, body.problem) == (True, "the gzip stream ends before it is complete")


def test_a_broken_stream_is_read_up_to_the_very_byte_that_breaks_it() -> None:
    packed = zlib.compress(TEXT)
    broken = packed[:-1] + bytes([packed[-1] ^ 1])
    body = undo_content_encoding(broken, "deflate")
    assert (body.content, body.truncated) == (TEXT, True)
    assert body.problem == f"no valid deflate after {len(TEXT)} readable bytes"


@pytest.mark.parametrize("coding", CODINGS)
def test_bytes_that_were_never_packed_are_reported_not_raised(coding: str) -> None:
    body = undo_content_encoding(b"\x78<html>not packed</html>", coding)
    assert body.truncated
    assert body.problem


def test_a_coding_nobody_knows_costs_the_body_only() -> None:
    body = undo_content_encoding(TEXT, "snappy")
    assert (body.content, body.problem) == (None, "content encoding 'snappy' is not known")


def test_a_tower_of_codings_is_not_climbed() -> None:
    body = undo_content_encoding(TEXT, ", ".join(["gzip"] * 50))
    assert (body.content, body.problem) == (None, "50 content encodings on top of each other")


@given(strategies.binary(max_size=3000), strategies.sampled_from([*CODINGS, "gzip, br", "deflate, gzip"]))
def test_no_bytes_at_all_can_raise(raw: bytes, codings: str) -> None:
    body = undo_content_encoding(raw, codings)
    assert len(body.content or b"") <= DECODED_BYTES
