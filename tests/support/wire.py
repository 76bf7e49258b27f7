"""Exchanges as they are on the wire, built in a line: tokens, requests, answers, and the facts they yield."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.facts import Facts, collect

if TYPE_CHECKING:
    from collections.abc import Mapping

EWS: Final = "https://outlook.office365.com/EWS/Exchange.asmx"
GRAPH: Final = "https://graph.microsoft.com/v1.0/me/messages"
BATCH: Final = "https://graph.microsoft.com/v1.0/$batch"
TOKEN_ENDPOINT: Final = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"
TENANT: Final = "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21"
ADMIN_API: Final = f"https://outlook.office365.com/adminapi/v2.0/{TENANT}/Mailbox"
INVOKE_COMMAND: Final = f"https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand"
ON_PREMISES: Final = "https://mail.contoso.com/EWS/Exchange.asmx"
EXCHANGE_ADMINISTRATOR: Final = "29232cdf-9323-42fd-ade2-1d097af3e4de"

DATE: Final = "Sat, 21 Nov 2026 12:00:00 GMT"
NOW: Final = 1_795_262_400
"""`DATE` in seconds since the epoch."""
SIGNATURE: Final = "c2lnbmF0dXJl" * 28 + "c2lnbg"
"""As long as that of an RSA key of 2048 bits."""

Pairs = tuple[tuple[str, str], ...]


def segment(value: object) -> str:
    """One part of a JWT."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def jwt(claims: Mapping[str, object], *, signature: str = SIGNATURE, **header: object) -> str:
    """A token that anybody can read and nobody can verify, as Graph's are."""
    return f"{segment({'typ': 'JWT', 'alg': 'RS256', **header})}.{segment(claims)}.{signature}"


def bearer(**claims: object) -> Pairs:
    """The Authorization header of a token with these claims."""
    return (("Authorization", f"Bearer {jwt(claims)}"),)


def asked(
    url: str = EWS, headers: Pairs = (), body: bytes | None = b"", *, method: str = "POST", truncated: bool = False
) -> Request:
    """A request."""
    return Request(method, url, Headers(headers), Body(body, truncated))


def answered(
    status: int = 401,
    headers: Pairs = (),
    body: bytes | None = b"",
    *,
    date: str | None = DATE,
    truncated: bool = False,
) -> Response:
    """An answer; its Date is `DATE` unless it has none."""
    dated = (("Date", date),) if date is not None else ()
    return Response(status, Headers((*dated, *headers)), Body(body, truncated))


def as_json(value: object) -> bytes:
    """A JSON body."""
    return json.dumps(value).encode()


def facts_of(
    request: Request,
    response: Response | None = None,
    *,
    started: float | None = None,
    transport_error: str = "",
    hidden: bool = False,
) -> Facts:
    """The facts of an exchange; the tests know one directory role."""
    exchange = Exchange(request, response, started, transport_error, hidden)
    return collect(exchange, {EXCHANGE_ADMINISTRATOR: "Exchange Administrator"})


def token_facts(claims: Mapping[str, object], url: str = EWS, response: Response | None = None) -> Facts:
    """The facts of a call with a token of these claims."""
    return facts_of(asked(url, bearer(**claims)), response)
