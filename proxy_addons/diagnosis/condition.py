"""Conditions over facts, with three outcomes.

A rule must not fire on what nobody saw, and must not be ruled out by it either. So every test answers match, no match
or unknown, and the words combine as in Kleene's logic: `all` is as weak as its weakest part, `any` as strong as its
strongest, and the opposite of unknown is unknown.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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


Ask = Callable[["Facts"], Outcome]
"""A condition made ready to be asked, once, when its rule is read."""


@dataclass(frozen=True, slots=True)
class Test:
    """One fact against one operand; `operator` is a key of OPERATORS or of COMPARISONS."""

    fact: str
    operator: str
    operand: Operand
    ask: Ask = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the test ready."""
        ask = (lambda facts: _test(self, facts).outcome) if self.operator in COMPARISONS else _held(self)
        object.__setattr__(self, "ask", ask)


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold."""

    parts: tuple[Condition, ...]
    ask: Ask = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the parts ready."""
        object.__setattr__(self, "ask", _until(self.parts, Outcome.NO_MATCH))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must hold."""

    parts: tuple[Condition, ...]
    ask: Ask = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the parts ready."""
        object.__setattr__(self, "ask", _until(self.parts, Outcome.MATCH))


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: Condition
    ask: Ask = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the part ready."""
        asked = self.part.ask
        object.__setattr__(self, "ask", lambda facts: _OPPOSITE[asked(facts)])


Condition = Test | All | AnyOf | Not

_TELLING: Final = ("response.status", "service.surface", "error.aadsts", "diagnostics.number", "error.code")
"""Facts that rule out most rules at once, the most telling first."""
_PATTERNS: Final = frozenset({"matches", "some_match", "none_match"})


def outcome(condition: Condition, facts: Facts) -> Outcome:
    """What a condition says, without the proof: as `evaluate`, for the many rules that have nothing to say.

    It stops at the first part that decides, and asks simple tests before what is made of several.
    """
    return condition.ask(facts)


def _held(test: Test) -> Ask:
    name, holds = test.fact, OPERATORS[test.operator](test.operand)

    def ask(facts: Facts) -> Outcome:
        fact = facts.by_name.get(name) or facts.get(name)
        if fact is None:
            return Outcome.UNKNOWN
        return Outcome.MATCH if holds(fact.value) else Outcome.NO_MATCH

    return ask


def _until(parts: tuple[Condition, ...], decisive: Outcome) -> Ask:
    """Ask the cheapest part first, and no more than it takes."""
    asked, all_else = tuple(part.ask for part in sorted(parts, key=_cost)), _OPPOSITE[decisive]

    def ask(facts: Facts) -> Outcome:
        left = all_else
        for each in asked:
            found = each(facts)
            if found is decisive:
                return found
            if found is Outcome.UNKNOWN:
                left = found
        return left

    return ask


def _cost(part: Condition) -> int:
    if not isinstance(part, Test):
        return len(_TELLING) + 2
    if part.fact in _TELLING:
        return _TELLING.index(part.fact)
    return len(_TELLING) + (part.operator in _PATTERNS)


def evaluate(condition: Condition, facts: Facts) -> Reading:
    """Hold a condition against the facts of one exchange."""
    if isinstance(condition, Test):
        return _test(condition, facts)
    if isinstance(condition, Not):
        inner = evaluate(condition.part, facts)
        return Reading(_OPPOSITE[inner.outcome], inner.facts, inner.missing)
    readings = [evaluate(part, facts) for part in condition.parts]
    return _combine(readings, decided_by=Outcome.NO_MATCH if isinstance(condition, All) else Outcome.MATCH)


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
    if test.operator in COMPARISONS:
        other = facts.get(str(test.operand))
        if other is None:
            return Reading(Outcome.UNKNOWN, (), (str(test.operand),))
        matched = COMPARISONS[test.operator](_folded(fact), _folded(other))
        return Reading(Outcome.MATCH if matched else Outcome.NO_MATCH, (fact, other))
    return Reading(test.ask(facts), (fact,))


def _folded(fact: Fact) -> str | None:
    return None if fact.value is None else str(fact.value).casefold()


COMPARISONS: Final[Mapping[str, Callable[[str | None, str | None], bool]]] = {
    "same_as": lambda one, other: one is not None and one == other,
    "differs_from": lambda one, other: one is not None and other is not None and one != other,
}


Holds = Callable[[object], bool]


def _listed(operand: Operand) -> tuple[object, ...]:
    return operand if isinstance(operand, tuple) else (operand,)


def _texts(operand: Operand) -> frozenset[str]:
    return frozenset(str(item).casefold() for item in _listed(operand))


def _names(value: object) -> set[str]:
    return {str(item).casefold() for item in value} if isinstance(value, tuple) else set()


def _fold(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _is(operand: Operand) -> Holds:
    if isinstance(operand, bool):
        return lambda value: value is operand
    texts, numbers = _texts(operand), frozenset(_listed(operand))

    def holds(value: object) -> bool:
        # A flag is no number, although Python takes True for 1.
        return value.casefold() in texts if isinstance(value, str) else type(value) is int and value in numbers

    return holds


def _not_in(operand: Operand) -> Holds:
    holds = _is(operand)
    return lambda value: not holds(value)


def _on_text(holds: Callable[[str, str], bool]) -> Callable[[Operand], Holds]:
    """A comparison of texts in which case does not matter."""

    def made(operand: Operand) -> Holds:
        wanted = str(operand).casefold()
        return lambda value: isinstance(value, str) and holds(value.casefold(), wanted)

    return made


def _on_day(holds: Callable[[str, str], bool]) -> Callable[[Operand], Holds]:
    def made(operand: Operand) -> Holds:
        return lambda value: isinstance(value, str) and holds(value, str(operand))

    return made


def _on_number(holds: Callable[[int, int], bool]) -> Callable[[Operand], Holds]:
    """A comparison of whole numbers; what is absent is neither more nor less than anything."""

    def made(operand: Operand) -> Holds:
        return lambda value: type(value) is int and type(operand) is int and holds(value, operand)

    return made


def _on_names(holds: Callable[[set[str], frozenset[str]], bool]) -> Callable[[Operand], Holds]:
    """A comparison of sets of names in which case does not matter."""

    def made(operand: Operand) -> Holds:
        wanted = _texts(operand)
        return lambda value: holds(_names(value), wanted)

    return made


def _folds_to(operand: Operand) -> Holds:
    wanted = frozenset(map(_fold, _texts(operand)))
    return lambda value: isinstance(value, str) and _fold(value) in wanted


def _matches(operand: Operand) -> Holds:
    found = _search(operand)
    return lambda value: isinstance(value, str) and found(value)


def _some_match(operand: Operand) -> Holds:
    found = _search(operand)
    return lambda value: isinstance(value, tuple) and any(map(found, value))


def _none_match(operand: Operand) -> Holds:
    some = _some_match(operand)
    return lambda value: not some(value)


def _search(operand: Operand) -> Callable[[str], bool]:
    return lambda text: isinstance(operand, re.Pattern) and operand.search(text) is not None


OPERATORS: Final[Mapping[str, Callable[[Operand], Holds]]] = {
    "is": _is,
    "not_in": _not_in,
    "present": lambda operand: lambda value: (value is not None) is operand,
    "matches": _matches,
    "contains": _on_text(lambda text, wanted: wanted in text),
    "starts_with": _on_text(str.startswith),
    "ends_with": _on_text(str.endswith),
    "folds_to": _folds_to,
    "from": _on_day(operator.ge),
    "before": _on_day(operator.lt),
    "at_least": _on_number(operator.ge),
    "at_most": _on_number(operator.le),
    "above": _on_number(operator.gt),
    "below": _on_number(operator.lt),
    "has": _on_names(lambda names, wanted: bool(names & wanted)),
    "has_any": _on_names(lambda names, wanted: bool(names & wanted)),
    "has_all": _on_names(lambda names, wanted: wanted <= names),
    "lacks": _on_names(lambda names, wanted: not names & wanted),
    "lacks_all": _on_names(lambda names, wanted: not names & wanted),
    "only": _on_names(lambda names, wanted: bool(names) and names <= wanted),
    "empty": lambda operand: lambda value: (not _names(value)) is operand,
    "some_match": _some_match,
    "none_match": _none_match,
}
"""What each word of a test makes of its operand; None is known to be absent, so it equals and contains nothing."""
