"""msgraph-sdk and permissions. Most workloads say no more than "Insufficient privileges" or "Access is denied"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from tests.clients.real_clients import ADELE, ALEX, EXCHANGE, GRAPH, Clients

if TYPE_CHECKING:
    from tests.clients.clock import Clock
    from tests.clients.watch import Watch


def test_an_app_without_the_mail_permission_is_told_what_it_carries(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match=r"Access is denied\. Check credentials and try again\."):
        clients.graph(clients.daemon("directory-reader"), lambda graph: graph.users.by_user_id(ADELE).messages.get())
    verdict = watch.verdict("graph-permission-missing-app", "likely")
    assert verdict.line["auth.token.permissions"] == ["User.Read.All"]
    assert verdict.line["why403.operation"] == "GET /users/{id}/messages"
    assert verdict.line["auth.token.app_id"] == clients.lab.app("directory-reader").client_id


def test_an_app_without_the_group_permission_is_told_what_it_carries(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match=r"Insufficient privileges to complete the operation\."):
        clients.graph(clients.daemon("directory-reader"), lambda graph: graph.groups.get())
    verdict = watch.verdict("graph-permission-missing-app", "likely")
    assert verdict.evidence["permission.verdict"] == "missing"
    assert "needs one of Group.ReadBasic.All, " in verdict.line["auth.verdict"]
    assert "the token has User.Read.All." in verdict.line["auth.verdict"]


def test_an_app_without_the_site_permission_is_told_what_it_carries(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Access denied"):
        clients.graph(clients.daemon("directory-reader"), lambda graph: graph.sites.by_site_id("root").get())
    (verdict,) = watch.verdicts()
    assert verdict.findings["graph-permission-missing-app"] == "likely"


def test_a_user_token_without_the_mail_permission_is_told_what_it_carries(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Access is denied"):
        clients.graph(clients.person(ADELE, "profile-viewer"), lambda graph: graph.me.messages.get())
    verdict = watch.verdict("graph-permission-missing-delegated", "likely")
    assert (verdict.line["auth.token.identity"], verdict.line["auth.token.permissions"]) == ("user", ["User.Read"])


def test_permissions_graph_prints_itself_make_the_verdict_certain(clients: Clients, watch: Watch) -> None:
    with pytest.raises(
        ODataError, match=r"Missing scope permissions on the request\. API requires one of 'Chat\.ReadBasic"
    ):
        clients.graph(clients.person(ADELE), lambda graph: graph.chats.get(), f"{GRAPH}/Team.ReadBasic.All")
    verdict = watch.verdict("graph-permission-missing-delegated", "certain")
    assert verdict.evidence["token.holds_required"] == "no"


def test_an_app_nobody_consented_to_is_told_that_its_token_is_empty(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Insufficient privileges"):
        clients.graph(clients.daemon("unconsented-daemon"), lambda graph: graph.users.get())
    verdict = watch.verdict("graph-no-permission-claims", "likely")
    assert verdict.evidence["token.has_permissions"] == "no"
    assert "graph-consent-missing" in verdict.findings


def test_delegated_permissions_do_not_help_an_app_only_token(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Insufficient privileges"):
        clients.graph(clients.daemon("unconsented-daemon"), lambda graph: graph.groups.get())
    (verdict,) = watch.verdicts()
    assert verdict.findings["graph-delegated-granted-but-app-token"] == "likely"


def test_me_with_an_app_token_is_explained(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match=r"/me request is only valid with delegated authentication flow\."):
        clients.graph(clients.daemon("directory-reader"), lambda graph: graph.me.get())
    verdict = watch.verdict("graph-me-with-app-token", "certain")
    assert (verdict.line["http.response.status_code"], verdict.line["auth.token.identity"]) == (400, "app")


def test_an_app_cannot_read_chats_and_hears_which_roles_it_lacks(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Missing role permissions on the request"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.chats.get())
    verdict = watch.verdict("graph-teams-rsc-missing", "certain")
    assert verdict.findings["graph-permission-missing-app"] == "likely"
    assert "Chat.Read.All" in verdict.line["auth.verdict"]


def test_intunes_message_in_a_message_is_unfolded(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Application must have one of the following scopes"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.device_management.managed_devices.get())
    verdict = watch.verdict("graph-intune-permission", "certain")
    assert "DeviceManagementManagedDevices.Read.All" in verdict.line["auth.verdict"]


def test_the_audit_log_names_the_permission_it_wants(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="does not have required Microsoft Graph permission"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.audit_logs.sign_ins.get())
    assert "AuditLog.Read.All" in watch.verdict("graph-audit-permission", "certain").line["auth.verdict"]


def test_a_nested_group_out_of_reach_is_a_candidate_for_its_parent(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match="Insufficient privileges"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.groups.by_group_id("finance").get())
    assert watch.verdict("graph-directory-hardening", "possible").line["auth.gate"] == "resource"


def test_somebody_elses_mail_looks_absent_and_is_no_refusal(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match=r"The specified object was not found in the store\."):
        clients.graph(clients.person(ALEX), lambda graph: graph.users.by_user_id(ADELE).messages.get())
    assert watch.verdicts() == []


@pytest.mark.parametrize(
    ("audience", "service"),
    [
        (EXCHANGE, "exchange"),
        ("https://graph.windows.net", "aad-graph"),
        ("https://contoso.sharepoint.com", "sharepoint"),
    ],
)
def test_a_token_for_another_service_is_explained_as_wrong_audience(
    clients: Clients, watch: Watch, audience: str, service: str
) -> None:
    credential = clients.daemon("mail-daemon")
    with pytest.raises(ODataError, match=r"Access token validation failure\. Invalid audience\."):
        clients.graph(credential, lambda graph: graph.users.get(), f"{audience}/.default")
    assert watch.verdict("graph-wrong-audience", "certain").evidence["token.audience_service"] == service


def test_a_token_is_explained_as_expired_although_its_client_believes_in_it(
    clients: Clients, clock: Clock, watch: Watch
) -> None:
    daemon = clients.daemon("mail-daemon")
    clients.graph(daemon, lambda graph: graph.users.get())
    clock.advance(hours=25)
    with pytest.raises(ODataError, match=r"Lifetime validation failed, the token is expired\."):
        clients.graph(daemon, lambda graph: graph.users.get())
    verdict = watch.verdict("graph-token-expired", "certain")
    assert verdict.line["auth.token.lifetime"] == "expired"
    assert "1 h 0 min before the service answered" in verdict.line["auth.verdict"]


def test_a_token_of_another_tenant_is_explained_with_that_tenant(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ODataError, match=r"The identity of the calling application could not be established\."):
        clients.graph(clients.daemon("foreign-daemon"), lambda graph: graph.users.get())
    verdict = watch.verdict("graph-app-identity-not-found", "likely")
    assert verdict.line["auth.token.tenant_id"] == clients.lab.app("foreign-daemon").token.tenant
    assert verdict.line["auth.gate"] == "tenant"
