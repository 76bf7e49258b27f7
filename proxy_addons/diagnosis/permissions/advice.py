"""What to do about a missing permission: the least to grant, the narrower choice first, and commands to paste.

Sources: learn.microsoft.com/graph/permissions-selected-overview, /exchange/permissions-exo/application-rbac,
/microsoftteams/platform/graph-api/rsc/resource-specific-consent, /graph/permissions-grant-via-msgraph,
/cli/azure/ad/app/permission, and the azuread provider's documentation for Terraform.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import Scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.diagnosis.permissions.accepted import Alternative
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.permissions.verdict import Judgement

GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"
EXCHANGE_APP: Final = "00000002-0000-0ff1-ce00-000000000000"

_LOGIN_HOSTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "usgov-high": "login.microsoftonline.us",
        "usgov-dod": "login.microsoftonline.us",
        "china": "login.partner.microsoftonline.cn",
    }
)
_WORLDWIDE: Final = "login.microsoftonline.com"
_SITES: Final = (
    "Sites.Selected (or Lists., ListItems., Files.SelectedOperations.Selected) opens only the sites somebody then "
    "grants with POST /sites/{id}/permissions"
)
_MAILBOXES: Final = (
    "RBAC for Applications (New-ManagementRoleAssignment -App ... -CustomResourceScope ...) opens only the mailboxes "
    "of a scope, and needs no permission granted in Entra"
)
_TEAMS: Final = (
    "resource-specific consent in the Teams app's manifest opens only the teams or chats the app is installed in"
)
_NARROWER: Final = (
    (re.compile(r"(?:Sites|Files|Lists|ListItems)\.(?!.*Selected)"), _SITES),
    (
        re.compile(r"(?:Mail|MailboxSettings|MailboxFolder|MailboxItem|Calendars|Contacts)\.|full_access_as_app|EWS\."),
        _MAILBOXES,
    ),
    (re.compile(r"(?:Channel|Chat|Team)\w*\.(?!.*\.(?:Group|Chat|User)\Z)"), _TEAMS),
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,99}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Client:
    """Whom to grant to, as far as the token told; empty where it did not. `cloud` as in the fact service.cloud."""

    app: str = ""
    tenant: str = ""
    cloud: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """Lines to paste into one tool."""

    tool: str
    lines: tuple[str, ...]


def narrower_choice(judgement: Judgement) -> str:
    """What opens less than the whole tenant, where the missing permission would open all of it; empty where nothing is.

    An application permission reaches everybody's data; a delegated one only what its user can open anyway.
    """
    if judgement.holding.scheme is not Scheme.APPLICATION or not judgement.missing:
        return ""
    names = [name for way in judgement.missing for name in way]
    beyond = judgement.operation.beyond.instead if judgement.operation else ()
    known = next((told for pattern, told in _NARROWER if any(map(pattern.match, names))), "")
    specific = f"{', '.join(beyond[:3])}" if beyond else ""
    return f"{known}: {specific}" if known and specific else known or specific


def needs_admin(names: Alternative, scheme: Scheme, data: PermissionData) -> bool | None:
    """Whether permissions take an administrator's consent; None where none are named or the tables do not tell.

    Application permissions always do: there is no user who could consent.
    """
    if not names:
        return None
    told = [True if scheme is Scheme.APPLICATION else data.trait(name, scheme).admin_consent for name in names]
    if True in told:
        return True
    return None if None in told else False


def commands(judgement: Judgement, client: Client) -> tuple[Command, ...]:
    """How to grant the least missing permissions with each of four tools; empty where nothing is missing."""
    scheme = judgement.holding.scheme
    names = [name for name in judgement.missing[0] if _PLAIN.match(name)] if judgement.missing else []
    if scheme is None or not names:
        return ()
    app, tenant = (_or_blank(client.app, "app-id"), _or_blank(client.tenant, "tenant-id"))
    on_exchange = any(name.startswith(("EWS.", "Exchange.", "full_access_as_app")) for name in names)
    resource = EXCHANGE_APP if on_exchange else GRAPH_APP
    is_role = scheme is Scheme.APPLICATION
    login = _LOGIN_HOSTS.get(client.cloud, _WORLDWIDE)
    return (
        Command("consent", (f"https://{login}/{tenant}/adminconsent?client_id={app}",)),
        Command("Microsoft Graph PowerShell", _powershell(names, app, resource, is_role=is_role)),
        Command("Azure CLI", _azure_cli(names, app, resource, is_role=is_role)),
        Command("Terraform", _terraform(names, app, resource, is_role=is_role)),
    )


def _or_blank(text: str, name: str) -> str:
    return text if _PLAIN.match(text) else f"<{name}>"


def _powershell(names: list[str], app: str, resource: str, *, is_role: bool) -> tuple[str, ...]:
    consent = "AppRoleAssignment.ReadWrite.All" if is_role else "DelegatedPermissionGrant.ReadWrite.All"
    opening = (
        f"Connect-MgGraph -Scopes Application.Read.All,{consent}",
        f"$app = Get-MgServicePrincipal -Filter \"appId eq '{app}'\"",
        f"$api = Get-MgServicePrincipal -Filter \"appId eq '{resource}'\"",
    )
    if not is_role:
        grant = "New-MgOauth2PermissionGrant -ClientId $app.Id -ResourceId $api.Id -ConsentType AllPrincipals"
        return (*opening, f"{grant} -Scope '{' '.join(names)}'")
    grants = (
        "New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -PrincipalId $app.Id -ResourceId $api.Id "
        f"-AppRoleId ($api.AppRoles | Where-Object Value -eq '{name}').Id"
        for name in names
    )
    return (*opening, *grants)


def _azure_cli(names: list[str], app: str, resource: str, *, is_role: bool) -> tuple[str, ...]:
    table, kind = ("appRoles", "Role") if is_role else ("oauth2PermissionScopes", "Scope")
    added = (
        f"az ad app permission add --id {app} --api {resource} --api-permissions "
        f'"$(az ad sp show --id {resource} --query "{table}[?value==\'{name}\'].id" -o tsv)={kind}"'
        for name in names
    )
    return (*added, f"az ad app permission admin-consent --id {app}")


def _terraform(names: list[str], app: str, resource: str, *, is_role: bool) -> tuple[str, ...]:
    opening = (
        f'data "azuread_service_principal" "app" {{ client_id = "{app}" }}',
        f'data "azuread_service_principal" "api" {{ client_id = "{resource}" }}',
    )
    if not is_role:
        listed = ", ".join(f'"{name}"' for name in names)
        return (
            *opening,
            'resource "azuread_service_principal_delegated_permission_grant" "needed" {',
            "  service_principal_object_id          = data.azuread_service_principal.app.object_id",
            "  resource_service_principal_object_id = data.azuread_service_principal.api.object_id",
            f"  claim_values                         = [{listed}]",
            "}",
        )
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        *opening,
        'resource "azuread_app_role_assignment" "needed" {',
        f"  for_each            = toset([{listed}])",
        "  app_role_id         = data.azuread_service_principal.api.app_role_ids[each.key]",
        "  principal_object_id = data.azuread_service_principal.app.object_id",
        "  resource_object_id  = data.azuread_service_principal.api.object_id",
        "}",
    )
