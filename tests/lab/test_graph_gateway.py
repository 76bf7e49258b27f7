"""What Graph's gateway says about tokens, before any permission is looked at."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from proxy_addons.lab.accounts import FABRIKAM
from tests.lab.clients import EXCHANGE_DEFAULT, GRAPH, GRAPH_DEFAULT, LabClient, error_of, personal_token

if TYPE_CHECKING:
    import httpx

    from proxy_addons.lab import Lab

CP1 = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})


def invalid_token(response: httpx.Response) -> str:
    """The message of a 401 of the gateway, after checking what all of them have."""
    error = error_of(response)
    assert response.status_code == 401
    assert error["code"] == "InvalidAuthenticationToken"
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert "ServerInfo" in json.loads(response.headers["x-ms-ags-diagnostic"])
    assert 'client_id="00000003-0000-0000-c000-000000000000"' in response.headers["www-authenticate"]
    return str(error["message"])


def test_a_request_without_a_token(client: LabClient) -> None:
    assert invalid_token(client.get(f"{GRAPH}/v1.0/users")) == "Access token is empty."


def test_another_scheme_than_bearer(client: LabClient) -> None:
    response = client.get(f"{GRAPH}/v1.0/users", headers={"Authorization": "Basic YTpi"})
    assert invalid_token(response) == "Access token is empty."


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("nonsense", "IDX14100"),
        ("Bearer nonsense", "IDX14100"),
        ("not.a.token", "IDX14102"),
        ("EwBsomething", "CompactToken parsing failed with error code: 80049217"),
    ],
)
def test_a_token_that_is_none(client: LabClient, token: str, said: str) -> None:
    assert invalid_token(client.graph("/users", token)).startswith(said)


def test_an_expired_token(client: LabClient) -> None:
    message = invalid_token(client.graph("/users", client.app_token("late-daemon")))
    assert message == "Lifetime validation failed, the token is expired."


def test_a_token_that_has_not_started(client: LabClient) -> None:
    message = invalid_token(client.graph("/users", client.app_token("early-daemon")))
    assert message == "Access token has expired or is not yet valid."


def test_an_exchange_token_has_the_wrong_audience(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    assert invalid_token(client.graph("/users", token)) == "Access token validation failure. Invalid audience."


def test_a_token_of_the_government_cloud_has_the_wrong_audience(client: LabClient) -> None:
    message = invalid_token(client.graph("/users", client.app_token("government-daemon")))
    assert message == "Access token validation failure. Invalid audience."


def test_an_altered_token_has_an_invalid_signature(client: LabClient) -> None:
    message = invalid_token(client.graph("/users", client.app_token("altered-daemon")))
    assert message == "Access token validation failure. Invalid signature."


def test_a_token_of_an_unknown_tenant_has_no_identity(client: LabClient) -> None:
    response = client.graph("/users", client.app_token("foreign-daemon"))
    assert (response.status_code, error_of(response)["code"]) == (401, "Authorization_IdentityNotFound")


def test_a_disabled_application_is_named(lab: Lab, client: LabClient) -> None:
    token = client.app_token("directory-reader")
    lab.tenant.change(disabled_apps=[lab.app("directory-reader").client_id])
    assert error_of(client.graph("/users", token))["code"] == "Authorization_IdentityDisabled"


def test_a_tenant_without_exchange_has_no_mail(lab: Lab, client: LabClient) -> None:
    app = lab.app("mail-daemon")
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.secret,
        "scope": GRAPH_DEFAULT,
    }
    token = client.ask_for_token(form, tenant=FABRIKAM.tenant_id).json()["access_token"]
    response = client.graph("/users/fabian@fabrikam.com/messages", token)
    assert (response.status_code, error_of(response)["code"]) == (401, "OrganizationFromTenantGuidNotFound")
    assert client.graph("/users", token).json()["value"][0]["userPrincipalName"] == "fabian@fabrikam.com"


def claims_of_challenge(response: httpx.Response) -> dict[str, Any]:
    challenge = response.headers["www-authenticate"]
    assert challenge.startswith("PoP ")
    assert ', Bearer realm=""' in challenge
    assert 'error="insufficient_claims"' in challenge
    claims: dict[str, Any] = json.loads(base64.b64decode(challenge.partition('claims="')[2].rstrip('"')))
    return claims


def test_a_revoked_session_is_challenged_with_the_moment_of_revocation(lab: Lab, client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "User.Read", claims=CP1)
    assert client.graph("/me", token).status_code == 200
    revoked = lab.tenant.now
    lab.tenant.change(sessions_revoked={"adele@contoso.com": revoked})
    response = client.graph("/me", token)
    assert response.status_code == 401
    assert "TokenIssuedBeforeRevocationTimestamp" in response.headers["www-authenticate"]
    assert claims_of_challenge(response) == {"access_token": {"nbf": {"essential": True, "value": str(revoked)}}}


def test_a_client_that_never_declared_it_handles_claims_is_not_challenged(lab: Lab, client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "User.Read")
    lab.tenant.change(sessions_revoked={"adele@contoso.com": lab.tenant.now})
    assert client.graph("/me", token).status_code == 200


def test_a_forbidden_location_is_challenged(lab: Lab, client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "User.Read", claims=CP1)
    lab.tenant.change(location_blocked=True)
    assert "LocationConditionEvaluationSatisfied" in client.graph("/me", token).headers["www-authenticate"]


def test_a_personal_account_reads_its_own_profile(lab: Lab, client: LabClient) -> None:
    content = client.graph("/me", personal_token(lab, client)).json()
    assert content["userPrincipalName"] == "adele.vance@outlook.com"


def test_a_personal_account_on_an_organizations_api_is_told_so(lab: Lab, client: LabClient) -> None:
    response = client.graph("/groups", personal_token(lab, client))
    assert response.status_code == 400
    assert "not supported for MSA accounts" in error_of(response)["message"]


def test_the_clients_own_id_is_echoed(client: LabClient) -> None:
    own = "7b1c9c4e-5a51-4f0e-9d6f-2f4b4f1a7c11"
    response = client.graph("/users", "nonsense", **{"client-request-id": own})
    assert response.headers["client-request-id"] == own
    assert error_of(response)["innerError"]["client-request-id"] == own


def test_an_unknown_version_is_not_an_authorization_problem(client: LabClient) -> None:
    token = client.app_token("directory-reader")
    response = client.get(f"{GRAPH}/v9/users", headers={"Authorization": f"Bearer {token}"})
    assert error_of(response)["message"] == "Invalid version: v9"


def test_an_unknown_segment_is_not_an_authorization_problem(client: LabClient) -> None:
    response = client.graph("/unicorns", client.app_token("directory-reader"))
    assert error_of(response)["message"] == "Resource not found for the segment 'unicorns'."


def test_the_retired_graph_refuses_everybody(client: LabClient) -> None:
    response = client.get("https://graph.windows.net/contoso.com/users?api-version=1.6")
    assert response.status_code == 403
    assert response.json()["odata.error"]["code"] == "Authentication_Unauthorized"
    assert "ocp-aad-diagnostics-server-name" in response.headers
