"""The sign-in service's public documents."""

from __future__ import annotations

import pytest

from proxy_addons.lab.accounts import CONTOSO
from tests.lab.clients import LOGIN, LabClient


@pytest.mark.parametrize("segment", [CONTOSO.tenant_id, "contoso.com", "CONTOSO.onmicrosoft.com"])
def test_a_tenant_is_found_by_id_and_by_domain(client: LabClient, segment: str) -> None:
    content = client.get(f"{LOGIN}/{segment}/v2.0/.well-known/openid-configuration").json()
    assert content["issuer"] == f"{LOGIN}/{CONTOSO.tenant_id}/v2.0"
    assert content["token_endpoint"] == f"{LOGIN}/{CONTOSO.tenant_id}/oauth2/v2.0/token"


def test_the_v1_document_has_the_v1_issuer(client: LabClient) -> None:
    content = client.get(f"{LOGIN}/contoso.com/.well-known/openid-configuration").json()
    assert content["issuer"] == f"https://sts.windows.net/{CONTOSO.tenant_id}/"


@pytest.mark.parametrize("segment", ["common", "organizations"])
def test_the_shared_authorities_leave_the_tenant_open(client: LabClient, segment: str) -> None:
    content = client.get(f"{LOGIN}/{segment}/v2.0/.well-known/openid-configuration").json()
    assert content["issuer"] == f"{LOGIN}/{{tenantid}}/v2.0"


def test_an_unknown_tenant_is_invalid_tenant_90002(client: LabClient) -> None:
    response = client.get(f"{LOGIN}/contso.com/v2.0/.well-known/openid-configuration")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_tenant")
    assert response.json()["error_codes"] == [90002]


def test_instance_discovery_names_the_aliases_of_the_cloud(client: LabClient) -> None:
    url = f"{LOGIN}/common/discovery/instance"
    authority = "https://login.windows.net/contoso.com/oauth2/authorize"
    content = client.get(url, params={"api-version": "1.1", "authorization_endpoint": authority}).json()
    assert "login.windows.net" in content["metadata"][0]["aliases"]
    assert content["tenant_discovery_endpoint"].startswith(f"{LOGIN}/contoso.com/")


def test_the_alias_serves_the_same_documents(client: LabClient) -> None:
    for host in (LOGIN, "https://login.windows.net"):
        assert len(client.get(f"{host}/common/discovery/keys").json()["keys"]) == 1


def test_the_answers_carry_cookies_a_sanitizer_has_to_drop(client: LabClient) -> None:
    cookies = client.get(f"{LOGIN}/common/discovery/keys").headers.get_list("set-cookie")
    assert len(cookies) == 3
    assert cookies[0].startswith("fpc=")
