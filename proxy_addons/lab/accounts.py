"""The people, rooms and groups of Contoso, an invented tenant, and of its neighbour Fabrikam.

Everything is fixed and derived from names, so a test, the demo and a reader of the documentation see the same ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from proxy_addons.lab.identifiers import stable_guid, stable_text
from proxy_addons.lab.well_known import (
    AUTHENTICATION_ADMINISTRATOR,
    CONSUMER_TENANT_ID,
    EXCHANGE_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    SECURITY_READER,
)


@dataclass(frozen=True, slots=True)
class Organization:
    """An Entra tenant. `has_exchange` is False for one that never bought Microsoft 365."""

    tenant_id: str
    display_name: str
    domains: tuple[str, ...]
    has_exchange: bool = True

    def is_called(self, segment: str) -> bool:
        """Whether the tenant segment of an authority URL names this tenant, by id or by any of its domains."""
        return segment.lower() in (self.tenant_id, *self.domains)


CONTOSO: Final = Organization(stable_guid("tenant", "contoso"), "Contoso", ("contoso.onmicrosoft.com", "contoso.com"))
FABRIKAM: Final = Organization(
    stable_guid("tenant", "fabrikam"),
    "Fabrikam",
    ("fabrikam.onmicrosoft.com", "fabrikam.com"),
    has_exchange=False,
)
CONSUMERS: Final = Organization(CONSUMER_TENANT_ID, "Microsoft Accounts", ("consumers",), has_exchange=False)
ORGANIZATIONS: Final = (CONTOSO, FABRIKAM, CONSUMERS)


def find_organization(segment: str) -> Organization | None:
    """The tenant an id or a domain names; `common` and `organizations` name none."""
    return next((known for known in ORGANIZATIONS if known.is_called(segment)), None)


class AccountKind(Enum):
    """What sort of directory object an address is."""

    MEMBER = "member"
    GUEST = "guest"
    ROOM = "room"
    SHARED = "shared"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Account:
    """Someone or something with an address. `directory_roles` are active Entra role template ids.

    `exchange_role_groups` are Exchange's own groups, which no token shows. `delegates` may open the whole mailbox
    (FullAccess); sending as it takes more.
    """

    name: str
    display_name: str
    address: str
    kind: AccountKind = AccountKind.MEMBER
    organization: Organization = CONTOSO
    directory_roles: tuple[str, ...] = ()
    exchange_role_groups: tuple[str, ...] = ()
    has_mailbox: bool = True
    delegates: tuple[str, ...] = ()

    @property
    def object_id(self) -> str:
        """The `oid` claim and the Graph id."""
        return stable_guid("account", self.address)

    @property
    def password(self) -> str:
        """What the password grant accepts; derived, so that no password is written down anywhere."""
        return f"{self.name.capitalize()}-{stable_text(10, 'password', self.address)}!"

    @property
    def can_sign_in(self) -> bool:
        """Rooms and shared mailboxes have a disabled account by design."""
        return self.kind in (AccountKind.MEMBER, AccountKind.GUEST, AccountKind.PERSONAL)

    def is_called(self, wanted: str) -> bool:
        """Whether a principal name, an address (any case) or an object id means this account."""
        return wanted.lower() in (self.address, self.object_id)


ACCOUNTS: Final = (
    Account("adele", "Adele Vance", "adele@contoso.com"),
    Account("alex", "Alex Wilber", "alex@contoso.com"),
    Account(
        "admin",
        "MOD Administrator",
        "admin@contoso.com",
        directory_roles=(GLOBAL_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR),
        exchange_role_groups=("Organization Management",),
    ),
    Account("sasha", "Sasha Ouellet", "sasha@contoso.com", directory_roles=(SECURITY_READER,)),
    Account("henrietta", "Henrietta Mueller", "henrietta@contoso.com", directory_roles=(AUTHENTICATION_ADMINISTRATOR,)),
    Account("rita", "Rita Recipient", "rita@contoso.com", exchange_role_groups=("Recipient Management",)),
    Account("noah", "Noah Unlicensed", "noah@contoso.com", has_mailbox=False),
    Account("boardroom", "Conf Room Baker", "boardroom@contoso.com", kind=AccountKind.ROOM),
    Account("helpdesk", "Helpdesk", "helpdesk@contoso.com", kind=AccountKind.SHARED, delegates=("alex@contoso.com",)),
    Account(
        "gwen",
        "Gwen Guest",
        "gwen_fabrikam.com#ext#@contoso.onmicrosoft.com",
        kind=AccountKind.GUEST,
        has_mailbox=False,
    ),
    Account("fabian", "Fabian Fabrikam", "fabian@fabrikam.com", organization=FABRIKAM, has_mailbox=False),
    Account("personal", "Adele at home", "adele.vance@outlook.com", kind=AccountKind.PERSONAL, organization=CONSUMERS),
)


def find_account(wanted: str) -> Account | None:
    """The account a principal name, address or object id means."""
    return next((account for account in ACCOUNTS if account.is_called(wanted)), None)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of Contoso. `hidden` members take a permission of their own to read (`Member.Read.Hidden`)."""

    name: str
    display_name: str
    members: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def object_id(self) -> str:
        """The Graph id."""
        return stable_guid("group", self.name)


GROUPS: Final = (
    Group("sales", "Sales and Marketing", ("adele@contoso.com", "alex@contoso.com")),
    Group("finance", "Finance", ("rita@contoso.com",), nested=("payroll-board",)),
    Group("payroll-board", "Payroll Board", ("admin@contoso.com",), hidden=True),
)


def find_group(wanted: str) -> Group | None:
    """The group an object id or a short name means."""
    return next((group for group in GROUPS if wanted.lower() in (group.object_id, group.name)), None)
