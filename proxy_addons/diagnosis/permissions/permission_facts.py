"""What the permission tables add to the facts of a refused call, under names rules may use.

A list the service printed itself beats any table: `permission.needed` quotes it where there is one. The facts here come
from a table, which has holes and may be old, so no rule built on them alone claims more than `likely`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import KIND_WORDS, SCHEMES, Scheme, spelled
from proxy_addons.diagnosis.permissions.advice import narrower_choice, needs_admin
from proxy_addons.diagnosis.permissions.judged_call import judge_call
from proxy_addons.diagnosis.permissions.lattice import privilege, reach
from proxy_addons.evidence.facts import Fact, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.permissions.table import Operation
    from proxy_addons.diagnosis.permissions.verdict import Judgement
    from proxy_addons.evidence.facts import Value

_APIS: Final = frozenset({"graph", "exchange"})
_NOTHING_NARROWER: Final = "no narrower choice is known for this call"
_CONSENT: Final = MappingProxyType({True: "yes", False: "no", None: "not known"})
_LISTED: Final = 5
"""Permissions a sentence names; the evidence holds all of them."""


def with_permissions(facts: Facts, data: PermissionData) -> Facts:
    """The facts of a call with what the tables say about it; those of other APIs as they are."""
    if facts.text("service.name") not in _APIS:
        return facts
    judgement = judge_call(facts, data)
    added = {name: Fact(name, value, where) for name, value, where in _facts(facts, judgement, data)}
    return Facts(MappingProxyType({**facts.by_name, **added}))


def _facts(facts: Facts, judgement: Judgement, data: PermissionData) -> Iterator[tuple[str, Value, str]]:
    operation, scheme = judgement.operation, judgement.holding.scheme
    table = _table(operation)
    yield "permission.needed", *_needed(facts, judgement)
    yield "permission.narrower", narrower_choice(judgement) or _NOTHING_NARROWER, table
    yield "permission.verdict", judgement.verdict.value, table
    yield "permission.operation", operation.name if operation else None, table
    if scheme is None:
        yield "permission.consent", _CONSENT[None], table
        return
    yield "permission.scheme", scheme.value, "token claims"
    least = _least(facts, judgement, data)
    if least:
        yield "permission.least", least, table
    yield "permission.consent", _CONSENT[needs_admin((least,) if least else (), scheme, data)], table
    if operation is None:
        return
    offered = tuple(each.value for each in SCHEMES if operation.accepted.get(each))
    yield "permission.offered", offered, table
    where = f"{table} against token claims"
    yield "permission.exact", operation.exact, table
    yield "permission.doubted", bool(data.doubts_about(operation, scheme)), "calls seen before"
    yield "permission.accepted", tuple(map(spelled, operation.accepted.get(scheme) or ())), table
    yield "permission.missing", tuple(map(spelled, judgement.missing)), where
    yield "permission.roles", judgement.missing_roles, where


def _least(facts: Facts, judgement: Judgement, data: PermissionData) -> str:
    """The one to ask for: of those the service printed the least privileged, else the table's first; or empty."""
    scheme, printed = judgement.holding.scheme, facts.names("error.required_permissions")
    if scheme is not None and printed:
        held = {name.casefold() for name in judgement.holding.permissions}
        lacking = [name for name in printed if name.casefold() not in held]
        return min(lacking, key=lambda name: (privilege(data.trait(name, scheme).level), reach(name), name), default="")
    return judgement.missing[0][0] if judgement.missing else ""


def _needed(facts: Facts, judgement: Judgement) -> tuple[str, str]:
    printed = facts.names("error.required_permissions")
    if printed:
        return f"one of {_some(printed)} (so the service says)", "response body"
    kind = KIND_WORDS.get(judgement.holding.scheme) if judgement.holding.scheme else _kind_of(facts)
    if judgement.missing:
        told = f"one of {_some(tuple(map(spelled, judgement.missing)))}" if judgement.missing[1:] else ""
        return f"{told or spelled(judgement.missing[0])} ({kind})", _table(judgement.operation)
    return f"another {kind} permission than it has" if kind else "another permission than it has", "response body"


def _kind_of(facts: Facts) -> str:
    words = {"app": KIND_WORDS[Scheme.APPLICATION], "user": KIND_WORDS[Scheme.DELEGATED_WORK]}
    return words.get(facts.text("token.identity"), "")


def _some(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _table(operation: Operation | None) -> str:
    """Where it was seen: the table by name and day, so that nobody takes it for something the service said."""
    return f"{operation.origin.name} permission table of {operation.origin.day}" if operation else "permission tables"
