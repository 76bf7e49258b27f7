"""mitmproxy's own recordings (`mitmdump -w`, saved from mitmweb): one flow after the other, each with its length."""

from __future__ import annotations

import io
import re
from typing import IO, TYPE_CHECKING, Final

from mitmproxy import http
from mitmproxy.io import FlowReader
from mitmproxy.version import FLOW_FORMAT_VERSION

from proxy_addons.intake.flow import exchange_from_flow
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mitmproxy.flow import Flow

    from proxy_addons.evidence.exchange import Exchange

FLOW_BYTES: Final = 64 * 1024 * 1024
"""The largest flow that is read: mitmproxy holds all of one in memory, several times."""

_VERSION: Final = re.compile(rb"7:version;\d{1,2}:(\d{1,9})#")
_LENGTH_DIGITS: Final = 12
_PIECE: Final = 1024 * 1024


def read_flow_file(stream: IO[bytes], *, largest: int = FLOW_BYTES) -> Iterator[Exchange | UnreadableEntry]:
    """Every HTTP exchange of a flow file, in order; flows of other protocols say nothing about a refusal.

    A flow mitmproxy cannot read costs only itself. RecordingError where the file breaks off.
    """
    index = 0
    while (prefix := stream.read(1)) != b"":
        place = f"flow {index}"
        index += 1
        size = _size(stream, prefix, place)
        if size > largest:
            _pass_over(stream, size, place)
            yield UnreadableEntry(place, "is larger than any flow worth reading")
            continue
        content = stream.read(size)
        if len(content) < size:
            raise _breaks(place)
        flow = _flow(b"%d:%b" % (size - 1, content))
        if flow is None:
            yield UnreadableEntry(place, _why_not(content))
        elif isinstance(flow, http.HTTPFlow):
            yield exchange_from_flow(flow, None, None)


def _size(stream: IO[bytes], first: bytes, place: str) -> int:
    """The bytes of a flow: its length stands first in digits, a colon after it, and it ends in a letter of its type."""
    digits, letter = b"", first
    while letter.isdigit() and len(digits) <= _LENGTH_DIGITS:
        digits += letter
        letter = stream.read(1)
    if letter != b":" or not digits:
        raise _breaks(place)
    return int(digits) + 1


def _pass_over(stream: IO[bytes], size: int, place: str) -> None:
    while size:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            raise _breaks(place)
        size -= len(piece)


def _flow(content: bytes) -> Flow | None:
    """The flow, or None where mitmproxy cannot make one of this; its reader trusts the file and may raise anything."""
    try:
        return next(iter(FlowReader(io.BytesIO(content)).stream()), None)
    except Exception:  # noqa: BLE001  # KeyError, AttributeError, RecursionError ...
        return None


def _why_not(content: bytes) -> str:
    """What is wrong with a flow: the version stands in it as `7:version;2:21#`."""
    version = _VERSION.search(content)
    if version and int(version[1]) > FLOW_FORMAT_VERSION:
        return (
            f"was written by a newer mitmproxy: its format is {int(version[1])}, "
            f"and {FLOW_FORMAT_VERSION} is the last that can be read here"
        )
    return "is damaged, or of a version this mitmproxy cannot read"


def _breaks(place: str) -> RecordingError:
    return RecordingError(
        f"{place}: the file breaks off here; everything before it was read. Stop mitmproxy before copying its file"
    )
