"""The Exchange Online Admin API (`/adminapi/v2.0`) and the REST surface of Exchange PowerShell (`InvokeCommand`).

Source: Microsoft's Admin API documentation for endpoints and role groups; observed answers for the refusal of a cmdlet.
What the service answers for a token without the permission, or for another tenant's URL, is not documented and was not
observed: the lab answers 403 with an empty body there, and says so here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import CONTOSO, Account, find_account
from proxy_addons.lab.admin_cmdlets import ADMIN_API_CMDLETS, cmdlets_of, is_compliance, run
from proxy_addons.lab.answers import Answer, json_answer
from proxy_addons.lab.app_registrations import AppRegistration
from proxy_addons.lab.exchange_gate import admit, back_end, front_end
from proxy_addons.lab.well_known import (
    APP_MARKER,
    COMPLIANCE,
    COMPLIANCE_ADMINISTRATOR,
    COMPLIANCE_HOST,
    EXCHANGE,
    EXCHANGE_ADMINISTRATOR,
    EXCHANGE_RECIPIENT_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    GUEST_MARKER,
    HELPDESK_ADMINISTRATOR,
    MEMBER_MARKER,
    SECURITY_ADMINISTRATOR,
    SECURITY_READER,
)

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant
    from proxy_addons.lab.tokens_presented import Caller

_PATH: Final = re.compile(r"/adminapi/(?P<version>v2\.0|beta)/(?P<tenant>[^/]+)/(?P<endpoint>\w+)", re.IGNORECASE)
_SUPPORTED_ROLES: Final = frozenset(
    {
        COMPLIANCE_ADMINISTRATOR,
        EXCHANGE_ADMINISTRATOR,
        EXCHANGE_RECIPIENT_ADMINISTRATOR,
        GLOBAL_ADMINISTRATOR,
        GLOBAL_READER,
        HELPDESK_ADMINISTRATOR,
        SECURITY_ADMINISTRATOR,
        SECURITY_READER,
    }
)
_MARKERS: Final = frozenset({APP_MARKER, MEMBER_MARKER, GUEST_MARKER})
_NUL_BODY: Final = b"\0" * 470
"""What Exchange was seen to send for a compliance cmdlet: 470 zero bytes."""


def answer_adminapi(tenant: Tenant, asked: Asked) -> Answer:
    """A request below `/adminapi/`. Raises `TurnedAway` where the token does not pass the front door."""
    match = _PATH.fullmatch(asked.path)
    if match is None:
        return json_answer(404, _error("NotFound", "The resource was not found."), *front_end(asked))
    resource = COMPLIANCE if asked.host == COMPLIANCE_HOST else EXCHANGE
    caller = admit(tenant, asked, resource)
    is_v2 = match["version"].lower() == "v2.0"
    if not CONTOSO.is_called(match["tenant"]) or not _has_permission(caller, is_v2=is_v2, host=asked.host):
        return Answer(403, back_end(asked, 403))
    if asked.method != "POST":
        return json_answer(405, _error("MethodNotAllowed", "Only POST is supported."), *back_end(asked, 405))
    return _command(tenant, asked, caller, match["endpoint"], is_v2=is_v2)


def _command(tenant: Tenant, asked: Asked, caller: Caller, endpoint: str, *, is_v2: bool) -> Answer:
    """Check the cmdlet against the endpoint, the caller's roles and the object's scope, then run it."""
    cmdlet, parameters = _cmdlet(asked)
    if not cmdlet:
        said = "CmdletInput with a CmdletName is required."
        return json_answer(400, _error("BadRequest", said), *back_end(asked, 400))
    known = ADMIN_API_CMDLETS.get(endpoint) if is_v2 else (cmdlet,)
    if known is None or cmdlet not in known or (not is_v2 and endpoint != "InvokeCommand"):
        return json_answer(404, _error("NotFound", "The resource was not found."), *back_end(asked, 404))
    if is_compliance(cmdlet) and asked.host != COMPLIANCE_HOST:
        return Answer(403, (("Content-Type", "application/json"), *back_end(asked, 403)), _NUL_BODY)
    refusal = _role_refusal(tenant, caller, cmdlet, compliance=asked.host == COMPLIANCE_HOST)
    if refusal:
        # v2.0 answers 403 as documented, the beta surface was seen to answer 401.
        status, code = (403, "Forbidden") if is_v2 else (401, "Unauthorized")
        return json_answer(status, _error(code, refusal), *back_end(asked, status))
    wanted = str(parameters.get("Identity", ""))
    if wanted and _out_of_scope(caller, wanted):
        said = (
            "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation couldn't "
            f"be performed because object '{wanted}' couldn't be found on "
            f"'AM0PR10A03DC001.EURPR10A003.PROD.OUTLOOK.COM'."
        )
        return json_answer(404, _error("NotFound", said), *back_end(asked, 404))
    content = {
        "@odata.context": f"https://{asked.host}/adminapi/{asked.path.split('/')[2]}/{CONTOSO.tenant_id}/$metadata",
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": [],
        "value": run(tenant, cmdlet, parameters),
    }
    return json_answer(200, content, *back_end(asked, 200))


def _has_permission(caller: Caller, *, is_v2: bool, host: str) -> bool:
    """Whether the token carries the permission of this generation of the API."""
    if caller.is_app:
        return ("Exchange.ManageAsAppV2" if is_v2 else "Exchange.ManageAsApp") in caller.roles
    if host == COMPLIANCE_HOST:
        return bool(caller.scopes)
    return ("Exchange.ManageV2" if is_v2 else "Exchange.Manage") in caller.scopes


def _role_refusal(tenant: Tenant, caller: Caller, cmdlet: str, *, compliance: bool) -> str:
    """Exchange's text for a caller whose roles do not hold the cmdlet; empty where they do."""
    identity = caller.identity
    is_pending = tenant.has_pending_role(identity)
    groups = () if is_pending else tenant.exchange_role_groups(identity)
    # A role has to stand in the token and still be held: Exchange asks the directory again.
    held = frozenset(tenant.directory_roles(identity)) & caller.wids
    wids = frozenset() if is_pending else held - _MARKERS
    if cmdlet in cmdlets_of(wids, groups, compliance=compliance):
        return ""
    if isinstance(identity, AppRegistration) and wids and not wids & _SUPPORTED_ROLES:
        return f"The role assigned to application {identity.client_id} isn't supported in this scenario."
    if isinstance(identity, AppRegistration) and not wids and not groups and not is_pending:
        return f"The application {identity.client_id} isn't assigned to any management roles."
    return f"User is not allowed to call {cmdlet}"


def _out_of_scope(caller: Caller, wanted: str) -> bool:
    """Whether an object is missing, or hidden by the scope of the role assignment; Exchange answers both alike."""
    account: Account | None = find_account(wanted)
    if account is None or account.organization != CONTOSO:
        return True
    recipients = caller.app.recipients if caller.is_app else None
    return recipients is not None and account.address not in recipients


def _cmdlet(asked: Asked) -> tuple[str, dict[str, object]]:
    given = asked.json.get("CmdletInput")
    if not isinstance(given, dict):
        return "", {}
    parameters = given.get("Parameters")
    return str(given.get("CmdletName", "")), parameters if isinstance(parameters, dict) else {}


def _error(code: str, message: str) -> dict[str, object]:
    return {
        "error": {
            "code": code,
            "message": message,
            "innererror": {
                "message": message,
                "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "stacktrace": "",
            },
        }
    }
