"""The many ways Graph's workloads say that a permission or a role is missing.

Each function is one workload's dialect. Source: recorded answers of the live service.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.lab.answers import Answer
    from proxy_addons.lab.graph_call import GraphCall

    type Dialect = Callable[[GraphCall, tuple[str, ...]], Answer]
    """The call and the permissions any one of which would do."""

_REQUIRED_SCOPES: Final = "You cannot perform the requested operation, required scopes are missing in the token."


def directory(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """Users, groups, applications."""
    return call.error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def mail(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """Exchange-backed paths."""
    return call.error(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def security_legacy(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """`/security/alerts` and the scores: one text for a missing permission and for a missing role."""
    said = "Auth token does not contain valid permissions or user does not have valid roles."
    return call.error(403, "UnknownError", said)


def security(call: GraphCall, needed: tuple[str, ...]) -> Answer:
    """`/security/incidents` and `alerts_v2`."""
    if call.caller.is_app:
        held = ",".join(sorted(call.caller.roles))
        said = f"Missing application roles. API required roles: {','.join(needed)}, application roles: {held}."
        return call.error(403, "Forbidden", said)
    return call.error(403, "Forbidden", f"Missing user scopes. API required scopes: {','.join(needed)}.")


def audit(call: GraphCall, needed: tuple[str, ...]) -> Answer:
    """`/auditLogs`."""
    said = f"The principal does not have required Microsoft Graph permission(s): {needed[0]} to call this API."
    return call.error(403, "Authentication_MSGraphPermissionMissing", said)


def audit_role(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """`/auditLogs` for a user without a reader's role."""
    return call.error(403, "Authentication_RequestFromUnsupportedUserRole", "User is not in the allowed roles")


def conditional_access(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """`/identity/conditionalAccess`."""
    return call.error(403, "AccessDenied", _REQUIRED_SCOPES)


def teams(call: GraphCall, needed: tuple[str, ...]) -> Answer:
    """Teams and chats print what they need and what they got."""
    wanted, held = ", ".join(needed), ", ".join(sorted(call.caller.permissions))
    if call.caller.is_app:
        said = (
            f"Missing role permissions on the request. API requires one of '{wanted}'. Roles on the request '{held}'. "
            "Resource specific consent grants on the request ''."
        )
    else:
        said = (
            f"Missing scope permissions on the request. API requires one of '{wanted}'. Scopes on the request '{held}'"
        )
    return call.error(403, "Forbidden", said)


def meetings(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """`onlineMeetings`."""
    return call.error(403, "Forbidden", "Insufficient permissions")


def sharepoint(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """Sites and drives."""
    if not call.caller.permissions:
        return call.error(403, "AccessDenied", "Either scp or roles claim need to be present in the token.")
    return call.error(403, "accessDenied", "Access denied")


def intune(call: GraphCall, needed: tuple[str, ...]) -> Answer:
    """`deviceManagement`: the workload's own JSON travels as a string in `message`."""
    operation, activity = str(uuid.uuid4()), call.asked.client_request_id
    said = {
        "_version": 3,
        "Message": (
            "Application is not authorized to perform this operation. Application must have one of the following "
            f"scopes: {', '.join(needed)} - Operation ID (for customer support): {operation} - "
            f"Activity ID: {activity} - "
            "Url: https://fef.amsua0202.manage.microsoft.com/DeviceFE/StatelessDeviceFEService/deviceManagement/"
            "managedDevices?api-version=2022-07-29"
        ),
        "CustomApiErrorPhrase": "",
        "RetryAfter": None,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    }
    return call.error(403, "Forbidden", json.dumps(said, indent=2))


def authentication_methods(call: GraphCall, _needed: tuple[str, ...]) -> Answer:
    """`users/{id}/authentication`: one text for permission, role and token type alike."""
    return call.error(403, "accessDenied", "Request Authorization failed")


def privileged_identity(call: GraphCall, needed: tuple[str, ...]) -> Answer:
    """PIM: nested JSON again, with the list of permissions."""
    said = {
        "errorCode": "PermissionScopeNotGranted",
        "message": f"Authorization failed due to missing permission scope {','.join(needed)}.",
        "instanceAnnotations": [],
    }
    return call.error(403, "UnknownError", json.dumps(said, separators=(",", ":")))
