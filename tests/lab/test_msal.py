"""Real msal against the lab: discovery, every flow it offers, and the errors its users read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import jwt
import msal
import pytest

from proxy_addons.lab.accounts import find_account
from tests.lab.clients import EXCHANGE_DEFAULT, GRAPH_DEFAULT, LOGIN, LabClient, requests_session

if TYPE_CHECKING:
    from proxy_addons.lab import Lab


def confidential(lab: Lab, name: str, **changes: object) -> msal.ConfidentialClientApplication:
    app = lab.app(name)
    settings = {
        "client_credential": app.secret,
        "authority": f"{LOGIN}/{lab.tenant_id}",
        "http_client": requests_session(lab),
        **changes,
    }
    return msal.ConfidentialClientApplication(app.client_id, **settings)


def public(lab: Lab, **changes: object) -> msal.PublicClientApplication:
    settings = {"authority": f"{LOGIN}/{lab.tenant_id}", "http_client": requests_session(lab), **changes}
    return msal.PublicClientApplication(lab.app("desktop").client_id, **settings)


def test_client_credentials_with_a_secret(lab: Lab) -> None:
    result = confidential(lab, "mail-daemon").acquire_token_for_client([EXCHANGE_DEFAULT])
    claims = jwt.decode(result["access_token"], options={"verify_signature": False})
    assert claims["roles"] == ["full_access_as_app"]


def test_client_credentials_with_a_certificate(lab: Lab) -> None:
    pem = lab.certificates.client.read_text()
    credential = {"private_key": pem, "public_certificate": pem[pem.index("-----BEGIN CERTIFICATE") :]}
    result = confidential(lab, "certificate-daemon", client_credential=credential).acquire_token_for_client(
        [GRAPH_DEFAULT]
    )
    assert "error" not in result
    assert jwt.decode(result["access_token"], options={"verify_signature": False})["appidacr"] == "2"


def test_the_certificate_of_another_app_is_not_accepted(lab: Lab) -> None:
    pem = lab.certificates.client.read_text()
    credential = {"private_key": pem, "public_certificate": pem[pem.index("-----BEGIN CERTIFICATE") :]}
    result = confidential(lab, "mail-daemon", client_credential=credential).acquire_token_for_client([GRAPH_DEFAULT])
    assert result["error_codes"] == [700027]


def test_a_domain_names_the_tenant_as_well_as_its_id(lab: Lab) -> None:
    app = confidential(lab, "mail-daemon", authority=f"{LOGIN}/contoso.com")
    assert "access_token" in app.acquire_token_for_client([GRAPH_DEFAULT])


def test_an_unknown_tenant_fails_at_discovery(lab: Lab) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        confidential(lab, "mail-daemon", authority=f"{LOGIN}/contso.com").acquire_token_for_client([GRAPH_DEFAULT])


def test_a_user_signs_in_by_password_and_refreshes_silently(lab: Lab) -> None:
    app = public(lab)
    account = find_account("adele@contoso.com")
    assert account is not None
    with pytest.warns(DeprecationWarning, match="deprecated"):
        first = app.acquire_token_by_username_password(account.address, account.password, ["User.Read"])
    assert "error" not in first
    found = app.get_accounts()
    assert [each["username"] for each in found] == ["adele@contoso.com"]
    second = app.acquire_token_silent(["User.Read"], found[0], force_refresh=True)
    assert second is not None
    assert "access_token" in second


def test_a_user_signs_in_with_a_device_code(lab: Lab) -> None:
    app = public(lab)
    flow = app.initiate_device_flow(["User.Read"])
    threading.Thread(target=lab.tenant.approve_device, args=(flow["user_code"], "alex@contoso.com")).start()
    result = app.acquire_token_by_device_flow(flow)
    assert result["id_token_claims"]["preferred_username"] == "alex@contoso.com"


def test_a_sign_in_with_a_browser_satisfies_mfa_and_so_does_its_refresh_token(lab: Lab) -> None:
    lab.tenant.change(mfa_required_for=["alex@contoso.com"])
    app = public(lab)
    flow = app.initiate_device_flow(["User.Read"])
    lab.tenant.approve_device(flow["user_code"], "alex@contoso.com")
    token = app.acquire_token_by_device_flow(flow)["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["amr"] == ["pwd", "mfa"]
    refreshed = app.acquire_token_silent(["User.Read"], app.get_accounts()[0], force_refresh=True)
    assert refreshed is not None
    assert "access_token" in refreshed


def test_a_personal_account_signs_in_and_gets_an_opaque_token(lab: Lab) -> None:
    app = public(lab, authority=f"{LOGIN}/consumers")
    flow = app.initiate_device_flow(["User.Read"])
    lab.tenant.approve_device(flow["user_code"], "adele.vance@outlook.com")
    token = app.acquire_token_by_device_flow(flow)["access_token"]
    assert token.startswith("EwB")
    assert "." not in token


def test_a_web_application_acts_on_behalf_of_its_user(lab: Lab, client: LabClient) -> None:
    assertion = client.user_token("adele@contoso.com", f"{lab.app('portal').uri}/access_as_user")
    result = confidential(lab, "portal").acquire_token_on_behalf_of(assertion, ["User.Read"])
    assert jwt.decode(result["access_token"], options={"verify_signature": False})["upn"] == "adele@contoso.com"


def test_a_client_that_handles_claims_gets_a_token_for_a_day(lab: Lab) -> None:
    app = confidential(lab, "mail-daemon", client_capabilities=["cp1"])
    token = app.acquire_token_for_client([GRAPH_DEFAULT])["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["xms_cc"] == ["cp1"]
    assert claims["exp"] - claims["iat"] > 20 * 3600


def test_a_wrong_secret_reads_as_7000215(lab: Lab) -> None:
    result = confidential(lab, "mail-daemon", client_credential="guess").acquire_token_for_client([GRAPH_DEFAULT])
    assert result["error"] == "invalid_client"
    assert "AADSTS7000215" in result["error_description"]
