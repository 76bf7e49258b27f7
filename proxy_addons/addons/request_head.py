"""The head of a request as it may be forwarded: no two readers are to see two requests in it (RFC 9112 section 11.2).

mitmproxy refuses most of what could do that. It passes on CR and NUL inside of header values and lines that are folded;
and what HTTP/2 allows in a path or a method need not fit into a request line of HTTP/1.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mitmproxy.http import Request

_FOLD: Final = re.compile(rb"[ \t]*[\0\r\n]+[ \t]*")
_NOT_IN_A_TARGET: Final = re.compile(rb"[\0-\x20\x7f]")
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def make_head_safe(request: Request) -> None:
    """Put a blank in place of CR, LF and NUL in header values, with the blanks around them (RFC 9110 section 5.5).

    Blanks and control characters in the path are percent-encoded. All else stays as it was sent, to the byte.
    """
    data = request.data
    # A look for one byte is many times faster than a pattern, and tokens are long.
    values = b"".join(value for _, value in data.headers.fields)
    if b"\r" in values or b"\n" in values or b"\0" in values:
        data.headers.fields = tuple((name, _FOLD.sub(b" ", value)) for name, value in data.headers.fields)
    if _NOT_IN_A_TARGET.search(data.path):
        data.path = _NOT_IN_A_TARGET.sub(lambda found: b"%%%02X" % found[0][0], data.path)


def has_a_method(request: Request) -> bool:
    """Whether the method is one word (RFC 9110 section 9.1), as a request line wants it."""
    return _TOKEN.fullmatch(request.data.method) is not None
