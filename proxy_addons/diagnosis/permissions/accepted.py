"""What an API accepts for a call: one of several permissions, per scheme of authorization, least privileged first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Alternative = tuple[str, ...]
"""Permissions that open a call together; almost always one."""

_TOGETHER = " and "


class Scheme(StrEnum):
    """On whose behalf a call is made: the three columns of Microsoft's permission tables."""

    DELEGATED_WORK = "delegated-work"
    DELEGATED_PERSONAL = "delegated-personal"
    APPLICATION = "application"


SCHEMES: Final = tuple(Scheme)
KIND_WORDS: Final[Mapping[Scheme, str]] = MappingProxyType(
    {
        Scheme.DELEGATED_WORK: "delegated",
        Scheme.DELEGATED_PERSONAL: "delegated, personal account",
        Scheme.APPLICATION: "application",
    }
)
"""Schemes as a sentence names them."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Alternatives per scheme, in the order of `Scheme`.

    An empty column says that the call is not offered in this scheme, None that the table does not speak of it.
    """

    columns: tuple[tuple[Alternative, ...] | None, ...] = (None, None, None)

    def get(self, scheme: Scheme) -> tuple[Alternative, ...] | None:
        """The alternatives of a scheme, None where the table does not speak of it."""
        return self.columns[SCHEMES.index(scheme)]


@dataclass(frozen=True, slots=True)
class Trait:
    """What granting a permission means: privilege level from 1 (least) to 5, None where nobody rated it."""

    level: int | None = None
    admin_consent: bool | None = None


@dataclass(frozen=True, slots=True)
class BeyondToken:
    """What a call needs beside a permission, or takes in place of one, and mostly no token shows.

    `directory_roles` are names of Entra roles and `role_groups` of Exchange's, one of which the caller needs; `rights`
    say what the caller must own; `instead` are grants that open the call without a permission in the token (RBAC for
    Applications, resource-specific consent); `impersonation` tells that an app has to name a mailbox to act as.
    """

    directory_roles: tuple[str, ...] = ()
    role_groups: tuple[str, ...] = ()
    rights: str = ""
    instead: tuple[str, ...] = ()
    impersonation: bool = False


def spelled(alternative: Alternative) -> str:
    """An alternative as a person reads it: `A and B` where both are needed."""
    return _TOGETHER.join(alternative)


def parsed(text: str) -> Alternative:
    """The inverse of `spelled`."""
    return tuple(text.split(_TOGETHER)) if _TOGETHER in text else (text,)
