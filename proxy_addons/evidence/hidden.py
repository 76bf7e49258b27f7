"""Failures inside a success: batch items, EWS messages, ActiveSync's states, MAPI's words, marked pages of Outlook.

Each comes out as an exchange of its own, so that the same readers and rules serve it. A $batch item inherits the outer
Authorization header, as Graph itself does it (learn.microsoft.com/graph/json-batching).
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from proxy_addons.evidence.exchange import Body, Headers, Request, Response
from proxy_addons.evidence.services import identify
from proxy_addons.evidence.soap import read_response_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from proxy_addons.evidence.exchange import Exchange

_FAILURE: Final = range(400, 600)
_SUCCESS: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)
_HIDING: Final = frozenset({"graph-batch", "ews", "activesync", "mapi"})
_MAX_ITEMS: Final = 100
_TO_ERROR: Final = re.compile(r"[?#&]error=|genericerrorpage|/owa/auth/error", re.IGNORECASE)
_ACCESS: Final = re.compile(rb"(?:<(?:\w{1,20}:)?Status>\s*|\x03)(12[69]|14[0-4])(?:\s*</|\0)")
"""Status of an ActiveSync answer that shuts somebody out, as XML or as an inline string of WBXML (MS-ASWBXML).

By MS-ASCMD 2.2.2: 126 the user may not synchronize, 129 the device is blocked, 140 to 144 a policy is to be accepted.
"""
_BLOCKED: Final = re.compile(rb"blocked by Client Access Rules?", re.IGNORECASE)
"""What Exchange tells Outlook in an answer that says OK (observed with MAPI over HTTP)."""
_STATUS_LIMIT: Final = 4096
"""Bytes within which the status stands: it is the first thing an answer tells."""


def may_hide_failures(method: str, host: str, path: str) -> bool:
    """Whether a successful answer to this request must be read to know that nothing failed inside it."""
    return bool(_hiding_surface(method, host, path))


def _hiding_surface(method: str, host: str, path: str) -> str:
    """The surface whose successes may hide failures; empty for every other request."""
    surface = identify(host, path).surface if method.upper() == "POST" else ""
    return surface if surface in _HIDING else ""


def tells_failure(status: int, headers: Headers) -> bool:
    """Whether headers make a failure of an answer that is none by its status: a redirect to an error, X-OWA-Error."""
    if status in _REDIRECT:
        return "x-owa-error" in headers or _TO_ERROR.search(headers.get("location") or "") is not None
    return status in _SUCCESS and "x-owa-error" in headers


def access_status(body: Body) -> int | None:
    """The ActiveSync status that shuts somebody out (126, 129, 140 to 144); None for every other answer."""
    found = _ACCESS.search((body.content or b"")[:_STATUS_LIMIT])
    return int(found[1]) if found else None


def hidden_failures(exchange: Exchange) -> tuple[Exchange, ...]:
    """Take the failures out of a successful exchange; empty where there are none or the body cannot be read."""
    response, request = exchange.response, exchange.request
    if response is None or response.status not in _SUCCESS:
        return ()
    if tells_failure(response.status, response.headers):
        return (replace(exchange, hidden=True),)
    surface = _hiding_surface(request.method, request.host, request.split_url.path)
    if not surface:
        return ()
    if surface == "graph-batch":
        return tuple(_batch_items(exchange, response, _FAILURE))
    return (replace(exchange, hidden=True),) if _FAILED[surface](response.body) else ()


_FAILED: Final[Mapping[str, Callable[[Body], object]]] = {
    "ews": lambda body: read_response_errors(body.text),
    "activesync": access_status,
    "mapi": lambda body: _BLOCKED.search((body.content or b"")[:_STATUS_LIMIT]),
}
"""What in a successful answer of a surface tells that it failed."""


def batch_successes(exchange: Exchange) -> tuple[Exchange, ...]:
    """The items of a $batch that succeeded, each as an exchange of its own; empty for everything else."""
    response, request = exchange.response, exchange.request
    if response is None or response.status not in _SUCCESS:
        return ()
    if identify(request.host, request.split_url.path).surface != "graph-batch":
        return ()
    return tuple(_batch_items(exchange, response, _SUCCESS))


def _batch_items(exchange: Exchange, response: Response, wanted: range) -> Iterator[Exchange]:
    asked = {_text(item.get("id")): item for item in _items(exchange.request.body, "requests")}
    for answer in _items(response.body, "responses"):
        status = answer.get("status")
        if type(status) is not int or status not in wanted:
            continue
        item = asked.get(_text(answer.get("id")), {})
        yield replace(
            exchange,
            request=_inner_request(exchange.request, item),
            response=Response(status, _inner_headers(response.headers, answer), _inner_body(answer.get("body"))),
            hidden=status in _FAILURE,
        )


def batch_items(exchange: Exchange) -> Iterator[tuple[Request, int]]:
    """Every item of an answered $batch: its request as it would have been alone, and its status."""
    answers = _items(exchange.response.body, "responses") if exchange.response else []
    asked = {_text(item.get("id")): item for item in _items(exchange.request.body, "requests")}
    for answer in answers:
        status, item = answer.get("status"), asked.get(_text(answer.get("id")))
        if type(status) is int and item is not None:
            yield _inner_request(exchange.request, item), status


def _items(body: Body, key: str) -> Sequence[Mapping[str, object]]:
    try:
        decoded: object = json.loads(body.text)
    except (ValueError, RecursionError):
        return []
    listed = decoded.get(key) if isinstance(decoded, dict) else None
    items = listed if isinstance(listed, list) else []
    return [item for item in items if isinstance(item, dict)][:_MAX_ITEMS]


def _inner_request(outer: Request, item: Mapping[str, object]) -> Request:
    version = outer.split_url.path.split("/")[1]
    relative = _text(item.get("url")).lstrip("/")
    return Request(
        method=_text(item.get("method")).upper() or "GET",
        url=urljoin(outer.url, f"/{version}/{relative}") if relative else outer.url,
        headers=_inherited(_header_fields(item.get("headers")), outer.headers, without=("content-length",)),
        body=_inner_body(item.get("body")),
        http_version=outer.http_version,
    )


def _inner_headers(outer: Headers, answer: Mapping[str, object]) -> Headers:
    shared = ("date", "request-id", "client-request-id", "x-ms-ags-diagnostic")
    kept = Headers(tuple((name, value) for name, value in outer.fields if name.lower() in shared))
    return _inherited(_header_fields(answer.get("headers")), kept)


def _inherited(own: tuple[tuple[str, str], ...], outer: Headers, without: tuple[str, ...] = ()) -> Headers:
    """An item's headers: its own, and those of the outer message it does not replace."""
    replaced = {name.lower() for name, _ in own}.union(without)
    kept = tuple((name, value) for name, value in outer.fields if name.lower() not in replaced)
    return Headers((*kept, *own))


def _header_fields(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), _text(text)) for name, text in value.items()) if isinstance(value, dict) else ()


def _inner_body(value: object) -> Body:
    """A sub-body: JSON as it stands, other content as base64 text (the form Graph documents for it)."""
    if value is None:
        return Body(b"")
    if not isinstance(value, str):
        return _json_body(value)
    try:
        return Body(b64decode(value, validate=True))
    except ValueError:
        return Body(value.encode(errors="replace"))


def _json_body(value: object) -> Body:
    try:
        return Body(json.dumps(value).encode())
    except RecursionError:
        return Body(None, problem="the body of this batch item is nested too deep to be read")


def _text(value: object) -> str:
    """A JSON value as text: numbers as written, nothing for objects and lists."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
