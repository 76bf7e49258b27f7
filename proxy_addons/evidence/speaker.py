"""Who answered: decided first, because a refusal by a proxy says nothing about tokens.

Exchange's header families are documented under 'instrumenting client requests for EWS'; what foreign products print is
observed. Absence counts: no Graph answer lacks both request-id and x-ms-ags-diagnostic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from proxy_addons.evidence.exchange import Headers
    from proxy_addons.evidence.services import Service

OWN_SERVER: Final = "why403"
"""What our own refusals put into the Server header, so that nobody mistakes them for Microsoft's."""

_MICROSOFT_HEADERS: Final = (
    "request-id",
    "x-ms-request-id",
    "x-feserver",
    "x-beserver",
    "x-calculatedbetarget",
    "x-diaginfo",
    "x-ms-ags-diagnostic",
    "x-ms-diagnostics",
    "x-ms-ests-server",
    "sprequestguid",
    "x-caserrorcode",
    "x-ews-policy-reason",
    "x-owa-error",
    "x-autodiscovery-error",
    "x-failurecontext",
    "x-ms-appid",
    "x-backendhttpstatus",
    "x-proxy-backendserverstatus",
    "x-proxy-routingcorrectness",
    "ms-diagnostics-public",
)
_RESOURCES: Final = {
    "exchange": "00000002-0000-0ff1-ce00-000000000000",
    "graph": "00000003-0000-0000-c000-000000000000",
}
"""By what id a service asks for tokens in its Bearer challenge, which therefore only it writes."""
_BACKEND_HEADERS: Final = ("x-beserver", "x-calculatedbetarget", "x-targetbeserver", "x-backendhttpstatus")
_CLOUD_SERVER: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{1,4}PR?[0-9]{2,6}(?:MB|CA|CU)[0-9]{2}", re.IGNORECASE)
"""Exchange Online's servers: site, forest, role, number (DB9PR05MB9221, AM9P193CA0011); observed."""

_PROXIES: Final[tuple[tuple[str, re.Pattern[str], str], ...]] = tuple(
    (header, re.compile(pattern, re.IGNORECASE), product)
    for header, pattern, product in (
        ("server", r"zscaler", "Zscaler"),
        ("server", r"squid", "squid"),
        ("x-squid-error", r".", "squid"),
        ("server", r"bluecoat|proxysg", "Blue Coat"),
        ("x-bluecoat-via", r".", "Blue Coat"),
        ("server", r"mcafee|skyhigh", "Skyhigh"),
        ("server", r"fortigate|fortiproxy", "Fortinet"),
        ("server", r"netskope", "Netskope"),
        ("proxy-authenticate", r".", "proxy"),
    )
)
_WAFS: Final[tuple[tuple[str, re.Pattern[str], str], ...]] = tuple(
    (header, re.compile(pattern, re.IGNORECASE), product)
    for header, pattern, product in (
        ("server", r"microsoft-azure-application-gateway", "Azure Application Gateway"),
        ("server", r"akamaighost", "Akamai"),
        ("server", r"cloudflare", "Cloudflare"),
    )
)
_PAGES: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), speaker, product)
    for pattern, speaker, product in (
        (r"\(12202\)|Internet Security and Acceleration Server", "isa-tmg", "ISA Server"),
        (r"Forefront Threat Management Gateway", "isa-tmg", "Forefront TMG"),
        (r"Microsoft-Azure-Application-Gateway", "waf", "Azure Application Gateway"),
        (r"zscaler", "corporate-proxy", "Zscaler"),
        (r"generated .{0,80}\(squid", "corporate-proxy", "squid"),
    )
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who answered, in the words of the fact vocabulary, and the product a foreign answer names."""

    name: str
    product: str = ""
    seen_in: str = ""


def has_microsoft_ids(headers: Headers) -> bool:
    """Whether any header is present that only Microsoft's own servers set."""
    return any(name in headers for name in _MICROSOFT_HEADERS) or any(_asks(headers, name) for name in _RESOURCES)


def _asks(headers: Headers, service: str) -> bool:
    """Whether a challenge asks for a token of this service."""
    asked = _RESOURCES.get(service)
    return asked is not None and any(asked in value.lower() for value in headers.get_all("www-authenticate"))


def who_answered(headers: Headers, text: str, service: Service) -> Speaker:
    """Tell the speaker from headers first, from the page's text where headers are silent.

    `text` is the body of an HTML or text answer; `service` is the one the host belongs to.
    """
    server = headers.get("server") or ""
    if server.lower() == OWN_SERVER:
        return Speaker("why403", "why403", "response header Server")
    foreign = _by_header(headers, _PROXIES, "corporate-proxy")
    if foreign and not has_microsoft_ids(headers):
        return foreign
    page = next(((who, product) for pattern, who, product in _PAGES if pattern.search(text)), None)
    if page and "x-feserver" not in headers:
        return Speaker(page[0], page[1], "response body")
    microsoft = _microsoft(headers, server, service)
    if microsoft:
        return microsoft
    return _by_header(headers, _WAFS, "waf") or _unknown(headers, server)


def _by_header(headers: Headers, table: tuple[tuple[str, re.Pattern[str], str], ...], speaker: str) -> Speaker | None:
    for header, pattern, product in table:
        value = headers.get(header)
        if value is not None and pattern.search(value):
            return Speaker(speaker, product, f"response header {header}")
    return None


_OWN_HEADERS: Final = (
    ("x-ms-ags-diagnostic", "graph-gateway"),
    ("x-ms-ests-server", "entra"),
    ("sprequestguid", "sharepoint"),
    ("microsoftsharepointteamservices", "sharepoint"),
)


def _microsoft(headers: Headers, server: str, service: Service) -> Speaker | None:
    for header, name in _OWN_HEADERS:
        if header in headers:
            return Speaker(name, "", f"response header {header}")
    front_end = headers.get("x-feserver")
    if front_end is not None:
        return _exchange(headers, front_end, service)
    if service.name == "exchange":
        return _unnamed_on_premises(headers) if service.cloud == "on-premises" else _unnamed_exchange(headers, server)
    if service.name == "entra" and "x-ms-request-id" in headers:
        return Speaker("entra", "", "response header x-ms-request-id")
    if service.name == "graph" and "request-id" in headers:
        return Speaker("graph-gateway", "", "response header request-id")
    if service.name == "graph" and _asks(headers, "graph"):
        return Speaker("graph-gateway", "", "response header WWW-Authenticate")
    return None


def _unnamed_exchange(headers: Headers, server: str) -> Speaker | None:
    """An Exchange host that names no front end: the edge, a backend, or a front end known by its ids only."""
    if "x-nanoproxy" in headers or server.lower().startswith("microsoft-httpapi"):
        return Speaker("exchange-edge", "", "response header Server")
    backend = next((name for name in _BACKEND_HEADERS if name in headers), None)
    if backend:
        return Speaker("exchange-backend", "", f"response header {backend}")
    if has_microsoft_ids(headers):
        return Speaker("exchange-front-end", "", "response headers")
    # Somebody has left the ids out of the recording: nothing that is sold as a proxy calls itself IIS.
    if server.lower().startswith("microsoft-iis"):
        return Speaker("exchange-front-end", "", "response header Server")
    return None


def _unnamed_on_premises(headers: Headers) -> Speaker | None:
    return Speaker("on-premises-exchange", "", "response headers") if has_microsoft_ids(headers) else None


def _exchange(headers: Headers, front_end: str, service: Service) -> Speaker:
    names = (front_end, headers.get("x-beserver") or "")
    hosted = service.name == "exchange" and service.cloud not in {"on-premises", "unknown"}
    if not hosted and not any(_CLOUD_SERVER.match(name) for name in names):
        return Speaker("on-premises-exchange", "", "response header X-FEServer")
    backend = next((name for name in _BACKEND_HEADERS if name in headers), None)
    if backend:
        return Speaker("exchange-backend", "", f"response header {backend}")
    return Speaker("exchange-front-end", "", "response header X-FEServer")


def _unknown(headers: Headers, server: str) -> Speaker:
    if server and not has_microsoft_ids(headers):
        return Speaker("web-server", "", "response header Server")
    return Speaker("unknown")
