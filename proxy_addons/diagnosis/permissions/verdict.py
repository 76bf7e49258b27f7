"""Would this token open this call? One operation held against one holding, by the table alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.accepted import Alternative
    from proxy_addons.diagnosis.permissions.holding import Holding
    from proxy_addons.diagnosis.permissions.table import Operation


class Verdict(StrEnum):
    """What the table says; it is never proof, because tables have holes and tenants have policies."""

    GRANTED = "granted"
    MISSING = "missing"
    UNSUPPORTED_SCHEME = "unsupported-scheme"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with what carries it. `missing` are the ways to close the gap, least first: one of them is enough.

    `missing_roles` are directory roles, one of which the call needs and none of which the token shows. A token does not
    show Exchange's own role groups, so this alone is no gap.
    """

    operation: Operation | None
    holding: Holding
    verdict: Verdict
    missing: tuple[Alternative, ...] = ()
    missing_roles: tuple[str, ...] = ()


def judge(operation: Operation | None, holding: Holding) -> Judgement:
    """Hold what a token brings against what a call takes; without either, or without a column for it, unknown."""
    accepted = operation.accepted.get(holding.scheme) if operation and holding.scheme else None
    if operation is None or accepted is None:
        return Judgement(operation, holding, Verdict.UNKNOWN)
    if not accepted:
        return Judgement(operation, holding, Verdict.UNSUPPORTED_SCHEME)
    held = {name.casefold() for name in holding.permissions}
    gaps = tuple(tuple(name for name in names if name.casefold() not in held) for names in accepted)
    if () not in gaps:
        return Judgement(operation, holding, Verdict.MISSING, tuple(dict.fromkeys(gaps)))
    roles = operation.beyond.directory_roles
    if roles and not set(roles) & set(holding.directory_roles):
        return Judgement(operation, holding, Verdict.UNKNOWN, missing_roles=roles)
    return Judgement(operation, holding, Verdict.GRANTED)
