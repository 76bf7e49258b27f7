"""Open questions put to Microsoft Graph: what is granted, assigned and enabled, and how the sign-in went.

Everything here is GET. The token's permissions it takes, all read-only: Application.Read.All (the app and its grants),
DelegatedPermissionGrant.Read.All (consents), RoleManagement.Read.Directory (roles), AuditLog.Read.All (sign-ins).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from proxy_addons.diagnosis.answered import Answers
from proxy_addons.entra.outbound import send
from proxy_addons.evidence.exchange import Headers, Request
from proxy_addons.evidence.facts import collect
from proxy_addons.evidence.operation import is_guid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.facts import Facts

READ_ONLY_SCOPES: Final = (
    "Application.Read.All",
    "AuditLog.Read.All",
    "DelegatedPermissionGrant.Read.All",
    "RoleManagement.Read.Directory",
)
_OK: Final = 200
_NOT_FOUND: Final = 404
_PAGES: Final = 20
_EVENTS: Final = (
    "signInEventTypes/any(t: t eq 'servicePrincipal' or t eq 'interactiveUser' or t eq 'nonInteractiveUser')"
)


@dataclass(slots=True)
class Directory:
    """One tenant's directory as a token may read it; `asked` lists the addresses it was asked for, in order."""

    host: str
    token: str = field(repr=False)
    route: Route
    directory_roles: Mapping[str, str]
    asked: list[str] = field(default_factory=list)
    _refused: list[str] = field(default_factory=list)

    def answer(self, exchange: Exchange) -> Answers | None:
        """What the directory says about a refused call; None where its token does not name an application."""
        facts = collect(exchange, self.directory_roles)
        app, resource = facts.text("token.app_id"), _resource(facts)
        if not is_guid(app):
            return None
        self._refused.clear()
        principal = self._one(f"/v1.0/servicePrincipals(appId='{app}')?$select=id,accountEnabled", "the app")
        if principal is None:
            return Answers(refused=tuple(self._refused))
        identifier = principal.get("id")
        if not isinstance(identifier, str):
            return Answers(exists=False, refused=tuple(self._refused))
        enabled = principal.get("accountEnabled")
        return Answers(
            exists=True,
            enabled=enabled if isinstance(enabled, bool) else None,
            granted=self._granted(facts, identifier, resource) if resource else None,
            roles=self._roles(facts.text("token.object_id")),
            sign_in_error=self._sign_in_error(facts.text("token.claim.uti")),
            refused=tuple(self._refused),
        )

    def _granted(self, facts: Facts, principal: str, resource: str) -> tuple[str, ...] | None:
        """App roles of an application's own token, consented scopes of a user's."""
        select = "?$select=id,appRoles"
        api = self._one(f"/v1.0/servicePrincipals(appId='{resource}'){select}", "the API")
        if api is None:
            return None
        if facts.text("token.identity") == "user":
            grants = self._all(f"/v1.0/servicePrincipals/{principal}/oauth2PermissionGrants", "its consents")
            if grants is None:
                return None
            ours = [grant for grant in grants if grant.get("resourceId") == api.get("id")]
            holder = facts.text("token.object_id")
            counting = [each for each in ours if each.get("principalId") in {None, holder}]
            return tuple(dict.fromkeys(scope for each in counting for scope in str(each.get("scope", "")).split()))
        assigned = self._all(f"/v1.0/servicePrincipals/{principal}/appRoleAssignments", "its grants")
        if assigned is None:
            return None
        listed = api.get("appRoles")
        names = {role["id"]: str(role.get("value", "")) for role in listed} if isinstance(listed, list) else {}
        granted = (names.get(each.get("appRoleId")) for each in assigned if each.get("resourceId") == api.get("id"))
        return tuple(dict.fromkeys(name for name in granted if name))

    def _roles(self, holder: str) -> tuple[str, ...] | None:
        if not is_guid(holder):
            return None
        wanted = quote(f"principalId eq '{holder}'")
        assigned = self._all(f"/v1.0/roleManagement/directory/roleAssignments?$filter={wanted}", "its roles")
        if assigned is None:
            return None
        found = (str(each.get("roleDefinitionId", "")).lower() for each in assigned)
        return tuple(dict.fromkeys(self.directory_roles.get(role, role) for role in found))

    def _sign_in_error(self, uti: str) -> int | None:
        """The error of the sign-in that brought the token; None where the log does not, or not yet, hold it."""
        if not uti:
            return None
        wanted = quote(f"uniqueTokenIdentifier eq '{uti}' and {_EVENTS}")
        found = self._all(f"/beta/auditLogs/signIns?$filter={wanted}", "its sign-in")
        status = found[0].get("status") if found else None
        code = status.get("errorCode") if isinstance(status, dict) else None
        return code if isinstance(code, int) else None

    def _one(self, address: str, what: str) -> Mapping[str, object] | None:
        """One object; empty where there is none, None where the directory does not tell."""
        status, content = self._get(f"https://{self.host}{address}")
        if status == _NOT_FOUND:
            return {}
        if status == _OK:
            return content
        self._not_told(what, status)
        return None

    def _all(self, address: str, what: str) -> list[Mapping[str, object]] | None:
        """A collection, page by page."""
        found: list[Mapping[str, object]] = []
        url = f"https://{self.host}{address}"
        for _ in range(_PAGES):
            status, content = self._get(url)
            if status != _OK:
                self._not_told(what, status)
                return None
            page = content.get("value")
            found += [each for each in page if isinstance(each, dict)] if isinstance(page, list) else []
            url = str(content.get("@odata.nextLink", ""))
            if not url.startswith(f"https://{self.host}/"):
                break
        return found

    def _not_told(self, what: str, status: int | None) -> None:
        answer = f"answered {status}" if status else "did not answer"
        self._refused.append(f"The directory was asked about {what} and {answer}.")

    def _get(self, url: str) -> tuple[int | None, Mapping[str, object]]:
        fields = (("Authorization", f"Bearer {self.token}"), ("User-Agent", "why403"), ("Accept", "application/json"))
        self.asked.append(url)
        response = send(Request("GET", url, Headers(fields)), self.route).response
        if response is None:
            return None, {}
        try:
            content = json.loads(response.body.text)
        except ValueError:
            content = None
        return response.status, content if isinstance(content, dict) else {}


def _resource(facts: Facts) -> str:
    """The application id of the API called."""
    return next((name for name in facts.names("service.audiences") if is_guid(name)), "")
