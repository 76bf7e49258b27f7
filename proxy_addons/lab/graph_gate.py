"""Graph's gateway: the token is examined here, before any workload sees the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.lab.answers import TurnedAway
from proxy_addons.lab.exchange_gate import claims_value
from proxy_addons.lab.graph_errors import graph_error
from proxy_addons.lab.switches import names
from proxy_addons.lab.tokens_presented import Caller, FaultyToken, TokenFault, read_bearer
from proxy_addons.lab.well_known import GRAPH

if TYPE_CHECKING:
    from proxy_addons.lab.answers import Answer
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant

_CODE: Final = "InvalidAuthenticationToken"
_PARAMETERS: Final = (
    'realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    f'client_id="{GRAPH.app_id}"'
)
_CHALLENGE: Final = f"Bearer {_PARAMETERS}"
_NO_DOTS: Final = (
    "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE Compact "
    "Serialization Format. (JWS): 'EncodedHeader.EndcodedPayload.EncodedSignature'. (JWE): 'EncodedProtectedHeader."
    "EncodedEncryptedKey.EncodedInitializationVector.EncodedCiphertext.EncodedAuthenticationTag'."
)
_BAD_HEADER: Final = (
    "IDX14102: Unable to decode the header '[PII of type 'System.String' is hidden.]' as Base64Url encoded string."
)
_COMPACT: Final = "CompactToken parsing failed with error code: 80049217"
_MESSAGES: Final = {
    TokenFault.MISSING: "Access token is empty.",
    TokenFault.BASIC: "Access token is empty.",
    TokenFault.EXPIRED: "Lifetime validation failed, the token is expired.",
    TokenFault.NOT_YET_VALID: "Access token has expired or is not yet valid.",
    TokenFault.WRONG_AUDIENCE: "Access token validation failure. Invalid audience.",
    TokenFault.BAD_SIGNATURE: "Access token validation failure. Invalid signature.",
}


def admit_to_graph(tenant: Tenant, asked: Asked) -> Caller | FaultyToken:
    """The caller, or a personal account's token, which only some paths serve.

    Raises `TurnedAway` with the gateway's refusal.
    """
    read = read_bearer(tenant, asked.headers.get("authorization"), GRAPH)
    if isinstance(read, FaultyToken):
        if read.fault is TokenFault.OPAQUE:
            return read
        raise TurnedAway(_refuse_token(tenant, asked, read))
    if names(tenant.switches.disabled_apps, read.app.client_id, read.app.name):
        said = "The identity of the calling application is disabled."
        raise TurnedAway(graph_error(asked, tenant.clock(), 401, "Authorization_IdentityDisabled", said))
    _challenge(tenant, asked, read)
    return read


def _refuse_token(tenant: Tenant, asked: Asked, read: FaultyToken) -> Answer:
    if read.fault is TokenFault.UNKNOWN_TENANT:
        said = "The identity of the calling application could not be established."
        return graph_error(asked, tenant.clock(), 401, "Authorization_IdentityNotFound", said)
    message = _MESSAGES.get(read.fault) or _malformed(read.value)
    return graph_error(asked, tenant.clock(), 401, _CODE, message).having(("WWW-Authenticate", _CHALLENGE))


def _malformed(token: str) -> str:
    """The parser's message: a broken compact ticket, no dots at all, or dots with nonsense between them."""
    if token.startswith("Ew"):
        return _COMPACT
    return _BAD_HEADER if "." in token else _NO_DOTS


def _challenge(tenant: Tenant, asked: Asked, caller: Caller) -> None:
    """The claims challenge of continuous access evaluation; only clients that declared `cp1` ever get one."""
    if not caller.handles_claims:
        return
    revoked = tenant.revoked_since(caller.identity)
    if revoked is not None and caller.issued < revoked:
        raise _challenged(tenant, asked, "TokenIssuedBeforeRevocationTimestamp", revoked)
    if tenant.switches.location_blocked:
        raise _challenged(tenant, asked, "LocationConditionEvaluationSatisfied", tenant.now)


def _challenged(tenant: Tenant, asked: Asked, code: str, not_before: int) -> TurnedAway:
    """Two schemes on one line, as Graph sends them: PoP with its nonce, then Bearer with the claims."""
    said = f"Continuous access evaluation resulted in challenge with result: InteractionRequired and code: {code}"
    challenge = (
        f'PoP {_PARAMETERS}, nonce="ey==", {_CHALLENGE}, error_description="{said}", error="insufficient_claims", '
        f'claims="{claims_value(not_before)}"'
    )
    return TurnedAway(graph_error(asked, tenant.clock(), 401, _CODE, said).having(("WWW-Authenticate", challenge)))
