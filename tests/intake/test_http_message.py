from __future__ import annotations

import gzip

import pytest
from hypothesis import given, strategies as st

from proxy_addons.intake.http_message import announced_length, read_message


def message(*headers: str, body: bytes = b"", end: str = "\r\n") -> bytes:
    return end.join(["HTTP/1.1 403 Not For You", *headers, "", ""]).encode() + body


def test_a_message_is_its_start_line_its_fields_and_its_body() -> None:
    read = read_message(message("X-A: 1", "x-a:  2 ", body=b"hello"))

    assert read.start == ("HTTP/1.1", "403", "Not For You")
    assert read.headers.fields == (("X-A", "1"), ("x-a", "2"))
    assert read.body().content == b"hello"


def test_lines_that_end_in_line_feeds_alone_are_lines() -> None:
    read = read_message(message("X-A: 1", body=b"hello", end="\n"))

    assert read.headers.fields == (("X-A", "1"),)
    assert read.body().content == b"hello"


def test_a_folded_field_is_one_field() -> None:
    assert read_message(message("X-A: one", "\ttwo", "X-B: 3")).headers.fields == (("X-A", "one two"), ("X-B", "3"))


def test_a_line_that_is_no_field_is_left_out() -> None:
    assert read_message(message(" lost", "no colon", ": no name", "X-A: 1")).headers.fields == (("X-A", "1"),)


def test_a_message_without_an_empty_line_has_no_body() -> None:
    read = read_message(b"HTTP/1.1 403")

    assert (read.start, read.headers.fields, read.body().content) == (("HTTP/1.1", "403"), (), b"")


@pytest.mark.parametrize(
    ("body", "content", "cut"),
    [
        (b"3\r\nabc\r\n2;name=value\r\nde\r\n0\r\n\r\n", b"abcde", False),
        (b"3\nabc\n0\n\n", b"abc", False),
        (b"3\r\nabc\r\n", b"abc", True),
        (b"9\r\nabc", b"abc", True),
        (b"3\r\nabc\r\nzz\r\n", b"abc", True),
        (b'{"taken": "apart already"}', b'{"taken": "apart already"}', False),
        (b"", b"", False),
    ],
)
def test_chunks_are_put_together_as_far_as_they_go(body: bytes, content: bytes, cut: bool) -> None:  # noqa: FBT001  # a column
    read = read_message(message("Transfer-Encoding: chunked", body=body)).body()

    assert (read.content, read.truncated) == (content, cut)


def test_chunks_and_packing_are_both_undone() -> None:
    packed = gzip.compress(b"hello")
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)

    read = read_message(message("Transfer-Encoding: chunked", "Content-Encoding: gzip", body=chunked))

    assert read.body().content == b"hello"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_text_that_was_unpacked_already_is_taken_as_it_is(coding: str) -> None:
    assert read_message(message(f"Content-Encoding: {coding}", body=b'{"a": 1}')).body().content == b'{"a": 1}'


def test_what_cannot_be_unpacked_and_is_no_text_stays_a_problem() -> None:
    body = read_message(message("Content-Encoding: gzip", body=b"\x00\x01")).body()

    assert body.content == b""
    assert body.problem


def test_a_body_that_was_announced_and_not_kept_is_not_taken_for_an_empty_one() -> None:
    body = read_message(message("Content-Length: 470")).body()

    assert (body.content, body.problem) == (None, "the recording holds no body")


def test_where_no_body_can_be_none_is_missed() -> None:
    assert read_message(message("Content-Length: 470")).body(expected=False).content == b""


def test_a_body_shorter_than_announced_is_cut_off() -> None:
    assert read_message(message("Content-Length: 470", body=b"short")).body().truncated


def test_a_message_that_was_cut_off_has_a_body_that_is() -> None:
    assert read_message(message("Content-Length: 5", body=b"whole"), truncated=True).body().truncated


@pytest.mark.parametrize("length", ["", "-1", "five", "\u0665", "9" * 5000])
def test_a_length_that_is_no_number_announces_nothing(length: str) -> None:
    assert announced_length(read_message(message(f"Content-Length: {length}")).headers) == 0


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_of_some_kind(raw: bytes) -> None:
    read_message(raw).body()
    read_message(message("Transfer-Encoding: chunked", body=raw)).body()
