"""The Exchange Admin API over plain HTTP, as its documentation shows it. A refusal is a 403, often without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.clients.real_clients import ADELE, ALEX, EXCHANGE, GRAPH, Clients

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.watch import Watch

ANOTHER_TENANT = "5ba9b7a3-2c2d-4a4f-9c3b-111111111111"


def run(
    clients: Clients, token: str, cmdlet: str = "Get-Mailbox", place: str = "v2.0/{tenant}/Mailbox", **parameters: str
) -> httpx.Response:
    """Run a cmdlet; `place` follows /adminapi/."""
    content = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
    url = f"{EXCHANGE}/adminapi/{place.format(tenant=clients.lab.tenant_id)}"
    return clients.call(token, "POST", url, json=content)


def run_as_app(clients: Clients, app: str, *settings: str, **parameters: str) -> httpx.Response:
    """The same with an app's own token."""
    return run(clients, clients.app_token(app, EXCHANGE), *settings, **parameters)


def test_an_app_without_a_role_is_told_that_permission_is_not_enough(clients: Clients, watch: Watch) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, "admin-without-role")
    verdict = watch.verdict("admin-app-no-directory-role", "certain")
    assert verdict.line["auth.token.permissions"] == ["Exchange.ManageAsApp", "Exchange.ManageAsAppV2"]
    assert (verdict.gates["audience"], verdict.gates["role"]) == ("passed", "failed")
    assert verdict.line["why403.operation"] == "Get-Mailbox"


def test_an_app_without_the_permission_is_told_which(clients: Clients, watch: Watch) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, "mail-daemon")
    verdict = watch.verdict("admin-app-permission-missing", "certain")
    assert "Exchange.ManageAsAppV2" in verdict.line["auth.verdict"]


def test_a_user_token_with_the_ews_scope_is_told_which_it_needs(clients: Clients, watch: Watch) -> None:
    token = clients.user_token("admin@contoso.com", f"{EXCHANGE}/EWS.AccessAsUser.All")
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run(clients, token)
    assert "Exchange.ManageV2" in watch.verdict("admin-app-permission-missing", "certain").line["auth.verdict"]


@pytest.mark.parametrize(
    ("app", "place", "held"),
    [
        ("admin-old-permission", "v2.0/{tenant}/Mailbox", ["Exchange.ManageAsApp"]),
        ("admin-new-permission", "beta/{tenant}/InvokeCommand", ["Exchange.ManageAsAppV2"]),
    ],
)
def test_a_permission_of_the_other_generation_is_explained(
    clients: Clients, watch: Watch, app: str, place: str, held: list[str]
) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, app, "Get-Mailbox", place)
    assert watch.verdict("admin-permission-generation-mismatch", "likely").line["auth.token.permissions"] == held


def test_a_role_group_without_the_cmdlet_is_explained(clients: Clients, watch: Watch) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, "admin-viewer")
    verdict = watch.verdict("admin-cmdlet-not-allowed", "certain")
    assert "User is not allowed to call Get-Mailbox" in verdict.line["auth.verdict"]


def test_a_user_without_any_role_is_explained(clients: Clients, watch: Watch) -> None:
    token = clients.user_token(ADELE, f"{EXCHANGE}/Exchange.ManageV2")
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run(clients, token)
    verdict = watch.verdict("admin-cmdlet-not-allowed", "certain")
    assert verdict.findings["admin-user-no-rbac-role"] == "likely"


def test_a_role_exchange_does_not_honour_is_named(clients: Clients, watch: Watch) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, "admin-unsupported-role")
    verdict = watch.verdict("admin-role-unsupported", "certain")
    assert verdict.evidence["token.directory_roles"] == "User Administrator"


def test_a_role_of_a_minute_ago_is_explained_as_not_there_yet(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(roles_pending=["admin-daemon"])
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, "admin-daemon")
    verdict = watch.verdict("admin-role-propagation", "likely")
    assert verdict.evidence["token.directory_roles"] == "Exchange Administrator"
    assert verdict.findings["admin-cmdlet-not-allowed"] == "likely"


def test_a_role_taken_away_after_the_token_was_issued_is_no_certainty(lab: Lab, clients: Clients, watch: Watch) -> None:
    token = clients.app_token("admin-daemon", EXCHANGE)
    lab.tenant.change(roles_removed=["admin-daemon"])
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run(clients, token)
    verdict = watch.verdict("admin-app-no-directory-role", "likely")
    assert "Entra roles the token lists: Exchange Administrator" in verdict.line["auth.verdict"]


def test_an_object_outside_the_scope_looks_absent_and_is_a_candidate(clients: Clients, watch: Watch) -> None:
    run_as_app(clients, "admin-scoped", Identity=ADELE)
    with pytest.raises(httpx.HTTPStatusError, match="404 Not Found"):
        run_as_app(clients, "admin-scoped", Identity=ALEX)
    assert watch.verdict("admin-object-out-of-scope", "possible").line["auth.gate"] == "resource"


def test_another_tenant_in_the_address_is_explained_with_both_tenants(lab: Lab, clients: Clients, watch: Watch) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, "admin-daemon", "Get-Mailbox", f"v2.0/{ANOTHER_TENANT}/Mailbox")
    verdict = watch.verdict("admin-tenant-url-mismatch", "certain")
    assert ANOTHER_TENANT in verdict.line["auth.verdict"]
    assert lab.tenant_id in verdict.line["auth.verdict"]


def test_a_graph_token_is_explained_as_wrong_audience(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("admin-daemon", GRAPH)
    with pytest.raises(httpx.HTTPStatusError, match="401 Unauthorized"):
        run(clients, token)
    assert watch.verdict("token-audience-graph", "certain").line["why403.surface"] == "admin-api"


def test_a_compliance_cmdlet_on_the_exchange_host_is_explained(clients: Clients, watch: Watch) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        run_as_app(clients, "admin-daemon", "Get-ComplianceSearch", "beta/{tenant}/InvokeCommand")
    assert watch.verdict("admin-scc-cmdlet-on-exo-host", "likely").evidence["request.cmdlet"] == "Get-ComplianceSearch"


def test_a_get_instead_of_a_post_is_a_mistake_and_no_refusal(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("admin-daemon", EXCHANGE)
    with pytest.raises(httpx.HTTPStatusError, match="405 Method Not Allowed"):
        clients.call(token, "GET", f"{EXCHANGE}/adminapi/v2.0/{clients.lab.tenant_id}/Mailbox")
    assert watch.verdict("admin-method-or-path", "certain").gates["permission"] == "unknown"
