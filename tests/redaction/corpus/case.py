"""How a case of the corpus is written."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from tests.support.wire import jwt

if TYPE_CHECKING:
    from collections.abc import Mapping

TENANT = "5e6b2c1a-7f43-4d0e-9a3b-2c8d1e0f7a65"
APP = "b2f0c9d4-1a6e-4c35-8f27-90ad3be1c7f2"
NOON = "Sat, 21 Nov 2026 12:00:00 GMT"


@dataclass(frozen=True)
class Case:
    """One exchange; `secrets` and `personal` must be gone in every encoding, `facts` must still be there as they were."""

    name: str
    exchange: Exchange
    secrets: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def exchange(  # noqa: PLR0913  # the parts of an exchange
    method: str,
    url: str,
    status: int | None,
    *,
    sent: Mapping[str, str] | None = None,
    body: str | bytes = b"",
    received: Mapping[str, str] | None = None,
    answer: str | bytes = b"",
    error: str = "",
) -> Exchange:
    """An exchange of these parts; texts are UTF-8."""
    response = None
    if status is not None:
        response = Response(status, Headers(tuple((received or {}).items())), Body(_bytes(answer)))
    request = Request(method, url, Headers(tuple((sent or {}).items())), Body(_bytes(body)))
    return Exchange(request, response, started=1_795_262_400.0, transport_error=error)


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def app_token(**claims: object) -> str:
    """An app-only token for Graph."""
    usual: dict[str, object] = {
        "aud": "https://graph.microsoft.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": 1_795_260_000,
        "nbf": 1_795_260_000,
        "exp": 1_795_263_900,
        "appid": APP,
        "appidacr": "1",
        "idtyp": "app",
        "oid": "77b1c2d3-e4f5-4a6b-8c9d-0e1f2a3b4c5d",
        "sub": "77b1c2d3-e4f5-4a6b-8c9d-0e1f2a3b4c5d",
        "tid": TENANT,
        "uti": "Qm9vZ2llV29vZ2llMTIzNA",
        "ver": "1.0",
        "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
    }
    return jwt({**usual, **claims}, kid="Ab1dE2fGh3", nonce="n0nceN0nceN0nceN0nceN0nceN0nceN0nce")


def user_token(**claims: object) -> str:
    """A delegated token with everything personal a real one holds."""
    usual: dict[str, object] = {
        "aud": "https://graph.microsoft.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": 1_795_260_000,
        "nbf": 1_795_260_000,
        "exp": 1_795_265_400,
        "acct": 0,
        "amr": ["pwd", "mfa"],
        "aio": "ATQAy/8TAAAAj4bQ2pXn0VbUuWc7sKf1eLrGmHdTzY",
        "app_displayname": "Rosenthal Ledger Sync",
        "appid": APP,
        "appidacr": "0",
        "family_name": "Ostrowski",
        "given_name": "Wilhelmina",
        "idtyp": "user",
        "ipaddr": "198.51.100.77",
        "name": "Wilhelmina Ostrowski",
        "oid": "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b",
        "puid": "10032001A7B3C9D5",
        "rh": "0.AXoAGixrXkN_Dk2aOyyNHg96ZQMAAAAAAAAAwAAAAAAAAAB6ADo.",
        "scp": "Mail.Read User.Read",
        "sub": "kzVw5mQ8yTn2LxRj7HcPfGb4DsAe0UoIiK1lM3NqWvY",
        "tid": TENANT,
        "unique_name": "w.ostrowski@kestrel-labs.example",
        "upn": "w.ostrowski@kestrel-labs.example",
        "uti": "xK2mQ8vT5wL1nR7cJ4pZaA",
        "ver": "1.0",
        "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
    }
    return jwt({**usual, **claims}, kid="Ab1dE2fGh3", nonce="Zz9nceN0nceN0nceN0nceN0nceN0nceN0nc")


WILHELMINA = (
    "Wilhelmina Ostrowski",
    "Wilhelmina",
    "Ostrowski",
    "w.ostrowski@kestrel-labs.example",
    "w.ostrowski",
    "198.51.100.77",
    "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b",
    "10032001A7B3C9D5",
    "kzVw5mQ8yTn2LxRj7HcPfGb4DsAe0UoIiK1lM3NqWvY",
    "Rosenthal Ledger Sync",
)
"""What `user_token` tells about its user."""


def graph_answer(**more: str) -> dict[str, str]:
    """Headers of an answer of Graph's gateway."""
    return {
        "Content-Type": "application/json",
        "request-id": "c0a1b2d3-4e5f-4678-9a0b-1c2d3e4f5a6b",
        "client-request-id": "6b5a4f3e-2d1c-4b0a-8976-5f4e3d2c1b0a",
        "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"North Europe","Slice":"E","Ring":"4","ScaleUnit":"005","RoleInstance":"DB1PEPF000399A2"}}',
        "Strict-Transport-Security": "max-age=31536000",
        "Date": NOON,
        **more,
    }


GRAPH_FACTS = (
    "c0a1b2d3-4e5f-4678-9a0b-1c2d3e4f5a6b",
    "6b5a4f3e-2d1c-4b0a-8976-5f4e3d2c1b0a",
    "North Europe",
    "DB1PEPF000399A2",
    NOON,
)


def exchange_answer(**more: str) -> dict[str, str]:
    """Headers of an answer of an Exchange mailbox server."""
    return {
        "request-id": "91a2b3c4-d5e6-4f70-8192-a3b4c5d6e7f8",
        "X-CalculatedBETarget": "AM9PR07MB7251.eurprd07.prod.outlook.com",
        "X-BackEndHttpStatus": "403",
        "X-FEServer": "AM0PR02CA0113",
        "X-BEServer": "AM9PR07MB7251",
        "X-DiagInfo": "AM9PR07MB7251",
        "X-Proxy-RoutingCorrectness": "1",
        "Server": "Microsoft-IIS/10.0",
        "Set-Cookie": "exchangecookie=5f1c8b0e6a774e33a2c9d4f0b1e8a7c6; path=/; secure; HttpOnly",
        "Date": NOON,
        **more,
    }


EXCHANGE_FACTS = (
    "91a2b3c4-d5e6-4f70-8192-a3b4c5d6e7f8",
    "AM9PR07MB7251.eurprd07.prod.outlook.com",
    "AM0PR02CA0113",
    "Microsoft-IIS/10.0",
    NOON,
)


def graph_error(code: str, message: str, **inner: object) -> str:
    """Graph's error body."""
    return json.dumps(
        {"error": {"code": code, "message": message, "innerError": {"date": "2026-11-21T12:00:00", **inner}}}
    )


def basic(user: str, password: str) -> str:
    """A Basic credential."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def soap(body: str, header: str = "") -> str:
    """An EWS message."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
        ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">'
        f'<s:Header><t:RequestServerVersion Version="Exchange2016"/>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
    )
