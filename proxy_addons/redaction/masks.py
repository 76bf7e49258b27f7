"""What stands where a value was taken out: what sort of value it was and how long, never the value.

The length is a class, not a number: the exact length of a short password is half the password.
"""

from __future__ import annotations

import re
from typing import Final

_BOUNDS: Final = (16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)

GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SORTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (sort, re.compile(pattern, re.IGNORECASE))
    for sort, pattern in (
        ("guid", GUID.pattern),
        ("jwt", r"ey[\w-]+\.[\w-]+\.[\w-]*"),
        ("jwe", r"ey[\w-]+(?:\.[\w-]*){4}"),
        ("digits", r"\d+"),
        ("hex", r"(?:[0-9a-f]{2}){8,}"),
        ("base64", r"(?:[a-z0-9+/_-]{4}){4,}[a-z0-9+/_-]*={0,2}"),
    )
)
_LOOKED_AT: Final = 65536


def sort_of(value: str) -> str:
    """What a value looks like: guid, jwt, jwe, digits, hex, base64, or text where it is none of these."""
    if len(value) > _LOOKED_AT:
        return "text"
    return next((sort for sort, pattern in _SORTS if pattern.fullmatch(value)), "text")


def length_class(length: int) -> str:
    """A length as one of ten classes: `up-to-64`."""
    bound = next((bound for bound in _BOUNDS if length <= bound), None)
    return f"over-{_BOUNDS[-1]}" if bound is None else f"up-to-{bound}"


def mask(kind: str, value: str) -> str:
    """The stand-in for a value nobody needs to recognise again, `<secret:jwt:up-to-4096>`; empty stays empty."""
    if not value:
        return ""
    sort = sort_of(value)
    return f"<{kind}:{length_class(len(value))}>" if sort == "text" else f"<{kind}:{sort}:{length_class(len(value))}>"
