from __future__ import annotations

import pytest

from proxy_addons.evidence.services import (
    EXCHANGE_APP_ID,
    GRAPH_APP_ID,
    MICROSOFT_HOST_PATTERNS,
    Service,
    accepts_audience,
    audience_owner,
    identify,
    issuer_kind,
    plain_audience,
)

TENANT = "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21"


@pytest.mark.parametrize(
    ("host", "path", "name", "surface", "cloud"),
    [
        ("graph.microsoft.com", "/v1.0/me", "graph", "graph", "worldwide"),
        ("graph.microsoft.com", "/v1.0/$batch", "graph", "graph-batch", "worldwide"),
        ("graph.microsoft.com", "/beta/%24batch/", "graph", "graph-batch", "worldwide"),
        ("dod-graph.microsoft.us", "/v1.0/me", "graph", "graph", "usgov-dod"),
        ("microsoftgraph.chinacloudapi.cn", "/v1.0/me", "graph", "graph", "china"),
        ("graph.windows.net", "/contoso.com/users", "graph", "aad-graph", "worldwide"),
        ("outlook.office365.com", "/EWS/Exchange.asmx", "exchange", "ews", "worldwide"),
        ("outlook.office365.us", "/ews/exchange.asmx", "exchange", "ews", "usgov-high"),
        ("outlook.office365.com", "/ews", "exchange", "ews", "worldwide"),
        ("outlook.office365.com", f"/adminapi/beta/{TENANT}/InvokeCommand", "exchange", "exo-powershell", "worldwide"),
        ("outlook.office365.com", f"/adminapi/v2.0/{TENANT}/Mailbox", "exchange", "admin-api", "worldwide"),
        ("outlook.office365.com", "/PowerShell-LiveID/", "exchange", "powershell-liveid", "worldwide"),
        ("outlook.office.com", "/api/v2.0/me/messages", "exchange", "outlook-rest", "worldwide"),
        ("outlook.office365.com", "/Microsoft-Server-ActiveSync", "exchange", "activesync", "worldwide"),
        ("outlook.office365.com", "/mapi/emsmdb/", "exchange", "mapi", "worldwide"),
        ("outlook.office365.com", "/owa/", "exchange", "owa", "worldwide"),
        ("outlook.office365.com", "/", "exchange", "other", "worldwide"),
        ("autodiscover-s.outlook.com", "/autodiscover/autodiscover.json", "exchange", "autodiscover", "worldwide"),
        ("db9pr05mb9221.eurprd05.prod.outlook.com", "/EWS/Exchange.asmx", "exchange", "ews", "worldwide"),
        (
            "nam12b.ps.compliance.protection.outlook.com",
            "/adminapi/beta/x/InvokeCommand",
            "exchange",
            "exo-powershell",
            "worldwide",
        ),
        ("login.microsoftonline.com", "/common/oauth2/v2.0/token", "entra", "token-endpoint", "worldwide"),
        ("login.microsoftonline.com", "/common/oauth2/token", "entra", "token-endpoint", "worldwide"),
        ("login.live.com", "/oauth20_token.srf", "entra", "token-endpoint", "worldwide"),
        ("login.microsoftonline.us", "/common/oauth2/v2.0/devicecode", "entra", "device-code", "usgov-high"),
        ("login.microsoftonline.com", "/common/oauth2/v2.0/authorize", "entra", "authorize", "worldwide"),
        ("login.partner.microsoftonline.cn", "/common/.well-known/openid-configuration", "entra", "discovery", "china"),
        ("westeurope.login.microsoft.com", "/x/oauth2/v2.0/token", "entra", "token-endpoint", "worldwide"),
        ("usgovvirginia.login.microsoftonline.us", "/x/oauth2/v2.0/token", "entra", "token-endpoint", "usgov-high"),
        ("contoso.sharepoint.com", "/sites/hr", "sharepoint", "sharepoint-rest", "worldwide"),
        ("contoso.sharepoint-mil.us", "/", "sharepoint", "sharepoint-rest", "usgov-dod"),
        ("mail.contoso.com", "/EWS/Exchange.asmx", "exchange", "ews", "on-premises"),
        ("mail.contoso.com", "/owa/auth/logon.aspx", "exchange", "owa", "on-premises"),
        ("mail.contoso.com", "/index.html", "other", "other", "unknown"),
        ("login.microsoftonline.com.evil.example", "/common/oauth2/v2.0/token", "other", "other", "unknown"),
        ("", "/EWS/Exchange.asmx", "other", "other", "unknown"),
    ],
)
def test_a_url_is_told_by_service_surface_and_cloud(host: str, path: str, name: str, surface: str, cloud: str) -> None:
    service = identify(host, path)
    assert (service.name, service.surface, service.cloud) == (name, surface, cloud)


def test_every_exact_host_that_is_looked_at_belongs_to_a_service() -> None:
    exact = [host for host in MICROSOFT_HOST_PATTERNS if "*" not in host and host != "domains.live.com"]
    assert [host for host in exact if identify(host, "/").name == "other"] == []


@pytest.mark.parametrize(
    ("audience", "plain"),
    [("https://Graph.Microsoft.com/", "https://graph.microsoft.com"), (" https://x// ", "https://x/"), ("", "")],
)
def test_case_and_one_final_slash_of_an_audience_do_not_count(audience: str, plain: str) -> None:
    assert plain_audience(audience) == plain


ONLINE = identify("outlook.office365.com", "/EWS/Exchange.asmx")
ON_PREMISES = identify("mail.contoso.com", "/EWS/Exchange.asmx")


@pytest.mark.parametrize(
    ("service", "audience", "accepted"),
    [
        (ONLINE, "https://outlook.office365.com/", True),
        (ONLINE, "https://OUTLOOK.office.com", True),
        (ONLINE, EXCHANGE_APP_ID, True),
        (ONLINE, f"{EXCHANGE_APP_ID}/outlook.office365.com@contoso.com", True),
        (ONLINE, f"{EXCHANGE_APP_ID}/mail.contoso.com@contoso.com", False),
        (ONLINE, "https://graph.microsoft.com", False),
        (ONLINE, "https://outlook.office365.us", False),
        (ON_PREMISES, "https://mail.contoso.com/", True),
        (ON_PREMISES, "https://autodiscover.contoso.com", None),
        (identify("admin.exchange.microsoft.com", "/beta/x"), "https://outlook.office365.com", None),
        (Service("other", "other", "unknown"), "https://graph.microsoft.com", None),
    ],
)
def test_whether_a_service_takes_an_audience_is_told_only_where_it_is_known(
    service: Service, audience: str, *, accepted: bool | None
) -> None:
    assert accepts_audience(service, audience) is accepted


@pytest.mark.parametrize(
    ("audience", "owner", "cloud"),
    [
        ("https://graph.microsoft.com", "graph", "worldwide"),
        (GRAPH_APP_ID, "graph", ""),
        ("https://outlook.office365.us/", "exchange", "usgov-high"),
        (f"{EXCHANGE_APP_ID}/mail.contoso.com@contoso.com", "exchange", ""),
        ("https://ps.compliance.protection.outlook.com", "compliance", "worldwide"),
        ("https://contoso.sharepoint.us", "sharepoint", "usgov-high"),
        ("https://management.azure.com/", "arm", "worldwide"),
        ("3C9A7E15-6F42-4D8B-B0A1-7E5D2C4F8A36", "own-client", ""),
        ("api://3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36", "own-client", ""),
        ("api://somebody", "other", ""),
    ],
)
def test_the_owner_of_an_audience_is_told(audience: str, owner: str, cloud: str) -> None:
    assert audience_owner(audience, "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36") == (owner, cloud)


def test_without_an_app_id_no_audience_is_the_clients_own() -> None:
    assert audience_owner("api://x", None) == ("other", "")


@pytest.mark.parametrize(
    ("issuer", "kind", "cloud"),
    [
        (f"https://sts.windows.net/{TENANT}/", "entra-v1", ""),
        (f"https://sts.chinacloudapi.cn/{TENANT}/", "entra-v1", "china"),
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", "entra-v2", "worldwide"),
        (f"https://login.microsoftonline.us/{TENANT}/v2.0", "entra-v2", "usgov-high"),
        ("https://contoso.b2clogin.com/tfp/x/policy/v2.0/", "b2c", ""),
        ("https://contoso.ciamlogin.com/x/v2.0", "external-id", ""),
        ("http://sts.contoso.com/adfs/services/trust", "adfs", ""),
        (f"{EXCHANGE_APP_ID}@{TENANT}", "exchange", ""),
        ("https://accounts.example.com", "other", ""),
        ("", "other", ""),
    ],
)
def test_an_issuer_is_told_by_kind_and_by_cloud_where_its_host_tells(issuer: str, kind: str, cloud: str) -> None:
    assert issuer_kind(issuer) == (kind, cloud)
