"""What a client was seen to do and which permissions that took: the least set, its proof, and what was not needed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import Trait
from proxy_addons.diagnosis.permissions.cover import least_cover
from proxy_addons.diagnosis.permissions.holding import SIGN_IN_SCOPES
from proxy_addons.diagnosis.permissions.lattice import privilege, reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from proxy_addons.diagnosis.permissions.accepted import Alternative, Scheme
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.permissions.table import Operation

_BROADEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Need:
    """One operation that was seen, how often, and the permissions of the least set that open it."""

    operation: Operation
    calls: int
    opened_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least set for the calls of one scheme. `unsupported` are operations this scheme does not offer at all."""

    scheme: Scheme
    permissions: tuple[str, ...]
    needs: tuple[Need, ...]
    exact: bool = True
    unsupported: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Excess:
    """What a token holds and the calls seen did not need.

    `unused` opened none of them. `replaceable` opened some, all of which `kept`, narrower ones, open too. `reach_of`
    tells of each how many operations it opens in the tables, and `seen` how many different operations were seen.
    """

    scheme: Scheme
    kept: tuple[str, ...]
    unused: tuple[str, ...]
    replaceable: tuple[str, ...]
    reach_of: Mapping[str, int]
    seen: int
    unknown: tuple[str, ...] = ()


def minimum(scheme: Scheme, seen: Mapping[Operation, int], data: PermissionData) -> Minimum:
    """The least set of permissions for operations (with how often each was called) in one scheme."""
    alternatives = {operation: operation.accepted.get(scheme) or () for operation in seen}
    cover = least_cover(alternatives.values(), weigher(scheme, data))
    held = frozenset(cover.permissions)
    needs = tuple(
        Need(operation, seen[operation], _opening(ways, held))
        for operation, ways in sorted(alternatives.items(), key=lambda item: item[0].name)
        if ways
    )
    unsupported = tuple(operation for operation in seen if operation.accepted.get(scheme) == ())
    return Minimum(scheme, cover.permissions, needs, cover.exact, unsupported)


def excess(scheme: Scheme, held: Iterable[str], seen: Iterable[Operation], data: PermissionData) -> Excess:
    """What of a token's permissions the operations seen did not need; sign-in scopes are left out.

    Names no table knows (an app's own roles) are told apart as `unknown`: of them nothing can be said.
    """
    named = tuple(dict.fromkeys(name for name in held if name.casefold() not in SIGN_IN_SCOPES))
    mine = {name.casefold(): name for name in named if data.knows(name)}
    ways = {
        operation: tuple(
            way for way in operation.accepted.get(scheme) or () if all(name.casefold() in mine for name in way)
        )
        for operation in seen
    }
    # The tables' spelling up to here: a token may spell a permission in another case.
    kept = {mine[name.casefold()] for name in least_cover(ways.values(), weigher(scheme, data)).permissions}
    touched = {mine[name.casefold()] for each in ways.values() for way in each for name in way}
    reach_of = {name.casefold(): number for name, number in breadths(scheme, data).items()}
    return Excess(
        scheme,
        tuple(name for name in mine.values() if name in kept),
        tuple(name for name in mine.values() if name not in touched),
        tuple(name for name in mine.values() if name in touched and name not in kept),
        {name: reach_of.get(folded, 0) for folded, name in mine.items()},
        len(ways),
        tuple(name for name in named if name.casefold() not in mine),
    )


def weigher(scheme: Scheme, data: PermissionData) -> Callable[[str], int]:
    """What a permission weighs in one scheme: its privilege level first, then what it does, then how much it opens."""
    broad = breadths(scheme, data)
    levels: dict[str, int] = {}
    for table in reversed((*data.graph, data.exchange)):
        levels |= {name: privilege(kinds.get(scheme, Trait()).level) for name, kinds in table.traits.items()}

    def weight(name: str) -> int:
        level = levels.get(name, privilege(None))
        operation, constraint, _ = reach(name)
        # Four times as much as the level below: see `cover`.
        fine = (operation * 10 + constraint) * _BROADEST + min(broad[name], _BROADEST - 1)
        return (1 << 2 * level) * 100 * _BROADEST + fine

    return weight


def breadths(scheme: Scheme, data: PermissionData) -> Counter[str]:
    """How many operations of the tables each permission opens, alone or with another."""
    tables = (*data.graph[:1], data.exchange)
    return Counter(name for table in tables for operation in table for name in _named(operation, scheme))


def _named(operation: Operation, scheme: Scheme) -> set[str]:
    return {name for way in operation.accepted.get(scheme) or () for name in way}


def _opening(ways: Sequence[Alternative], held: frozenset[str]) -> tuple[str, ...]:
    """The permissions of a set that open a call, each way once."""
    return tuple(dict.fromkeys(name for way in ways if held.issuperset(way) for name in way))
