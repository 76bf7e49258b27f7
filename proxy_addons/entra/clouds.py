"""The clouds Microsoft 365 runs in: where each signs in, and where its Graph answers.

Source: learn.microsoft.com/entra/identity-platform/authentication-national-cloud and /graph/deployments.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.evidence.services import Service


class Cloud(StrEnum):
    """A cloud by the name `service.cloud` uses."""

    WORLDWIDE = "worldwide"
    USGOV_HIGH = "usgov-high"
    USGOV_DOD = "usgov-dod"
    CHINA = "china"


@dataclass(frozen=True, slots=True)
class _Hosts:
    login: str
    graph: str


_HOSTS: Final[Mapping[Cloud, _Hosts]] = {
    Cloud.WORLDWIDE: _Hosts("login.microsoftonline.com", "graph.microsoft.com"),
    Cloud.USGOV_HIGH: _Hosts("login.microsoftonline.us", "graph.microsoft.us"),
    Cloud.USGOV_DOD: _Hosts("login.microsoftonline.us", "dod-graph.microsoft.us"),
    Cloud.CHINA: _Hosts("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
}


def authority(cloud: Cloud, tenant: str) -> str:
    """Where tokens of a tenant are asked for."""
    return f"https://{_HOSTS[cloud].login}/{tenant}"


def login_host(cloud: Cloud) -> str:
    """The host of the sign-in."""
    return _HOSTS[cloud].login


def graph_host(cloud: Cloud) -> str:
    """The host of Microsoft Graph."""
    return _HOSTS[cloud].graph


def default_scope(service: Service) -> str:
    """The scope that asks for everything granted on a service; empty where the service names no audience."""
    named = next((audience for audience in service.audiences if audience.startswith("https://")), "")
    return f"{named}/.default" if named else ""
