"""Conditions over facts, with three outcomes.

A rule must not fire on what nobody saw, and must not be ruled out by it either. So every test answers match, no match
or unknown, and the words combine as in Kleene's logic: `all` is as weak as its weakest part, `any` as strong as its
strongest, and the opposite of unknown is unknown.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy_addons.evidence.facts import Fact, Facts


class Outcome(Enum):
    """What a condition says about one exchange."""

    MATCH = "match"
    NO_MATCH = "no match"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Reading:
    """An outcome with its proof: the facts that carry it, and those that would have been needed."""

    outcome: Outcome
    facts: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()


Operand = str | int | bool | tuple[str, ...] | tuple[int, ...] | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Test:
    """One fact against one operand; `operator` is a key of OPERATORS."""

    fact: str
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold. `quick_first` are the same parts in the order in which they are cheapest to ask."""

    parts: tuple[Condition, ...]
    quick_first: tuple[Condition, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bring the parts in order once, when the rule is read."""
        object.__setattr__(self, "quick_first", _quick_first(self.parts))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must hold. `quick_first` as in All."""

    parts: tuple[Condition, ...]
    quick_first: tuple[Condition, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bring the parts in order once, when the rule is read."""
        object.__setattr__(self, "quick_first", _quick_first(self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: Condition


Condition = Test | All | AnyOf | Not

_TELLING: Final = ("response.status", "service.surface", "error.aadsts", "diagnostics.number", "error.code")
"""Facts that rule out most rules at once, the most telling first."""
_PATTERNS: Final = frozenset({"matches", "some_match", "none_match"})


def _quick_first(parts: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return tuple(sorted(parts, key=_cost))


def _cost(part: Condition) -> int:
    if not isinstance(part, Test):
        return len(_TELLING) + 2
    if part.fact in _TELLING:
        return _TELLING.index(part.fact)
    return len(_TELLING) + (part.operator in _PATTERNS)


def outcome(condition: Condition, facts: Facts) -> Outcome:
    """What a condition says, without the proof: as `evaluate`, for the many rules that have nothing to say.

    It stops at the first part that decides, and asks simple tests before what is made of several.
    """
    if isinstance(condition, Test):
        return _outcome_of_test(condition, facts)
    if isinstance(condition, Not):
        return _OPPOSITE[outcome(condition.part, facts)]
    decisive, left = _NO_MATCH_DECIDES if isinstance(condition, All) else _MATCH_DECIDES
    for part in condition.quick_first:
        found = _outcome_of_test(part, facts) if isinstance(part, Test) else outcome(part, facts)
        if found is decisive:
            return found
        if found is Outcome.UNKNOWN:
            left = found
    return left


def _outcome_of_test(test: Test, facts: Facts) -> Outcome:
    fact = facts.by_name.get(test.fact) or facts.get(test.fact)
    if fact is None:
        return Outcome.UNKNOWN
    holds = OPERATORS.get(test.operator)
    if holds is None:
        return _test(test, facts).outcome
    return Outcome.MATCH if holds(fact.value, test.operand) else Outcome.NO_MATCH


def evaluate(condition: Condition, facts: Facts) -> Reading:
    """Hold a condition against the facts of one exchange."""
    if isinstance(condition, Test):
        return _test(condition, facts)
    if isinstance(condition, Not):
        inner = evaluate(condition.part, facts)
        return Reading(_OPPOSITE[inner.outcome], inner.facts, inner.missing)
    readings = [evaluate(part, facts) for part in condition.parts]
    return _combine(readings, decided_by=Outcome.NO_MATCH if isinstance(condition, All) else Outcome.MATCH)


_NO_MATCH_DECIDES: Final = (Outcome.NO_MATCH, Outcome.MATCH)
_MATCH_DECIDES: Final = (Outcome.MATCH, Outcome.NO_MATCH)
_OPPOSITE: Final = {
    Outcome.MATCH: Outcome.NO_MATCH,
    Outcome.NO_MATCH: Outcome.MATCH,
    Outcome.UNKNOWN: Outcome.UNKNOWN,
}


def _combine(readings: list[Reading], *, decided_by: Outcome) -> Reading:
    """Kleene's conjunction (a no match decides) or disjunction (a match decides), with the facts that carry it."""
    deciding = [reading for reading in readings if reading.outcome is decided_by]
    unknown = [reading for reading in readings if reading.outcome is Outcome.UNKNOWN]
    if deciding:
        carrying, outcome = deciding, decided_by
    elif unknown:
        carrying = [reading for reading in readings if reading.outcome is not Outcome.UNKNOWN]
        outcome = Outcome.UNKNOWN
    else:
        carrying, outcome = readings, _OPPOSITE[decided_by]
    return Reading(
        outcome,
        tuple(dict.fromkeys(fact for reading in carrying for fact in reading.facts)),
        tuple(dict.fromkeys(name for reading in unknown for name in reading.missing)) if not deciding else (),
    )


def _test(test: Test, facts: Facts) -> Reading:
    fact = facts.get(test.fact)
    if fact is None:
        return Reading(Outcome.UNKNOWN, (), (test.fact,))
    if test.operator in _COMPARISONS:
        other = facts.get(str(test.operand))
        if other is None:
            return Reading(Outcome.UNKNOWN, (), (str(test.operand),))
        matched = _COMPARISONS[test.operator](_folded(fact), _folded(other))
        return Reading(Outcome.MATCH if matched else Outcome.NO_MATCH, (fact, other))
    matched = OPERATORS[test.operator](fact.value, test.operand)
    return Reading(Outcome.MATCH if matched else Outcome.NO_MATCH, (fact,))


def _folded(fact: Fact) -> str | None:
    return None if fact.value is None else str(fact.value).casefold()


_COMPARISONS: Final[Mapping[str, Callable[[str | None, str | None], bool]]] = {
    "same_as": lambda one, other: one is not None and one == other,
    "differs_from": lambda one, other: one is not None and other is not None and one != other,
}


@lru_cache(maxsize=8192, typed=True)
def _texts(operand: Operand) -> frozenset[str]:
    listed = operand if isinstance(operand, tuple) else (operand,)
    return frozenset(str(item).casefold() for item in listed)


@lru_cache(maxsize=1024, typed=True)
def _folds(operand: Operand) -> frozenset[str]:
    return frozenset(map(_fold, _texts(operand)))


def _names(value: object) -> set[str]:
    return {str(item).casefold() for item in value} if isinstance(value, tuple) else set()


def _text(value: object) -> str | None:
    return value.casefold() if isinstance(value, str) else None


def _fold(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _is(value: object, operand: Operand) -> bool:
    if isinstance(operand, bool) or isinstance(value, bool):
        return value is operand
    if isinstance(value, int):
        return value in operand if isinstance(operand, tuple) else value == operand
    text = _text(value)
    return text is not None and text in _texts(operand)


def _compared(value: object, operand: Operand, holds: Callable[[int, int], bool]) -> bool:
    """A comparison of whole numbers; what is absent is neither more nor less than anything."""
    return type(value) is int and type(operand) is int and holds(value, operand)


def _found(pattern: Operand, text: str) -> bool:
    return isinstance(pattern, re.Pattern) and pattern.search(text) is not None


def _listed(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


OPERATORS: Final[Mapping[str, Callable[[object, Operand], bool]]] = {
    "is": _is,
    "not_in": lambda value, operand: not _is(value, operand),
    "present": lambda value, operand: (value is not None) is operand,
    "matches": lambda value, operand: isinstance(value, str) and _found(operand, value),
    "contains": lambda value, operand: (text := _text(value)) is not None and str(operand).casefold() in text,
    "starts_with": lambda value, operand: (
        (text := _text(value)) is not None and text.startswith(str(operand).casefold())
    ),
    "ends_with": lambda value, operand: (text := _text(value)) is not None and text.endswith(str(operand).casefold()),
    "folds_to": lambda value, operand: isinstance(value, str) and _fold(value) in _folds(operand),
    "from": lambda value, operand: isinstance(value, str) and value >= str(operand),
    "before": lambda value, operand: isinstance(value, str) and value < str(operand),
    "at_least": lambda value, operand: _compared(value, operand, operator.ge),
    "at_most": lambda value, operand: _compared(value, operand, operator.le),
    "above": lambda value, operand: _compared(value, operand, operator.gt),
    "below": lambda value, operand: _compared(value, operand, operator.lt),
    "has": lambda value, operand: bool(_texts(operand) & _names(value)),
    "has_any": lambda value, operand: bool(_texts(operand) & _names(value)),
    "has_all": lambda value, operand: _texts(operand) <= _names(value),
    "lacks": lambda value, operand: not _texts(operand) & _names(value),
    "lacks_all": lambda value, operand: not _texts(operand) & _names(value),
    "only": lambda value, operand: bool(_names(value)) and _names(value) <= _texts(operand),
    "empty": lambda value, operand: (not _names(value)) is operand,
    "some_match": lambda value, operand: any(_found(operand, name) for name in _listed(value)),
    "none_match": lambda value, operand: not any(_found(operand, name) for name in _listed(value)),
}
"""What each word of a test means; a value of None is known to be absent, so it equals and contains nothing."""
