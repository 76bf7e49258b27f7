"""Which face of Microsoft 365 a host name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_addons.lab.adminapi import answer_adminapi
from proxy_addons.lab.answers import Answer, TurnedAway
from proxy_addons.lab.autodiscover import answer_autodiscover
from proxy_addons.lab.control import answer_control
from proxy_addons.lab.entra_endpoints import answer_entra
from proxy_addons.lab.ews import answer_ews
from proxy_addons.lab.exchange_gate import front_end
from proxy_addons.lab.graph import answer_graph, answer_legacy_graph
from proxy_addons.lab.middlebox import intercepted
from proxy_addons.lab.sharepoint import answer_sharepoint
from proxy_addons.lab.well_known import (
    COMPLIANCE_HOST,
    CONTROL_HOSTS,
    EXCHANGE_HOSTS,
    GRAPH_HOST,
    LEGACY_GRAPH_HOST,
    LOGIN_HOSTS,
    SHAREPOINT_HOST,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant


def answer(tenant: Tenant, asked: Asked) -> Answer:
    """Every request to the lab, whatever it is. The control face comes first: a middlebox must not lock it out."""
    if asked.host in CONTROL_HOSTS:
        return answer_control(tenant, asked)
    kept = intercepted(tenant.switches, asked)
    if kept is not None:
        return kept
    face = _face(asked.host)
    try:
        return Answer(404) if face is None else face(tenant, asked)
    except TurnedAway as refused:
        return refused.answer


def _face(host: str) -> Callable[[Tenant, Asked], Answer] | None:
    if host in LOGIN_HOSTS:
        return answer_entra
    if host in (*EXCHANGE_HOSTS, COMPLIANCE_HOST):
        return _answer_exchange
    return {
        GRAPH_HOST: answer_graph,
        LEGACY_GRAPH_HOST: answer_legacy_graph,
        SHAREPOINT_HOST: answer_sharepoint,
    }.get(host)


def _answer_exchange(tenant: Tenant, asked: Asked) -> Answer:
    path = asked.path.lower()
    if path == "/ews/exchange.asmx":
        return answer_ews(tenant, asked)
    if path.startswith("/adminapi/"):
        return answer_adminapi(tenant, asked)
    if path.startswith("/autodiscover/"):
        return answer_autodiscover(tenant, asked)
    return Answer(404, front_end(asked))
