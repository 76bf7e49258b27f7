"""The Admin API and InvokeCommand: permission, role, scope of the role, and what is no authorization at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.lab.accounts import CONTOSO, FABRIKAM
from tests.lab.clients import EXCHANGE, EXCHANGE_DEFAULT, GRAPH_DEFAULT, LabClient

if TYPE_CHECKING:
    import httpx

    from proxy_addons.lab import Lab

COMPLIANCE = "https://ps.compliance.protection.outlook.com"


def command(cmdlet: str, **parameters: str) -> dict[str, object]:
    return {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}


def v2(
    client: LabClient, token: str, endpoint: str, content: object, tenant: str = CONTOSO.tenant_id
) -> httpx.Response:
    return client.post(
        f"{EXCHANGE}/adminapi/v2.0/{tenant}/{endpoint}", json=content, headers={"Authorization": f"Bearer {token}"}
    )


def invoke(client: LabClient, token: str, cmdlet: str, host: str = EXCHANGE) -> httpx.Response:
    return client.post(
        f"{host}/adminapi/beta/{CONTOSO.tenant_id}/InvokeCommand",
        json=command(cmdlet),
        headers={"Authorization": f"Bearer {token}"},
    )


def said(response: httpx.Response, status: int, code: str) -> str:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error["innererror"]["type"] == "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"
    assert "X-BEServer" in response.headers
    return str(error["message"])


def empty_403(response: httpx.Response) -> None:
    assert (response.status_code, response.content) == (403, b"")
    assert "request-id" in response.headers
    assert "x-ms-diagnostics" not in response.headers


def test_an_exchange_administrator_reads_the_organization(client: LabClient) -> None:
    token = client.app_token("admin-daemon", EXCHANGE_DEFAULT)
    response = v2(client, token, "OrganizationConfig", command("Get-OrganizationConfig"))
    assert response.json()["value"][0]["EwsEnabled"] is True


@pytest.mark.parametrize(
    ("endpoint", "cmdlet"),
    [
        ("AcceptedDomain", "Get-AcceptedDomain"),
        ("Mailbox", "Get-Mailbox"),
        ("MailboxFolderPermission", "Get-MailboxFolderPermission"),
        ("DistributionGroupMember", "Get-DistributionGroupMember"),
        ("DynamicDistributionGroupMember", "Get-DynamicDistributionGroupMember"),
    ],
)
def test_every_endpoint_serves_an_administrator(client: LabClient, endpoint: str, cmdlet: str) -> None:
    token = client.app_token("admin-daemon", EXCHANGE_DEFAULT)
    assert v2(client, token, endpoint, command(cmdlet)).status_code == 200


def test_a_user_with_the_role_works_with_the_delegated_permission(client: LabClient) -> None:
    token = client.user_token("admin@contoso.com", f"{EXCHANGE}/Exchange.ManageV2")
    assert v2(client, token, "Mailbox", command("Get-Mailbox", Identity="adele@contoso.com")).status_code == 200


def test_a_user_without_a_role_may_not_call_the_cmdlet(client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", f"{EXCHANGE}/Exchange.ManageV2")
    message = said(v2(client, token, "Mailbox", command("Get-Mailbox")), 403, "Forbidden")
    assert message == "User is not allowed to call Get-Mailbox"


def test_an_exchange_role_group_counts_though_no_token_shows_it(client: LabClient) -> None:
    token = client.user_token("rita@contoso.com", f"{EXCHANGE}/Exchange.ManageV2")
    assert v2(client, token, "Mailbox", command("Get-Mailbox")).status_code == 200
    said(v2(client, token, "OrganizationConfig", command("Get-OrganizationConfig")), 403, "Forbidden")


def test_view_only_management_reads_the_organization_but_no_mailbox(client: LabClient) -> None:
    token = client.app_token("admin-viewer", EXCHANGE_DEFAULT)
    assert v2(client, token, "OrganizationConfig", command("Get-OrganizationConfig")).status_code == 200
    assert "Get-Mailbox" in said(v2(client, token, "Mailbox", command("Get-Mailbox")), 403, "Forbidden")


def test_invoke_command_refuses_a_cmdlet_with_401(client: LabClient) -> None:
    token = client.app_token("admin-recipients", EXCHANGE_DEFAULT)
    assert invoke(client, token, "Get-Mailbox").status_code == 200
    message = said(invoke(client, token, "Get-OrganizationConfig"), 401, "Unauthorized")
    assert message == "User is not allowed to call Get-OrganizationConfig"


def test_an_app_without_any_role_is_not_assigned_to_management_roles(client: LabClient) -> None:
    token = client.app_token("admin-without-role", EXCHANGE_DEFAULT)
    assert "isn't assigned to any management roles" in said(invoke(client, token, "Get-Mailbox"), 401, "Unauthorized")


def test_a_role_exchange_does_not_support_for_apps_is_named(client: LabClient) -> None:
    token = client.app_token("admin-unsupported-role", EXCHANGE_DEFAULT)
    assert "isn't supported in this scenario" in said(invoke(client, token, "Get-Mailbox"), 401, "Unauthorized")


def test_the_old_permission_opens_powershell_and_not_the_admin_api(client: LabClient) -> None:
    token = client.app_token("admin-old-permission", EXCHANGE_DEFAULT)
    assert invoke(client, token, "Get-Mailbox").status_code == 200
    empty_403(v2(client, token, "Mailbox", command("Get-Mailbox")))


def test_the_new_permission_opens_the_admin_api_and_not_powershell(client: LabClient) -> None:
    token = client.app_token("admin-new-permission", EXCHANGE_DEFAULT)
    assert v2(client, token, "Mailbox", command("Get-Mailbox")).status_code == 200
    empty_403(invoke(client, token, "Get-Mailbox"))


def test_the_ews_permission_opens_neither(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    empty_403(v2(client, token, "Mailbox", command("Get-Mailbox")))
    empty_403(invoke(client, token, "Get-Mailbox"))


def test_a_users_token_without_the_permission_is_refused(client: LabClient) -> None:
    token = client.user_token("admin@contoso.com", f"{EXCHANGE}/EWS.AccessAsUser.All")
    empty_403(v2(client, token, "Mailbox", command("Get-Mailbox")))


def test_a_graph_token_is_refused_for_its_audience(client: LabClient) -> None:
    response = invoke(client, client.app_token("mail-daemon", GRAPH_DEFAULT), "Get-Mailbox")
    assert response.status_code == 401
    assert response.headers["x-ms-diagnostics"].startswith("2000003;")


def test_another_tenant_in_the_url_is_refused(client: LabClient) -> None:
    token = client.app_token("admin-daemon", EXCHANGE_DEFAULT)
    empty_403(v2(client, token, "Mailbox", command("Get-Mailbox"), FABRIKAM.tenant_id))


def test_an_object_outside_the_scope_looks_like_a_missing_one(client: LabClient) -> None:
    token = client.app_token("admin-scoped", EXCHANGE_DEFAULT)
    assert v2(client, token, "Mailbox", command("Get-Mailbox", Identity="adele@contoso.com")).status_code == 200
    for identity in ("alex@contoso.com", "nobody@contoso.com"):
        message = said(v2(client, token, "Mailbox", command("Get-Mailbox", Identity=identity)), 404, "NotFound")
        assert "ManagementObjectNotFoundException" in message


def test_a_role_assigned_a_minute_ago_is_not_honoured_yet(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(roles_pending=[lab.app("admin-daemon").client_id])
    token = client.app_token("admin-daemon", EXCHANGE_DEFAULT)
    assert "not allowed" in said(v2(client, token, "Mailbox", command("Get-Mailbox")), 403, "Forbidden")
    lab.tenant.reset()
    assert v2(client, token, "Mailbox", command("Get-Mailbox")).status_code == 200


def test_a_role_taken_away_stops_working_with_the_old_token(lab: Lab, client: LabClient) -> None:
    token = client.app_token("admin-daemon", EXCHANGE_DEFAULT)
    lab.tenant.change(roles_removed=[lab.app("admin-daemon").client_id])
    said(v2(client, token, "Mailbox", command("Get-Mailbox")), 403, "Forbidden")


def test_a_compliance_cmdlet_on_the_exchange_host_gets_nul_bytes(client: LabClient) -> None:
    response = invoke(client, client.app_token("admin-daemon", EXCHANGE_DEFAULT), "Get-ComplianceSearch")
    assert (response.status_code, set(response.content), len(response.content)) == (403, {0}, 470)


def test_the_compliance_host_wants_its_own_audience_and_role(client: LabClient) -> None:
    wrong = client.user_token("admin@contoso.com", f"{EXCHANGE}/Exchange.Manage")
    assert invoke(client, wrong, "Get-ComplianceSearch", COMPLIANCE).status_code == 401
    scope = f"{COMPLIANCE}/AdminApi.AccessAsUser.All"
    admin, rita = (client.user_token(f"{name}@contoso.com", scope) for name in ("admin", "rita"))
    assert invoke(client, admin, "Get-ComplianceSearch", COMPLIANCE).status_code == 200
    said(invoke(client, rita, "Get-ComplianceSearch", COMPLIANCE), 401, "Unauthorized")


def test_mistakes_that_are_no_authorization_have_other_statuses(client: LabClient) -> None:
    token = client.app_token("admin-daemon", EXCHANGE_DEFAULT)
    url = f"{EXCHANGE}/adminapi/v2.0/{CONTOSO.tenant_id}/Mailbox"
    assert client.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 405
    assert v2(client, token, "Mailbox", {}).status_code == 400
    assert v2(client, token, "Unicorn", command("Get-Mailbox")).status_code == 404
    assert client.post(f"{EXCHANGE}/adminapi/v9").status_code == 404
