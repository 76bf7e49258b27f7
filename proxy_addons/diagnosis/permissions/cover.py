"""The least set of permissions that opens every call of a list, exactly.

This is the weighted set cover problem, which is hard in general and easy here: most calls are decided by simple
reductions, and what is left falls into small independent parts, each searched by branch and bound. A search that
would take too long is cut off and says so (`exact` is False); the set it then gives still opens every call.

A permission weighs four times as much as one of the next lower privilege level, so that one broad permission never
replaces one narrow one, but replaces a handful of them; equal weights are decided by breadth, then by name.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from proxy_addons.diagnosis.permissions.accepted import Alternative

MOST_STEPS: Final = 200_000
"""Steps one part of the search may take; parts of real APIs take some hundred."""

type Weight = Callable[[str], int]
_Row = frozenset[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Cover:
    """Permissions that open every call, by name; `exact` tells whether no lighter set does."""

    permissions: tuple[str, ...]
    exact: bool = True


def least_cover(calls: Iterable[Sequence[Alternative]], weight: Weight) -> Cover:
    """The lightest set of permissions that holds an alternative of every call; calls nothing opens are left out."""
    rows = {frozenset(map(frozenset, alternatives)) for alternatives in calls if alternatives}
    chosen: set[str] = set()
    exact = True
    for part in _independent(_reduced(rows, weight, chosen)):
        search = _Search(weight)
        best = search.lightest(sorted(part, key=_order))
        chosen |= best
        exact = exact and not search.cut_off
    return Cover(tuple(sorted(chosen)), exact)


def _order(row: _Row) -> tuple[int, list[list[str]]]:
    return len(row), sorted(map(sorted, row))


def _reduced(rows: set[_Row], weight: Weight, chosen: set[str]) -> set[_Row]:
    """Rows that still need a decision; what there is only one way to open goes into `chosen`."""
    while True:
        forced = {name for row in rows if len(row) == 1 for names in row for name in names}
        chosen |= forced
        rest = {row for row in (_without_supersets(row, chosen) for row in rows) if frozenset() not in row}
        slim = _without_dominated(_without_implied(rest), weight)
        if slim == rows:
            return slim
        rows = slim


def _without_supersets(row: _Row, chosen: set[str]) -> _Row:
    """A row with what is chosen already taken off its alternatives, and no alternative that includes another."""
    left = {names - chosen for names in row}
    return frozenset(names for names in left if not any(other < names for other in left))


def _without_implied(rows: set[_Row]) -> set[_Row]:
    """Rows no other row implies: whatever opens a call with fewer alternatives opens the one with more."""
    kept: list[_Row] = []
    for row in sorted(rows, key=_order):
        if not any(other <= row for other in kept):
            kept.append(row)
    return set(kept)


def _without_dominated(rows: set[_Row], weight: Weight) -> set[_Row]:
    """Rows without permissions beside which a lighter one opens all the same calls."""
    opens: dict[str, set[_Row]] = defaultdict(set)
    bound = {name for row in rows for names in row if len(names) > 1 for name in names}
    for row in rows:
        for names in row:
            for name in names - bound:
                opens[name].add(row)
    dominated: set[str] = set()
    for name in sorted(opens):
        rivals = sorted({other for row in opens[name] for names in row for other in names - bound} - {name} - dominated)
        if any(opens[name] <= opens[other] and _lighter(other, name, weight) for other in rivals):
            dominated.add(name)
    return {frozenset(names for names in row if not names & dominated) for row in rows}


def _lighter(one: str, other: str, weight: Weight) -> bool:
    return (weight(one), one) < (weight(other), other)


def _independent(rows: Collection[_Row]) -> list[list[_Row]]:
    """Rows in parts that share no permission, so that each can be searched alone."""
    parts: list[tuple[set[str], list[_Row]]] = []
    for row in sorted(rows, key=_order):
        names, members = {name for each in row for name in each}, [row]
        touching = [part for part in parts if part[0] & names]
        for part in touching:
            names |= part[0]
            members += part[1]
            parts.remove(part)
        parts.append((names, members))
    return [members for _, members in parts]


class _Search:
    """Branch and bound over one part: the row with the fewest ways first, the lightest way first."""

    def __init__(self, weight: Weight) -> None:
        self._weight = weight
        self._best: frozenset[str] = frozenset()
        self._best_weight: int | None = None
        self._steps = 0
        self.cut_off = False

    def lightest(self, rows: list[_Row]) -> frozenset[str]:
        self._try(rows, frozenset(), 0)
        return self._best

    def _try(self, rows: list[_Row], chosen: frozenset[str], weighs: int) -> None:
        open_rows = [row for row in rows if not any(names <= chosen for names in row)]
        if not open_rows:
            if self._best_weight is None or (weighs, sorted(chosen)) < (self._best_weight, sorted(self._best)):
                self._best, self._best_weight = chosen, weighs
            return
        self._steps += 1
        if self._best_weight is not None:
            if weighs + self._at_least(open_rows, chosen) > self._best_weight:
                return
            if self._steps > MOST_STEPS:
                self.cut_off = True
                return
        row = min(open_rows, key=_order)
        for names in sorted(row, key=lambda names: (self._cost(names - chosen), sorted(names))):
            added = names - chosen
            self._try(open_rows, chosen | added, weighs + self._cost(added))

    def _at_least(self, rows: list[_Row], chosen: frozenset[str]) -> int:
        """What rows that share no permission must cost together, whatever is chosen for the others."""
        total, used = 0, set[str]()
        for row in sorted(rows, key=len):
            names = {name for each in row for name in each - chosen}
            if not names & used:
                used |= names
                total += min(self._cost(each - chosen) for each in row)
        return total

    def _cost(self, names: frozenset[str]) -> int:
        return sum(map(self._weight, names))
