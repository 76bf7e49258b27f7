"""The claims of the lab's tokens, and who can verify them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest

from proxy_addons.lab.accounts import CONTOSO, FABRIKAM
from proxy_addons.lab.well_known import APP_MARKER, EXCHANGE_ADMINISTRATOR, MEMBER_MARKER, SECURITY_READER
from tests.lab.clients import EXCHANGE_DEFAULT, GRAPH_DEFAULT, LOGIN, LabClient

if TYPE_CHECKING:
    from proxy_addons.lab import Lab


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def verified(client: LabClient, token: str) -> dict[str, Any]:
    """The claims, checked with the published keys as a third party would."""
    keys = jwt.PyJWKSet.from_dict(client.get(f"{LOGIN}/common/discovery/v2.0/keys").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, ["RS256"], options={"verify_aud": False})
    return claims


def test_an_app_token_for_graph_has_the_v1_format(client: LabClient) -> None:
    claims = claims_of(client.app_token("directory-reader"))
    assert claims["iss"] == f"https://sts.windows.net/{CONTOSO.tenant_id}/"
    assert (claims["ver"], claims["idtyp"], claims["appidacr"]) == ("1.0", "app", "1")
    assert claims["oid"] == claims["sub"]
    assert claims["roles"] == ["User.Read.All"]
    assert claims["wids"] == [APP_MARKER]
    assert "scp" not in claims


def test_a_user_token_for_exchange_carries_scopes_and_the_member_marker(client: LabClient) -> None:
    scope = "https://outlook.office365.com/EWS.AccessAsUser.All"
    claims = claims_of(client.user_token("adele@contoso.com", scope))
    assert claims["scp"] == "EWS.AccessAsUser.All"
    assert claims["wids"] == [MEMBER_MARKER]
    assert claims["appidacr"] == "0"


def test_directory_roles_stand_in_wids(client: LabClient) -> None:
    assert SECURITY_READER in claims_of(client.user_token("sasha@contoso.com", "User.Read"))["wids"]
    assert EXCHANGE_ADMINISTRATOR in claims_of(client.app_token("admin-daemon", EXCHANGE_DEFAULT))["wids"]


def test_wids_are_absent_where_the_switch_says_so(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(wids_omitted=["sasha@contoso.com"])
    assert "wids" not in claims_of(client.user_token("sasha@contoso.com", "User.Read"))


def test_a_role_taken_away_is_missing_from_the_next_token(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(roles_removed=["sasha@contoso.com"])
    assert claims_of(client.user_token("sasha@contoso.com", "User.Read"))["wids"] == [MEMBER_MARKER]


def test_a_permission_taken_away_is_missing_from_the_next_token(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(permissions_removed={lab.app("directory-reader").client_id: ["User.Read.All"]})
    assert "roles" not in claims_of(client.app_token("directory-reader"))


def test_the_audience_is_spelled_as_the_client_asked(client: LabClient) -> None:
    assert claims_of(client.app_token("mail-daemon", "https://outlook.office.com/.default"))["aud"] == (
        "https://outlook.office.com"
    )


def test_the_v1_endpoint_takes_a_resource(lab: Lab, client: LabClient) -> None:
    app = lab.app("mail-daemon")
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.secret,
        "resource": "https://graph.microsoft.com/",
    }
    content = client.ask_for_token(form, version="").json()
    assert content["resource"] == "https://graph.microsoft.com/"
    assert content["expires_in"] == "3599"


def test_an_apps_own_api_gets_a_v2_token(lab: Lab, client: LabClient) -> None:
    portal = lab.app("portal")
    claims = claims_of(client.user_token("adele@contoso.com", f"{portal.uri}/access_as_user"))
    assert (claims["ver"], claims["aud"]) == ("2.0", portal.client_id)
    assert claims["azp"] == lab.app("desktop").client_id


def test_a_multi_tenant_app_gets_a_token_of_the_tenant_it_asked(lab: Lab, client: LabClient) -> None:
    app = lab.app("mail-daemon")
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.secret,
        "scope": EXCHANGE_DEFAULT,
    }
    token = client.ask_for_token(form, tenant="fabrikam.com").json()["access_token"]
    assert claims_of(token)["tid"] == FABRIKAM.tenant_id


def test_an_exchange_token_verifies_with_the_published_keys(client: LabClient) -> None:
    assert verified(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT))["tid"] == CONTOSO.tenant_id


def test_a_graph_token_has_a_nonce_and_no_third_party_can_verify_it(client: LabClient) -> None:
    token = client.app_token("mail-daemon", GRAPH_DEFAULT)
    assert len(jwt.get_unverified_header(token)["nonce"]) == 43
    with pytest.raises(jwt.InvalidSignatureError):
        verified(client, token)


def test_an_altered_token_does_not_verify(client: LabClient) -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        verified(client, client.app_token("altered-daemon", EXCHANGE_DEFAULT))


def test_a_late_token_is_expired_on_arrival(lab: Lab, client: LabClient) -> None:
    assert claims_of(client.app_token("late-daemon"))["exp"] < lab.tenant.now


def test_an_early_token_has_not_started(lab: Lab, client: LabClient) -> None:
    assert claims_of(client.app_token("early-daemon"))["nbf"] > lab.tenant.now


def test_two_tokens_of_one_second_are_two_tokens(client: LabClient) -> None:
    first, second = (claims_of(client.app_token("directory-reader")) for _ in range(2))
    assert first["uti"] != second["uti"]
