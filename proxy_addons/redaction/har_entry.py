"""A clean exchange as an entry of an HTTP Archive 1.2 (W3C draft by Jan Odvarko, the form browsers and proxies read).

Every copy of a value the format asks for (query and URL, cookies and Cookie header, form and text) is cut out of the
one clean text, so that no copy can disagree. Members starting with `_` are ours, as the format provides.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from proxy_addons.redaction.form_body import is_form

if TYPE_CHECKING:
    from proxy_addons.redaction.clean_exchange import CleanExchange

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

type Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def har_entry(exchange: CleanExchange) -> dict[str, Json]:
    """The entry. Times nobody recorded read 1970; the size of an answer is that of its captured body."""
    entry: dict[str, Json] = {
        "startedDateTime": started_text(exchange.started),
        "time": 0,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }
    if exchange.tokens:
        entry["_tokens"] = {name: _plain(facts) for name, facts in exchange.tokens.items()}
    if exchange.transport_error:
        entry["_transport_error"] = exchange.transport_error
    return entry


def started_text(started: float | None) -> str:
    """When an exchange began, as the format has it."""
    return _moment(started or 0).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(seconds: float) -> datetime:
    """A moment by the calendar; 1970 for what lies outside of it, as for what nobody recorded."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return _EPOCH


def _request(exchange: CleanExchange) -> dict[str, Json]:
    query = exchange.url.partition("?")[2].partition("#")[0]
    request: dict[str, Json] = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": exchange.request_version,
        "cookies": _cookies(exchange.request_headers, "cookie"),
        "headers": _headers(exchange.request_headers),
        "queryString": _pairs(query),
        "headersSize": -1,
        # The exact size of a form would tell the exact length of the password in it.
        "bodySize": -1 if exchange.request_size else 0,
    }
    if exchange.request_size:
        text = exchange.request_body or ""
        request["postData"] = {
            "mimeType": _first(exchange.request_headers, "content-type"),
            "params": _pairs(text) if is_form(text) else [],
            "text": text,
            **({} if exchange.request_body is not None else {"_dropped": True}),
        }
    return request


def _response(exchange: CleanExchange) -> dict[str, Json]:
    content: dict[str, Json] = {
        "size": exchange.response_size,
        "mimeType": _first(exchange.response_headers, "content-type"),
        "text": exchange.response_body or "",
    }
    if exchange.answered and exchange.response_body is None:
        content["_dropped"] = True
    return {
        "status": exchange.status,
        "statusText": "",
        "httpVersion": exchange.response_version,
        "cookies": _cookies(exchange.response_headers, "set-cookie"),
        "headers": _headers(exchange.response_headers),
        "content": content,
        "redirectURL": _first(exchange.response_headers, "location"),
        "headersSize": -1,
        "bodySize": exchange.response_size if exchange.answered else -1,
    }


def _headers(fields: tuple[tuple[str, str], ...]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in fields]


def _first(fields: tuple[tuple[str, str], ...], wanted: str) -> str:
    return next((value for name, value in fields if name.casefold() == wanted), "")


def _cookies(fields: tuple[tuple[str, str], ...], header: str) -> list[Json]:
    """The cookies of a clean header; attributes of Set-Cookie stay in the header."""
    shown: list[Json] = []
    for name, value in fields:
        if name.casefold() == header:
            pairs = value.split("; ") if header == "cookie" else value.split("; ")[:1]
            shown += [{"name": pair.partition("=")[0], "value": pair.partition("=")[2]} for pair in pairs if pair]
    return shown


def _pairs(text: str) -> list[Json]:
    split = (pair.partition("=") for pair in text.split("&") if pair)
    return [{"name": unquote(name), "value": unquote(value.replace("+", " "))} for name, _, value in split]


def _plain(value: object) -> Json:
    """Token facts as JSON."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
