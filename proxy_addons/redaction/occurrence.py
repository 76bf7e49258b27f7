"""What of an exchange belongs to this one occurrence, and what would be the same if the same thing happened again.

A client that is refused asks again, and again. All that differs then are the moments and the ids that servers and
clients draw for each call: values which the redaction leaves as they are and no rule looks into. Taken out, the rest
tells whether two exchanges are the same thing happening twice.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.trace_context import trace_context
from proxy_addons.redaction.masks import GUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response

OWN_HEADERS: Final = frozenset(
    """
    request-id client-request-id x-ms-request-id x-ms-correlation-request-id x-ms-correlation-id x-correlation-id
    x-request-id sprequestguid
    """.split()
)
"""Headers whose GUID is drawn anew for every call. The redaction keeps them, because support asks for them."""
TRACE_HEADER: Final = "traceparent"
"""Its two ids are drawn anew as well, by every client that is traced (W3C Trace Context section 3.2)."""
_TRACE: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_IN_BODY: Final = re.compile(
    rb'"(?:client-)?request-id"\s*:\s*"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"'
    rb'|"date"\s*:\s*"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)"'
)
"""The ids and the moment in the `innerError` of Graph (learn.microsoft.com/graph/errors)."""
_FIRST_REFUSAL: Final = 400
_LARGEST: Final = 16 * 1024
"""Bytes of a body; larger ones are seldom the same twice, and would have to be kept."""
_LARGEST_HEAD: Final = 64 * 1024
"""Characters of header fields on one side. No Microsoft front end takes more, and all would be looked through."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One exchange in two parts: put together they are the exchange again, but for its clock.

    `same` is equal for two exchanges that differ in their own values only, which stand in `own`: each once, in the
    order of their first places. Where one value stands in two places, it does so in all exchanges with this `same`.
    """

    same: tuple[object, ...]
    own: tuple[str, ...]

    def fixed(self) -> Iterator[str]:
        """Every text that is no own value."""
        return _texts(self.same)


def occurrence_of(exchange: Exchange) -> Occurrence | None:
    """An exchange taken apart; None for what is too large, too odd or too seldom to be worth it."""
    request, response, started = exchange.request, exchange.response, exchange.started
    if response is None or response.status < _FIRST_REFUSAL or exchange.hidden or exchange.transport_error:
        return None
    if started is None or not math.isfinite(started) or _is_large(request) or _is_large(response):
        return None
    own: dict[str, int] = {}
    same = (
        (request.method, request.url, request.http_version),
        _headers(request.headers, own, dated=False),
        (request.body.content, request.body.truncated, request.body.problem),
        (response.status, response.reason, response.http_version),
        _headers(response.headers, own, dated=len(response.headers.get_all("date")) == 1),
        (_body(response.body, own), response.body.truncated, response.body.problem),
    )
    if len({value.casefold() for value in own}) < len(own):
        return None
    return Occurrence(same, tuple(own))


def _is_large(message: Request | Response) -> bool:
    content = message.body.content
    if content is not None and len(content) > _LARGEST:
        return True
    return sum(len(name) + len(value) for name, value in message.headers.fields) > _LARGEST_HEAD


type _Value = str | int | tuple[str | int, ...]


def _headers(headers: Headers, own: dict[str, int], *, dated: bool) -> tuple[tuple[str, _Value], ...]:
    taken: list[tuple[str, _Value]] = []
    for field in headers.fields:
        name, value = field[0].lower(), field[1]
        traced = _TRACE.fullmatch(value) if name == TRACE_HEADER and trace_context(headers) else None
        if traced is not None:
            ids = (own.setdefault(traced[place], len(own)) for place in (2, 3))
            taken.append((field[0], (traced[1], *ids, traced[4])))
            continue
        is_own = GUID.fullmatch(value) if name in OWN_HEADERS else dated and name == "date" and _DATE.fullmatch(value)
        taken.append((field[0], own.setdefault(value, len(own))) if is_own else field)
    return tuple(taken)


def _body(body: Body, own: dict[str, int]) -> bytes | tuple[bytes | int, ...] | None:
    content = body.content
    if not content or content[:1] != b"{":
        return content
    pieces: list[bytes | int] = []
    at = 0
    for found in _IN_BODY.finditer(content):
        start, end = found.span(found.lastindex or 0)
        pieces += [content[at:start], own.setdefault(content[start:end].decode(), len(own))]
        at = end
    return (*pieces, content[at:])


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, bytes):
        yield part.decode("utf-8", "replace")
    elif isinstance(part, tuple):
        for item in part:
            yield from _texts(item)


def exchanging(own: Iterable[str], by: Iterable[str]) -> Callable[[str], str]:
    """Puts the own values of one occurrence into texts in place of those of another."""
    instead = {one: other for one, other in zip(own, by, strict=True) if one != other}
    if not instead:
        return str
    any_of_them = re.compile("|".join(map(re.escape, instead)))
    return lambda text: any_of_them.sub(lambda match: instead[match[0]], text)
