"""The running tenant: its switches, its clock, and the sign-in state Entra has to remember."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter

from proxy_addons.lab.accounts import Account, find_account
from proxy_addons.lab.mail_store import MailStore
from proxy_addons.lab.signing import SigningKey
from proxy_addons.lab.switches import Switches, names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.well_known import Resource

_SWITCHES: Final = TypeAdapter(Switches)


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Grant:
    """Something a client may redeem at the token endpoint: a code, a refresh token, a device code."""

    account: Account
    app: AppRegistration
    resource: Resource | None
    scopes: tuple[str, ...]
    issued: int
    methods: tuple[str, ...] = ("pwd",)
    """How the user signed in: the `amr` of every token that follows."""
    audience: str = ""
    redirect_uri: str = ""
    redeemed: bool = False
    nonce: str = ""
    """Of the authorization request: the id token repeats it (OpenID Connect Core, 3.1.2.1)."""
    code_challenge: str = ""
    """Of the authorization request: whoever redeems the code shows what it was made of (RFC 7636, S256)."""


@dataclass(slots=True)
class DeviceSignIn:
    """A device-code sign-in in progress; `account` is set once somebody entered the user code."""

    app: AppRegistration
    scope: str
    user_code: str
    expires: int
    """Unix time."""
    account: Account | None = None


@dataclass(slots=True)
class Tenant:
    """Contoso as it is right now. Change it from Python with `change`, over HTTP through the control face.

    A handler reads `switches` once and works with that value: it is replaced as a whole, so a change in the middle of a
    request cannot be seen half done, not even from another thread.
    """

    clock: Callable[[], datetime] = wall_clock
    signing_key: SigningKey = field(default_factory=SigningKey.generate)
    switches: Switches = field(default_factory=Switches)
    mail: MailStore = field(default_factory=MailStore)
    codes: dict[str, Grant] = field(default_factory=dict)
    refresh_tokens: dict[str, Grant] = field(default_factory=dict)
    device_sign_ins: dict[str, DeviceSignIn] = field(default_factory=dict)
    client_certificate: bytes = b""
    """PEM of the certificate `certificate-daemon` registered."""
    personal_tokens: dict[str, Account] = field(default_factory=dict)
    """Opaque access tokens of personal accounts. All four grow with the sign-ins of one lab, which are few."""

    @property
    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self.clock().timestamp())

    def change(self, **settings: Any) -> Switches:  # noqa: ANN401 - validated right here, by name and by type
        """Set some switches, keep the others. Raises `ValueError` for an unknown name or a value of the wrong type."""
        return self.change_to(settings)

    def change_to(self, settings: Mapping[str, object]) -> Switches:
        """`change` for settings that come as a mapping."""
        known = {each.name for each in fields(Switches)}
        if unknown := sorted(set(settings) - known):
            raise ValueError(f"no such switch: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        current = {name: getattr(self.switches, name) for name in known}
        self.switches = _SWITCHES.validate_python({**current, **settings})
        return self.switches

    def reset(self) -> Switches:
        """Every switch back to where it was at the start; mail and sign-ins stay."""
        self.switches = replace(Switches())
        return self.switches

    def approve_device(self, user_code: str, address: str) -> None:
        """Enter a device flow's user code as this account. Raises `ValueError` where either is unknown."""
        account = find_account(address)
        if account is None:
            raise ValueError(f"no account {address!r} in the lab")
        for sign_in in self.device_sign_ins.values():
            if sign_in.user_code == user_code:
                sign_in.account = account
                return
        raise ValueError(f"no device sign-in waits for the code {user_code!r}")

    def directory_roles(self, identity: Account | AppRegistration) -> tuple[str, ...]:
        """The role template ids an identity holds now."""
        return () if self._lost_roles(identity) else identity.directory_roles

    def exchange_role_groups(self, identity: Account | AppRegistration) -> tuple[str, ...]:
        """The Exchange role groups an identity is in now."""
        return () if self._lost_roles(identity) else identity.exchange_role_groups

    def has_pending_role(self, identity: Account | AppRegistration) -> bool:
        """Whether its role is so new that Exchange does not know of it."""
        return names(self.switches.roles_pending, *_called(identity))

    def has_licence(self, account: Account) -> bool:
        """Whether the account may use its mailbox and Teams."""
        return account.has_mailbox and not names(self.switches.licence_removed, account.address, account.object_id)

    def revoked_since(self, identity: Account | AppRegistration) -> int | None:
        """Unix time before which issued tokens are revoked, or None."""
        called = _called(identity)
        moments = [at for who, at in self.switches.sessions_revoked.items() if names((who,), *called)]
        return max(moments, default=None)

    def _lost_roles(self, identity: Account | AppRegistration) -> bool:
        return names(self.switches.roles_removed, *_called(identity))


def _called(identity: Account | AppRegistration) -> tuple[str, ...]:
    if isinstance(identity, Account):
        return (identity.address, identity.object_id)
    return (identity.client_id, identity.object_id, identity.name)
