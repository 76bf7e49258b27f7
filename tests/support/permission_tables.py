"""Small permission tables for tests: what a test does not speak about is filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import Accepted, BeyondToken, Scheme, Trait, parsed
from proxy_addons.diagnosis.permissions.permission_data import PermissionData
from proxy_addons.diagnosis.permissions.table import Entry, PermissionTable, TableOrigin, compile_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORK: Final = Scheme.DELEGATED_WORK
PERSONAL: Final = Scheme.DELEGATED_PERSONAL
APP: Final = Scheme.APPLICATION
ORIGIN: Final = TableOrigin("built-in", "permissions/graph", "2026-11-21", "ab" * 32)


def accepted(
    work: Sequence[str] | None = (), app: Sequence[str] | None = (), personal: Sequence[str] | None = ()
) -> Accepted:
    """What is accepted per scheme; `A and B` are needed together."""
    return Accepted(
        tuple(None if column is None else tuple(map(parsed, column)) for column in (work, personal, app)),
    )


def entry(
    name: str,
    work: Sequence[str] | None = ("Mail.Read",),
    app: Sequence[str] | None = ("Mail.Read",),
    *,
    beta: bool = False,
    beyond: BeyondToken | None = None,
) -> Entry:
    """One operation, written `GET /me/messages`."""
    method, _, template = name.partition(" ")
    return Entry(template, method, accepted(work, app), beta, "https://learn.microsoft.com/x", beyond or BeyondToken())


def table(
    *entries: Entry | str,
    traits: Mapping[str, Mapping[Scheme, Trait]] | None = None,
    origin: TableOrigin = ORIGIN,
) -> PermissionTable:
    """A table of these operations."""
    return compile_table([entry(each) if isinstance(each, str) else each for each in entries], traits or {}, origin)


def data(*entries: Entry | str, traits: Mapping[str, Mapping[Scheme, Trait]] | None = None) -> PermissionData:
    """Permission data whose Graph table holds these operations."""
    return PermissionData((table(*entries, traits=traits),))
