"""Exchange's management roles in small: which cmdlet a role or role group holds, and what the cmdlets return.

Source: Microsoft's table of Admin API endpoints and role groups; the built-in Entra roles Exchange honours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import ACCOUNTS, CONTOSO, GROUPS
from proxy_addons.lab.well_known import (
    COMPLIANCE_ADMINISTRATOR,
    EXCHANGE_ADMINISTRATOR,
    EXCHANGE_RECIPIENT_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
)

if TYPE_CHECKING:
    from proxy_addons.lab.tenant import Tenant

ADMIN_API_CMDLETS: Final = {
    "OrganizationConfig": ("Get-OrganizationConfig",),
    "AcceptedDomain": ("Get-AcceptedDomain",),
    "Mailbox": ("Get-Mailbox", "Set-Mailbox"),
    "MailboxFolderPermission": (
        "Get-MailboxFolderPermission",
        "Add-MailboxFolderPermission",
        "Set-MailboxFolderPermission",
        "Remove-MailboxFolderPermission",
    ),
    "DistributionGroupMember": ("Get-DistributionGroupMember",),
    "DynamicDistributionGroupMember": ("Get-DynamicDistributionGroupMember",),
}
"""Endpoint of `/adminapi/v2.0` -> the cmdlets it takes."""

_VIEW: Final = frozenset({"Get-OrganizationConfig", "Get-AcceptedDomain"})
_RECIPIENTS: Final = frozenset(
    cmdlet
    for endpoint, cmdlets in ADMIN_API_CMDLETS.items()
    if endpoint not in ("OrganizationConfig", "AcceptedDomain")
    for cmdlet in cmdlets
)
_ALL: Final = _VIEW | _RECIPIENTS | {"Get-CASMailbox", "Set-CASMailbox", "Set-OrganizationConfig"}
_COMPLIANCE: Final = frozenset({"Get-ComplianceSearch", "New-ComplianceSearch", "Get-ReportSubmission"})
_HELD: Final = {
    "Organization Management": _ALL,
    "Recipient Management": _RECIPIENTS,
    "View-Only Organization Management": _VIEW,
    GLOBAL_ADMINISTRATOR: _ALL,
    EXCHANGE_ADMINISTRATOR: _ALL,
    EXCHANGE_RECIPIENT_ADMINISTRATOR: _RECIPIENTS,
    GLOBAL_READER: _VIEW,
}
_HELD_IN_COMPLIANCE: Final = {GLOBAL_ADMINISTRATOR: _COMPLIANCE, COMPLIANCE_ADMINISTRATOR: _COMPLIANCE}


def cmdlets_of(wids: frozenset[str], role_groups: tuple[str, ...], *, compliance: bool) -> frozenset[str]:
    """The cmdlets an identity with these directory roles and role groups may call."""
    held = _HELD_IN_COMPLIANCE if compliance else _HELD
    return frozenset().union(*(held.get(role, frozenset()) for role in (*wids, *role_groups)))


def is_compliance(cmdlet: str) -> bool:
    """Whether a cmdlet lives in Security & Compliance and not in Exchange."""
    return cmdlet in _COMPLIANCE


def run(tenant: Tenant, cmdlet: str, parameters: dict[str, object]) -> list[dict[str, object]]:
    """The objects a Get- cmdlet returns; changing cmdlets return nothing, as they do."""
    wanted = str(parameters.get("Identity", "")).lower()
    if cmdlet == "Get-OrganizationConfig":
        switches = tenant.switches
        return [
            {
                "Name": CONTOSO.domains[0],
                "EwsEnabled": switches.ews_enabled,
                "EwsApplicationAccessPolicy": switches.ews_policy or None,
                "EwsAllowList": list(switches.ews_allow_list),
                "EwsBlockList": list(switches.ews_block_list),
            }
        ]
    if cmdlet == "Get-AcceptedDomain":
        return [{"DomainName": domain, "DomainType": "Authoritative"} for domain in CONTOSO.domains]
    if cmdlet in ("Get-Mailbox", "Get-CASMailbox"):
        return [
            {
                "PrimarySmtpAddress": each.address,
                "DisplayName": each.display_name,
                "ExternalDirectoryObjectId": each.object_id,
            }
            for each in ACCOUNTS
            if each.organization == CONTOSO and each.has_mailbox and (not wanted or each.is_called(wanted))
        ]
    if cmdlet == "Get-MailboxFolderPermission":
        return [{"User": "Default", "AccessRights": ["AvailabilityOnly"]}]
    if cmdlet == "Get-DistributionGroupMember":
        return [{"PrimarySmtpAddress": address} for address in GROUPS[0].members]
    return []
