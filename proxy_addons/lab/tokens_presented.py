"""Reading a bearer token the way a resource does: in order, and with a named fault for each way it can fail."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import ORGANIZATIONS, Account, Organization, find_account
from proxy_addons.lab.registered_apps import find_app

if TYPE_CHECKING:
    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.tenant import Tenant
    from proxy_addons.lab.well_known import Resource

_SKEW: Final = 300
"""Seconds of clock difference Microsoft's services forgive."""
_JWT_PARTS: Final = 3


class TokenFault(Enum):
    """Why a token was not even looked at for permissions."""

    MISSING = "no bearer token in the request"
    BASIC = "a user name and password"
    MALFORMED = "not three base64url parts with JSON inside"
    OPAQUE = "a personal account's token"
    EXPIRED = "past its end"
    NOT_YET_VALID = "before its start"
    WRONG_AUDIENCE = "for another API"
    BAD_SIGNATURE = "changed after signing, or signed by somebody else"
    UNKNOWN_TENANT = "from a tenant or for an app this service does not know"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a valid token stands for and what it holds."""

    app: AppRegistration
    organization: Organization
    account: Account | None
    """None for an app-only token."""
    scopes: frozenset[str]
    roles: frozenset[str]
    wids: frozenset[str]
    issued: int
    handles_claims: bool

    @property
    def is_app(self) -> bool:
        """Whether no user stands behind the call."""
        return self.account is None

    @property
    def identity(self) -> Account | AppRegistration:
        """The user, or the app where it calls as itself."""
        return self.account or self.app

    @property
    def permissions(self) -> frozenset[str]:
        """App roles of an app-only token, scopes of a user's."""
        return self.roles if self.is_app else self.scopes


@dataclass(frozen=True, slots=True)
class FaultyToken:
    """A token that was refused, with what could still be read from it."""

    fault: TokenFault
    value: str = ""
    tenant_id: str = ""
    audience: str = ""
    account: Account | None = None


def read_bearer(tenant: Tenant, authorization: str | None, resource: Resource) -> Caller | FaultyToken:
    """The caller behind an Authorization header, or the first fault: form, lifetime, audience, signature, tenant."""
    scheme, _, value = (authorization or "").strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        return FaultyToken(TokenFault.BASIC)
    if scheme.lower() != "bearer" or not value:
        return FaultyToken(TokenFault.MISSING)
    if value in tenant.personal_tokens:
        return FaultyToken(TokenFault.OPAQUE, value, account=tenant.personal_tokens[value])
    claims = _claims_of(value)
    if claims is None:
        return FaultyToken(TokenFault.MALFORMED, value)
    return _examined(tenant, value, claims, resource)


def _examined(tenant: Tenant, value: str, claims: dict[str, object], resource: Resource) -> Caller | FaultyToken:
    tenant_id, audience = _text(claims, "tid"), _text(claims, "aud")
    organization = next((each for each in ORGANIZATIONS if each.tenant_id == tenant_id), None)
    app = find_app(_text(claims, "appid") or _text(claims, "azp"))
    fault: TokenFault | None = None
    if tenant.now >= _number(claims, "exp"):
        fault = TokenFault.EXPIRED
    elif tenant.now + _SKEW < _number(claims, "nbf"):
        fault = TokenFault.NOT_YET_VALID
    elif not resource.accepts(audience):
        fault = TokenFault.WRONG_AUDIENCE
    elif not tenant.signing_key.verifies(value):
        fault = TokenFault.BAD_SIGNATURE
    elif organization is None or app is None:
        fault = TokenFault.UNKNOWN_TENANT
    if fault is not None or organization is None or app is None:
        return FaultyToken(fault or TokenFault.UNKNOWN_TENANT, value, tenant_id, audience)
    return Caller(
        app=app,
        organization=organization,
        account=None if claims.get("idtyp") == "app" else find_account(_text(claims, "oid")),
        scopes=frozenset(_text(claims, "scp").split()),
        roles=frozenset(_texts(claims, "roles")),
        wids=frozenset(_texts(claims, "wids")),
        issued=_number(claims, "iat"),
        handles_claims="cp1" in _texts(claims, "xms_cc"),
    )


def _claims_of(token: str) -> dict[str, object] | None:
    """The payload of a JWT, or None where it is none."""
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return None
    try:
        header, payload = (json.loads(base64.urlsafe_b64decode(each + "=" * (-len(each) % 4))) for each in parts[:2])
    except (binascii.Error, ValueError):
        return None
    return payload if isinstance(header, dict) and isinstance(payload, dict) else None


def _text(claims: dict[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _texts(claims: dict[str, object], name: str) -> list[str]:
    value = claims.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _number(claims: dict[str, object], name: str) -> int:
    value = claims.get(name)
    return value if isinstance(value, int) else 0
