"""SharePoint, Autodiscover, and what stands between a client and Microsoft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msal
import pytest

from tests.lab.clients import EXCHANGE, GRAPH, GRAPH_DEFAULT, LOGIN, LabClient, requests_session

if TYPE_CHECKING:
    from proxy_addons.lab import Lab

SHAREPOINT = "https://contoso.sharepoint.com"
MICROSOFT_HEADERS = ("request-id", "x-ms-ags-diagnostic", "X-FEServer", "X-DiagInfo", "x-ms-ests-server")


def test_sharepoint_refuses_a_graph_token_for_its_audience(client: LabClient) -> None:
    token = client.app_token("mail-daemon", GRAPH_DEFAULT)
    response = client.get(f"{SHAREPOINT}/_api/web", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401
    assert response.headers["x-ms-diagnostics"].startswith("3000003;")


def test_sharepoint_refuses_an_app_that_proved_itself_with_a_secret(client: LabClient) -> None:
    token = client.app_token("everything-daemon", f"{SHAREPOINT}/.default")
    response = client.get(f"{SHAREPOINT}/_api/web", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()) == (401, {"error_description": "Unsupported app only token."})


def test_sharepoint_denies_a_certificate_app_without_permission(lab: Lab, client: LabClient) -> None:
    pem = lab.certificates.client.read_text()
    app = msal.ConfidentialClientApplication(
        lab.app("certificate-daemon").client_id,
        client_credential={"private_key": pem, "public_certificate": pem[pem.index("-----BEGIN CERTIFICATE") :]},
        authority=f"{LOGIN}/{lab.tenant_id}",
        http_client=requests_session(lab),
    )
    token = app.acquire_token_for_client([f"{SHAREPOINT}/.default"])["access_token"]
    response = client.get(f"{SHAREPOINT}/_api/web", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 403


def test_sharepoint_serves_a_user(client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", f"{SHAREPOINT}/AllSites.Read")
    assert client.get(f"{SHAREPOINT}/_api/web", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_sharepoint_without_a_token_is_a_401(client: LabClient) -> None:
    assert client.get(f"{SHAREPOINT}/_api/web").status_code == 401


def test_autodiscover_tells_without_credentials_where_ews_is(client: LabClient) -> None:
    url = f"{EXCHANGE}/autodiscover/autodiscover.json?Email=adele@contoso.com&Protocol=EWS"
    assert client.get(url).json()["Url"] == f"{EXCHANGE}/EWS/Exchange.asmx"
    by_path = f"{EXCHANGE}/autodiscover/autodiscover.json/v1.0/adele@contoso.com?Protocol=ews"
    assert client.get(by_path).status_code == 200


def test_autodiscover_does_not_know_everybody_or_every_protocol(client: LabClient) -> None:
    base = f"{EXCHANGE}/autodiscover/autodiscover.json"
    assert client.get(f"{base}?Email=nobody@contoso.com&Protocol=EWS").json()["ErrorCode"] == "UserNotFound"
    assert client.get(f"{base}?Email=adele@contoso.com&Protocol=Pigeon").json()["ErrorCode"] == "InvalidProtocol"


def test_the_autodiscover_service_first_asks_for_a_token(client: LabClient) -> None:
    url = "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"
    response = client.post(url)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer client_id=")
    token = client.app_token("mail-daemon", f"{EXCHANGE}/.default")
    assert client.post(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize(
    ("page", "status", "header", "value"),
    [
        ("squid", 403, "x-squid-error", "ERR_ACCESS_DENIED 0"),
        ("squid-407", 407, "proxy-authenticate", 'Basic realm="Contoso web gateway"'),
        ("zscaler", 403, "server", "Zscaler/6.2"),
        ("isa", 403, "content-type", "text/html; charset=utf-8"),
        ("cloudflare", 403, "server", "cloudflare"),
    ],
)
def test_a_middlebox_answers_in_microsofts_place_and_with_none_of_its_headers(
    lab: Lab, client: LabClient, page: str, status: int, header: str, value: str
) -> None:
    lab.tenant.change(middlebox=page)
    for url in (f"{GRAPH}/v1.0/users", f"{EXCHANGE}/EWS/Exchange.asmx", f"{LOGIN}/common/oauth2/v2.0/token"):
        response = client.get(url)
        assert (response.status_code, response.headers[header]) == (status, value)
        assert not any(name in response.headers for name in MICROSOFT_HEADERS)


def test_a_middlebox_may_stand_before_some_hosts_only(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(middlebox="zscaler", middlebox_hosts=["outlook.office365.com"])
    assert client.get(f"{EXCHANGE}/EWS/Exchange.asmx").headers["server"] == "Zscaler/6.2"
    assert client.get(f"{GRAPH}/v1.0/users").status_code == 401


def test_the_zscaler_page_is_as_long_as_the_products(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(middlebox="zscaler")
    assert len(client.get(f"{GRAPH}/v1.0/users").content) > 10_000


def test_the_isa_server_publishes_owa_and_forgot_ews(client: LabClient) -> None:
    assert client.get("https://mail.contoso.com/owa/").status_code == 200
    response = client.post("https://mail.contoso.com/EWS/Exchange.asmx")
    assert response.status_code == 403
    assert "(12202)" in response.text
    assert "Internet Security and Acceleration Server" in response.text


def test_the_web_gateway_shows_each_products_page(client: LabClient) -> None:
    assert "squid" in client.get("https://webgateway.contoso.com/anything").headers["via"]
    assert client.get("https://webgateway.contoso.com/zscaler").headers["server"] == "Zscaler/6.2"


def test_an_exchange_path_that_does_not_exist_is_not_found(client: LabClient) -> None:
    assert client.get(f"{EXCHANGE}/mapi/nothing").status_code == 404


def test_a_login_path_that_does_not_exist_is_not_found(client: LabClient) -> None:
    assert client.get(f"{LOGIN}/").status_code == 404
    assert client.get(f"{LOGIN}/common/unicorn").status_code == 404
