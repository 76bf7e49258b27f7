"""Which Microsoft service a URL belongs to, on which surface, in which cloud, and which audiences that host accepts.

Hosts and audiences: Microsoft's national cloud pages (learn.microsoft.com/graph/deployments,
/entra/identity-platform/authentication-national-cloud) and the Admin API's list of hosts. A host nobody published is
`other`; nothing is guessed from a path alone, except on-premises Exchange, whose virtual directories have fixed names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EXCHANGE_APP_ID: Final = "00000002-0000-0ff1-ce00-000000000000"
GRAPH_APP_ID: Final = "00000003-0000-0000-c000-000000000000"
AAD_GRAPH_APP_ID: Final = "00000002-0000-0000-c000-000000000000"
SHAREPOINT_APP_ID: Final = "00000003-0000-0ff1-ce00-000000000000"
COMPLIANCE_APP_ID: Final = "00000007-0000-0ff1-ce00-000000000000"

_GRAPH_HOSTS: Final[Mapping[str, str]] = {
    "graph.microsoft.com": "worldwide",
    "canary.graph.microsoft.com": "worldwide",
    "graph.microsoft.us": "usgov-high",
    "dod-graph.microsoft.us": "usgov-dod",
    "microsoftgraph.chinacloudapi.cn": "china",
    "graph.microsoft.de": "germany",
}
_EXCHANGE_HOSTS: Final[Mapping[str, str]] = {
    "outlook.office365.com": "worldwide",
    "outlook.office.com": "worldwide",
    "outlook.cloud.microsoft": "worldwide",
    "outlook.live.com": "worldwide",
    "autodiscover-s.outlook.com": "worldwide",
    "autodiscover.outlook.com": "worldwide",
    "ps.outlook.com": "worldwide",
    "admin.exchange.microsoft.com": "worldwide",
    "outlook.office365.us": "usgov-high",
    "autodiscover-s.office365.us": "usgov-high",
    "outlook-dod.office365.us": "usgov-dod",
    "webmail.apps.mil": "usgov-dod",
    "autodiscover-s-dod.office365.us": "usgov-dod",
    "partner.outlook.cn": "china",
    "outlook.office.de": "germany",
}
_ENTRA_HOSTS: Final[Mapping[str, str]] = {
    "login.microsoftonline.com": "worldwide",
    "login.windows.net": "worldwide",
    "login.microsoft.com": "worldwide",
    "sts.windows.net": "worldwide",
    "login.live.com": "worldwide",
    "login-us.microsoftonline.com": "usgov-high",
    "login.microsoftonline.us": "usgov-high",
    "login.usgovcloudapi.net": "usgov-high",
    "login.partner.microsoftonline.cn": "china",
    "login.chinacloudapi.cn": "china",
    "sts.chinacloudapi.cn": "china",
    "login.microsoftonline.de": "germany",
}
_AAD_GRAPH_HOSTS: Final[Mapping[str, str]] = {
    "graph.windows.net": "worldwide",
    "graph.microsoftazure.us": "usgov-high",
    "graph.chinacloudapi.cn": "china",
}
_SHAREPOINT_SUFFIXES: Final[Mapping[str, str]] = {
    ".sharepoint.com": "worldwide",
    ".sharepoint.us": "usgov-high",
    ".sharepoint-mil.us": "usgov-dod",
    ".sharepoint.cn": "china",
}
_REGIONAL_ENTRA: Final[Mapping[str, str]] = {
    "login.microsoft.com": "worldwide",
    "login.microsoftonline.com": "worldwide",
    "login.microsoftonline.us": "usgov-high",
}
"""Hosts with a region in front of them: westeurope.login.microsoft.com."""
_EXCHANGE_BACKEND: Final = re.compile(r"[a-z0-9.-]+\.prod\.(?:outlook\.com|exchangelabs\.com)\Z")

_COMPLIANCE_CLOUDS: Final[Mapping[str, str]] = {
    "ps.compliance.protection.outlook.com": "worldwide",
    "ps.compliance.protection.office365.us": "usgov-high",
    "ps.compliance.protection.partner.outlook.cn": "china",
}
"""Security and compliance PowerShell; most regions put a name in front (nam12b.ps.compliance...)."""
_COMPLIANCE_ENDS: Final = tuple(f".{host}" for host in _COMPLIANCE_CLOUDS)

MICROSOFT_HOST_PATTERNS: Final[tuple[str, ...]] = (
    *_GRAPH_HOSTS,
    *_EXCHANGE_HOSTS,
    *_ENTRA_HOSTS,
    *_COMPLIANCE_CLOUDS,
    *(f"*.{host}" for host in _COMPLIANCE_CLOUDS),
    *_AAD_GRAPH_HOSTS,
    *(f"*{suffix}" for suffix in _SHAREPOINT_SUFFIXES),
    "*.login.microsoft.com",
    "*.login.microsoftonline.us",
    "*.prod.outlook.com",
    "domains.live.com",
)
"""Hosts that are decrypted and looked at unless the user says otherwise; `*.` stands for one or more labels."""

_GRAPH_AUDIENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "worldwide": ("https://graph.microsoft.com",),
    "usgov-high": ("https://graph.microsoft.us",),
    "usgov-dod": ("https://dod-graph.microsoft.us",),
    "china": ("https://microsoftgraph.chinacloudapi.cn",),
    "germany": ("https://graph.microsoft.de",),
}
_EXCHANGE_AUDIENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "worldwide": ("https://outlook.office365.com", "https://outlook.office.com"),
    "usgov-high": ("https://outlook.office365.us",),
    "usgov-dod": ("https://outlook-dod.office365.us", "https://webmail.apps.mil"),
    "china": ("https://partner.outlook.cn",),
    "germany": ("https://outlook.office.de",),
}
_ADMIN_PORTAL: Final = "admin.exchange.microsoft.com"
"""Nobody has published what the admin portal's own interface accepts."""

_EXCHANGE_PATHS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), surface)
    for pattern, surface in (
        (r"/ews(?:/|\Z)", "ews"),
        (r"/adminapi/(?:beta|v1\.0)/[^/]+/invokecommand", "exo-powershell"),
        (r"/adminapi/", "admin-api"),
        (r"/powershell-liveid", "powershell-liveid"),
        (r"/powershell", "powershell-liveid"),
        (r"/autodiscover/", "autodiscover"),
        (r"/api/(?:beta|v\d\.\d)/", "outlook-rest"),
        (r"/microsoft-server-activesync", "activesync"),
        (r"/mapi/", "mapi"),
        (r"/(?:owa|ecp)(?:/|\Z)", "owa"),
    )
)
_ON_PREMISES_PATHS: Final = re.compile(
    r"/(?:ews/(?:exchange|services)\.|autodiscover/autodiscover\.|microsoft-server-activesync|mapi/(?:emsmdb|nspi)|owa/auth)",
    re.IGNORECASE,
)
_ENTRA_PATHS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), surface)
    for pattern, surface in (
        (r"/oauth2(?:/v2\.0)?/token\Z", "token-endpoint"),
        (r"/oauth20_token\.srf\Z", "token-endpoint"),
        (r"/oauth2(?:/v2\.0)?/devicecode\Z", "device-code"),
        (r"/oauth2(?:/v2\.0)?/authorize\Z", "authorize"),
        (r"/oauth20_authorize\.srf\Z", "authorize"),
        (r"/\.well-known/|/discovery/|/userrealm/", "discovery"),
    )
)


_BATCH: Final = re.compile(r"/[^/]+/(?:\$|%24)batch/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Service:
    """Where a request went. `audiences` is empty where the host takes no bearer token or publishes none."""

    name: str
    surface: str
    cloud: str
    audiences: tuple[str, ...] = ()


def identify(host: str, path: str) -> Service:
    """The service behind a host (lower case, no port) and a path."""
    for reader in _READERS:
        service = reader(host, path)
        if service is not None:
            return service
    return _OTHER


def _graph(host: str, path: str) -> Service | None:
    cloud = _GRAPH_HOSTS.get(host)
    if cloud is None:
        return None
    return _GRAPH_SERVICES[cloud, "graph-batch" if _BATCH.fullmatch(path) else "graph"]


_GRAPH_SERVICES: Final[Mapping[tuple[str, str], Service]] = {
    (cloud, surface): Service("graph", surface, cloud, (*known, GRAPH_APP_ID))
    for cloud, known in _GRAPH_AUDIENCES.items()
    for surface in ("graph", "graph-batch")
}


def _aad_graph(host: str, _path: str) -> Service | None:
    cloud = _AAD_GRAPH_HOSTS.get(host)
    return Service("graph", "aad-graph", cloud, (f"https://{host}", AAD_GRAPH_APP_ID)) if cloud else None


def _compliance(host: str, path: str) -> Service | None:
    if not f".{host}".endswith(_COMPLIANCE_ENDS):
        return None
    known = next(each for each in _COMPLIANCE_CLOUDS if host.endswith(each))
    audiences = (f"https://{known}", COMPLIANCE_APP_ID)
    return Service("exchange", _first_match(_EXCHANGE_PATHS, path), _COMPLIANCE_CLOUDS[known], audiences)


def _exchange(host: str, path: str) -> Service | None:
    if host not in _EXCHANGE_HOSTS and not _EXCHANGE_BACKEND.fullmatch(host):
        return None
    cloud = _EXCHANGE_HOSTS.get(host, "worldwide")
    audiences = () if host == _ADMIN_PORTAL else (*_EXCHANGE_AUDIENCES[cloud], EXCHANGE_APP_ID)
    return Service("exchange", _first_match(_EXCHANGE_PATHS, path), cloud, audiences)


def _entra(host: str, path: str) -> Service | None:
    cloud = _ENTRA_HOSTS.get(host) or _REGIONAL_ENTRA.get(host.partition(".")[2])
    return Service("entra", _first_match(_ENTRA_PATHS, path), cloud) if cloud else None


def _sharepoint(host: str, _path: str) -> Service | None:
    cloud = next((cloud for suffix, cloud in _SHAREPOINT_SUFFIXES.items() if host.endswith(suffix)), None)
    return Service("sharepoint", "sharepoint-rest", cloud, (f"https://{host}", SHAREPOINT_APP_ID)) if cloud else None


def _on_premises(host: str, path: str) -> Service | None:
    if not host or not _ON_PREMISES_PATHS.match(path):
        return None
    return Service("exchange", _first_match(_EXCHANGE_PATHS, path), "on-premises", (f"https://{host}",))


_OTHER: Final = Service("other", "other", "unknown")
_READERS: Final = (_graph, _aad_graph, _compliance, _exchange, _entra, _sharepoint, _on_premises)


def _first_match(table: tuple[tuple[re.Pattern[str], str], ...], path: str) -> str:
    return next((surface for pattern, surface in table if pattern.search(path)), "other")


_AUDIENCE_OWNERS: Final[Mapping[str, tuple[str, str]]] = {
    GRAPH_APP_ID: ("graph", ""),
    EXCHANGE_APP_ID: ("exchange", ""),
    AAD_GRAPH_APP_ID: ("aad-graph", ""),
    SHAREPOINT_APP_ID: ("sharepoint", ""),
    COMPLIANCE_APP_ID: ("compliance", ""),
    **{f"https://{host}": ("compliance", cloud) for host, cloud in _COMPLIANCE_CLOUDS.items()},
    "https://ps.outlook.com": ("exchange", "worldwide"),
    "https://graph.windows.net": ("aad-graph", "worldwide"),
    "https://management.azure.com": ("arm", "worldwide"),
    "https://management.core.windows.net": ("arm", "worldwide"),
    "797f4846-ba00-4fd7-ba43-dac1f8f63013": ("arm", ""),
    "https://vault.azure.net": ("keyvault", "worldwide"),
    "https://api.securitycenter.microsoft.com": ("defender", "worldwide"),
    "https://api.security.microsoft.com": ("defender", "worldwide"),
    **{audience: ("graph", cloud) for cloud, known in _GRAPH_AUDIENCES.items() for audience in known},
    **{audience: ("exchange", cloud) for cloud, known in _EXCHANGE_AUDIENCES.items() for audience in known},
}


def plain_audience(audience: str) -> str:
    """An audience in the form it is compared in: lower case, without one trailing slash (Entra sends both)."""
    return audience.strip().lower().removesuffix("/")


def accepts_audience(service: Service, audience: str) -> bool | None:
    """Whether a service takes tokens for this audience; None where only the service knows.

    That is the case for a host nobody published audiences of, and for on-premises Exchange, which may have more names
    than the one called. Servers' own tokens name app and host in one: `<app id>/<host>@<realm>`.
    """
    plain = plain_audience(audience)
    accepted = {plain_audience(known) for known in service.audiences}
    app, _, rest = plain.partition("/")
    if plain in accepted or (app in accepted and f"https://{rest.partition('@')[0]}" in accepted):
        return True
    return None if service.cloud == "on-premises" or not accepted else False


def audience_owner(audience: str, app_id: str | None) -> tuple[str, str]:
    """Whose audience this is and its cloud ("" where the form does not tell); `app_id` is the client's own id."""
    plain = plain_audience(audience)
    owner = _AUDIENCE_OWNERS.get(plain) or _AUDIENCE_OWNERS.get(plain.partition("/")[0])
    if owner is not None:
        return owner
    if app_id and plain.removeprefix("api://") == app_id.lower():
        return "own-client", ""
    host = plain.removeprefix("https://").split("/")[0]
    for suffix, cloud in _SHAREPOINT_SUFFIXES.items():
        if host.endswith(suffix):
            return "sharepoint", cloud
    return "other", ""


def issuer_kind(issuer: str) -> tuple[str, str]:
    """What sort of issuer a token names, and its cloud ("" where the host does not tell)."""
    if re.match(rf"{EXCHANGE_APP_ID}@", issuer, re.IGNORECASE):
        return "exchange", ""
    match = re.match(r"https://([^/]+)/", issuer if issuer.endswith("/") else f"{issuer}/")
    host = match.group(1).lower() if match else ""
    if host.endswith(".b2clogin.com"):
        return "b2c", ""
    if host.endswith(".ciamlogin.com"):
        return "external-id", ""
    if host in _ENTRA_HOSTS:
        # v1 tokens of government tenants are reported to carry the worldwide issuer too: that host tells no cloud.
        cloud = "" if host == "sts.windows.net" else _ENTRA_HOSTS[host]
        return "entra-v2" if issuer.rstrip("/").endswith("/v2.0") else "entra-v1", cloud
    if "/adfs/" in issuer.lower():
        return "adfs", ""
    return "other", ""
