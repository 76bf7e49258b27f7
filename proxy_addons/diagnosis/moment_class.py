"""Which moments make no difference: two calls whose clocks stand in one class get the same diagnosis.

Of what changes from call to call, a diagnosis reads how old a token was and what the client did before. Rules hold such
numbers against bounds, sentences give them in minutes. So each number has a class: between which bounds of the rule
base it lies, and, where what is told of it cannot be told anew (`retelling`), in which minute. What is no number, or is
told exactly, is its own class.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.condition import COMPARISONS, Not, Test
from proxy_addons.diagnosis.rule import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from proxy_addons.diagnosis.condition import Condition
    from proxy_addons.diagnosis.rule import Rule
    from proxy_addons.evidence.facts import Value

CLOCK: Final = ("token.age", "token.expired_by", "token.early_by", "token.expired_by_recorder")
"""Facts that come from the clock alone: seconds between a moment in the token and the answer."""
AGO: Final = frozenset({"before.token_worked_ago", "before.app_worked_ago"})
REPEATED: Final = "before.refusals_in_a_row"
"""How often the same call was refused right before. Notes tell it; rules have not asked for it so far."""
_MARGIN: Final = 60
_SHORT: Final = 120
"""Up to two minutes a span is told in seconds (`wording.span`)."""
_DAY: Final = 86_400

Moment = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers a rule base holds clocks and counts against. `asked` are all facts its rules ask for or tell.

    `looked_into` are facts of which more is asked than whether they are there. `told_by` names, for each rule whose
    verdict tells spans of time, the facts these come from, each as often as it is told.
    """

    clock: tuple[int, ...]
    ago: tuple[int, ...]
    asked: frozenset[str]
    looked_into: frozenset[str]
    told_by: Mapping[str, Mapping[str, int]]

    def of_clock(self, now: float, moments: Iterable[int | None], *, dated: bool, minutes: bool = True) -> Moment:
        """The class of the moment of an answer, by the moments its token names (issued, begins, expires).

        Without `minutes` only the bounds make a difference.
        """
        second = int(now)
        if not dated:
            # Without a Date the seconds are told as they are.
            return (second,)
        of = _class if minutes else _between
        return (second // _DAY, *(None if one is None else of(second - one, self.clock) for one in moments))

    def of_before(self, readings: Iterable[tuple[str, Value, str]], *, minutes: bool = True) -> Moment:
        """The class of what went before, from the facts about it; `minutes` as above."""
        of = _class if minutes else _between
        return tuple(self._of_reading(name, value, of) for name, value, _ in readings)

    def _of_reading(self, name: str, value: Value, of: Callable[[int, tuple[int, ...]], Moment]) -> Moment:
        if name in AGO and isinstance(value, int):
            return name, of(value, self.ago)
        if name == REPEATED and isinstance(value, int) and name not in self.asked:
            return name, min(value, 1)
        return name, value


def _class(seconds: int, bounds: tuple[int, ...]) -> Moment:
    exact = seconds if abs(seconds) <= _SHORT else None
    return *_between(seconds, bounds), seconds // 60, -seconds // 60, exact


def _between(seconds: int, bounds: tuple[int, ...]) -> Moment:
    return bisect_left(bounds, seconds), bisect_right(bounds, seconds)


def read_bounds(rules: Iterable[Rule]) -> Bounds | None:
    """The bounds of a rule base; None where a rule compares clocks with other facts, so that there are none."""
    clock, ago = {0, _MARGIN, -_MARGIN}, {0}
    asked: set[str] = set()
    looked_into: set[str] = set()
    told_by: dict[str, Mapping[str, int]] = {}
    for rule in rules:
        told = {name for sentence in _sentences(rule) for name in PLACEHOLDER.findall(sentence)}
        asked |= told
        looked_into |= told
        spans = Counter(name for name in PLACEHOLDER.findall(rule.verdict) if name in {*CLOCK, *AGO})
        if spans:
            told_by[rule.id] = spans
        for test in _tests(rule):
            names = {test.fact, str(test.operand)} if test.operator in COMPARISONS else {test.fact}
            asked |= names
            looked_into |= names if test.operator != "present" else set()
            numbers = _numbers(test.operand)
            if test.operator in COMPARISONS and names & {*CLOCK, *AGO}:
                return None
            clock |= {sign * number for number in numbers for sign in (1, -1)} if test.fact in CLOCK else set()
            ago |= numbers if test.fact in AGO else set()
    return Bounds(tuple(sorted(clock)), tuple(sorted(ago)), frozenset(asked), frozenset(looked_into), told_by)


def _sentences(rule: Rule) -> Iterator[str]:
    yield from rule.sentences()
    yield from (objection.because for objection in rule.against)


def _tests(rule: Rule) -> Iterator[Test]:
    for condition in (*(part.when for part in rule.signatures), *(part.when for part in rule.against)):
        yield from _tests_in(condition)


def _tests_in(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from _tests_in(condition.part)
    else:
        for part in condition.parts:
            yield from _tests_in(part)


def _numbers(operand: object) -> set[int]:
    listed = operand if isinstance(operand, tuple) else (operand,)
    return {item for item in listed if type(item) is int}
