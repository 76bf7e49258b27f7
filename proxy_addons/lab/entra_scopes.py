"""Which API and which permissions a token request means: `scope` on the v2 endpoint, `resource` on the v1 endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.entra_refusals import (
    PARAMETER_MISSING,
    RESOURCE_NOT_FOUND,
    RESOURCE_PARAMETER,
    SCOPE_INVALID,
    SCOPE_NOT_DEFAULT,
    Refused,
)
from proxy_addons.lab.registered_apps import find_app
from proxy_addons.lab.well_known import GRAPH, RESOURCES, Resource

if TYPE_CHECKING:
    from proxy_addons.lab.accounts import Organization
    from proxy_addons.lab.app_registrations import AppRegistration

OIDC_SCOPES: Final = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT: Final = ".default"


@dataclass(frozen=True, slots=True)
class Target:
    """The API a token is wanted for. `resource` is None for an app's own API; `permissions` is empty for `.default`."""

    resource: Resource | None
    audience: str
    permissions: tuple[str, ...] = ()
    oidc: frozenset[str] = frozenset()


def resource_target(form: dict[str, str], organization: Organization) -> Target:
    """The target of a v1 request. Raises `Refused` where `resource` is missing or unknown in the tenant."""
    wanted = form.get("resource", "")
    if not wanted:
        raise Refused(PARAMETER_MISSING.about(parameter="resource"))
    return Target(*_found(wanted, organization), oidc=frozenset(form.get("scope", "").split()) & OIDC_SCOPES)


def app_scope_target(form: dict[str, str], organization: Organization) -> Target:
    """The target of a v2 client_credentials request: exactly one `<resource>/.default`. Raises `Refused` otherwise."""
    scope = _scope(form)
    audience = scope.removesuffix(DEFAULT)
    if " " in scope.strip() or audience == scope or not audience.endswith("/"):
        raise Refused(SCOPE_NOT_DEFAULT.about(scope=scope))
    return Target(*_found(audience[:-1], organization))


def user_scope_target(form: dict[str, str], organization: Organization) -> Target:
    """The target of a v2 request for a user. Raises `Refused` for a scope that names two APIs or none."""
    scope = _scope(form)
    words = scope.split()
    named = [word.rpartition("/") for word in words if word not in OIDC_SCOPES]
    audiences = {audience or GRAPH.audiences[0] for audience, _, _ in named} or {GRAPH.audiences[0]}
    permissions = [permission for _, _, permission in named]
    is_mixed = DEFAULT in permissions and len(permissions) > 1
    if not words or len(audiences) > 1 or is_mixed or not all(permissions) or "%" in scope:
        raise Refused(SCOPE_INVALID.about(scope=scope))
    chosen = () if permissions == [DEFAULT] else tuple(permissions)
    return Target(*_found(audiences.pop(), organization), chosen, frozenset(words) & OIDC_SCOPES)


def _scope(form: dict[str, str]) -> str:
    if "resource" in form:
        raise Refused(RESOURCE_PARAMETER)
    scope = form.get("scope", "")
    if not scope:
        raise Refused(PARAMETER_MISSING.about(parameter="scope"))
    return scope


def _found(wanted: str, organization: Organization) -> tuple[Resource | None, str]:
    """The resource and the `aud` its tokens will have: spelled as the client asked, as Entra does it."""
    for resource in RESOURCES:
        if resource.accepts(wanted):
            return resource, wanted
    app = own_api(wanted)
    if app is None:
        raise Refused(RESOURCE_NOT_FOUND.about(resource=wanted, tenant=organization.display_name))
    return None, app.client_id


def own_api(wanted: str) -> AppRegistration | None:
    """The registered app an `api://` address or a client id means."""
    return find_app(wanted.removeprefix("api://"))
