"""Which failures somebody wants to see: one choice for stored ones, lines of the log and the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.trace_context import read_traceparent

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETERS: Final[Mapping[str, str]] = {
    "group": "group",
    "cause": "cause",
    "service": "service",
    "app": "app",
    "request-id": "request_id",
    "trace": "trace",
}
"""What the texts of a choice are called in an address, and the field of each."""
_DIGITS: Final = 32
_TRACE_ID: Final = re.compile(r"[0-9a-f]{16,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which failures; an empty text and None mean all. `since` is in milliseconds since 1970.

    `request_id` is the service's or the client's, `trace` the id of a whole trace as `trace_id_of` gives it.
    """

    since: int | None = None
    group: str = ""
    cause: str = ""
    service: str = ""
    app: str = ""
    request_id: str = ""
    trace: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The texts that choose, as parameters of an address; none where nothing is left out but by time."""
        texts = {name: str(getattr(self, field)) for name, field in PARAMETERS.items()}
        return {name: text for name, text in texts.items() if text}


def trace_id_of(copied: str) -> str | None:
    """The trace id, 32 digits, in what somebody copied from another tool; None where it holds none.

    That may be a whole traceparent, and an id in capitals, as a GUID, or without its leading zeros: tools whose ids
    have 64 bits send them on with zeros before (W3C Trace Context, section 3.2.2.3), and some show none.
    """
    text = copied.strip().lower()
    if (context := read_traceparent(text)) is not None:
        return context.trace_id
    digits = text.replace("-", "")
    return digits.zfill(_DIGITS) if _TRACE_ID.fullmatch(digits) and digits.strip("0") else None
