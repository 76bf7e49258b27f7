"""The front door every Exchange Online host shares: token checks, `x-ms-diagnostics`, and the servers' own headers.

Source: Microsoft's document on instrumenting EWS requests (numbers and categories of `x-ms-diagnostics`) and observed
answers. `error` in the challenge says `invalid_token` whatever the category is; that is how Exchange does it.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import AccountKind
from proxy_addons.lab.answers import Answer, TurnedAway
from proxy_addons.lab.switches import names
from proxy_addons.lab.tokens_presented import Caller, FaultyToken, TokenFault, read_bearer
from proxy_addons.lab.well_known import EXCHANGE, Resource

if TYPE_CHECKING:
    from proxy_addons.lab.answers import HeaderFields
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant

_FRONT_END: Final = "AM0PR10CA0042"
_BACK_END: Final = "AM0PR10MB2178"
_FOREST: Final = "EURPRD10.PROD.OUTLOOK.COM"
CONSUMER_DOMAINS: Final = ("outlook.com", "hotmail.com", "live.com", "msn.com")

CHALLENGE: Final = (
    f'Bearer client_id="{EXCHANGE.app_id}", '
    'trusted_issuers="00000001-0000-0000-c000-000000000000@*", '
    'token_types="app_asserted_user_v1 service_asserted_app_v1", '
    'authorization_uri="https://login.windows.net/common/oauth2/authorize"'
)
_REASONS: Final = {
    TokenFault.MALFORMED: (2000001, "OAuth token submitted with the request can not be parsed.", "invalid_token"),
    TokenFault.NOT_YET_VALID: (2000001, "", "invalid_token"),
    TokenFault.EXPIRED: (2000002, "The token has expired.", "token_expired"),
    TokenFault.WRONG_AUDIENCE: (2000003, "The audience claim value is invalid 'aud'.", "invalid_resource"),
    TokenFault.BAD_SIGNATURE: (2000000, "The token has an invalid signature.", "invalid_signature"),
}
NO_PERMISSIONS: Final = (
    2000008,
    "The token contains no permissions, or permissions can not be understood.",
    "invalid_grant",
)
NOT_ENOUGH_SCOPE: Final = (2000008, "The token contains not enough scope to make this call.", "invalid_grant")


def admit(tenant: Tenant, asked: Asked, resource: Resource = EXCHANGE) -> Caller:
    """The caller. Raises `TurnedAway` with the front door's refusal."""
    read = read_bearer(tenant, asked.headers.get("authorization"), resource)
    if isinstance(read, FaultyToken):
        raise TurnedAway(_refuse_token(asked, read))
    if not read.organization.has_exchange:
        raise TurnedAway(diagnosed(asked, 401, _unknown_tenant(read.organization.tenant_id)))
    if names(tenant.switches.disabled_apps, read.app.client_id, read.app.name):
        reason = f"The Application Identifier '{read.app.client_id}' is unknown."
        raise TurnedAway(diagnosed(asked, 401, (2000006, reason, "invalid_client")))
    if not read.roles and not read.scopes:
        raise TurnedAway(diagnosed(asked, 401, NO_PERMISSIONS))
    if read.account is not None and read.account.kind is AccountKind.GUEST:
        reason = "The user specified by the user-context in the token does not exist."
        raise TurnedAway(diagnosed(asked, 401, (2000005, reason, "invalid_user")))
    revoked = tenant.revoked_since(read.identity)
    if revoked is not None and read.issued < revoked and read.handles_claims:
        raise TurnedAway(_claims_challenge(asked, revoked))
    return read


def diagnosed(asked: Asked, status: int, reason: tuple[int, str, str]) -> Answer:
    """A refusal with `x-ms-diagnostics`: number, reason (left out where Exchange has none), category."""
    number, text, category = reason
    said = f'reason="{text}";' if text else ""
    fields = front_end(asked) if status == 401 else back_end(asked, status)  # noqa: PLR2004 - Unauthorized
    return Answer(
        status,
        (
            *fields,
            ("x-ms-diagnostics", f'{number};{said}error_category="{category}"'),
            ("WWW-Authenticate", f'{CHALLENGE}, error="invalid_token"'),
        ),
    )


def front_end(asked: Asked) -> HeaderFields:
    """The header fields of an answer that never reached a mailbox server."""
    return (
        ("Server", "Microsoft-IIS/10.0"),
        ("request-id", asked.request_id),
        *_echoed(asked),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
        ("X-FEServer", _FRONT_END),
        ("X-Powered-By", "ASP.NET"),
        ("X-RUM-Validated", "1"),
        ("MS-CV", f"{asked.request_id.replace('-', '')[:22]}.1"),
    )


def back_end(asked: Asked, status: int) -> HeaderFields:
    """The header fields of a mailbox server's answer, passed on by two front ends."""
    return (
        ("Cache-Control", "private"),
        ("Server", "Microsoft-IIS/10.0"),
        ("request-id", asked.request_id),
        *_echoed(asked),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
        ("X-CalculatedFETarget", f"{_FRONT_END}.internal.outlook.com"),
        ("X-BackEndHttpStatus", str(status)),
        ("X-FEProxyInfo", f"{_FRONT_END}.{_FOREST}"),
        ("X-CalculatedBETarget", f"{_BACK_END}.{_FOREST}"),
        ("X-BackEndHttpStatus", str(status)),
        ("X-RUM-Validated", "1"),
        ("X-Proxy-RoutingCorrectness", "1"),
        ("X-Proxy-BackendServerStatus", str(status)),
        ("X-BeSku", "WCS6"),
        ("X-DiagInfo", _BACK_END),
        ("X-BEServer", _BACK_END),
        ("X-FEServer", _FRONT_END),
        ("X-FEServer", "AM9P193CA0011"),
        ("X-AspNet-Version", "4.0.30319"),
        ("X-Powered-By", "ASP.NET"),
        ("MS-CV", f"{asked.request_id.replace('-', '')[:22]}.1.1"),
    )


def consumer_refusal() -> Answer:
    """What outlook.com answers for a personal mailbox: the edge, not an Exchange server."""
    return Answer(403, (("Server", "Microsoft-HTTPAPI/2.0"), ("X-NanoProxy", "1")))


def is_consumer_address(address: str) -> bool:
    """Whether a mail address is of a personal account."""
    return address.lower().rpartition("@")[2] in CONSUMER_DOMAINS


def claims_value(revoked: int) -> str:
    """The base64 `claims` of a challenge that wants a token not older than a moment."""
    wanted = {"access_token": {"nbf": {"essential": True, "value": str(revoked)}}}
    return base64.b64encode(json.dumps(wanted).encode()).decode()


def _refuse_token(asked: Asked, read: FaultyToken) -> Answer:
    if read.fault is TokenFault.OPAQUE:
        return consumer_refusal()
    if read.fault is TokenFault.MISSING:
        return Answer(401, (*front_end(asked), ("WWW-Authenticate", CHALLENGE)))
    if read.fault is TokenFault.BASIC:
        return Answer(
            401,
            (
                *front_end(asked),
                ("X-BackEndHttpStatus", "401"),
                ("WWW-Authenticate", 'Basic Realm="",Basic Realm=""'),
            ),
        )
    reason = _REASONS.get(read.fault, _unknown_tenant(read.tenant_id))
    return diagnosed(asked, 401, reason)


def _unknown_tenant(tenant_id: str) -> tuple[int, str, str]:
    return (2000004, f"The tenant for tenant guid '{tenant_id}' does not exist.", "invalid_tenant")


def _claims_challenge(asked: Asked, revoked: int) -> Answer:
    challenge = f'{CHALLENGE}, error="insufficient_claims", claims="{claims_value(revoked)}"'
    return Answer(401, (*front_end(asked), ("WWW-Authenticate", challenge)))


def _echoed(asked: Asked) -> HeaderFields:
    """Exchange repeats the client's id only where it was asked to."""
    if asked.headers.get("return-client-request-id", "").lower() != "true":
        return ()
    return (("client-request-id", asked.client_request_id),)
