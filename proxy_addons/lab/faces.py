"""Which face of Microsoft 365 a host name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_addons.lab.answers import Answer, json_answer
from proxy_addons.lab.entra_endpoints import answer_entra
from proxy_addons.lab.ews import answer_ews
from proxy_addons.lab.well_known import EXCHANGE_HOSTS, LOGIN_HOSTS

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant


def answer(tenant: Tenant, asked: Asked) -> Answer:
    """Every request to the lab, whatever it is."""
    if asked.host in LOGIN_HOSTS:
        return answer_entra(tenant, asked)
    if asked.host in EXCHANGE_HOSTS and asked.path.lower() == "/ews/exchange.asmx":
        return answer_ews(tenant, asked)
    return json_answer(404, {})
