"""What stands between a client and Microsoft in a company: proxies, filters, publishing gateways and their pages.

None of the answers has a header of Microsoft's, which is how they are told apart. Source: observed answers of the
products and Microsoft's articles on ISA and TMG publishing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.lab.answers import Answer, html_answer
from proxy_addons.lab.well_known import GATEWAY_HOST, PUBLISHED_HOST

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.switches import MiddleboxPage, Switches

_GATEWAY_PAGES: Final[dict[str, MiddleboxPage]] = {
    "/squid": "squid",
    "/squid-407": "squid-407",
    "/zscaler": "zscaler",
    "/isa": "isa",
    "/cloudflare": "cloudflare",
}
_PROXY_LOGIN: Final = "ERR_CACHE_ACCESS_DENIED"
_PUBLISHED_PREFIXES: Final = ("/owa",)
"""The only path a forgetful administrator published on the ISA server; EWS and Autodiscover are missing."""


def intercepted(switches: Switches, asked: Asked) -> Answer | None:
    """The middlebox's answer where it keeps the request, else None."""
    if asked.host == GATEWAY_HOST:
        return page(_GATEWAY_PAGES.get(asked.path.lower(), "squid"), asked)
    if asked.host == PUBLISHED_HOST:
        is_published = asked.path.lower().startswith(_PUBLISHED_PREFIXES)
        return html_answer(200, "<html><body>Outlook</body></html>") if is_published else page("isa", asked)
    hosts = switches.middlebox_hosts
    if not switches.middlebox or (hosts and asked.host not in hosts):
        return None
    return page(switches.middlebox, asked)


def page(product: MiddleboxPage, asked: Asked) -> Answer:
    """One product's refusal."""
    if product == "zscaler":
        return _zscaler(asked)
    if product == "isa":
        return _isa()
    if product == "cloudflare":
        return _cloudflare()
    if product == "squid-407":
        return _squid(asked, 407, _PROXY_LOGIN)
    return _squid(asked, 403, "ERR_ACCESS_DENIED")


def _squid(asked: Asked, status: int, error: str) -> Answer:
    body = (
        f"<!DOCTYPE html><html><head><title>ERROR: The requested URL could not be retrieved</title></head>"
        f'<body id="{error}"><h1>ERROR</h1><h2>The requested URL could not be retrieved</h2>'
        f"<p>The following error was encountered while trying to retrieve the URL: "
        f'<a href="{asked.url}">{asked.url}</a></p><blockquote><p><b>Access Denied.</b></p></blockquote>'
        f"<p>Access control configuration prevents your request from being allowed at this time. Please contact your "
        f"service provider if you feel this is incorrect.</p></body></html>"
    )
    challenge = (("Proxy-Authenticate", 'Basic realm="Contoso web gateway"'),) if error == _PROXY_LOGIN else ()
    return html_answer(
        status,
        body,
        ("Server", "squid/4.6"),
        ("Mime-Version", "1.0"),
        ("X-Squid-Error", f"{error} 0"),
        *challenge,
        ("X-Cache", "MISS from webgateway.contoso.com"),
        ("Via", "1.1 webgateway.contoso.com (squid/4.6)"),
    )


def _zscaler(asked: Asked) -> Answer:
    filler = "<!-- -->" * 1400  # the product's page is beyond 10 kB
    body = (
        f"<!DOCTYPE HTML><html><head><title>Internet Security by Zscaler</title></head><body>{filler}"
        f"<h1>Sorry, Contoso's policy doesn't allow you to visit this page.</h1><p>Access Denied: {asked.url}</p>"
        f"<p>Not allowed to use this cloud app.</p><p>Your organization has selected Zscaler to protect you from "
        f"internet threats.</p></body></html>"
    )
    return html_answer(403, body, ("Server", "Zscaler/6.2"), ("Cache-Control", "no-cache"))


def _isa() -> Answer:
    body = (
        "<HTML><HEAD><TITLE>The page cannot be displayed</TITLE></HEAD><BODY><H1>The page cannot be displayed</H1>"
        "<UL><LI>Error Code: 403 Forbidden. The server denied the specified Uniform Resource Locator (URL). Contact "
        "the server administrator. (12202)</LI></UL><P>Internet Security and Acceleration Server</P></BODY></HTML>"
    )
    return html_answer(403, body, ("Pragma", "no-cache"), ("Cache-Control", "no-cache"), ("Connection", "close"))


def _cloudflare() -> Answer:
    body = (
        "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>"
        "<body><h1>Sorry, you have been blocked</h1></body></html>"
    )
    return html_answer(403, body, ("Server", "cloudflare"), ("CF-RAY", "8f1c2d3e4f5a6b7c-AMS"))
