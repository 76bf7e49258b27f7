from __future__ import annotations

import pytest

from proxy_addons.evidence.exchange import Headers
from proxy_addons.evidence.services import identify
from proxy_addons.evidence.speaker import Speaker, has_microsoft_ids, who_answered

EXCHANGE = ("outlook.office365.com", "/EWS/Exchange.asmx")
GRAPH = ("graph.microsoft.com", "/v1.0/me")
ENTRA = ("login.microsoftonline.com", "/common/oauth2/v2.0/token")
SHAREPOINT = ("contoso.sharepoint.com", "/")
EXCHANGE_ID = "00000002-0000-0ff1-ce00-000000000000"
GRAPH_ID = "00000003-0000-0000-c000-000000000000"
ON_PREMISES = ("mail.contoso.com", "/EWS/Exchange.asmx")


def _speaker(where: tuple[str, str], headers: dict[str, str], page: str = "") -> Speaker:
    return who_answered(Headers(tuple(headers.items())), page, identify(*where))


@pytest.mark.parametrize(
    ("where", "headers", "name"),
    [
        (GRAPH, {"x-ms-ags-diagnostic": "{}"}, "graph-gateway"),
        (GRAPH, {"request-id": "r"}, "graph-gateway"),
        (ENTRA, {"x-ms-ests-server": "2.1.1 - WEULR1 ProdSlices"}, "entra"),
        (ENTRA, {"x-ms-request-id": "r"}, "entra"),
        (SHAREPOINT, {"SPRequestGuid": "r"}, "sharepoint"),
        (SHAREPOINT, {"MicrosoftSharePointTeamServices": "16.0.0.1"}, "sharepoint"),
        (EXCHANGE, {"X-FEServer": "AS8PR04CA0142"}, "exchange-front-end"),
        (EXCHANGE, {"X-FEServer": "AM9P193CA0011", "X-CalculatedBETarget": "x"}, "exchange-backend"),
        (EXCHANGE, {"X-FEServer": "HE1EUR01", "X-BEServer": "DB9PR05MB9221"}, "exchange-backend"),
        (EXCHANGE, {"X-BackEndHttpStatus": "403"}, "exchange-backend"),
        (EXCHANGE, {"request-id": "r"}, "exchange-front-end"),
        (EXCHANGE, {"Server": "Microsoft-HTTPAPI/2.0"}, "exchange-edge"),
        (EXCHANGE, {"X-NanoProxy": "1"}, "exchange-edge"),
        (EXCHANGE, {"Server": "Microsoft-IIS/10.0"}, "exchange-front-end"),
        (ON_PREMISES, {"Server": "Microsoft-IIS/10.0"}, "web-server"),
        (ON_PREMISES, {"X-FEServer": "EXCH01"}, "on-premises-exchange"),
        (ON_PREMISES, {"X-FEServer": "EX1PRODMBX01"}, "on-premises-exchange"),
        (ON_PREMISES, {"request-id": "r"}, "on-premises-exchange"),
        (ON_PREMISES, {"Server": "Microsoft-HTTPAPI/2.0"}, "web-server"),
        (EXCHANGE, {"Server": "nginx"}, "web-server"),
        (EXCHANGE, {}, "unknown"),
        (GRAPH, {"x-owa-error": "x", "Server": "nginx"}, "unknown"),
        (EXCHANGE, {"Server": "why403"}, "why403"),
        (EXCHANGE, {"WWW-Authenticate": f'Bearer client_id="{EXCHANGE_ID}"'}, "exchange-front-end"),
        (ON_PREMISES, {"WWW-Authenticate": f'Bearer client_id="{EXCHANGE_ID}"'}, "on-premises-exchange"),
        (GRAPH, {"WWW-Authenticate": f'Bearer realm="", client_id="{GRAPH_ID}"'}, "graph-gateway"),
        (GRAPH, {"WWW-Authenticate": 'Bearer realm="corp"'}, "unknown"),
    ],
)
def test_the_speaker_is_told_by_the_headers_only_it_sends(
    where: tuple[str, str], headers: dict[str, str], name: str
) -> None:
    assert _speaker(where, headers).name == name


@pytest.mark.parametrize(
    ("headers", "name", "product"),
    [
        ({"Server": "Zscaler/6.2"}, "corporate-proxy", "Zscaler"),
        ({"Server": "squid/4.6"}, "corporate-proxy", "squid"),
        ({"X-Squid-Error": "ERR_ACCESS_DENIED 0"}, "corporate-proxy", "squid"),
        ({"Proxy-Authenticate": "Basic"}, "corporate-proxy", "proxy"),
        ({"Server": "Microsoft-Azure-Application-Gateway/v2"}, "waf", "Azure Application Gateway"),
        ({"Server": "cloudflare"}, "waf", "Cloudflare"),
    ],
)
def test_products_in_between_are_told_by_their_headers(headers: dict[str, str], name: str, product: str) -> None:
    speaker = _speaker(EXCHANGE, headers)
    assert (speaker.name, speaker.product) == (name, product)


def test_a_proxys_mark_on_microsofts_own_answer_does_not_make_it_the_proxys() -> None:
    assert _speaker(EXCHANGE, {"X-Squid-Error": "x", "X-FEServer": "AS8PR04CA0142"}).name == "exchange-front-end"


@pytest.mark.parametrize(
    ("page", "name", "product"),
    [
        ("denied the specified URL. (12202)", "isa-tmg", "ISA Server"),
        ("Internet Security and Acceleration Server", "isa-tmg", "ISA Server"),
        ("Microsoft Forefront Threat Management Gateway", "isa-tmg", "Forefront TMG"),
        ("<center>Microsoft-Azure-Application-Gateway/v2</center>", "waf", "Azure Application Gateway"),
        ("Blocked by Zscaler", "corporate-proxy", "Zscaler"),
        ("Generated Sat, 21 Nov 2026 by proxy1 (squid/4.6)", "corporate-proxy", "squid"),
    ],
)
def test_products_in_between_are_told_by_their_pages(page: str, name: str, product: str) -> None:
    assert _speaker(EXCHANGE, {}, page) == Speaker(name, product, "response body")


def test_a_page_behind_exchanges_front_end_is_exchanges() -> None:
    assert _speaker(EXCHANGE, {"X-FEServer": "AS8PR04CA0142"}, "(12202)").name == "exchange-front-end"


def test_the_place_where_it_was_seen_is_told() -> None:
    assert _speaker(EXCHANGE, {"X-FEServer": "AS8PR04CA0142"}).seen_in == "response header X-FEServer"


@pytest.mark.parametrize(("name", "known"), [("X-DiagInfo", True), ("Server", False)])
def test_only_headers_of_microsofts_own_servers_count_as_ids(name: str, *, known: bool) -> None:
    assert has_microsoft_ids(Headers(((name, "x"),))) is known
