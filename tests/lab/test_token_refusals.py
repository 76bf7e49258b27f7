"""Each AADSTS number the lab knows, provoked the way a client provokes it."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from proxy_addons.lab import Lab
from proxy_addons.lab.accounts import FABRIKAM, find_account
from proxy_addons.lab.identifiers import stable_guid
from tests.lab.clients import EXCHANGE_DEFAULT, GRAPH_DEFAULT, LOGIN, LabClient, password_form

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def app_form(lab: Lab, name: str = "mail-daemon", **changes: str) -> dict[str, str]:
    app = lab.app(name)
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.secret,
        "scope": GRAPH_DEFAULT,
    }
    return {name: value for name, value in {**form, **changes}.items() if value}


def refused(client: LabClient, form: Mapping[str, str], number: int, **where: str) -> dict[str, object]:
    """The JSON of a refusal, after checking everything every refusal has."""
    response = client.ask_for_token(form, **where)
    content: dict[str, object] = response.json()
    assert content["error_codes"] == [number]
    assert str(content["error_description"]).startswith(f"AADSTS{number}: ")
    assert response.status_code == (401 if content["error"] == "invalid_client" else 400)
    assert response.headers["x-ms-request-id"] == content["trace_id"]
    assert response.headers["x-ms-ests-server"].startswith("2.1.")
    assert f"Correlation ID: {content['correlation_id']} Timestamp: {content['timestamp']}" in str(
        content["error_description"]
    )
    return content


def test_a_wrong_secret_is_7000215(lab: Lab, client: LabClient) -> None:
    assert refused(client, app_form(lab, client_secret="guess"), 7000215)["error"] == "invalid_client"


def test_a_secret_id_in_place_of_the_value_is_7000215(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, client_secret=stable_guid("secret-id")), 7000215)


def test_an_expired_secret_is_7000222(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, "expired-secret-daemon"), 7000222)


def test_a_secret_sent_without_form_encoding_is_7000215(lab: Lab, client: LabClient) -> None:
    app = lab.app("special-characters-daemon")
    body = f"grant_type=client_credentials&client_id={app.client_id}&client_secret={app.secret}&scope={GRAPH_DEFAULT}"
    response = client.post(
        f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/token",
        content=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.json()["error_codes"] == [7000215]


def test_the_same_secret_sent_with_form_encoding_works(client: LabClient) -> None:
    assert client.app_token("special-characters-daemon").count(".") == 2


def test_an_app_unknown_in_the_tenant_is_700016(lab: Lab, client: LabClient) -> None:
    content = refused(client, app_form(lab, client_id=stable_guid("app", "nobody")), 700016)
    assert content["error"] == "unauthorized_client"


def test_a_single_tenant_app_at_another_tenant_is_700016(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, "directory-reader"), 700016, tenant="fabrikam.com")


def test_a_multi_tenant_app_never_installed_is_7000229(lab: Lab, client: LabClient) -> None:
    content = refused(client, app_form(lab, "never-installed"), 7000229)
    assert content["error"] == "invalid_client"


def test_an_unknown_tenant_is_90002(lab: Lab, client: LabClient) -> None:
    assert refused(client, app_form(lab), 90002, tenant="contso.com")["error"] == "invalid_request"


def test_client_credentials_at_the_common_authority_are_50059(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab), 50059, tenant="common")


def test_a_disabled_application_is_7000112(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(disabled_apps=[lab.app("mail-daemon").client_id])
    refused(client, app_form(lab), 7000112)


def test_an_application_blocked_by_conditional_access_is_53003(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(blocked_by_conditional_access=[lab.app("mail-daemon").client_id])
    assert refused(client, app_form(lab), 53003)["suberror"] == "message_only"


def test_a_scope_without_default_in_client_credentials_is_1002012(lab: Lab, client: LabClient) -> None:
    content = refused(client, app_form(lab, scope="https://graph.microsoft.com/Mail.Read"), 1002012)
    assert content["error"] == "invalid_scope"


def test_an_unknown_resource_is_500011(lab: Lab, client: LabClient) -> None:
    content = refused(client, app_form(lab, scope="https://outlook.example.com/.default"), 500011)
    assert content["error"] == "invalid_resource"


def test_a_missing_credential_is_7000218(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, client_secret=""), 7000218)


def test_a_public_client_with_a_secret_is_700025(lab: Lab, client: LabClient) -> None:
    form = {**password_form(lab, "adele@contoso.com", "User.Read"), "client_secret": "made-up"}
    refused(client, form, 700025)


def test_a_missing_grant_type_is_900144(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, grant_type=""), 900144)


def test_a_missing_client_id_is_900144(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, client_id=""), 900144)


def test_a_missing_scope_is_900144(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, scope=""), 900144)


def test_an_unknown_grant_type_is_70003(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, grant_type="magic"), 70003)


def test_a_resource_parameter_on_the_v2_endpoint_is_901002(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, resource="https://graph.microsoft.com"), 901002)


def test_a_v1_request_without_resource_is_900144(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab), 900144, version="")


def test_a_get_to_the_token_endpoint_is_900561(lab: Lab, client: LabClient) -> None:
    response = client.get(f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/token")
    assert response.json()["error_codes"] == [900561]


def test_a_permission_nobody_consented_to_is_65001(lab: Lab, client: LabClient) -> None:
    content = refused(client, password_form(lab, "adele@contoso.com", "Chat.Read"), 65001)
    assert (content["error"], content["suberror"]) == ("invalid_grant", "consent_required")


def test_an_app_nobody_consented_to_is_65001(lab: Lab, client: LabClient) -> None:
    refused(client, password_form(lab, "adele@contoso.com", GRAPH_DEFAULT, "unconsented-desktop"), 65001)


def test_scopes_of_two_resources_are_70011(lab: Lab, client: LabClient) -> None:
    scope = "https://graph.microsoft.com/Mail.Read https://outlook.office365.com/EWS.AccessAsUser.All"
    assert refused(client, password_form(lab, "adele@contoso.com", scope), 70011)["error"] == "invalid_scope"


def test_a_scope_encoded_twice_is_70011(lab: Lab, client: LabClient) -> None:
    scope = "https%3A%2F%2Fgraph.microsoft.com%2F.default"
    refused(client, password_form(lab, "adele@contoso.com", scope), 70011)


def test_mfa_refuses_a_password_sign_in_with_50076_and_basic_action(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(mfa_required_for=["adele@contoso.com"])
    content = refused(client, password_form(lab, "adele@contoso.com", "User.Read"), 50076)
    assert (content["error"], content["suberror"]) == ("invalid_grant", "basic_action")


def test_mfa_on_the_v1_endpoint_says_interaction_required_with_claims(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(mfa_required_for=["*"])
    form = {**password_form(lab, "adele@contoso.com", "openid"), "resource": "https://graph.microsoft.com"}
    content = refused(client, form, 50076, version="")
    assert (content["error"], content["suberror"]) == ("interaction_required", "basic_action")
    assert json.loads(str(content["claims"]))["access_token"]["capolids"]["essential"] is True


def test_mfa_on_behalf_of_a_user_says_interaction_required_with_claims(lab: Lab, client: LabClient) -> None:
    portal = lab.app("portal")
    assertion = client.user_token("adele@contoso.com", f"{portal.uri}/access_as_user")
    lab.tenant.change(mfa_required_for=["adele@contoso.com"])
    content = refused(client, on_behalf_of(lab, assertion), 50076)
    assert content["error"] == "interaction_required"
    assert "claims" in content


def test_conditional_access_blocks_a_user_with_53003_and_claims(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(blocked_by_conditional_access=["adele@contoso.com"])
    content = refused(client, password_form(lab, "adele@contoso.com", "User.Read"), 53003)
    assert content["suberror"] == "message_only"
    assert "claims" in content


def test_a_device_that_is_not_compliant_is_53000(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(compliant_device_required_for=["adele@contoso.com"])
    content = refused(client, password_form(lab, "adele@contoso.com", "User.Read"), 53000)
    assert content["suberror"] == "additional_action"


def test_a_wrong_password_is_50126(lab: Lab, client: LabClient) -> None:
    form = {**password_form(lab, "adele@contoso.com", "User.Read"), "password": "guess"}
    refused(client, form, 50126)


def test_an_unknown_user_is_50034(lab: Lab, client: LabClient) -> None:
    refused(client, password_form(lab, "nobody@contoso.com", "User.Read"), 50034)


def test_a_shared_mailbox_cannot_sign_in_50057(lab: Lab, client: LabClient) -> None:
    refused(client, password_form(lab, "helpdesk@contoso.com", "User.Read"), 50057)


def test_a_personal_account_at_the_tenant_is_50020(lab: Lab, client: LabClient) -> None:
    content = refused(client, password_form(lab, "adele.vance@outlook.com", "User.Read"), 50020)
    assert "live.com" in str(content["error_description"])


def test_a_user_of_another_tenant_is_50020(lab: Lab, client: LabClient) -> None:
    content = refused(client, password_form(lab, "fabian@fabrikam.com", "User.Read"), 50020)
    assert FABRIKAM.tenant_id in str(content["error_description"])


def test_a_user_who_is_not_assigned_is_50105(lab: Lab, client: LabClient) -> None:
    refused(client, password_form(lab, "adele@contoso.com", "User.Read", "assigned-desktop"), 50105)


def test_a_user_who_is_assigned_gets_in(client: LabClient) -> None:
    assert client.user_token("alex@contoso.com", "User.Read", "assigned-desktop")


def refresh_form(lab: Lab, client: LabClient) -> dict[str, str]:
    form = password_form(lab, "adele@contoso.com", "User.Read offline_access")
    token = client.ask_for_token(form).json()["refresh_token"]
    return {"grant_type": "refresh_token", "client_id": form["client_id"], "refresh_token": token}


def test_an_expired_refresh_token_is_70008(lab: Lab, client: LabClient) -> None:
    form = refresh_form(lab, client)
    lab.tenant.change(refresh_tokens_expired=True)
    assert refused(client, form, 70008)["error"] == "invalid_grant"


def test_a_refresh_token_from_before_the_revocation_is_50173(lab: Lab, client: LabClient) -> None:
    form = refresh_form(lab, client)
    lab.tenant.change(sessions_revoked={"adele@contoso.com": lab.tenant.now + 60})
    refused(client, form, 50173)


def test_mfa_on_refresh_says_interaction_required(lab: Lab, client: LabClient) -> None:
    form = refresh_form(lab, client)
    lab.tenant.change(mfa_required_for=["adele@contoso.com"])
    assert refused(client, form, 50076)["error"] == "interaction_required"


def test_something_that_is_no_refresh_token_is_70000(lab: Lab, client: LabClient) -> None:
    form = {**refresh_form(lab, client), "refresh_token": "1.AX0Asomething"}
    refused(client, form, 70000)


def test_polling_before_the_user_entered_the_code_is_70016(lab: Lab, client: LabClient) -> None:
    desktop = lab.app("desktop").client_id
    started = client.post(
        f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/devicecode", data={"client_id": desktop, "scope": "User.Read"}
    ).json()
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": desktop,
        "device_code": started["device_code"],
    }
    assert refused(client, form, 70016)["error"] == "authorization_pending"


def test_an_unknown_device_code_is_70018(lab: Lab, client: LabClient) -> None:
    form = {"grant_type": "device_code", "client_id": lab.app("desktop").client_id, "device_code": "made-up"}
    refused(client, form, 70018)


def on_behalf_of(lab: Lab, assertion: str) -> dict[str, str]:
    portal = lab.app("portal")
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": portal.client_id,
        "client_secret": portal.secret,
        "assertion": assertion,
        "scope": "https://graph.microsoft.com/User.Read",
        "requested_token_use": "on_behalf_of",
    }


def test_a_graph_token_as_on_behalf_of_assertion_is_500131(lab: Lab, client: LabClient) -> None:
    refused(client, on_behalf_of(lab, client.user_token("adele@contoso.com", "User.Read")), 500131)


def test_nonsense_as_on_behalf_of_assertion_is_50013(lab: Lab, client: LabClient) -> None:
    refused(client, on_behalf_of(lab, "nonsense"), 50013)


def code_form(lab: Lab, client: LabClient, redirect_uri: str = "http://localhost", **more: str) -> dict[str, str]:
    desktop = lab.app("desktop").client_id
    answer = client.get(
        f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/authorize",
        params={
            "client_id": desktop,
            "response_type": "code",
            "redirect_uri": "http://localhost",
            "scope": "User.Read",
            "login_hint": "adele@contoso.com",
            "state": "s",
            **more,
        },
    )
    assert answer.status_code == 302
    return {
        "grant_type": "authorization_code",
        "client_id": desktop,
        "code": answer.headers["location"].partition("code=")[2].partition("&")[0],
        "redirect_uri": redirect_uri,
    }


def test_an_authorization_code_is_good_for_one_token(lab: Lab, client: LabClient) -> None:
    form = code_form(lab, client)
    assert client.ask_for_token(form).status_code == 200
    refused(client, form, 54005)


def test_something_that_is_no_code_is_70000(lab: Lab, client: LabClient) -> None:
    refused(client, {**code_form(lab, client), "code": "made-up"}, 70000)


def test_another_redirect_uri_at_redemption_is_50011(lab: Lab, client: LabClient) -> None:
    refused(client, code_form(lab, client, "https://localhost:8443/callback"), 50011)


def test_a_code_is_redeemed_by_whoever_knows_its_verifier(lab: Lab, client: LabClient) -> None:
    # Those of RFC 7636, appendix B.
    form = code_form(lab, client, code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    refused(client, {**form, "code_verifier": "another"}, 501481)
    refused(client, form, 501481)
    told = {**form, "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}
    assert client.ask_for_token(told).status_code == 200


@pytest.mark.parametrize(
    ("redirect_uri", "status"),
    [
        ("http://localhost:49152", 302),
        ("https://localhost:1/callback", 302),
        ("http://localhost:49152/other", 400),
        ("http://localhost.evil.example:80", 400),
        ("http://127.0.0.1:49152", 400),
    ],
)
def test_on_localhost_the_port_of_a_redirect_uri_does_not_count(
    lab: Lab, client: LabClient, redirect_uri: str, status: int
) -> None:
    asked = {"client_id": lab.app("desktop").client_id, "redirect_uri": redirect_uri, "scope": "User.Read"}
    who = {"login_hint": "adele@contoso.com"}
    answer = client.get(f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/authorize", params={**asked, **who})
    assert answer.status_code == status


def test_an_answer_by_form_post_is_a_page_that_sends_itself_and_runs_nothing_else(lab: Lab, client: LabClient) -> None:
    asked = {"client_id": lab.app("desktop").client_id, "redirect_uri": "http://localhost", "scope": "User.Read"}
    more = {"login_hint": "adele@contoso.com", "response_mode": "form_post", "state": '"><script>'}
    answer = client.get(f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/authorize", params={**asked, **more})
    assert (answer.status_code, 'action="http://localhost"' in answer.text) == (200, True)
    assert 'name="state" value="&quot;&gt;&lt;script&gt;"' in answer.text


def test_a_redirect_uri_nobody_registered_is_50011(lab: Lab, client: LabClient) -> None:
    answer = client.get(
        f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/authorize",
        params={
            "client_id": lab.app("desktop").client_id,
            "redirect_uri": "https://evil.example",
            "scope": "User.Read",
        },
    )
    assert answer.json()["error_codes"] == [50011]


def test_a_client_assertion_by_an_unregistered_certificate_is_700027(lab: Lab, client: LabClient) -> None:
    form = app_form(
        lab,
        "mail-daemon",
        client_secret="",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=lab.tenant.signing_key.sign({"iss": "x"}),
    )
    refused(client, form, 700027)


def assertion_form(lab: Lab, claims: dict[str, object], signed_with: str | None = None) -> dict[str, str]:
    """A client assertion by `certificate-daemon`, signed with its certificate's key unless another is given."""
    pem = lab.certificates.client.read_bytes()
    thumbprint = hashlib.sha1(
        x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER), usedforsecurity=False
    ).digest()
    header = {"x5t": base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")}
    key = serialization.load_pem_private_key(signed_with.encode() if signed_with else pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return app_form(
        lab,
        "certificate-daemon",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=jwt.encode(claims, key, "RS256", headers=header),
    )


def test_a_client_assertion_for_another_subject_is_50048(lab: Lab, client: LabClient) -> None:
    own = lab.app("certificate-daemon").client_id
    assert client.ask_for_token(assertion_form(lab, {"iss": own, "sub": own})).status_code == 200
    refused(client, assertion_form(lab, {"iss": own, "sub": "somebody else"}), 50048)


def test_a_client_assertion_signed_by_another_key_is_700027(lab: Lab, client: LabClient) -> None:
    own = lab.app("certificate-daemon").client_id
    other = lab.tenant.signing_key.private.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    refused(client, assertion_form(lab, {"iss": own, "sub": own}, other.decode()), 700027)


def test_a_client_assertion_that_is_no_jwt_is_700027(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, "certificate-daemon", client_assertion="nonsense"), 700027)


def test_a_client_credentials_request_by_a_public_client_is_7000218(lab: Lab, client: LabClient) -> None:
    refused(client, app_form(lab, "desktop"), 7000218)


def test_an_unknown_user_at_the_common_authority_is_50059(lab: Lab, client: LabClient) -> None:
    refused(client, password_form(lab, "nobody@contoso.com", "User.Read"), 50059, tenant="common")


def test_a_user_at_the_common_authority_signs_in_to_the_own_tenant(lab: Lab, client: LabClient) -> None:
    form = password_form(lab, "adele@contoso.com", "User.Read")
    assert client.ask_for_token(form, tenant="common").status_code == 200


def test_an_app_token_as_on_behalf_of_assertion_is_50013(lab: Lab, client: LabClient) -> None:
    portal = lab.app("portal")
    token = client.app_token("mail-daemon", f"{portal.uri}/.default")
    refused(client, on_behalf_of(lab, token), 50013)


def test_an_authorization_request_for_nobody_is_50034(lab: Lab, client: LabClient) -> None:
    answer = client.get(
        f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/authorize",
        params={"client_id": lab.app("desktop").client_id, "redirect_uri": "http://localhost", "scope": "User.Read"},
    )
    assert answer.json()["error_codes"] == [50034]


def test_a_device_sign_in_without_scope_is_900144(lab: Lab, client: LabClient) -> None:
    data = {"client_id": lab.app("desktop").client_id}
    answer = client.post(f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/devicecode", data=data)
    assert answer.json()["error_codes"] == [900144]


def test_codes_expire_as_time_passes(tmp_path: Path) -> None:
    moment = [datetime(2026, 1, 15, 9, 30, tzinfo=UTC)]
    with Lab.running(tmp_path, clock=lambda: moment[0]) as lab, LabClient(lab) as client:
        desktop = lab.app("desktop").client_id
        code = code_form(lab, client)
        data = {"client_id": desktop, "scope": "User.Read"}
        started = client.post(f"{LOGIN}/{lab.tenant_id}/oauth2/v2.0/devicecode", data=data).json()
        device = {"grant_type": "device_code", "client_id": desktop, "device_code": started["device_code"]}
        moment[0] += timedelta(hours=1)
        refused(client, code, 70008)
        refused(client, device, 70019)


@pytest.mark.parametrize("scope", [GRAPH_DEFAULT, EXCHANGE_DEFAULT, "https://contoso.sharepoint.com/.default"])
def test_a_sound_app_gets_a_token_for_each_resource(client: LabClient, scope: str) -> None:
    assert client.app_token("everything-daemon", scope)


def test_the_account_of_every_password_form_exists() -> None:
    assert find_account("ADELE@contoso.com") is not None
