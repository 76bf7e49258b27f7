"""Several exchanges in a row, with the times of a capture, and the facts of the last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.exchange import Exchange, Request, Response
from proxy_addons.evidence.facts import Facts, collect
from proxy_addons.evidence.timeline import NOTHING, Ending, Memory, remember
from tests.support.wire import EXCHANGE_ADMINISTRATOR, NOW, TOKEN_ENDPOINT, answered, as_json, asked, jwt

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Final = {EXCHANGE_ADMINISTRATOR: "Exchange Administrator"}
APP: Final = "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36"
GRAPH_APP: Final = {
    "aud": "https://graph.microsoft.com",
    "appid": APP,
    "tid": "t",
    "idtyp": "app",
    "oid": "o",
    "roles": ["User.Read.All"],
    "iat": NOW - 600,
    "exp": NOW + 3000,
}
EWS_APP: Final = {**GRAPH_APP, "aud": "https://outlook.office365.com", "roles": ["full_access_as_app"]}


def at(second: float, request: Request, response: Response | None = None, *, lasting: float = 0.2) -> Exchange:
    """An exchange that began so many seconds after the story did."""
    response = answered(200) if response is None else response
    return Exchange(request, response, started=NOW + second, ended=NOW + second + lasting)


def remembered(*exchanges: Exchange) -> Memory:
    """The memory after these: what answered 2xx worked, 401 and 403 were refusals."""
    memory = NOTHING
    for exchange in exchanges:
        status = exchange.response.status if exchange.response else 0
        refused = Ending.REFUSED if status in {401, 403} else Ending.NEITHER
        memory = remember(memory, exchange, Ending.WORKED if status in range(200, 300) else refused)
    return memory


def facts_after(*exchanges: Exchange) -> Facts:
    """The facts of the last exchange, told after the others."""
    return collect(exchanges[-1], ROLES, remembered(*exchanges[:-1]))


def issuing(second: float, claims: Mapping[str, object], **form: str) -> Exchange:
    """Entra hands out a token of these claims."""
    fields = {"grant_type": "client_credentials", "client_id": APP, **form}
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    answer = as_json({"token_type": "Bearer", "access_token": jwt(claims)})
    return at(second, asked(TOKEN_ENDPOINT, (), body), answered(200, (), answer))


def without_times(exchange: Exchange) -> Exchange:
    """The same exchange from a recorder that has no clock."""
    return replace(exchange, started=None, ended=None)
