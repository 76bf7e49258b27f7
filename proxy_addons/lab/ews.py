"""Exchange Web Services: who is let through to a mailbox, and as whom.

The order is the service's: token, permission, the policies of organization and mailbox (an empty 403, at best with one
of two sentences in `X-EWS-Policy-Reason`), impersonation (a SOAP fault with 500), rights on folders and items (errors
inside a 200).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import Account, find_account
from proxy_addons.lab.answers import Answer, TurnedAway
from proxy_addons.lab.ews_operations import NO_MAILBOX, Operations
from proxy_addons.lab.ews_soap import EwsRequest, UnreadableRequestError, fault, read_request, response
from proxy_addons.lab.exchange_gate import (
    NOT_ENOUGH_SCOPE,
    admit,
    back_end,
    consumer_refusal,
    diagnosed,
    is_consumer_address,
)
from proxy_addons.lab.switches import names

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.switches import Switches
    from proxy_addons.lab.tenant import Tenant
    from proxy_addons.lab.tokens_presented import Caller

_APP_ROLE: Final = "full_access_as_app"
_USER_SCOPES: Final = frozenset({"EWS.AccessAsUser.All", "full_access_as_user"})
_XML: Final = ("Content-Type", "text/xml; charset=utf-8")
_POLICY_REASON: Final = "X-EWS-Policy-Reason"
"""Source: Microsoft, "Control access to EWS in Exchange": exactly the two values below; the second stands for a list of
applications and a list of User-Agents alike."""
_DISABLED: Final = "EWS is disabled for this user or tenant"
_BLOCKED: Final = "EWS is blocked by policy for this user or tenant"
_IMPERSONATION_HEADER: Final = "ErrorInvalidExchangeImpersonationHeaderData"
_IMPERSONATE_DENIED: Final = (
    "ErrorImpersonateUserDenied",
    "The account does not have permission to impersonate the requested user.",
)


def answer_ews(tenant: Tenant, asked: Asked) -> Answer:
    """A request to `/EWS/Exchange.asmx`. Raises `TurnedAway` with whatever the gates refuse."""
    _turn_consumers_away(asked.headers.get("x-anchormailbox", ""))
    caller = admit(tenant, asked)
    if asked.method != "POST":
        return Answer(405, (*back_end(asked, 405), ("Allow", "POST")))
    if not _has_permission(caller):
        return diagnosed(asked, 403, NOT_ENOUGH_SCOPE)
    request = _request(asked)
    mailbox = _mailbox(asked, caller, request)
    _turn_consumers_away(mailbox)
    is_impersonated = request.impersonated is not None
    reason = _policy_reason(tenant.switches, asked, caller, mailbox, is_impersonated=is_impersonated)
    if reason is not None:
        said = ((_POLICY_REASON, reason),) if reason and tenant.switches.ews_policy_reason else ()
        return Answer(403, (*back_end(asked, 403), *said))
    identity = _identity(tenant, asked, caller, request)
    messages = Operations(tenant, identity).messages(request.operation, request.body)
    if messages is None:
        raise _fault(asked, "ErrorInvalidOperation", f"The lab does not simulate the operation {request.operation}.")
    return Answer(200, (_XML, *back_end(asked, 200)), response(request.operation, messages))


def _policy_reason(
    switches: Switches, asked: Asked, caller: Caller, mailbox: str, *, is_impersonated: bool
) -> str | None:
    """Why an administrator's settings keep this client, app or mailbox away from EWS; None where they don't.

    Empty for application access policies: whether Exchange names a reason for those is not documented.
    """
    if not switches.ews_enabled or names(switches.ews_disabled_mailboxes, mailbox):
        return _DISABLED
    if switches.ews_allowed_app_ids and not names(switches.ews_allowed_app_ids, caller.app.client_id):
        return _BLOCKED
    if restricted_by_access_policy(switches, caller, mailbox):
        return ""
    if is_impersonated and switches.ews_lists_skip_impersonation:
        return None
    return _BLOCKED if refused_by_user_agent(switches, asked.headers.get("user-agent", "")) else None


def refused_by_user_agent(switches: Switches, user_agent: str) -> bool:
    """Whether the allow list lacks, or the block list has, the client's User-Agent."""
    listed = switches.ews_allow_list if switches.ews_policy == "EnforceAllowList" else switches.ews_block_list
    matches = any(fnmatchcase(user_agent.lower(), pattern.lower()) for pattern in listed)
    if switches.ews_policy == "EnforceAllowList":
        return not matches
    return switches.ews_policy == "EnforceBlockList" and matches


def restricted_by_access_policy(switches: Switches, caller: Caller, mailbox: str) -> bool:
    """Whether an application access policy limits the app to mailboxes this one is not among."""
    if not caller.is_app:
        return False
    limits = [
        mailboxes
        for who, mailboxes in switches.app_access_policy.items()
        if names((who,), caller.app.client_id, caller.app.name)
    ]
    return any(not names(mailboxes, mailbox) for mailboxes in limits)


def _has_permission(caller: Caller) -> bool:
    return _APP_ROLE in caller.roles if caller.is_app else bool(_USER_SCOPES & caller.scopes)


def _mailbox(asked: Asked, caller: Caller, request: EwsRequest) -> str:
    """The mailbox the call is about: impersonated, anchored, or the user's own."""
    own = caller.account.address if caller.account else ""
    return (request.impersonated or asked.headers.get("x-anchormailbox", "") or own).lower()


def _identity(tenant: Tenant, asked: Asked, caller: Caller, request: EwsRequest) -> Account:
    """Whom the call acts as. Raises `TurnedAway` with a SOAP fault for every way impersonation goes wrong."""
    if caller.account is not None:
        if request.impersonated is not None:
            said = "ExchangeImpersonation SOAP header must not exist for this type of OAuth token."
            raise _fault(asked, _IMPERSONATION_HEADER, said)
        if not caller.account.has_mailbox:
            raise _fault(asked, *NO_MAILBOX)
        return caller.account
    if request.impersonated is None:
        said = "ExchangeImpersonation SOAP header must be present for this type of OAuth token."
        raise _fault(asked, _IMPERSONATION_HEADER, said)
    account = find_account(request.impersonated)
    if account is None or not account.has_mailbox:
        raise _fault(asked, *NO_MAILBOX)
    scope = tenant.switches.impersonation_scope
    if scope is not None and not names(scope, account.address):
        raise _fault(asked, *_IMPERSONATE_DENIED)
    return account


def _request(asked: Asked) -> EwsRequest:
    try:
        return read_request(asked.body)
    except UnreadableRequestError as problem:
        raise _fault(asked, "ErrorSchemaValidation", f"The request failed schema validation: {problem}") from None


def _turn_consumers_away(address: str) -> None:
    if is_consumer_address(address):
        raise TurnedAway(consumer_refusal())


def _fault(asked: Asked, code: str, message: str) -> TurnedAway:
    return TurnedAway(Answer(500, (_XML, *back_end(asked, 500)), fault(code, message)))
