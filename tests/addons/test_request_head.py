from __future__ import annotations

import pytest
from mitmproxy.http import Headers, Request
from mitmproxy.test import tutils

from proxy_addons.addons.request_head import has_a_method, make_head_safe


def request(*fields: tuple[bytes, bytes], method: bytes = b"GET", path: bytes = b"/") -> Request:
    return tutils.treq(method=method, path=path, headers=Headers(fields))


@pytest.mark.parametrize(
    ("sent", "forwarded"),
    [
        (b"a\r\n  b", b"a b"),
        (b"a\r\n\tb\r\n c", b"a b c"),
        (b"a\rTransfer-Encoding: chunked", b"a Transfer-Encoding: chunked"),
        (b"a\0b", b"a b"),
    ],
)
def test_what_could_end_a_line_is_a_blank(sent: bytes, forwarded: bytes) -> None:
    asked = request((b"X-A", sent), (b"x-B", b"kept"))
    make_head_safe(asked)
    assert asked.headers.fields == ((b"X-A", forwarded), (b"x-B", b"kept"))


def test_a_path_stays_one_word() -> None:
    asked = request(path=b"/a HTTP/1.1\r\n\tX%20\xff")
    make_head_safe(asked)
    assert asked.data.path == b"/a%20HTTP/1.1%0D%0A%09X%20\xff"


def test_everything_else_stays_the_very_same_object() -> None:
    asked = request((b"X-A", b"a  b\t\xff c "), (b"x-a", b""), path=b"/\xff?a=%00")
    before = asked.headers.fields, asked.data.path
    make_head_safe(asked)
    assert asked.headers.fields is before[0]
    assert asked.data.path is before[1]


@pytest.mark.parametrize(("method", "is_one"), [(b"GET", True), (b"M-SEARCH", True), (b"GET /x", False), (b"", False)])
def test_a_method_is_one_word(method: bytes, is_one: bool) -> None:  # noqa: FBT001  # drawn from the table
    assert has_a_method(request(method=method)) is is_one
