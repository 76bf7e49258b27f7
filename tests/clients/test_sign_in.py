"""msal and azure-identity at the token endpoint: credentials, Conditional Access, consent, tenants, grants."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError

from proxy_addons.lab.accounts import find_account
from tests.clients.real_clients import ADELE, EXCHANGE, GRAPH, LOGIN, Clients, MsalApp

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.watch import Watch

DEFAULT = [f"{GRAPH}/.default"]
USER_READ = f"{GRAPH}/User.Read"


def test_a_wrong_secret_is_explained_to_msal(clients: Clients, watch: Watch) -> None:
    result = clients.confidential("mail-daemon", client_credential="not~the~secret").acquire_token_for_client(DEFAULT)
    assert result["error"] == "invalid_client"
    assert result["error_description"].startswith("AADSTS7000215: Invalid client secret provided.")
    verdict = watch.verdict("entra-secret-wrong", "certain")
    assert verdict.evidence["error.aadsts"] == "7000215"
    assert clients.lab.app("mail-daemon").client_id in verdict.line["auth.verdict"]


def test_a_wrong_secret_is_explained_to_azure_identity(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ClientAuthenticationError, match="Authentication failed: AADSTS7000215"):
        clients.graph(clients.daemon("mail-daemon", "not~the~secret"), lambda graph: graph.users.get())
    assert watch.verdict("entra-secret-wrong", "certain").line["why403.surface"] == "token-endpoint"


def test_a_secret_that_was_not_encoded_is_explained_as_wrong(clients: Clients, watch: Watch) -> None:
    app = clients.lab.app("special-characters-daemon")
    form = f"grant_type=client_credentials&client_id={app.client_id}&client_secret={app.secret}&scope={DEFAULT[0]}"
    url = clients.way.url(f"{LOGIN}/{clients.lab.tenant_id}/oauth2/v2.0/token")
    with pytest.raises(httpx.HTTPStatusError, match="401 Unauthorized"):
        clients.http.post(
            url, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
        ).raise_for_status()
    assert watch.verdict("entra-secret-wrong", "certain").line["http.response.status_code"] == 401


def test_an_expired_secret_is_explained(clients: Clients, watch: Watch) -> None:
    result = clients.confidential("expired-secret-daemon").acquire_token_for_client(DEFAULT)
    assert result["error"] == "invalid_client"
    assert watch.verdict("entra-secret-expired", "certain").evidence["error.aadsts"] == "7000222"


def test_an_app_that_is_not_in_the_tenant_is_explained(clients: Clients, watch: Watch) -> None:
    result = clients.confidential("never-installed").acquire_token_for_client(DEFAULT)
    assert "access_token" not in result
    verdict = watch.verdict("entra-sp-missing", "certain")
    assert clients.lab.tenant_id in verdict.line["auth.verdict"]


def test_a_disabled_app_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(disabled_apps=["mail-daemon"])
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000112"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.users.get())
    assert watch.verdict("entra-app-disabled", "certain").evidence["error.aadsts"] == "7000112"


def test_a_scope_without_default_is_explained(clients: Clients, watch: Watch) -> None:
    result = clients.confidential("mail-daemon").acquire_token_for_client([f"{GRAPH}/Mail.Read"])
    assert result["error"] == "invalid_scope"
    verdict = watch.verdict("entra-scope-invalid", "certain")
    assert f"{GRAPH}/Mail.Read" in verdict.line["auth.verdict"]
    assert "/.default suffixed to the resource identifier" in verdict.line["auth.verdict"]


def test_an_unknown_tenant_is_explained_before_any_token(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        clients.app_token("mail-daemon", GRAPH, authority=clients.way.url(f"{LOGIN}/contso.com"))
    assert watch.verdict("entra-tenant-not-found", "certain").line["why403.surface"] == "discovery"


def test_mfa_that_a_password_cannot_give_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(mfa_required_for=["*"])
    result = clients.sign_in(ADELE, USER_READ)
    assert (result["error"], result["suberror"]) == ("invalid_grant", "basic_action")
    verdict = watch.verdict("entra-mfa-required", "certain")
    assert (verdict.line["http.response.status_code"], verdict.evidence["error.aadsts"]) == (400, "50076")
    assert verdict.line["auth.gate"] == "conditional-access"


def test_mfa_that_a_refresh_token_cannot_give_is_explained_as_interaction_required(
    lab: Lab, clients: Clients, watch: Watch
) -> None:
    app = signed_in(clients)
    lab.tenant.change(mfa_required_for=[ADELE])
    assert refreshed(app)["error"] == "interaction_required"
    verdict = watch.verdict("entra-mfa-required", "certain")
    assert (verdict.line["auth.error.code"], verdict.line["http.response.status_code"]) == ("interaction_required", 400)


@pytest.mark.parametrize(
    ("switches", "number"),
    [({"blocked_by_conditional_access": [ADELE]}, 53003), ({"compliant_device_required_for": [ADELE]}, 53000)],
)
def test_a_sign_in_conditional_access_blocks_is_explained(
    lab: Lab, clients: Clients, watch: Watch, switches: dict[str, object], number: int
) -> None:
    lab.tenant.change_to(switches)
    result = clients.sign_in(ADELE, USER_READ)
    assert result["error_codes"] == [number]
    verdict = watch.verdict("entra-ca-blocked", "certain")
    assert (verdict.evidence["error.aadsts"], verdict.line["auth.gate"]) == (str(number), "conditional-access")


def test_an_app_conditional_access_blocks_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(blocked_by_conditional_access=["mail-daemon"])
    with pytest.raises(ClientAuthenticationError, match="AADSTS53003: Access has been blocked by Conditional Access"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.users.get())
    assert watch.verdict("entra-ca-blocked", "certain").line["why403.operation"] == "client_credentials"


def test_missing_consent_is_explained_with_the_scope(clients: Clients, watch: Watch) -> None:
    result = clients.sign_in(ADELE, USER_READ, "unconsented-desktop")
    assert result["error_codes"] == [65001]
    assert USER_READ in watch.verdict("entra-consent-required", "certain").line["auth.verdict"]


def test_a_user_who_is_not_assigned_is_explained(clients: Clients, watch: Watch) -> None:
    result = clients.sign_in(ADELE, USER_READ, "assigned-desktop")
    assert result["error_codes"] == [50105]
    assert watch.verdict("entra-assignment-required-user", "certain").line["auth.gate"] == "policy"


def test_a_disabled_account_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(disabled_accounts=[ADELE])
    assert clients.sign_in(ADELE, USER_READ)["error_codes"] == [50057]
    assert watch.verdict("entra-user-account-state", "certain").line["auth.gate"] == "sign-in"


def test_a_refresh_token_nobody_used_for_too_long_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    app = signed_in(clients)
    lab.tenant.change(refresh_tokens_expired=True)
    assert refreshed(app)["error"] == "invalid_grant"
    assert watch.verdict("entra-grant-dead", "certain").line["auth.gate"] == "lifetime"


def test_a_user_signs_in_with_a_device_code_and_polling_is_no_failure(lab: Lab, clients: Clients, watch: Watch) -> None:
    app = clients.public()
    flow = app.initiate_device_flow([USER_READ])
    pending = app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)
    assert pending["error"] == "authorization_pending"
    lab.tenant.approve_device(flow["user_code"], ADELE)
    assert "access_token" in app.acquire_token_by_device_flow(flow)
    assert watch.verdicts() == []


def test_one_sign_in_serves_two_resources_without_any_failure(clients: Clients, watch: Watch) -> None:
    app = clients.confidential("mail-daemon")
    for resource in (GRAPH, EXCHANGE):
        assert "access_token" in app.acquire_token_for_client([f"{resource}/.default"])
    assert watch.verdicts() == []


def signed_in(clients: Clients) -> MsalApp:
    """A desktop app in which Adele has signed in."""
    account = find_account(ADELE)
    assert account is not None
    app = clients.public()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # msal discourages the password grant, as it should
        assert "access_token" in app.acquire_token_by_username_password(ADELE, account.password, [USER_READ])
    return app


def refreshed(app: MsalApp) -> dict[str, Any]:
    """What msal makes of a refresh."""
    result: dict[str, Any] = app.acquire_token_silent_with_error([USER_READ], app.get_accounts()[0], force_refresh=True)
    return result
