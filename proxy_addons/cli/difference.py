"""What differs between two calls, redacted: values are compared as they were sent and shown as they may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from proxy_addons.evidence.bearer_token import read_authorizations
from proxy_addons.redaction.pseudonyms import renumbering
from proxy_addons.redaction.record import redact_exchange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.evidence.exchange import Exchange, Headers
    from proxy_addons.redaction.har_entry import Json
    from proxy_addons.redaction.pseudonyms import Pseudonyms

_EVERY_CLAIM: Final = frozenset({"aio", "exp", "iat", "jti", "nbf", "nonce", "rh", "sid", "uti", "xms_ftd"})
_EVERY_HEADER: Final = frozenset(
    {
        "client-request-id",
        "content-length",
        "cookie",
        "date",
        "etag",
        "ms-cv",
        "return-client-request-id",
        "request-id",
        "set-cookie",
        "x-client-request-id",
        "x-ms-request-id",
        "x-ms-ests-server",
    }
)
_SERVER: Final = ("server", "via", "x-feserver", "x-beserver", "x-calculated", "x-diaginfo", "x-feproxy", "x-ms-ags-")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same. A side is None where it is absent; `every` marks what differs in every call."""

    group: str
    name: str
    one: str | None
    other: str | None
    every: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    """What is compared of one call: for every group and name the value as sent and as shown."""

    values: Mapping[tuple[str, str], tuple[str, str]]


def differences(one: Exchange, other: Exchange, pseudonyms: Pseudonyms) -> tuple[Difference, ...]:
    """Every difference, in the groups claims, URL, request, answer and server."""
    sides = _Side(dict(_values(one, pseudonyms))), _Side(dict(_values(other, pseudonyms)))
    keys = dict.fromkeys((*sides[0].values, *sides[1].values))
    found = [
        Difference(*key, _shown(sides[0], key), _shown(sides[1], key), _differs_always(*key))
        for key in keys
        if _raw(sides[0], key) != _raw(sides[1], key)
    ]
    found.sort(key=lambda each: _GROUPS.index(each.group))
    numbers = renumbering([side for each in found for side in (each.one, each.other) if side is not None], ())
    return tuple(
        replace(each, one=each.one and numbers.apply(each.one), other=each.other and numbers.apply(each.other))
        for each in found
    )


_GROUPS: Final = ("answer", "claims", "URL", "request", "server")


def _raw(side: _Side, key: tuple[str, str]) -> str | None:
    return side.values[key][0] if key in side.values else None


def _shown(side: _Side, key: tuple[str, str]) -> str | None:
    return side.values[key][1] if key in side.values else None


def _differs_always(group: str, name: str) -> bool:
    return name in (_EVERY_CLAIM if group == "claims" else _EVERY_HEADER)


type _Value = tuple[tuple[str, str], tuple[str, str]]


def _values(exchange: Exchange, pseudonyms: Pseudonyms) -> Iterator[_Value]:
    entry = redact_exchange(exchange, pseudonyms).har_entry
    asked, answered = _mapping(entry["request"]), _mapping(entry["response"])
    yield from _url(exchange, asked)
    for name, value, shown in _headers(exchange.request.headers, asked):
        if name not in {"authorization", "host"}:
            yield ("request", name), (value, shown)
    token = read_authorizations(exchange.request.headers.get_all("authorization"))
    yield ("claims", "(kind of token)"), (token.kind, token.kind)
    cleaned = _claims(entry)
    for claim, told in token.claims.items():
        yield ("claims", claim), (_text(told), _text(cleaned.get(claim, "<removed>")))
    if exchange.response is None:
        yield ("answer", "status"), ("none", "no answer")
        return
    yield ("answer", "status"), (str(exchange.response.status),) * 2
    for name, value, shown in _headers(exchange.response.headers, answered):
        yield ("server" if name.startswith(_SERVER) else "answer", name), (value, shown)
    body = str(_mapping(answered["content"]).get("text", ""))
    if exchange.response.status >= _REFUSED or body.startswith('{"error"'):
        yield ("answer", "body"), (exchange.response.body.text, body)


_REFUSED: Final = 400


def _url(exchange: Exchange, asked: Mapping[str, Json]) -> Iterator[_Value]:
    url, shown = exchange.request.split_url, str(asked["url"]).partition("?")
    yield ("URL", "method"), (exchange.request.method, str(asked["method"]))
    yield ("URL", "address"), (f"{url.netloc}{url.path}", shown[0])
    cleaned = dict(parse_qsl(shown[2], keep_blank_values=True))
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        yield ("URL", f"?{name}"), (value, cleaned.get(name, "<removed>"))


def _headers(headers: Headers, message: Mapping[str, Json]) -> Iterator[tuple[str, str, str]]:
    """Every header by its lower-case name: as sent, and as shown."""
    listed = message["headers"] if isinstance(message["headers"], list) else []
    shown: dict[str, list[str]] = {}
    for field in map(_mapping, listed):
        shown.setdefault(str(field["name"]).lower(), []).append(str(field["value"]))
    for name, value in headers.joined().items():
        if name in shown:
            yield name, value, ", ".join(shown[name])


def _claims(entry: Mapping[str, Json]) -> dict[str, Json]:
    tokens = [_mapping(token) for token in _mapping(entry.get("_tokens")).values()]
    return next((_mapping(token["claims"]) for token in tokens if "claims" in token), {})


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
