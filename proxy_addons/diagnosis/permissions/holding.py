"""What a token brings to a call: in which scheme it speaks, and the permissions and directory roles it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import Scheme

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Facts

SIGN_IN_SCOPES: Final = frozenset({"openid", "profile", "email", "offline_access"})
"""Scopes of OpenID Connect: they open no API (learn.microsoft.com/entra/identity-platform/scopes-oidc)."""


@dataclass(frozen=True, slots=True)
class Holding:
    """`scheme` is None where the token does not tell on whose behalf it speaks, or cannot be read.

    `permissions` are those that count in this scheme: scp of a user's token, roles of an app's. A user's token may
    carry roles too; they are the user's within the app and open nothing at Graph.
    """

    scheme: Scheme | None = None
    permissions: tuple[str, ...] = ()
    directory_roles: tuple[str, ...] = ()


def holding_of(facts: Facts) -> Holding:
    """What the token of a call holds. A token nobody can read holds what the service printed, if it printed any.

    A token for another API brings nothing to this one.
    """
    identity = facts.text("token.identity")
    roles = facts.names("token.directory_roles")
    if facts.flag("token.audience_matches") is False:
        return Holding()
    if facts.get("token.permissions") is None:
        return Holding(None, facts.names("error.held_permissions"), roles)
    if identity == "app":
        return Holding(Scheme.APPLICATION, facts.names("token.roles"), roles)
    if identity != "user":
        return Holding(None, facts.names("token.permissions"), roles)
    personal = facts.flag("token.consumer")
    scheme = Scheme.DELEGATED_PERSONAL if personal else Scheme.DELEGATED_WORK
    return Holding(scheme, facts.names("token.scopes"), roles)
