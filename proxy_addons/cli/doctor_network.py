"""What `why403 doctor` asks the network: who answers in Microsoft's place, whose clock is right, where sign-in lies."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from proxy_addons.cli.health import Health, State
from proxy_addons.diagnosis.gates import FOREIGN_SPEAKERS
from proxy_addons.entra.clouds import Cloud, graph_host, login_host
from proxy_addons.entra.outbound import certificate_issuer, send
from proxy_addons.evidence.exchange import Headers, Request
from proxy_addons.evidence.facts import collect
from proxy_addons.settings import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.exchange import Exchange

_EXCHANGE: Final = "outlook.office365.com"
_DISCOVERY: Final = "/common/v2.0/.well-known/openid-configuration"
_FORGIVEN: Final = 300
"""Seconds of clock difference Microsoft's services forgive."""
_NOTICED: Final = 30
_MICROSOFT_ISSUERS: Final = ("microsoft", "digicert")


def network_health(route: Route) -> Iterator[Health]:
    """Ask Microsoft's hosts, all at once; nobody signs in."""
    addresses = {
        "graph": f"https://{graph_host(Cloud.WORLDWIDE)}/v1.0/$metadata",
        "exchange": f"https://{_EXCHANGE}/EWS/Exchange.asmx",
        "sign-in": f"https://{login_host(Cloud.WORLDWIDE)}{_DISCOVERY}",
    }
    with ThreadPoolExecutor(len(addresses)) as pool:
        answers = dict(zip(addresses, pool.map(lambda url: _asked(url, route), addresses.values()), strict=True))
    for name, (exchange, issuer) in answers.items():
        yield _reached(name, exchange, issuer, route)
    yield _clock(answers["sign-in"][0])
    yield _metadata(answers["sign-in"][0])


def skipped() -> Iterator[Health]:
    """The same lines where nobody may be asked."""
    for name in ("reach graph", "reach exchange", "reach sign-in", "clock", "openid metadata"):
        yield Health(name, State.SKIPPED, "not asked (--offline)")


def _asked(url: str, route: Route) -> tuple[Exchange, str]:
    exchange = send(Request("GET", url, Headers((("User-Agent", "why403-doctor"),))), route)
    return exchange, certificate_issuer(exchange.request.host, route) if exchange.response is not None else ""


def _reached(name: str, exchange: Exchange, issuer: str, route: Route) -> Health:
    """Whether the service itself answered, by its headers, and through whom: certificate, Via, data centre."""
    facts = collect(exchange, {})
    host, speaker = exchange.request.host, facts.text("speaker.name")
    if exchange.response is None:
        told = f"{host}: {exchange.transport_error}"
        remedy = (
            "Check the network, HTTPS_PROXY and --upstream-proxy."
            if not route.proxy
            else f"Check the proxy {without_credentials(route.proxy)}."
        )
        if "certificate" in exchange.transport_error:
            remedy = "Somebody on the way signs in Microsoft's place: give its authority with --upstream-ca FILE."
        return Health(f"reach {name}", State.FAIL, told, remedy)
    if speaker in FOREIGN_SPEAKERS:
        product = facts.text("speaker.product") or speaker
        remedy = "Ask the network team to let this machine through to it."
        return Health(f"reach {name}", State.FAIL, f"{host}: {product} answers in Microsoft's place", remedy)
    told = ", ".join(filter(None, (f"{host} answers {exchange.response.status}", *_egress(exchange, issuer, route))))
    if issuer and not issuer.lower().startswith(_MICROSOFT_ISSUERS):
        remedy = "Traffic is decrypted on the way; token binding and Conditional Access by location see that machine."
        return Health(f"reach {name}", State.WARN, told, remedy)
    return Health(f"reach {name}", State.OK, told)


def _egress(exchange: Exchange, issuer: str, route: Route) -> Iterator[str]:
    """How the call left and where it came in: what Conditional Access by location goes by."""
    headers = exchange.response.headers if exchange.response else Headers()
    if route.proxy:
        yield f"through {without_credentials(route.proxy)}"
    if via := headers.get("via"):
        yield f"via {via}"
    if server := headers.get("x-ms-ests-server") or headers.get("x-feserver"):
        yield f"data centre {server.rpartition(' - ')[2].partition(' ')[0]}"
    if issuer:
        yield f"certificate by {issuer}"


def _clock(exchange: Exchange) -> Health:
    date = exchange.response.date if exchange.response else None
    if date is None:
        return Health("clock", State.WARN, "nobody told the time", "See `reach sign-in`.")
    offset = round(time.time() - date)
    told = f"{abs(offset)} s {'ahead of' if offset > 0 else 'behind'} Microsoft's" if offset else "as Microsoft's"
    if abs(offset) > _FORGIVEN:
        return Health(
            "clock", State.FAIL, told, "Set the clock (NTP): certificates' assertions and tokens are refused."
        )
    return Health("clock", State.WARN if abs(offset) > _NOTICED else State.OK, told)


def _metadata(exchange: Exchange) -> Health:
    if exchange.response is None:
        return Health("openid metadata", State.FAIL, "not reached", "See `reach sign-in`.")
    try:
        told = json.loads(exchange.response.body.text)
    except ValueError:
        told = None
    endpoint = told.get("token_endpoint") if isinstance(told, dict) else None
    if not isinstance(endpoint, str):
        remedy = "Without it no MSAL client can sign in: somebody answers in Entra's place."
        return Health("openid metadata", State.FAIL, f"{exchange.request.host} gives none", remedy)
    return Health("openid metadata", State.OK, f"names {endpoint}")
