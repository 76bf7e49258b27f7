"""What the simulated Graph can do, what each operation needs, and in which words it refuses.

Permissions are those of Microsoft's reference, least privileged first, reduced to what the lab's apps can hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.lab import graph_dialects as say, graph_directory, graph_mail, graph_registrations, graph_workloads
from proxy_addons.lab.well_known import (
    AUTHENTICATION_ADMINISTRATOR,
    CONDITIONAL_ACCESS_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    REPORTS_READER,
    SECURITY_ADMINISTRATOR,
    SECURITY_OPERATOR,
    SECURITY_READER,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.lab.answers import Answer
    from proxy_addons.lab.graph_call import GraphCall
    from proxy_addons.lab.graph_dialects import Dialect

_USER: Final = r"(?:me|users/(?P<user>[^/]+))"
_SECURITY_ROLES: Final = frozenset({SECURITY_READER, SECURITY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class GraphOperation:
    """One operation. `application` empty means that no app-only token can do it; `roles` binds users only."""

    method: str
    path: str
    """A regular expression for what follows the version."""
    handler: Callable[[GraphCall], Answer]
    dialect: Dialect
    delegated: tuple[str, ...] = ()
    application: tuple[str, ...] = ()
    roles: frozenset[str] = field(default_factory=frozenset)
    role_dialect: Dialect | None = None
    """Where a missing role is said differently from a missing permission."""

    def refusal(self, call: GraphCall) -> Answer | None:
        """The workload's no, or None where the token is good enough."""
        needed = self.application if call.caller.is_app else self.delegated
        if not set(needed) & call.caller.permissions:
            return self.dialect(call, needed or self.delegated)
        if self.roles and not call.caller.is_app and not self.roles & call.caller.wids:
            return (self.role_dialect or self.dialect)(call, needed)
        return None


_MAIL_APP: Final = ("Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite")
_MAIL: Final = ("Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite", "Mail.Read.Shared")
_USERS: Final = ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All")
_GROUPS: Final = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All")
_SITES: Final = ("Sites.Read.All", "Sites.ReadWrite.All", "Files.Read.All")
_TEAMS: Final = ("Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All")
_EVENTS: Final = ("SecurityEvents.Read.All", "SecurityEvents.ReadWrite.All")
_INCIDENTS: Final = ("SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All")
_DEVICES: Final = ("DeviceManagementManagedDevices.Read.All", "DeviceManagementManagedDevices.ReadWrite.All")
_PIM: Final = ("RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.Directory", "RoleManagement.Read.All")
_APPLICATIONS: Final = ("Application.Read.All", "Directory.Read.All")
_ROLES: Final = ("RoleManagement.Read.Directory", "RoleManagement.Read.All", "Directory.Read.All")
_CHATS: Final = ("Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite")
_CHATS_OF_ALL: Final = ("Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All")

OPERATIONS: Final = (
    GraphOperation("GET", "me", graph_directory.user, say.directory, ("User.Read", "User.ReadWrite", *_USERS)),
    GraphOperation("GET", "users", graph_directory.users, say.directory, _USERS, _USERS[1:]),
    GraphOperation("GET", r"users/(?P<user>[^/]+)", graph_directory.user, say.directory, _USERS, _USERS[1:]),
    GraphOperation("GET", f"{_USER}/messages", graph_mail.messages, say.mail, _MAIL, _MAIL_APP),
    GraphOperation("GET", f"{_USER}/mailFolders", graph_mail.mail_folders, say.mail, _MAIL, _MAIL_APP),
    GraphOperation(
        "GET", f"{_USER}/mailFolders/(?P<folder>[^/]+)", graph_mail.mail_folders, say.mail, _MAIL, _MAIL_APP
    ),
    GraphOperation(
        "GET", f"{_USER}/mailFolders/(?P<folder>[^/]+)/messages", graph_mail.folder_messages, say.mail, _MAIL, _MAIL_APP
    ),
    GraphOperation(
        "GET",
        f"{_USER}/mailFolders/(?P<folder>[^/]+)/messages/delta",
        graph_mail.folder_changes,
        say.mail,
        _MAIL,
        _MAIL_APP,
    ),
    GraphOperation("POST", f"{_USER}/sendMail", graph_mail.send_mail, say.mail, ("Mail.Send",), ("Mail.Send",)),
    GraphOperation("GET", "groups", graph_directory.groups, say.directory, _GROUPS, _GROUPS),
    GraphOperation(
        "GET", r"groups/(?P<group>[^/]+)(?:/members)?", graph_directory.group, say.directory, _GROUPS, _GROUPS
    ),
    GraphOperation(
        "GET",
        "security/(?:alerts|secureScores)",
        graph_workloads.security_alerts,
        say.security_legacy,
        _EVENTS,
        _EVENTS,
        roles=_SECURITY_ROLES,
    ),
    GraphOperation(
        "GET",
        "security/(?:incidents|alerts_v2)",
        graph_workloads.security_alerts,
        say.security,
        _INCIDENTS,
        _INCIDENTS,
        roles=_SECURITY_ROLES | {SECURITY_OPERATOR, GLOBAL_READER},
        role_dialect=say.security_legacy,
    ),
    GraphOperation(
        "GET",
        "auditLogs/signIns",
        graph_workloads.sign_ins,
        say.audit,
        ("AuditLog.Read.All",),
        ("AuditLog.Read.All",),
        roles=_SECURITY_ROLES | {REPORTS_READER, GLOBAL_READER},
        role_dialect=say.audit_role,
    ),
    GraphOperation(
        "GET",
        "identity/conditionalAccess/policies",
        graph_workloads.policies,
        say.conditional_access,
        ("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),
        ("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),
        roles=_SECURITY_ROLES | {CONDITIONAL_ACCESS_ADMINISTRATOR, GLOBAL_READER},
    ),
    GraphOperation(
        "GET",
        "roleManagement/directory/roleAssignmentScheduleInstances",
        graph_workloads.role_assignments,
        say.privileged_identity,
        _PIM,
        _PIM,
    ),
    GraphOperation(
        "GET",
        r"servicePrincipals\(appId='(?P<app>[^']+)'\)",
        graph_registrations.service_principal,
        say.directory,
        _APPLICATIONS,
        _APPLICATIONS,
    ),
    GraphOperation(
        "GET",
        "servicePrincipals/(?P<principal>[^/]+)/appRoleAssignments",
        graph_registrations.app_role_assignments,
        say.directory,
        _APPLICATIONS,
        _APPLICATIONS,
    ),
    GraphOperation(
        "GET",
        "servicePrincipals/(?P<principal>[^/]+)/oauth2PermissionGrants",
        graph_registrations.permission_grants,
        say.directory,
        ("DelegatedPermissionGrant.Read.All", "Directory.Read.All"),
        ("DelegatedPermissionGrant.Read.All", "Directory.Read.All"),
    ),
    GraphOperation(
        "GET",
        "roleManagement/directory/roleAssignments",
        graph_registrations.role_assignments,
        say.privileged_identity,
        _ROLES,
        _ROLES,
    ),
    GraphOperation("GET", r"teams/(?P<team>[^/]+)", graph_workloads.teams, say.teams, _TEAMS, _TEAMS),
    GraphOperation("GET", "me/joinedTeams", graph_workloads.teams, say.teams, _TEAMS),
    GraphOperation("GET", "(?:me/)?chats(?:/[^/]+/messages)?", graph_workloads.chats, say.teams, _CHATS, _CHATS_OF_ALL),
    GraphOperation(
        "GET",
        f"{_USER}/onlineMeetings(?:/[^/]+)?",
        graph_workloads.meetings,
        say.meetings,
        ("OnlineMeetings.Read", "OnlineMeetings.ReadWrite"),
        ("OnlineMeetings.Read.All", "OnlineMeetings.ReadWrite.All"),
    ),
    GraphOperation("GET", "sites(?:/.*)?", graph_workloads.sites, say.sharepoint, _SITES, _SITES),
    GraphOperation("GET", f"{_USER}/drive(?:/.*)?", graph_workloads.sites, say.sharepoint, _SITES, _SITES),
    GraphOperation(
        "GET", "deviceManagement/managedDevices", graph_workloads.managed_devices, say.intune, _DEVICES, _DEVICES
    ),
    GraphOperation(
        "POST",
        r"users/(?P<user>[^/]+)/authentication/methods/[^/]+/resetPassword",
        graph_workloads.reset_password,
        say.authentication_methods,
        ("UserAuthenticationMethod.ReadWrite.All",),
        roles=frozenset({AUTHENTICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR}),
    ),
)


def find_operation(method: str, path: str) -> tuple[GraphOperation, dict[str, str]] | None:
    """The operation for a method and the path after the version, with what the path names; case does not count."""
    for operation in OPERATIONS:
        match = re.fullmatch(operation.path, path, re.IGNORECASE)
        if match and operation.method == method:
            return operation, {name: value for name, value in match.groupdict().items() if value is not None}
    return None
