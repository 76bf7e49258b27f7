"""The access tokens the lab's Entra hands out, claim for claim in the shapes clients meet.

The resource decides the format, not the endpoint: Graph, Exchange and the other Microsoft APIs get v1 tokens
(`ver` 1.0, `iss` on sts.windows.net), an app's own API gets a v2 token. Source: Entra's access token reference.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import Account, AccountKind, Organization
from proxy_addons.lab.identifiers import stable_guid, stable_text
from proxy_addons.lab.switches import names
from proxy_addons.lab.well_known import APP_MARKER, EXCHANGE, GRAPH, GUEST_MARKER, MEMBER_MARKER, Resource

if TYPE_CHECKING:
    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.tenant import Tenant

_BACKDATED: Final = 300
"""Entra sets `iat` and `nbf` five minutes back, against clocks that run late."""
_LIFETIME: Final = 3599
_CAE_LIFETIME: Final = 86399
"""A client that declares it handles claims challenges (`cp1`) gets a day; the challenge ends it earlier."""
_GOVERNMENT: Final = {GRAPH: "https://graph.microsoft.us", EXCHANGE: "https://outlook.office365.us"}
_CREDENTIAL_STRENGTH: Final = {"none": "0", "certificate": "2"}


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a sign-in came to: for which app, at which tenant, for which audience, as the app or as a user."""

    app: AppRegistration
    organization: Organization
    resource: Resource | None
    """None for the app's own API."""
    audience: str
    scopes: tuple[str, ...] = ()
    account: Account | None = None
    """None makes the token app-only."""
    handles_claims: bool = False
    """Whether the client declared the capability `cp1`."""
    methods: tuple[str, ...] = ("pwd",)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token and the seconds it is good for."""

    value: str
    expires_in: int


def issue(tenant: Tenant, request: TokenRequest) -> IssuedToken:
    """Sign a token. It is exactly as odd as the app's `TokenShape` says."""
    lifetime = _CAE_LIFETIME if request.handles_claims else _LIFETIME
    claims = _claims(tenant, request, lifetime)
    nonce = stable_text(43, "nonce", str(claims["uti"])) if request.resource is GRAPH else ""
    token = tenant.signing_key.sign(claims, nonce)
    if request.app.token.altered:
        token = _altered(token)
    return IssuedToken(token, lifetime)


def issue_personal(tenant: Tenant, account: Account) -> IssuedToken:
    """The opaque token of a personal account: encrypted for Microsoft, unreadable for everybody else."""
    marker = stable_text(86, "compact", account.address, str(tenant.now), str(len(tenant.personal_tokens)))
    value = f"EwBwA8l6BAAU{marker.replace('-', '+').replace('_', '/')}{stable_text(86, 'compact-tail', marker)}Q=="
    tenant.personal_tokens[value] = account
    return IssuedToken(value, _LIFETIME)


def _claims(tenant: Tenant, request: TokenRequest, lifetime: int) -> dict[str, object]:
    shape = request.app.token
    issued = tenant.now - shape.age - _BACKDATED
    tid = shape.tenant or request.organization.tenant_id
    is_v1 = request.resource is not None
    issuer = shape.issuer or (
        "https://sts.windows.net/{tid}/" if is_v1 else "https://login.microsoftonline.com/{tid}/v2.0"
    )
    serial = str(uuid.uuid4())  # no two tokens are alike, not even within a second
    claims: dict[str, object] = {
        "aud": _audience(request),
        "iss": issuer.format(tid=tid),
        "iat": issued,
        "nbf": issued,
        "exp": issued + _BACKDATED + lifetime,
        "aio": f"k2RgY{stable_text(43, 'aio', serial)}==",
        "tid": tid,
        "uti": stable_text(22, "uti", serial),
        "rh": f"1.AX0A{stable_text(40, 'rh', request.app.name)}.",
        "ver": "1.0" if is_v1 else "2.0",
    }
    strength = _CREDENTIAL_STRENGTH.get(request.app.credential, "1")
    if is_v1:
        claims |= {
            "app_displayname": request.app.display_name,
            "appid": request.app.client_id,
            "appidacr": strength,
            "tenant_region_scope": "EU",
            "xms_tcdt": 1_577_836_800,
        }
    else:
        claims |= {"azp": request.app.client_id, "azpacr": strength}
    if request.handles_claims:
        claims["xms_cc"] = ["cp1"]
    account = request.account
    return claims | (_app_claims(tenant, request, tid) if account is None else _user_claims(tenant, request, account))


def _app_claims(tenant: Tenant, request: TokenRequest, tid: str) -> dict[str, object]:
    app = request.app
    claims: dict[str, object] = {
        "idp": f"https://sts.windows.net/{tid}/",
        "idtyp": "app",
        "oid": app.object_id,
        "sub": app.object_id,
        "wids": [*tenant.directory_roles(app), APP_MARKER],
    }
    roles = granted(tenant, app, app.application.get(request.resource, ()) if request.resource else ())
    return claims | ({"roles": list(roles)} if roles else {})


def _user_claims(tenant: Tenant, request: TokenRequest, account: Account) -> dict[str, object]:
    home = account.organization.tenant_id
    is_guest = account.kind is AccountKind.GUEST
    claims: dict[str, object] = {
        "acct": 1 if is_guest else 0,
        "acr": "1",
        "amr": list(request.methods),
        "idtyp": "user",
        "ipaddr": "203.0.113.7",
        "name": account.display_name,
        "oid": account.object_id,
        "platf": "14",
        "puid": f"10032{stable_guid('puid', account.address)[:11].upper().replace('-', '0')}",
        "scp": " ".join(request.scopes),
        "sub": stable_text(43, "sub", account.address, request.app.name),
        "unique_name": account.address,
        "upn": account.address,
    }
    if is_guest:
        claims["idp"] = f"https://sts.windows.net/{home}/"
    if not names(tenant.switches.wids_omitted, account.address, account.object_id):
        claims["wids"] = [*tenant.directory_roles(account), GUEST_MARKER if is_guest else MEMBER_MARKER]
    return claims


def granted(tenant: Tenant, app: AppRegistration, permissions: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the app's permissions nobody took away."""
    removed = tenant.switches.permissions_removed
    lost = {name for who, listed in removed.items() if names((who,), app.client_id, app.name) for name in listed}
    return tuple(each for each in permissions if each not in lost)


def _audience(request: TokenRequest) -> str:
    if request.app.token.government and request.resource in _GOVERNMENT:
        return _GOVERNMENT[request.resource]
    return request.audience


def _altered(token: str) -> str:
    """The token with one more claim in its payload and the signature it had."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    changed = json.dumps({**claims, "roles": ["full_access_as_app", "Mail.ReadWrite"]}, separators=(",", ":"))
    return f"{head}.{base64.urlsafe_b64encode(changed.encode()).decode().rstrip('=')}.{signature}"
