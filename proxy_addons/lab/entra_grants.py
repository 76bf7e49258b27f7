"""The grant types of the token endpoint. Each turns a form into a sign-in, or raises `Refused`."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import Account, Organization, find_account, find_organization
from proxy_addons.lab.entra_discovery import SHARED_AUTHORITIES
from proxy_addons.lab.entra_refusals import (
    ASSERTION_AUDIENCE,
    ASSERTION_INVALID,
    CODE_REDEEMED,
    DEVICE_CODE_EXPIRED,
    DEVICE_CODE_UNKNOWN,
    DEVICE_PENDING,
    GRANT_EXPIRED,
    GRANT_MALFORMED,
    PASSWORD_WRONG,
    REDIRECT_MISMATCH,
    TENANT_NOT_FOUND,
    TENANT_UNNAMED,
    USER_NOT_FOUND,
    VERIFIER_WRONG,
    Refusal,
    Refused,
)
from proxy_addons.lab.entra_scopes import (
    OIDC_SCOPES,
    Target,
    app_scope_target,
    resource_target,
    user_scope_target,
)
from proxy_addons.lab.entra_sign_in import SignIn, check_not_revoked
from proxy_addons.lab.tokens_presented import FaultyToken, TokenFault, read_bearer
from proxy_addons.lab.well_known import Resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.tenant import Grant, Tenant

CLIENT_CREDENTIALS: Final = "client_credentials"
ON_BEHALF_OF: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVICE_CODE: Final = ("urn:ietf:params:oauth:grant-type:device_code", "device_code")
_CODE_LIFETIME: Final = 600


class GrantRequest:
    """One POST to the token endpoint, from a client which has already proven which app it is."""

    def __init__(
        self, tenant: Tenant, app: AppRegistration, segment: str, form: dict[str, str], *, is_v2: bool
    ) -> None:
        self._tenant = tenant
        self._app = app
        self._segment = segment
        self._form = form
        self._is_v2 = is_v2

    def sign_in(self) -> SignIn | None:
        """Who signs in for what; None for a grant type the lab, like Entra, does not know."""
        known: dict[str, Callable[[], SignIn]] = {
            CLIENT_CREDENTIALS: self._client_credentials,
            "password": self._password,
            "refresh_token": self._refresh_token,
            "authorization_code": self._authorization_code,
            ON_BEHALF_OF: self._on_behalf_of,
            **dict.fromkeys(DEVICE_CODE, self._device_code),
        }
        handler = known.get(self._form.get("grant_type", ""))
        return handler() if handler else None

    def _client_credentials(self) -> SignIn:
        organization = named_organization(self._segment)
        if organization is None:
            raise Refused(TENANT_UNNAMED)
        target = (app_scope_target if self._is_v2 else resource_target)(self._form, organization)
        return SignIn(self._app, organization, target, handles_claims=self._handles_claims)

    def _password(self) -> SignIn:
        account = find_account(self._form.get("username", ""))
        organization = self._organization_of(account)
        if account is None:
            raise Refused(USER_NOT_FOUND.about(tenant=organization.tenant_id))
        if self._form.get("password") != account.password:
            raise Refused(PASSWORD_WRONG)
        return self._user(account, organization, self._target(organization))

    def _refresh_token(self) -> SignIn:
        value = self._form.get("refresh_token", "")
        grant = self._tenant.refresh_tokens.get(value)
        if grant is None or grant.app != self._app:
            raise Refused(GRANT_MALFORMED)
        if self._tenant.switches.refresh_tokens_expired:
            raise Refused(GRANT_EXPIRED)
        check_not_revoked(self._tenant, grant)
        return self._redeem(grant)

    def _authorization_code(self) -> SignIn:
        grant = self._tenant.codes.get(self._form.get("code", ""))
        if grant is None or grant.app != self._app:
            raise Refused(GRANT_MALFORMED)
        if grant.redeemed:
            raise Refused(CODE_REDEEMED)
        if self._tenant.now > grant.issued + _CODE_LIFETIME:
            raise Refused(GRANT_EXPIRED)
        sent = self._form.get("redirect_uri", "")
        if sent != grant.redirect_uri:
            raise Refused(REDIRECT_MISMATCH.about(uri=sent, app=self._app.client_id))
        if grant.code_challenge and grant.code_challenge != _challenge(self._form.get("code_verifier", "")):
            raise Refused(VERIFIER_WRONG)
        grant.redeemed = True
        return replace(self._redeem(grant), can_interact=True, nonce=grant.nonce)

    def _on_behalf_of(self) -> SignIn:
        own = Resource(self._app.client_id, self._app.display_name, (self._app.uri,))
        caller = read_bearer(self._tenant, f"Bearer {self._form.get('assertion', '')}", own)
        if isinstance(caller, FaultyToken):
            if caller.fault is TokenFault.WRONG_AUDIENCE:
                facts = {"audience": caller.audience, "app": self._app.client_id, "name": self._app.display_name}
                raise Refused(ASSERTION_AUDIENCE.about(**facts))
            raise Refused(ASSERTION_INVALID)
        if caller.account is None:
            raise Refused(ASSERTION_INVALID)
        return self._user(caller.account, caller.organization, self._target(caller.organization))

    def _device_code(self) -> SignIn:
        pending = self._tenant.device_sign_ins.get(self._form.get("device_code", self._form.get("code", "")))
        if pending is None or pending.app != self._app:
            raise Refused(DEVICE_CODE_UNKNOWN)
        if self._tenant.now > pending.expires:
            raise Refused(DEVICE_CODE_EXPIRED)
        if pending.account is None:
            raise Refused(DEVICE_PENDING)
        organization = self._organization_of(pending.account)
        target = user_scope_target({"scope": pending.scope}, organization)
        return replace(self._user(pending.account, organization, target), can_interact=True)

    def _redeem(self, grant: Grant) -> SignIn:
        """The sign-in of an earlier grant; a new scope in the request replaces the one it was made with."""
        organization = self._organization_of(grant.account)
        asked = set(self._form.get("scope", "").split()) - OIDC_SCOPES
        if asked or "resource" in self._form:
            target = self._target(organization)
        else:
            oidc = frozenset(self._form.get("scope", "").split()) & OIDC_SCOPES
            target = Target(grant.resource, grant.audience, grant.scopes, oidc | {"offline_access"})
        return self._user(grant.account, organization, target, grant.methods)

    def _user(
        self, account: Account, organization: Organization, target: Target, methods: tuple[str, ...] = ("pwd",)
    ) -> SignIn:
        return SignIn(self._app, organization, target, account, methods, self._handles_claims)

    def _target(self, organization: Organization) -> Target:
        return (user_scope_target if self._is_v2 else resource_target)(self._form, organization)

    def _organization_of(self, account: Account | None) -> Organization:
        """The tenant of the URL; at a shared authority the account's own."""
        organization = named_organization(self._segment)
        if organization is not None:
            return organization
        if account is None:
            raise Refused(TENANT_UNNAMED)
        return account.organization

    @property
    def _handles_claims(self) -> bool:
        """Whether the client declared `cp1` inside the `claims` parameter; azure-identity writes it in upper case."""
        try:
            wanted = json.loads(self._form.get("claims", "{}"))["access_token"]["xms_cc"]["values"]
        except (ValueError, KeyError, TypeError):
            return False
        return isinstance(wanted, list) and any(str(each).lower() == "cp1" for each in wanted)


def _challenge(verifier: str) -> str:
    """What a client announces of its verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def named_organization(segment: str) -> Organization | None:
    """The tenant an authority's path segment names; None for the shared ones. Raises `Refused` for an unknown one."""
    organization = find_organization(segment)
    if organization is None and segment.lower() not in SHARED_AUTHORITIES:
        raise Refused(TENANT_NOT_FOUND.about(tenant=segment))
    return organization


def is_interactive(refusal: Refusal, grant_type: str, *, is_v2: bool) -> bool:
    """Whether Entra asks for interaction instead of calling the grant invalid: v1, on-behalf-of and refresh do."""
    return refusal.suberror == "basic_action" and (not is_v2 or grant_type in (ON_BEHALF_OF, "refresh_token"))
