"""What Graph tells about applications: service principals, their grants and consents, roles, and sign-ins by token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from proxy_addons.lab.accounts import find_account
from proxy_addons.lab.graph_errors import graph_data, graph_page
from proxy_addons.lab.identifiers import stable_guid
from proxy_addons.lab.registered_apps import APPS, find_app
from proxy_addons.lab.switches import names
from proxy_addons.lab.well_known import RESOURCES, Resource

if TYPE_CHECKING:
    from proxy_addons.lab.answers import Answer
    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.graph_call import GraphCall


def service_principal(call: GraphCall) -> Answer:
    """`/servicePrincipals(appId='...')`: an app of Contoso, or an API of Microsoft's."""
    wanted = call.named["app"]
    resource = next((each for each in RESOURCES if each.app_id == wanted.lower()), None)
    if resource is not None:
        roles = [{"id": _role_id(resource, name), "value": name} for name in _roles_of(resource)]
        content = {"id": _api_id(resource), "appId": resource.app_id, "accountEnabled": True, "appRoles": roles}
        return graph_data(call.asked, content)
    app = find_app(wanted)
    if app is None or call.caller.organization not in app.installed_in:
        said = f"Resource '{wanted}' does not exist or one of its queried reference-property objects are not present."
        return call.error(404, "Request_ResourceNotFound", said)
    enabled = not names(call.tenant.switches.disabled_apps, app.client_id, app.name)
    content = {"id": app.object_id, "appId": app.client_id, "accountEnabled": enabled, "appRoles": []}
    return graph_data(call.asked, content)


def app_role_assignments(call: GraphCall) -> Answer:
    """`/servicePrincipals/{id}/appRoleAssignments`."""
    app = _app(call)
    taken = call.tenant.switches.permissions_removed.get(app.client_id, ()) if app else ()
    items: list[dict[str, object]] = [
        {"appRoleId": _role_id(resource, name), "resourceId": _api_id(resource), "principalId": app.object_id}
        for resource, granted in (app.application.items() if app else ())
        for name in granted
        if app is not None and name not in taken
    ]
    return graph_page(call.asked, "appRoleAssignments", items)


def permission_grants(call: GraphCall) -> Answer:
    """`/servicePrincipals/{id}/oauth2PermissionGrants`: consent for everybody."""
    app = _app(call)
    items: list[dict[str, object]] = [
        {
            "resourceId": _api_id(resource),
            "consentType": "AllPrincipals",
            "principalId": None,
            "scope": " ".join(scopes),
        }
        for resource, scopes in (app.delegated.items() if app else ())
    ]
    return graph_page(call.asked, "oauth2PermissionGrants", items)


def role_assignments(call: GraphCall) -> Answer:
    """`/roleManagement/directory/roleAssignments` of one principal."""
    holder = _filtered(call, "principalId")
    identity = find_account(holder) or next((app for app in APPS if app.object_id == holder), None)
    held = call.tenant.directory_roles(identity) if identity else ()
    items: list[dict[str, object]] = [{"roleDefinitionId": role, "principalId": holder} for role in held]
    return graph_page(call.asked, "roleAssignments", items)


def sign_ins_by_token(call: GraphCall) -> Answer:
    """`/beta/auditLogs/signIns` of one token: every token the lab issued came of a sign-in without error."""
    uti = _filtered(call, "uniqueTokenIdentifier")
    items: list[dict[str, object]] = [
        {"id": stable_guid("sign-in", uti), "uniqueTokenIdentifier": uti, "status": {"errorCode": 0}}
    ]
    return graph_page(call.asked, "auditLogs/signIns", items)


def _filtered(call: GraphCall, name: str) -> str:
    match = re.search(rf"{name} eq '([^']+)'", unquote(call.asked.query))
    return match[1] if match else ""


def _app(call: GraphCall) -> AppRegistration | None:
    return next((app for app in APPS if app.object_id == call.named.get("principal", "").lower()), None)


def _roles_of(resource: Resource) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for app in APPS for name in app.application.get(resource, ())))


def _role_id(resource: Resource, name: str) -> str:
    return stable_guid("app-role", f"{resource.app_id}/{name}")


def _api_id(resource: Resource) -> str:
    return stable_guid("api", resource.app_id)
