"""Whether an account may sign in to an application now, and what the token response holds when it may."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import Account, AccountKind, Organization
from proxy_addons.lab.entra_refusals import (
    APP_DISABLED,
    APP_NOT_FOUND,
    BLOCKED,
    CONSENT_REQUIRED,
    DEVICE_NOT_COMPLIANT,
    GRANT_REVOKED,
    MFA_REQUIRED,
    NOT_ASSIGNED,
    SERVICE_PRINCIPAL_MISSING,
    USER_DISABLED,
    USER_ELSEWHERE,
    Refused,
)
from proxy_addons.lab.identifiers import stable_text
from proxy_addons.lab.switches import names
from proxy_addons.lab.tenant import Grant
from proxy_addons.lab.tokens_issued import IssuedToken, TokenRequest, granted, issue, issue_personal
from proxy_addons.lab.well_known import EXCHANGE, GRAPH

if TYPE_CHECKING:
    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.entra_scopes import Target
    from proxy_addons.lab.tenant import Tenant

_SERVICE_NAME: Final = {GRAPH: GRAPH.app_id, EXCHANGE: EXCHANGE.app_id}


@dataclass(frozen=True, slots=True)
class SignIn:
    """A user (or, without `account`, an app) at a tenant, wanting a token for a target."""

    app: AppRegistration
    organization: Organization
    target: Target
    account: Account | None = None
    methods: tuple[str, ...] = ("pwd",)
    handles_claims: bool = False
    can_interact: bool = False
    """Whether a browser is there to answer a prompt: the device and code flows."""
    nonce: str = ""
    """What the id token has to repeat."""


def check_app(tenant: Tenant, app: AppRegistration, organization: Organization, *, app_only: bool) -> None:
    """Raise `Refused` where the app does not live in the tenant, or may not be used."""
    if organization not in app.installed_in:
        if app.multi_tenant and app_only:
            raise Refused(SERVICE_PRINCIPAL_MISSING.about(app=app.client_id, tenant=organization.tenant_id))
        raise Refused(APP_NOT_FOUND.about(app=app.client_id, tenant=organization.display_name))
    if names(tenant.switches.disabled_apps, app.client_id, app.name):
        raise Refused(APP_DISABLED.about(app=app.client_id, name=app.display_name))
    if app_only and names(tenant.switches.blocked_by_conditional_access, app.client_id, app.name):
        raise Refused(BLOCKED)


def check_account(tenant: Tenant, sign_in: SignIn) -> None:
    """Raise `Refused` for the first thing that keeps the user out: tenant, state, assignment, Conditional Access."""
    account, app, switches = sign_in.account, sign_in.app, tenant.switches
    if account is None:
        return
    called = (account.address, account.object_id)
    if account.organization != sign_in.organization:
        provider = "live.com" if account.kind is AccountKind.PERSONAL else account.organization.tenant_id
        raise Refused(
            USER_ELSEWHERE.about(
                account=account.address,
                provider=provider,
                tenant=sign_in.organization.display_name,
                app=app.client_id,
                name=app.display_name,
            )
        )
    if not account.can_sign_in or names(switches.disabled_accounts, *called):
        raise Refused(USER_DISABLED)
    if app.assigned_to is not None and account.address not in app.assigned_to:
        raise Refused(NOT_ASSIGNED.about(app=app.client_id, name=app.display_name, account=account.address))
    if names(switches.blocked_by_conditional_access, *called):
        raise Refused(BLOCKED)
    if names(switches.compliant_device_required_for, *called):
        raise Refused(DEVICE_NOT_COMPLIANT)
    has_proven = "mfa" in sign_in.methods or sign_in.can_interact
    if names(switches.mfa_required_for, *called) and not has_proven:
        service = (
            _SERVICE_NAME.get(sign_in.target.resource, app.client_id) if sign_in.target.resource else app.client_id
        )
        raise Refused(MFA_REQUIRED.about(resource=service))


def check_not_revoked(tenant: Tenant, grant: Grant) -> None:
    """Raise `Refused` for a refresh token older than the revocation of its user's sessions."""
    revoked = tenant.revoked_since(grant.account)
    if revoked is not None and grant.issued < revoked:
        raise Refused(GRANT_REVOKED.about(issued=_moment(grant.issued), valid_from=_moment(revoked)))


def consented_scopes(tenant: Tenant, sign_in: SignIn) -> tuple[str, ...]:
    """The scopes the token will carry. Raises `Refused` (65001) where one was never consented to."""
    app, target = sign_in.app, sign_in.target
    if target.resource is None:
        return target.permissions or ("access_as_user",)
    held = granted(tenant, app, app.delegated.get(target.resource, ()))
    if not held or not set(target.permissions) <= set(held):
        raise Refused(CONSENT_REQUIRED.about(app=app.client_id, name=app.display_name))
    return target.permissions or held


def token_response(tenant: Tenant, sign_in: SignIn, scopes: tuple[str, ...], *, is_v2: bool) -> dict[str, object]:
    """The JSON of a successful token request."""
    issued = _issue(tenant, sign_in, scopes)
    target, account = sign_in.target, sign_in.account
    if not is_v2:
        now = tenant.now
        response: dict[str, object] = {
            "token_type": "Bearer",
            "expires_in": str(issued.expires_in),
            "ext_expires_in": str(issued.expires_in),
            "expires_on": str(now + issued.expires_in),
            "not_before": str(now - 300),
            "resource": target.audience,
        }
    else:
        response = {
            "token_type": "Bearer",
            "expires_in": issued.expires_in,
            "ext_expires_in": issued.expires_in,
        }
    response["access_token"] = issued.value
    if account is None:
        return response
    if is_v2:
        prefix = f"{target.audience.removesuffix('/')}/"
        response["scope"] = " ".join([*(f"{prefix}{each}" for each in scopes), *sorted(target.oidc)])
    if "offline_access" in target.oidc or not is_v2:
        response["refresh_token"] = _refresh_token(tenant, sign_in, account, scopes)
    if "openid" in target.oidc:
        response["id_token"] = _id_token(tenant, sign_in, account)
    response["client_info"] = client_info(account)
    return response


def client_info(account: Account) -> str:
    """Who signed in, in the form MSAL builds its account ids from."""
    content = {"uid": account.object_id, "utid": account.organization.tenant_id}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _issue(tenant: Tenant, sign_in: SignIn, scopes: tuple[str, ...]) -> IssuedToken:
    account = sign_in.account
    if account is not None and account.kind is AccountKind.PERSONAL:
        return issue_personal(tenant, account)
    methods = sign_in.methods
    if account is not None and sign_in.can_interact and names(tenant.switches.mfa_required_for, account.address):
        methods = ("pwd", "mfa")
    request = TokenRequest(
        app=sign_in.app,
        organization=sign_in.organization,
        resource=sign_in.target.resource,
        audience=sign_in.target.audience,
        scopes=scopes,
        account=account,
        handles_claims=sign_in.handles_claims,
        methods=methods,
    )
    return issue(tenant, request)


def _refresh_token(tenant: Tenant, sign_in: SignIn, account: Account, scopes: tuple[str, ...]) -> str:
    value = f"1.AX0A{stable_text(20, 'refresh', account.address)}.{secrets.token_urlsafe(240)}"
    tenant.refresh_tokens[value] = Grant(
        account=account,
        app=sign_in.app,
        resource=sign_in.target.resource,
        scopes=scopes,
        issued=tenant.now,
        methods=("pwd", "mfa") if sign_in.can_interact else sign_in.methods,
        audience=sign_in.target.audience,
    )
    return value


def _id_token(tenant: Tenant, sign_in: SignIn, account: Account) -> str:
    now = tenant.now
    return tenant.signing_key.sign(
        {
            "aud": sign_in.app.client_id,
            "iss": f"https://login.microsoftonline.com/{account.organization.tenant_id}/v2.0",
            "iat": now - 300,
            "nbf": now - 300,
            "exp": now + 3600,
            "name": account.display_name,
            "oid": account.object_id,
            "preferred_username": account.address,
            "sub": stable_text(43, "sub", account.address, sign_in.app.name),
            "tid": account.organization.tenant_id,
            "ver": "2.0",
            **({"nonce": sign_in.nonce} if sign_in.nonce else {}),
        }
    )


def _moment(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
