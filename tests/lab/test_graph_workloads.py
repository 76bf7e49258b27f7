"""Permissions, roles, licences and policies, each refused in its workload's own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from proxy_addons.lab.accounts import find_group
from tests.lab.clients import GRAPH, GRAPH_DEFAULT, LabClient, error_of

if TYPE_CHECKING:
    import httpx

    from proxy_addons.lab import Lab

ALEX = "/users/alex@contoso.com"


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The message of a refusal with this status and code."""
    error = error_of(response)
    assert (response.status_code, error["code"]) == (status, code)
    assert "x-ms-ags-diagnostic" in response.headers
    return str(error["message"])


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/groups", "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        (f"{ALEX}/messages", "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
        (f"{ALEX}/mailFolders", "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
        ("/security/alerts", "UnknownError", "Auth token does not contain valid permissions"),
        (
            "/security/incidents",
            "Forbidden",
            "Missing application roles. API required roles: SecurityIncident.Read.All",
        ),
        ("/auditLogs/signIns", "Authentication_MSGraphPermissionMissing", "The principal does not have required"),
        ("/identity/conditionalAccess/policies", "AccessDenied", "required scopes are missing in the token."),
        ("/teams/1", "Forbidden", "Missing role permissions on the request. API requires one of 'Team.ReadBasic.All"),
        ("/chats", "Forbidden", "Roles on the request 'User.Read.All'."),
        (f"{ALEX}/onlineMeetings/1", "Forbidden", "Insufficient permissions"),
        ("/sites/root", "accessDenied", "Access denied"),
    ],
)
def test_an_app_without_the_permission_is_refused_in_the_workloads_dialect(
    client: LabClient, path: str, code: str, said: str
) -> None:
    assert said in refused(client.graph(path, client.app_token("directory-reader")), 403, code)


def test_intune_wraps_its_own_json_into_the_message(client: LabClient) -> None:
    response = client.graph("/deviceManagement/managedDevices", client.app_token("directory-reader"))
    inner = json.loads(refused(response, 403, "Forbidden"))
    assert "must have one of the following scopes: DeviceManagementManagedDevices.Read.All" in inner["Message"]
    assert "Operation ID (for customer support)" in inner["Message"]


def test_privileged_identity_management_wraps_json_too(client: LabClient) -> None:
    path = "/roleManagement/directory/roleAssignmentScheduleInstances"
    response = client.graph(path, client.app_token("directory-reader"))
    assert json.loads(refused(response, 403, "UnknownError"))["errorCode"] == "PermissionScopeNotGranted"


@pytest.mark.parametrize(
    "path",
    [
        "/users",
        ALEX,
        f"{ALEX}/messages",
        f"{ALEX}/mailFolders/inbox",
        "/groups",
        "/security/alerts",
        "/security/incidents",
        "/auditLogs/signIns",
        "/identity/conditionalAccess/policies",
        "/teams/1",
        "/roleManagement/directory/roleAssignmentScheduleInstances",
        "/sites/root",
        f"{ALEX}/drive/root/children",
        "/deviceManagement/managedDevices",
    ],
)
def test_an_app_with_every_permission_is_served(client: LabClient, path: str) -> None:
    assert client.graph(path, client.app_token("everything-daemon")).status_code == 200


def test_a_token_without_any_role_is_refused(client: LabClient) -> None:
    token = client.app_token("unconsented-daemon")
    refused(client.graph("/users", token), 403, "Authorization_RequestDenied")
    message = refused(client.graph("/sites/root", token), 403, "AccessDenied")
    assert message == "Either scp or roles claim need to be present in the token."


def test_a_user_without_the_scope_reads_which_one_teams_wants(client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "User.Read", "profile-viewer")
    assert "Scopes on the request 'User.Read'" in refused(client.graph("/me/joinedTeams", token), 403, "Forbidden")


def test_me_with_an_app_token_is_a_bad_request(client: LabClient) -> None:
    message = refused(client.graph("/me", client.app_token("directory-reader")), 400, "BadRequest")
    assert message == "/me request is only valid with delegated authentication flow."


def test_security_alerts_want_a_role_beside_the_scope(client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "SecurityEvents.Read.All")
    refused(client.graph("/security/alerts", token), 403, "UnknownError")
    reader = client.user_token("sasha@contoso.com", "SecurityEvents.Read.All")
    assert client.graph("/security/alerts", reader).status_code == 200


def test_security_alerts_refuse_a_reader_whose_token_has_no_wids(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(wids_omitted=["sasha@contoso.com"])
    token = client.user_token("sasha@contoso.com", "SecurityEvents.Read.All")
    refused(client.graph("/security/alerts", token), 403, "UnknownError")


def test_sign_in_logs_want_a_readers_role(client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "AuditLog.Read.All")
    refused(client.graph("/auditLogs/signIns", token), 403, "Authentication_RequestFromUnsupportedUserRole")


@pytest.mark.parametrize(
    ("service", "path", "status", "code"),
    [
        ("premium", "/auditLogs/signIns", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        ("intune", "/deviceManagement/managedDevices", 400, "BadRequest"),
        ("sharepoint", "/sites/root", 400, "BadRequest"),
        ("defender", "/security/incidents", 403, "Unauthorized"),
        ("exchange", f"{ALEX}/messages", 401, "OrganizationFromTenantGuidNotFound"),
    ],
)
def test_a_service_the_tenant_never_bought(
    lab: Lab, client: LabClient, service: str, path: str, status: int, code: str
) -> None:
    lab.tenant.change(unavailable_services=[service])
    refused(client.graph(path, client.app_token("everything-daemon")), status, code)


def test_a_user_without_a_licence_has_no_teams(lab: Lab, client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "Team.ReadBasic.All")
    lab.tenant.change(licence_removed=["adele@contoso.com"])
    message = refused(client.graph("/me/joinedTeams", token), 403, "Forbidden")
    assert message.startswith("Failed to get license information for the user.")


def test_a_mailbox_without_a_licence_is_not_enabled(lab: Lab, client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "Mail.Read")
    assert client.graph("/me/messages", token).status_code == 200
    lab.tenant.change(licence_removed=["adele@contoso.com"])
    refused(client.graph("/me/messages", token), 404, "MailboxNotEnabledForRESTAPI")


def test_a_user_without_a_mailbox(client: LabClient) -> None:
    token = client.app_token("mail-daemon")
    refused(client.graph("/users/noah@contoso.com/messages", token), 404, "MailboxNotEnabledForRESTAPI")
    refused(client.graph("/users/nobody@contoso.com/messages", token), 404, "ErrorInvalidUser")


def test_somebody_elses_mail_takes_a_shared_scope(client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "Mail.Read")
    refused(client.graph(f"{ALEX}/messages", token), 403, "ErrorAccessDenied")


def test_a_shared_scope_without_rights_on_the_mailbox_finds_nothing(client: LabClient) -> None:
    token = client.user_token("alex@contoso.com", "Mail.Read.Shared")
    refused(client.graph("/users/adele@contoso.com/messages", token), 404, "ErrorItemNotFound")
    assert client.graph("/users/helpdesk@contoso.com/messages", token).status_code == 200


def test_a_folder_is_found_by_its_well_known_name_or_its_id_only(client: LabClient) -> None:
    token = client.app_token("mail-daemon")
    inbox = client.graph(f"{ALEX}/mailFolders/inbox", token).json()
    assert client.graph(f"{ALEX}/mailFolders/{inbox['id']}", token).json() == inbox
    refused(client.graph(f"{ALEX}/mailFolders/unicorn", token), 404, "ErrorItemNotFound")


def test_the_mail_folders_are_listed(client: LabClient) -> None:
    content = client.graph(f"{ALEX}/mailFolders", client.app_token("mail-daemon")).json()
    assert "Inbox" in [each["displayName"] for each in content["value"]]
    assert "Calendar" not in [each["displayName"] for each in content["value"]]


def test_the_groups_are_listed_without_those_out_of_reach(client: LabClient) -> None:
    names = [each["displayName"] for each in client.graph("/groups", client.app_token("mail-daemon")).json()["value"]]
    assert names == ["Sales and Marketing"]
    finance = find_group("finance")
    assert finance is not None
    whole = client.graph(f"/groups/{finance.object_id}", client.app_token("everything-daemon")).json()
    assert whole["displayName"] == "Finance"


def test_an_unknown_user_is_not_found(client: LabClient) -> None:
    token = client.app_token("directory-reader")
    refused(client.graph("/users/nobody@contoso.com", token), 404, "Request_ResourceNotFound")


def test_incidents_print_the_scopes_a_user_lacks(client: LabClient) -> None:
    token = client.user_token("sasha@contoso.com", "User.Read")
    said = refused(client.graph("/security/incidents", token), 403, "Forbidden")
    assert said.startswith("Missing user scopes. API required scopes: SecurityIncident.Read.All")


def test_a_blocked_user_agent_reads_odata_is_disabled(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(ews_policy="EnforceBlockList", ews_block_list=["python-httpx*"])
    token = client.user_token("adele@contoso.com", "Mail.Read")
    message = refused(client.graph("/me/messages", token), 403, "ErrorAccessDenied")
    assert message == "Access to OData is disabled."
    assert client.graph("/me/messages", token, **{"User-Agent": "Contoso/1.0"}).status_code == 200


def test_an_allow_list_refuses_whom_it_does_not_name(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(ews_policy="EnforceAllowList", ews_allow_list=["Contoso/*"])
    token = client.app_token("mail-daemon")
    refused(client.graph(f"{ALEX}/messages", token), 403, "ErrorAccessDenied")
    assert client.graph(f"{ALEX}/messages", token, **{"User-Agent": "contoso/1.0"}).status_code == 200


def test_an_application_access_policy_reads_raop(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(app_access_policy={lab.app("mail-daemon").client_id: ["adele@contoso.com"]})
    token = client.app_token("mail-daemon")
    message = refused(client.graph(f"{ALEX}/messages", token), 403, "ErrorAccessDenied")
    assert "[RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings." in message
    assert client.graph("/users/adele@contoso.com/messages", token).status_code == 200


def send(client: LabClient, token: str, sender: str) -> httpx.Response:
    message = {
        "subject": "Hello",
        "from": {"emailAddress": {"address": sender}},
        "toRecipients": [{"emailAddress": {"address": "rita@contoso.com"}}],
    }
    return client.post(
        f"{GRAPH}/v1.0/users/adele@contoso.com/sendMail",
        json={"message": message},
        headers={"Authorization": f"Bearer {token}"},
    )


def test_sending_as_oneself_is_accepted_and_as_another_denied(client: LabClient) -> None:
    token = client.app_token("mail-daemon")
    assert send(client, token, "adele@contoso.com").status_code == 202
    refused(send(client, token, "alex@contoso.com"), 403, "ErrorSendAsDenied")


def test_sending_without_a_message_is_a_bad_request(client: LabClient) -> None:
    response = client.post(
        f"{GRAPH}/v1.0/users/adele@contoso.com/sendMail",
        json={},
        headers={"Authorization": f"Bearer {client.app_token('mail-daemon')}"},
    )
    refused(response, 400, "ErrorInvalidRequest")


def test_a_nested_group_out_of_reach_refuses_its_parent_too(client: LabClient) -> None:
    finance, board, sales = (find_group(name) for name in ("finance", "payroll-board", "sales"))
    assert finance is not None
    assert board is not None
    assert sales is not None
    token = client.app_token("mail-daemon")
    for group in (finance, board):
        refused(client.graph(f"/groups/{group.object_id}/members", token), 403, "Authorization_RequestDenied")
    assert client.graph(f"/groups/{sales.object_id}/members", token).status_code == 200
    reaching = client.graph(f"/groups/{finance.object_id}/members", client.app_token("everything-daemon"))
    assert [each["displayName"] for each in reaching.json()["value"]] == ["Rita Recipient", "Payroll Board"]


def test_an_unknown_group_is_not_found(client: LabClient) -> None:
    refused(client.graph("/groups/nothing", client.app_token("mail-daemon")), 404, "Request_ResourceNotFound")


def reset_password(client: LabClient, token: str) -> httpx.Response:
    path = "/users/adele@contoso.com/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword"
    return client.post(f"{GRAPH}/v1.0{path}", json={}, headers={"Authorization": f"Bearer {token}"})


def test_no_app_can_reset_a_password_whatever_it_holds(client: LabClient) -> None:
    refused(reset_password(client, client.app_token("everything-daemon")), 403, "accessDenied")


def test_a_user_resets_a_password_with_the_role_only(client: LabClient) -> None:
    scope = "UserAuthenticationMethod.ReadWrite.All"
    refused(reset_password(client, client.user_token("adele@contoso.com", scope)), 403, "accessDenied")
    assert reset_password(client, client.user_token("henrietta@contoso.com", scope)).status_code == 202


def test_chats_of_the_whole_tenant_take_microsofts_approval(lab: Lab, client: LabClient) -> None:
    token = client.app_token("everything-daemon")
    assert "Protected API access" in refused(client.graph("/chats", token), 403, "Forbidden")
    lab.tenant.change(protected_api_approved=True)
    assert client.graph("/chats", token).status_code == 200


def test_meetings_take_an_application_access_policy_of_teams(lab: Lab, client: LabClient) -> None:
    token = client.app_token("everything-daemon")
    message = refused(client.graph(f"{ALEX}/onlineMeetings/1", token), 403, "Forbidden")
    assert message.startswith("No application access policy found for this app")
    lab.tenant.change(meeting_policy_missing=False)
    assert client.graph(f"{ALEX}/onlineMeetings/1", token).status_code == 200


def test_a_licensed_user_lists_the_teams(client: LabClient) -> None:
    token = client.user_token("adele@contoso.com", "Team.ReadBasic.All")
    assert client.graph("/me/joinedTeams", token).status_code == 200


def test_a_long_list_comes_in_pages_with_absolute_links(client: LabClient) -> None:
    token = client.app_token("directory-reader")
    page = client.graph("/users?$top=4", token).json()
    seen = [each["id"] for each in page["value"]]
    while "@odata.nextLink" in page:
        link = page["@odata.nextLink"]
        assert link.startswith("https://graph.microsoft.com/v1.0/users?")
        page = client.get(link, headers={"Authorization": f"Bearer {token}"}).json()
        seen += [each["id"] for each in page["value"]]
    assert len(seen) == len(set(seen)) > 4


def test_a_batch_hides_its_failures_inside_a_200(client: LabClient) -> None:
    response = client.post(
        f"{GRAPH}/v1.0/$batch",
        json={
            "requests": [
                {"id": "1", "method": "GET", "url": "/users?$top=1"},
                {"id": "2", "method": "GET", "url": f"{ALEX}/messages"},
                {"id": "3", "method": "GET", "url": "/me"},
            ]
        },
        headers={"Authorization": f"Bearer {client.app_token('directory-reader')}"},
    )
    assert response.status_code == 200
    statuses = {each["id"]: each["status"] for each in response.json()["responses"]}
    assert statuses == {"1": 200, "2": 403, "3": 400}


def test_a_batch_of_nonsense_is_a_bad_request(client: LabClient) -> None:
    response = client.post(
        f"{GRAPH}/v1.0/$batch",
        json={"requests": "all"},
        headers={"Authorization": f"Bearer {client.app_token('directory-reader')}"},
    )
    refused(response, 400, "BadRequest")


def test_a_permission_withdrawn_after_the_token_was_issued_changes_nothing_yet(lab: Lab, client: LabClient) -> None:
    token = client.app_token("directory-reader")
    lab.tenant.change(permissions_removed={lab.app("directory-reader").client_id: ["User.Read.All"]})
    assert client.graph("/users", token).status_code == 200
    refused(
        client.graph("/users", client.app_token("directory-reader", GRAPH_DEFAULT)), 403, "Authorization_RequestDenied"
    )
