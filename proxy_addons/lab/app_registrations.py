"""What an application registered in Entra is: its grants, its credential, and how its tokens may be odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from proxy_addons.lab.accounts import CONTOSO, Organization
from proxy_addons.lab.identifiers import client_secret, stable_guid
from proxy_addons.lab.well_known import Resource

type Grants = Mapping[Resource, tuple[str, ...]]
type Credential = Literal["secret", "expired-secret", "special-secret", "certificate", "none"]
"""How an app proves itself; `special-secret` holds characters a form must encode, `none` is a public client."""


@dataclass(frozen=True, slots=True)
class TokenShape:
    """How an app's tokens differ from sound ones. None leaves a claim as it should be."""

    age: int = 0
    """Seconds since the token was issued; more than the lifetime of about an hour makes it expired, a negative
    number starts it in the future."""
    tenant: str | None = None
    issuer: str | None = None
    """May hold `{tid}`."""
    government: bool = False
    """Audiences of the US government cloud, as a client that asked the wrong cloud would hold."""
    altered: bool = False
    """Whether the payload was changed after signing."""


@dataclass(frozen=True, slots=True)
class AppRegistration:
    """One application: what it may do, how it proves itself, and what is wrong with it."""

    name: str
    purpose: str
    application: Grants = field(default_factory=dict)
    delegated: Grants = field(default_factory=dict)
    unconsented: Grants = field(default_factory=dict)
    """Delegated permissions which are configured, but which nobody consented to (AADSTS65001)."""
    credential: Credential = "secret"
    directory_roles: tuple[str, ...] = ()
    exchange_role_groups: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    """The addresses the app's Exchange role assignment covers; None means all."""
    installed_in: tuple[Organization, ...] = (CONTOSO,)
    multi_tenant: bool = False
    assigned_to: tuple[str, ...] | None = None
    """The addresses which may sign in where assignment is required; None where it is not."""
    redirect_uris: tuple[str, ...] = ()
    token: TokenShape = field(default_factory=TokenShape)

    @property
    def client_id(self) -> str:
        """The `appid` claim."""
        return stable_guid("app", self.name)

    @property
    def object_id(self) -> str:
        """The enterprise application's object id: the `oid` claim of an app-only token."""
        return stable_guid("service-principal", self.name)

    @property
    def display_name(self) -> str:
        """What the portal and the `app_displayname` claim show."""
        return f"Contoso {self.name.replace('-', ' ')}"

    @property
    def is_public(self) -> bool:
        """Whether the app has no credential at all."""
        return self.credential == "none"

    @property
    def secret(self) -> str:
        """The secret's value, also where it has expired; empty for apps without one."""
        if self.credential in ("certificate", "none"):
            return ""
        if self.credential == "special-secret":
            return f"k3+Jw/{client_secret(self.name)[6:]}="
        return client_secret(self.name)

    @property
    def uri(self) -> str:
        """The application ID URI, the audience of tokens meant for the app itself."""
        return f"api://{self.client_id}"
