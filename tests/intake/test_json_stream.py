from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, strategies as st

from proxy_addons.intake.json_stream import JsonStream


def read(raw: bytes, size: int = -1) -> bytes:
    """Everything a stream gives, in pieces of `size` asked for."""
    stream = JsonStream(io.BytesIO(raw))
    pieces = []
    while piece := stream.read(size):
        pieces.append(piece)
    return b"".join(pieces)


def test_a_byte_order_mark_is_left_out() -> None:
    assert read(b"\xef\xbb\xbf{}") == b"{}"


def test_a_byte_order_mark_inside_is_text() -> None:
    assert read(b'["\xef\xbb\xbf"]') == b'["\xef\xbb\xbf"]'


@pytest.mark.parametrize("half", [rb"\ud83d", rb"\uDEFF", rb"\udcff"])
def test_half_a_character_becomes_the_replacement_character(half: bytes) -> None:
    assert json.loads(read(b'["a' + half + b'b"]')) == ["a\ufffdb"]


def test_two_first_halves_are_two_halves() -> None:
    assert json.loads(read(rb'["\ud83d\ud83d\ude00"]')) == ["\ufffd\U0001f600"]


def test_a_whole_pair_stays() -> None:
    assert read(rb'["\ud83d\ude00"]') == rb'["\ud83d\ude00"]'


def test_an_escaped_backslash_is_no_escape() -> None:
    assert read(rb'["\\ud83d"]') == rb'["\\ud83d"]'


@given(
    st.lists(st.sampled_from(["\\", "\\\\", "\\ud83d", "\\ude00", "\\u0041", "\\ud8", '\\"', "ud83d", "é", "x" * 20])),
    st.integers(min_value=1, max_value=40),
)
def test_where_a_piece_ends_makes_no_difference(parts: list[str], size: int) -> None:
    raw = "".join(parts).encode()

    assert read(raw, size) == read(raw)


@given(st.text(st.characters(codec=None)))
def test_what_json_dumps_writes_can_always_be_read_as_utf_8(text: str) -> None:
    decoded = json.loads(read(json.dumps(text).encode(), 7))

    decoded.encode()
    assert len(decoded) <= len(text)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("raw", "text", "place"),
    [
        (b'["Z\xfcrich", "\xc3\xa9"]', '["Z\ufffdrich", "é"]', 3),
        (b'\xef\xbb\xbf["\xed\xa0\x80"]', '["\ufffd\ufffd\ufffd"]', 5),
        (b'["ok", "\xff\xfe"]', '["ok", "\ufffd\ufffd"]', 8),
    ],
    ids=["Latin-1", "half a character", "no text"],
)
def test_bytes_that_are_no_utf_8_are_replaced_and_the_first_is_named(
    raw: bytes, text: str, place: int, size: int
) -> None:
    stream = JsonStream(io.BytesIO(raw))
    read = b"".join(iter(lambda: stream.read(max(size, 3)), b""))

    assert (read.decode(), stream.damaged_at) == (text, place)


def test_a_character_torn_by_the_end_is_part_of_the_breaking_off() -> None:
    stream = JsonStream(io.BytesIO(b'["\xc3'))

    assert (stream.read() + stream.read(), stream.damaged_at) == ('["\ufffd'.encode(), None)


def test_asking_for_nothing_is_not_the_end() -> None:
    stream = JsonStream(io.BytesIO(b"{}"))

    assert stream.read(0) == b""
    assert stream.read(10) == b"{}"
