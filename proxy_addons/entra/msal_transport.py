"""MSAL's way to the network: through our own sender, which keeps every exchange for the diagnosis.

MSAL asks for two methods, `get` and `post`, and answers with `status_code`, `text` and `headers`
(github.com/AzureAD/microsoft-authentication-library-for-python, `http_client`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from proxy_addons.entra.outbound import send
from proxy_addons.evidence.exchange import Body, Headers, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.exchange import Exchange

_FORM: Final = "application/x-www-form-urlencoded"
_SERVER_ERROR: Final = 500


class UnansweredError(Exception):
    """The sign-in gave no answer MSAL can work with; the exchange in the transport tells why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response in the form MSAL reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """MSAL calls this for a server's own failures, which carry no OAuth error. Raises UnansweredError."""
        if self.status_code >= _SERVER_ERROR:
            raise UnansweredError(f"the sign-in answered {self.status_code}")


@dataclass(slots=True)
class Transport:
    """Sends what MSAL asks for along a route; `exchanges` holds all of it, in order, with its secrets."""

    route: Route
    exchanges: list[Exchange] = field(default_factory=list, repr=False)

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **_: object
    ) -> Answer:
        """Ask with GET."""
        return self._ask("GET", f"{url}?{urlencode(params)}" if params else url, headers, b"")

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> Answer:
        """Ask with a form."""
        form = data if isinstance(data, str) else urlencode(data or {})
        sent = {"Content-Type": _FORM, **(headers or {})}
        return self._ask("POST", f"{url}?{urlencode(params)}" if params else url, sent, form.encode())

    def close(self) -> None:
        """Nothing stays open."""

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes) -> Answer:
        fields = (("User-Agent", "why403"), *((headers or {}).items()))
        exchange = send(Request(method, url, Headers(fields), Body(body)), self.route)
        self.exchanges.append(exchange)
        if exchange.response is None:
            raise UnansweredError(exchange.transport_error)
        return Answer(exchange.response.status, exchange.response.body.text, exchange.response.headers.joined())
