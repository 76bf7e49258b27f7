"""What the claims of an Entra token mean, in Microsoft's terms.

Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference, /id-token-claims-reference and
/optional-claims-reference; Exchange's own claims as observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEANINGS: Final[Mapping[str, str]] = {
    "acct": "0 for a member of the tenant, 1 for a guest",
    "acrs": "authentication contexts the sign-in satisfied",
    "aio": "Entra's own; opaque",
    "amr": "how the user signed in: pwd, mfa, rsa ...",
    "app_displayname": "name of the application the token was issued to",
    "appid": "application the token was issued to (v1 tokens)",
    "appidacr": "how the application proved itself: 0 not at all, 1 with a secret, 2 with a certificate",
    "aud": "the API the token is for; any other one refuses it",
    "azp": "application the token was issued to (v2 tokens)",
    "azpacr": "how the application proved itself: 0 not at all, 1 with a secret, 2 with a certificate",
    "cnf": "key the token is bound to; it is good for nothing without it",
    "deviceid": "device of the sign-in, for Conditional Access",
    "exp": "end of the token's life",
    "groups": "groups the user is in",
    "hasgroups": "the user is in more groups than the token can list",
    "iat": "when the token was issued",
    "idp": "who authenticated the user, where that is not the issuer",
    "idtyp": "app for an application's own token, user for a user's",
    "in_corp": "the sign-in came from inside the corporate network",
    "ipaddr": "address the user signed in from",
    "iss": "who issued the token",
    "jti": "id of the token",
    "nbf": "start of the token's life",
    "nonce": "ties an ID token to a sign-in",
    "oid": "object id of the user or of the service principal",
    "onprem_sid": "security identifier of the user on-premises",
    "platf": "operating system of the device",
    "preferred_username": "name the user signs in with (v2 tokens); changeable",
    "puid": "Entra's own id of the user",
    "rh": "Entra's own; opaque",
    "roles": "application permissions, or app roles of the user",
    "scp": "delegated permissions: what the application may do for the user",
    "sid": "session of the sign-in",
    "signin_state": "what the sign-in satisfied: known machine, inside the network ...",
    "sub": "who the token is about, different for every application",
    "tenant_region_scope": "region of the tenant",
    "tid": "tenant that issued the token",
    "unique_name": "name of the user (v1 tokens); changeable",
    "upn": "name the user signs in with",
    "uti": "id of the token in Entra's sign-in log",
    "ver": "version of the token's format",
    "wids": "directory roles of the holder, by template id",
    "xms_cc": "what the client can handle; cp1 means claims challenges (CAE)",
    "xms_ssm": "strength of the session's binding",
    "xms_st": "the user's subject towards the API",
    "xms_tcdt": "when the tenant was made",
    "xms_tdbr": "data boundary of the tenant",
}


def meaning_of(claim: str) -> str:
    """What a claim means, in a few words; empty for one Microsoft has not documented."""
    return _MEANINGS.get(claim, "")
