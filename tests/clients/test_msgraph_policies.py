"""msgraph-sdk and everything that is not a permission: roles, licences, Exchange's policies, personal accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from tests.clients.real_clients import ADELE, ALEX, GRAPH, Clients

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.watch import Watch

NEW_PASSWORD = {"newPassword": "Fresh-Start-2026!"}
RESET = f"{GRAPH}/v1.0/users/{ADELE}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword"


def test_an_application_access_policy_is_explained_by_its_mark(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(app_access_policy={"mail-daemon": [ALEX]})
    with pytest.raises(ODataError, match=r"Access to OData is disabled: \[RAOP\]"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.users.by_user_id(ADELE).messages.get())
    assert watch.verdict("graph-raop-policy", "certain").line["auth.gate"] == "policy"


def test_an_ews_allow_list_that_stops_graph_is_explained_with_the_user_agent(
    lab: Lab, clients: Clients, watch: Watch
) -> None:
    lab.tenant.change(ews_policy="EnforceAllowList", ews_allow_list=["Outlook*"])
    with pytest.raises(ODataError, match="Access to OData is disabled"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.users.by_user_id(ADELE).messages.get())
    verdict = watch.verdict("graph-ews-application-policy", "certain")
    assert "kiota-python/" in verdict.line["auth.verdict"]


def test_a_mailbox_without_a_licence_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(licence_removed=[ADELE])
    with pytest.raises(ODataError, match="mailbox is either inactive, soft-deleted, or is hosted on-premise"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.users.by_user_id(ADELE).messages.get())
    assert watch.verdict("graph-mailbox-not-enabled", "certain").line["http.response.status_code"] == 404


def test_a_user_without_a_teams_licence_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(licence_removed=[ADELE])
    with pytest.raises(ODataError, match="Failed to get license information for the user"):
        clients.graph(clients.person(ADELE), lambda graph: graph.me.joined_teams.get())
    assert watch.verdict("graph-user-not-licensed", "certain").line["auth.gate"] == "resource"


def test_a_tenant_without_premium_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(unavailable_services=["premium"])
    with pytest.raises(ODataError, match="tenant doesn't have premium license"):
        clients.graph(clients.daemon("everything-daemon"), lambda graph: graph.audit_logs.sign_ins.get())
    assert watch.verdict("graph-tenant-no-premium", "certain").line["auth.gate"] == "resource"


def test_security_alerts_without_a_role_are_explained_by_wids(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="does not contain valid permissions or user does not have valid roles"):
        clients.graph(clients.person(ADELE), lambda graph: graph.security.alerts.get())
    verdict = watch.verdict("graph-security-role-missing", "certain")
    assert (verdict.evidence["token.directory_roles"], verdict.gates["role"]) == ("none", "failed")
    assert "Security Reader" in verdict.line["auth.verdict"]


def test_security_alerts_with_a_token_without_wids_are_explained_by_that(
    lab: Lab, clients: Clients, watch: Watch
) -> None:
    lab.tenant.change(wids_omitted=["sasha@contoso.com"])
    clients.graph(clients.person("sasha@contoso.com"), lambda graph: graph.me.get())
    with pytest.raises(ODataError, match="user does not have valid roles"):
        clients.graph(clients.person("sasha@contoso.com"), lambda graph: graph.security.alerts.get())
    assert watch.verdict("graph-wids-missing-implicit", "likely").evidence["token.claim.wids"] == "absent"


def test_security_incidents_name_the_roles_an_app_lacks(clients: Clients, watch: Watch) -> None:
    with pytest.raises(
        ODataError, match=r"Missing application roles\. API required roles: SecurityIncident\.Read\.All"
    ):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.security.incidents.get())
    assert watch.verdict("graph-security-app-roles-missing", "certain").evidence["token.holds_required"] == "no"


def test_the_sign_in_log_without_a_reader_role_is_explained(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="User is not in the allowed roles"):
        clients.graph(clients.person(ADELE), lambda graph: graph.audit_logs.sign_ins.get())
    assert watch.verdict("graph-audit-role", "certain").line["auth.gate"] == "role"


def test_a_password_reset_by_an_app_is_explained_as_delegated_only(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("everything-daemon", GRAPH)
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        clients.call(token, "POST", RESET, json=NEW_PASSWORD)
    verdict = watch.verdict("graph-password-reset-app-only", "certain")
    assert "UserAuthenticationMethod.ReadWrite.All" in verdict.line["auth.token.permissions"]


def test_a_password_reset_by_a_user_without_a_role_stays_open_between_role_and_permission(
    clients: Clients, watch: Watch
) -> None:
    token = clients.user_token(ALEX, f"{GRAPH}/UserAuthenticationMethod.ReadWrite.All")
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        clients.call(token, "POST", RESET, json=NEW_PASSWORD)
    verdict = watch.verdict("graph-authmethods-denied", "likely")
    assert verdict.findings["graph-user-lacks-directory-role"] == "possible"


def test_a_meeting_without_its_policy_is_explained(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="No application access policy found for this app"):
        clients.graph(
            clients.daemon("everything-daemon"), lambda graph: graph.users.by_user_id(ADELE).online_meetings.get()
        )
    assert watch.verdict("graph-teams-application-access-policy", "certain").line["auth.gate"] == "policy"


def test_a_protected_api_is_explained(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Invoked API requires Protected API access"):
        clients.graph(clients.daemon("everything-daemon"), lambda graph: graph.chats.get())
    assert watch.verdict("graph-teams-protected-api", "certain").line["auth.gate"] == "policy"


def test_a_personal_account_on_a_work_api_is_explained(clients: Clients, watch: Watch) -> None:
    token = clients.personal_token("adele.vance@outlook.com", f"{GRAPH}/User.Read")
    with pytest.raises(httpx.HTTPStatusError, match="400 Bad Request"):
        clients.call(token, "GET", f"{GRAPH}/v1.0/users")
    verdict = watch.verdict("graph-msa-token-on-work-api", "certain")
    assert verdict.line["auth.token.kind"] == "opaque-consumer"


def test_azure_ad_graph_is_explained_as_retired(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("mail-daemon", "https://graph.windows.net")
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        clients.call(token, "GET", "https://graph.windows.net/contoso.com/users?api-version=1.6")
    assert watch.verdict("graph-aadgraph-retired", "certain").line["why403.surface"] == "aad-graph"


def test_a_call_without_a_token_is_explained_as_such(clients: Clients, watch: Watch) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="401 Unauthorized"):
        clients.http.get(clients.way.url(f"{GRAPH}/v1.0/me")).raise_for_status()
    assert watch.verdict("graph-token-missing", "certain").line["auth.token.kind"] == "absent"
