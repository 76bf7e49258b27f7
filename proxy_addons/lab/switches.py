"""What an administrator of the simulated tenant can change: one frozen value, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it checks a change
from dataclasses import dataclass, field
from typing import Literal

type ListPolicy = Literal["", "EnforceAllowList", "EnforceBlockList"]
type MiddleboxPage = Literal["", "squid", "squid-407", "zscaler", "isa", "cloudflare"]


@dataclass(frozen=True, slots=True)
class Switches:
    """The tenant's settings. Accounts are named by address, applications by client id; matching ignores case."""

    # Exchange Web Services (Set-OrganizationConfig, Set-CASMailbox)
    ews_enabled: bool = True
    ews_disabled_mailboxes: tuple[str, ...] = ()
    """Mailboxes for which EWS alone is refused: EwsEnabled $false, a frontline licence, no mailbox language."""
    ews_policy: ListPolicy = ""
    """EwsApplicationAccessPolicy; governs EWS and Graph mail alike."""
    ews_allow_list: tuple[str, ...] = ()
    """User-Agent patterns with `*`. Enforced while empty, it refuses everybody, as Microsoft documents it."""
    ews_block_list: tuple[str, ...] = ()
    ews_lists_skip_impersonation: bool = False
    """Old builds did not apply the two lists to impersonated calls; what Exchange Online does is not documented."""
    ews_allowed_app_ids: tuple[str, ...] = ()
    """EwsAllowedAppIDs; empty means every application."""
    ews_policy_reason: bool = True
    """Whether a refusal by these settings says so in `X-EWS-Policy-Reason`; older servers left it out."""

    # Reach of applications into mailboxes
    app_access_policy: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """New-ApplicationAccessPolicy -AccessRight RestrictAccess: client id -> the mailboxes it may open."""
    impersonation_scope: tuple[str, ...] | None = None
    """Mailboxes a management scope covers for impersonation; None means all."""

    # Conditional Access and continuous access evaluation
    mfa_required_for: tuple[str, ...] = ()
    """Accounts whose sign-in without a browser ends in AADSTS50076; `*` means everybody."""
    blocked_by_conditional_access: tuple[str, ...] = ()
    """Accounts and applications which get AADSTS53003."""
    compliant_device_required_for: tuple[str, ...] = ()
    """Accounts which get AADSTS53000."""
    sessions_revoked: Mapping[str, int] = field(default_factory=dict)
    """Account or client id -> Unix time: tokens issued before it are challenged (CAE) and refresh tokens are dead."""
    location_blocked: bool = False
    """Graph sees the client outside the allowed named locations and challenges CAE-capable tokens."""

    # Identities and what they hold
    disabled_apps: tuple[str, ...] = ()
    disabled_accounts: tuple[str, ...] = ()
    roles_removed: tuple[str, ...] = ()
    """Accounts and applications that lost every directory role and role group; tokens issued before keep `wids`."""
    roles_pending: tuple[str, ...] = ()
    """Assigned a minute ago: new tokens show the role in `wids`, Exchange does not honour it yet."""
    wids_omitted: tuple[str, ...] = ()
    """Accounts whose tokens carry no `wids`, as with the implicit flow."""
    permissions_removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Client id -> permission names no longer granted; affects new tokens only."""
    refresh_tokens_expired: bool = False

    # Licences
    licence_removed: tuple[str, ...] = ()
    """Accounts without a licence: no mailbox, no Teams."""
    unavailable_services: tuple[Literal["exchange", "sharepoint", "intune", "premium", "defender"], ...] = ()

    # Workload policies
    meeting_policy_missing: bool = True
    """Whether New-CsApplicationAccessPolicy was never run for the calling application."""
    protected_api_approved: bool = False
    """Whether applications may read chats of the whole tenant."""

    # What stands between the client and Microsoft
    middlebox: MiddleboxPage = ""
    middlebox_hosts: tuple[str, ...] = ()
    """Hosts it answers for; empty means every host."""


def names(listed: tuple[str, ...], *identities: str) -> bool:
    """Whether a list of a switch names one of the identities, or everybody (`*`)."""
    wanted = {identity.lower() for identity in identities}
    return any(entry == "*" or entry.lower() in wanted for entry in listed)
