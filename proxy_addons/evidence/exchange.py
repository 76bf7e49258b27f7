"""The one shape of traffic everything downstream works on, wherever it came from.

A live mitmproxy flow, a HAR entry and an example in a rule file all become an `Exchange`. Values are frozen, headers
keep order, case and duplicates (RFC 9110 section 5.3 gives them meaning), and nothing in here is ever cleaned up: what
the wire said is the evidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Headers:
    """An ordered list of header fields. Look-ups ignore case, iteration keeps the wire's order and spelling."""

    fields: tuple[tuple[str, str], ...] = ()
    _by_name: Mapping[str, Sequence[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out the values by lower-case name, for one exchange is asked for dozens of headers."""
        grouped: dict[str, list[str]] = {}
        for name, value in self.fields:
            grouped.setdefault(name.lower(), []).append(value)
        object.__setattr__(self, "_by_name", grouped)

    def get(self, name: str) -> str | None:
        """The first value of a header, or None where it was not sent."""
        values = self._by_name.get(name.lower())
        return values[0] if values else None

    def get_all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order; several fields of one name are normal for WWW-Authenticate."""
        return tuple(self._by_name.get(name.lower(), ()))

    def joined(self) -> dict[str, str]:
        """Every header by its lower-case name; several fields of one name are joined with a comma and a blank."""
        return {name: ", ".join(values) for name, values in self._by_name.items()}

    def __contains__(self, name: object) -> bool:
        """Whether the header was sent at all, even empty."""
        return isinstance(name, str) and name.lower() in self._by_name


@dataclass(frozen=True, slots=True)
class Body:
    """A captured body with its Content-Encoding undone.

    `content` may be shorter than what travelled (`truncated`), and may be absent altogether (None) where nobody
    captured it; `problem` then says why, in words for a person. An empty body is `b""`, which is evidence, unlike None.
    """

    content: bytes | None = b""
    truncated: bool = False
    problem: str = ""

    @property
    def text(self) -> str:
        """The content as text: UTF-8, or UTF-16 where its byte order mark says so; bad bytes are replaced."""
        raw = self.content or b""
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16", errors="replace")
        return raw.decode("utf-8-sig", errors="replace")


@dataclass(frozen=True, slots=True)
class Request:
    """What the client sent. `url` is absolute and names the host the client meant, not the address it was sent to."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: Body = field(default_factory=Body)
    http_version: str = "HTTP/1.1"

    @property
    def split_url(self) -> SplitResult:
        """The URL in parts; one nobody can parse (RFC 3986) yields empty parts. A bad port costs only `port`."""
        try:
            return urlsplit(self.url)
        except ValueError:
            return SplitResult("", "", "", "", "")

    @property
    def host(self) -> str:
        """The host of the URL in lower case, without port; empty where there is none."""
        return (self.split_url.hostname or "").rstrip(".")


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `status` is the three-digit code as received."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: Body = field(default_factory=Body)
    reason: str = ""
    http_version: str = "HTTP/1.1"

    @property
    def date(self) -> float | None:
        """The Date header (RFC 9110 section 6.6.1) in seconds since the epoch, or None where it cannot be read.

        Always a moment the calendar holds in UTC, so that it can be printed.
        """
        raw = self.headers.get("date")
        return None if raw is None else _read_date(raw)


@lru_cache(maxsize=64)
def _read_date(raw: str) -> float | None:
    """A moment from its text. Several readers ask for it, and the answers of a busy second all name the same one."""
    try:
        moment = parsedate_to_datetime(raw)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it.

    `started` and `ended` are seconds since the epoch (UTC) by the clock of whoever captured it, None where the source
    recorded none. `transport_error` is set when no response came: mitmproxy's or the recorder's own words. `hidden`
    marks a failure taken out of a successful answer (an item of a $batch, a failed EWS response message).
    """

    request: Request
    response: Response | None = None
    started: float | None = None
    transport_error: str = ""
    hidden: bool = False
    ended: float | None = None

    @property
    def server_time(self) -> float | None:
        """When this happened: by the server's own Date, else by the clock of whoever captured it; always finite."""
        date = self.response.date if self.response else None
        captured = self.started if self.started is not None and math.isfinite(self.started) else None
        return captured if date is None else date


def header_text(raw: bytes) -> str:
    """A header's bytes as text: UTF-8 where it is that, else ISO-8859-1 (RFC 9110 section 5.5), never an error."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1")


def well_formed(text: str) -> str:
    """A text without lone surrogates, which JSON can name and no encoding can carry on."""
    return text if text.isascii() else text.encode(errors="replace").decode()
