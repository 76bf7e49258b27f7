"""Graph's other workloads: security, audit, Conditional Access, Teams, SharePoint, Intune, meetings, password reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.lab.answers import Answer
from proxy_addons.lab.graph_errors import graph_data, graph_fields, graph_page
from proxy_addons.lab.graph_registrations import sign_ins_by_token
from proxy_addons.lab.identifiers import stable_guid
from proxy_addons.lab.well_known import SHAREPOINT_HOST

if TYPE_CHECKING:
    from proxy_addons.lab.graph_call import GraphCall

_BAD_REQUEST: Final = "BadRequest"
_TEAM: Final = stable_guid("group", "sales")


def security_alerts(call: GraphCall) -> Answer:
    """Legacy alerts, `alerts_v2` and incidents."""
    if call.lacks_service("defender"):
        return call.error(403, "Unauthorized", "Unauthorized request - Account is not provisioned.")
    alert: dict[str, object] = {"id": stable_guid("alert", "1"), "title": "Suspicious inbox forwarding"}
    return graph_page(call.asked, call.asked.path.split("/", 2)[2], [alert])


def sign_ins(call: GraphCall) -> Answer:
    """`/auditLogs/signIns`."""
    if call.lacks_service("premium"):
        said = "Neither tenant is B2C or tenant doesn't have premium license"
        return call.error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", said)
    if "uniqueTokenIdentifier" in call.asked.query:
        return sign_ins_by_token(call)
    return graph_page(call.asked, "auditLogs/signIns", [{"id": stable_guid("sign-in", "1")}])


def policies(call: GraphCall) -> Answer:
    """`/identity/conditionalAccess/policies`."""
    policy: dict[str, object] = {"id": stable_guid("policy", "mfa"), "displayName": "Require MFA", "state": "enabled"}
    return graph_page(call.asked, "identity/conditionalAccess/policies", [policy])


def role_assignments(call: GraphCall) -> Answer:
    """`/roleManagement/directory/roleAssignmentScheduleInstances`."""
    return graph_page(call.asked, "roleManagement/directory/roleAssignmentScheduleInstances", [])


def teams(call: GraphCall) -> Answer:
    """`/teams/{id}` and `/me/joinedTeams`; a user without a licence learns so before anything else."""
    account = call.caller.account
    if account is not None and not call.tenant.has_licence(account):
        said = (
            "Failed to get license information for the user. Ensure user has a valid Office365 license assigned to "
            "them."
        )
        return call.error(403, "Forbidden", said)
    team = {"id": _TEAM, "displayName": "Sales and Marketing", "isArchived": False}
    if call.named.get("team"):
        return graph_data(call.asked, team)
    return graph_page(call.asked, "teams", [team])


def chats(call: GraphCall) -> Answer:
    """`/chats` and `/chats/{id}/messages`; for an app, reading everybody's chats takes Microsoft's approval."""
    if call.caller.is_app and not call.tenant.switches.protected_api_approved:
        said = (
            "Invoked API requires Protected API access in application-only context when not using Resource Specific "
            "Consent. Visit https://docs.microsoft.com/en-us/graph/teams-protected-apis for more details"
        )
        return call.error(403, "Forbidden", said)
    return graph_page(call.asked, "chats", [{"id": "19:lab@unq.gbl.spaces", "chatType": "oneOnOne"}])


def meetings(call: GraphCall) -> Answer:
    """`onlineMeetings`; for an app, a Teams administrator has to name it in an application access policy."""
    if call.caller.is_app and call.tenant.switches.meeting_policy_missing:
        said = f"No application access policy found for this app {call.caller.app.client_id} on the user"
        return call.error(403, "Forbidden", said)
    return graph_data(call.asked, {"id": "MSpkYzE3Njc0Yy04MWQ5", "subject": "Weekly"})


def sites(call: GraphCall) -> Answer:
    """Sites, drives and their children."""
    if call.lacks_service("sharepoint"):
        return call.error(400, _BAD_REQUEST, "Tenant does not have a SPO license.")
    site = f"{SHAREPOINT_HOST},{stable_guid('site', 'collection')},{stable_guid('site', 'web')}"
    if call.asked.path.lower().endswith("/children"):
        return graph_page(call.asked, "driveItems", [{"id": "01LABITEM", "name": "Budget.xlsx", "size": 12_345}])
    return graph_data(call.asked, {"id": site, "webUrl": f"https://{SHAREPOINT_HOST}", "displayName": "Contoso"})


def managed_devices(call: GraphCall) -> Answer:
    """`/deviceManagement/managedDevices`."""
    if call.lacks_service("intune"):
        return call.error(400, _BAD_REQUEST, "Request not applicable to target tenant.")
    device: dict[str, object] = {"id": stable_guid("device", "1"), "deviceName": "CONTOSO-LAPTOP"}
    return graph_page(call.asked, "deviceManagement/managedDevices", [device])


def reset_password(call: GraphCall) -> Answer:
    """`POST .../resetPassword`."""
    return Answer(202, (*graph_fields(call.asked), ("Location", f"{call.asked.url}/operations/1")))
