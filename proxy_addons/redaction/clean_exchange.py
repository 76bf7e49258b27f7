"""Take an exchange apart, put every part through its rules, and give back what may be shown.

Two rounds: first everything is read, which fills the ledger with who and what must not leave; then the prose that
waited is cleaned with all of it. A part that still holds something forbidden afterwards is left out: the last line of
defence costs that part and not the case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.bodies import clean_body
from proxy_addons.redaction.fields import clean_url
from proxy_addons.redaction.free_text import settle
from proxy_addons.redaction.header_rules import clean_header, shown_header_name
from proxy_addons.redaction.pieces import Pending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.evidence.exchange import Exchange, Headers
    from proxy_addons.redaction.ledger import Ledger
    from proxy_addons.redaction.pieces import Pieces

_METHODS: Final = frozenset(
    "GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE MERGE PROPFIND PROPPATCH REPORT SEARCH MKCOL MOVE COPY "
    "RPC_IN_DATA RPC_OUT_DATA SUBSCRIBE POLL".split()
)
_VERSION: Final = re.compile(r"HTTP/\d(?:\.\d)?|h[23]")
_HEADERS_AT_MOST: Final = 200
_REFUSED: Final = 400
_REMOVED: Final = "<removed>"
_FIRST: Final = ("authorization", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class CleanExchange:
    """An exchange as it may be shown. A body is None where none was captured or it had to be left out.

    `tokens` holds what each credential says, by its stand-in. `answered` is False where no response came.
    """

    method: str
    url: str
    request_version: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str | None
    request_size: int
    started: float | None
    answered: bool = False
    status: int = 0
    response_version: str = ""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str | None = None
    response_size: int = 0
    transport_error: str = ""
    tokens: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def clean_exchange(exchange: Exchange, ledger: Ledger) -> CleanExchange:
    """An exchange as it may be shown; what was removed is in the ledger."""
    request, response = exchange.request, exchange.response
    sent = _read_headers(request.headers, "request header", ledger)
    ledger.place = "request URL"
    ledger.see(request.url)
    url = clean_url(request.url, ledger)
    ledger.place = "request body"
    body = clean_body(request.body, ledger, in_error=False)
    received: list[_Header] = []
    answer: Pieces | None = None
    if response is not None:
        received = _read_headers(response.headers, "response header", ledger)
        ledger.place = "response body"
        refused = response.status >= _REFUSED or exchange.hidden
        answer = clean_body(response.body, ledger, in_error=refused)
    ledger.see(exchange.transport_error)
    return CleanExchange(
        method=request.method if request.method.upper() in _METHODS else "<method>",
        url=_settled("request URL", url, ledger),
        request_version=request.http_version if _VERSION.fullmatch(request.http_version) else "",
        request_headers=tuple(_settled_header(header, ledger) for header in sent),
        request_body=None if body is None else _settled("request body", body, ledger),
        request_size=len(request.body.content or b""),
        started=exchange.started,
        answered=response is not None,
        status=response.status if response else 0,
        response_version=response.http_version if response and _VERSION.fullmatch(response.http_version) else "",
        response_headers=tuple(_settled_header(header, ledger) for header in received),
        response_body=None if answer is None else _settled("response body", answer, ledger),
        response_size=len(response.body.content or b"") if response else 0,
        transport_error=_settled("transport error", [Pending(exchange.transport_error)], ledger),
        tokens=dict(ledger.tokens),
    )


@dataclass(frozen=True, slots=True)
class _Header:
    place: str
    name: str
    value: Pieces


def _read_headers(headers: Headers, place: str, ledger: Ledger) -> list[_Header]:
    """Every header by its rules; credentials are read first, because they tell who is who."""
    found: dict[int, _Header] = {}
    numbered = list(enumerate(headers.fields[:_HEADERS_AT_MOST]))
    for number, (name, value) in sorted(numbered, key=lambda entry: entry[1][0].casefold() not in _FIRST):
        ledger.place = place
        shown = shown_header_name(name, ledger)
        ledger.place = f"{place} {shown}"
        # What a client sent may be a form with one secret in it, and its size would tell how long that is.
        sized = place == "request header" and name.casefold() == "content-length" and value != "0"
        found[number] = _Header(ledger.place, shown, [ledger.number()] if sized else clean_header(name, value, ledger))
    return [found[number] for number in sorted(found)]


def _settled_header(header: _Header, ledger: Ledger) -> tuple[str, str]:
    return header.name, _settled(header.place, header.value, ledger)


def _settled(place: str, pieces: Pieces, ledger: Ledger) -> str:
    ledger.place = place
    return _checked(settle(pieces, ledger), ledger)


def _checked(text: str, ledger: Ledger) -> str:
    if not ledger.survives_in(text):
        return text
    ledger.drop(len(text), "something forbidden survived")
    return _REMOVED
