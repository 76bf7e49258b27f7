"""The trace a call belongs to, as its client tells it (W3C Trace Context, section 3.2, `traceparent`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from proxy_addons.evidence.exchange import Headers

_TRACEPARENT: Final = re.compile(
    r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[\x21-\x7e]{0,256})?", re.ASCII
)
_INVALID_VERSION: Final = "ff"
_FIRST_VERSION: Final = "00"


@dataclass(frozen=True, slots=True)
class TraceContext:
    """The whole trace, 32 hexadecimal digits, and the client's span within it, 16."""

    trace_id: str
    span_id: str


def trace_context(headers: Headers) -> TraceContext | None:
    """What the client tells, None where it tells nothing or something the standard has no place for.

    Sent twice it counts as not sent, as the standard asks; later versions may say more behind the flags.
    """
    values = headers.get_all("traceparent")
    return read_traceparent(values[0]) if len(values) == 1 else None


def read_traceparent(value: str) -> TraceContext | None:
    """One value of the header; None where it is none."""
    found = _TRACEPARENT.fullmatch(value.strip(" \t"))
    if found is None:
        return None
    version, trace_id, span_id, more = found.groups()
    if version == _INVALID_VERSION or (version == _FIRST_VERSION and more):
        return None
    if not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return TraceContext(trace_id, span_id)
