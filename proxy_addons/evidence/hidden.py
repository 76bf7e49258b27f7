"""Failures inside a success: items of a Graph $batch, EWS response messages of class Error.

Each comes out as an exchange of its own, so that the same readers and rules serve it. A $batch item inherits the outer
Authorization header, as Graph itself does it (learn.microsoft.com/graph/json-batching).
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from proxy_addons.evidence.exchange import Body, Headers, Request, Response
from proxy_addons.evidence.services import identify
from proxy_addons.evidence.soap import read_response_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from proxy_addons.evidence.exchange import Exchange

_FAILURE: Final = range(400, 600)
_MAX_ITEMS: Final = 100


def may_hide_failures(method: str, host: str, path: str) -> bool:
    """Whether a successful answer to this request must be read to know that nothing failed inside it."""
    surface = identify(host, path).surface
    return method.upper() == "POST" and surface in {"graph-batch", "ews"}


def hidden_failures(exchange: Exchange) -> tuple[Exchange, ...]:
    """Take the failures out of a successful exchange; empty where there are none or the body cannot be read."""
    response, request = exchange.response, exchange.request
    if response is None or response.status not in range(200, 300):
        return ()
    if not may_hide_failures(request.method, request.host, request.split_url.path):
        return ()
    if identify(request.host, request.split_url.path).surface == "ews":
        return (replace(exchange, hidden=True),) if read_response_errors(response.body.text) else ()
    return tuple(_batch_failures(exchange, response))


def _batch_failures(exchange: Exchange, response: Response) -> Iterator[Exchange]:
    asked = {_text(item.get("id")): item for item in _items(exchange.request.body, "requests")}
    for answer in _items(response.body, "responses"):
        status = answer.get("status")
        if type(status) is not int or status not in _FAILURE:
            continue
        item = asked.get(_text(answer.get("id")), {})
        yield replace(
            exchange,
            request=_inner_request(exchange.request, item),
            response=Response(status, _inner_headers(response.headers, answer), _inner_body(answer.get("body"))),
            hidden=True,
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
