"""Hold a rule base against all its examples and the healthy corpus, and say who was taken for whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.examples import hold
from proxy_addons.diagnosis.verdict import UNDETERMINED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proxy_addons.diagnosis.examples import Case, Held
    from proxy_addons.diagnosis.ruleset import Ruleset

NOBODY: Final = "nothing refused"
"""Stands for a leading cause where there is none."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What became of every example, in the order of the files."""

    held: tuple[Held, ...]

    @property
    def proofs(self) -> tuple[Held, ...]:
        """Those a rule must explain."""
        return tuple(each for each in self.held if each.case.must_match)

    @property
    def near_misses(self) -> tuple[Held, ...]:
        """Those a rule must leave alone."""
        return tuple(each for each in self.held if each.case.cause and not each.case.must_match)

    @property
    def healthy(self) -> tuple[Held, ...]:
        """Those no rule may call a failure."""
        return tuple(each for each in self.held if not each.case.cause)

    @property
    def failed(self) -> tuple[Held, ...]:
        """Those that do not prove what they say."""
        return tuple(each for each in self.held if each.problem)

    @property
    def never_leading(self) -> tuple[str, ...]:
        """Rules that lead in none of their own proofs: always beaten, or always one of several."""
        proved = {each.case.cause for each in self.proofs}
        return tuple(sorted(proved - {each.case.cause for each in self.proofs if each.leader == each.case.cause}))

    def look_alikes(self, cause: str) -> tuple[str, ...]:
        """Causes a reader may take for this one: found beside it, or instead of it in one of its near misses."""
        close: set[str] = set()
        for each in self.held:
            if each.case.cause == cause:
                close.update(each.causes if each.case.must_match else each.causes[:1])
        return tuple(sorted(close - {cause, UNDETERMINED}))


def examine(cases: Iterable[Case], ruleset: Ruleset) -> Examination:
    """Hold every example against the rules."""
    return Examination(tuple(hold(case, ruleset) for case in cases))


def leaders(held: Iterable[Held]) -> Counter[tuple[str, str]]:
    """The confusion matrix: how often which cause led (or nothing was refused) in the examples of which cause."""
    return Counter((each.case.cause or "healthy", each.leader or NOBODY) for each in held)


def summary_lines(examination: Examination) -> Iterator[str]:
    """The result for a person: how many hold, and who leads where."""
    groups = (
        ("must be explained", examination.proofs),
        ("must be left alone", examination.near_misses),
        ("healthy", examination.healthy),
    )
    yield f"{'examples':<20}{'all':>6}{'hold':>6}{'fail':>6}"
    for name, held in groups:
        failed = sum(1 for each in held if each.problem)
        yield f"{name:<20}{len(held):>6}{len(held) - failed:>6}{failed:>6}"
    yield ""
    yield from _leading_lines("Who leads where a rule is proved", examination.proofs)
    yield ""
    yield from _leading_lines("Who leads in its near misses", examination.near_misses)
    yield ""
    yield f"{'Rules that never lead':<20}{len(examination.never_leading):>5}"


def _leading_lines(title: str, held: tuple[Held, ...]) -> Iterator[str]:
    yield title
    counted = Counter(map(_place, held))
    for place in ("the rule itself", "the cause it names", "another cause", UNDETERMINED, NOBODY):
        if counted[place] or place == "the rule itself":
            yield f"  {place:<18}{counted[place]:>6}"


def _place(held: Held) -> str:
    """Who leads in an example, in words."""
    if held.leader == held.case.cause:
        return "the rule itself"
    if held.leader and held.leader == held.case.example.top:
        return "the cause it names"
    return held.leader if held.leader == UNDETERMINED else "another cause" if held.leader else NOBODY


def matrix_lines(held: Iterable[Held]) -> Iterator[str]:
    """One line for every cell of the confusion matrix off its diagonal, most frequent first within a cause."""
    found = leaders(held)
    right = {("healthy", NOBODY), *((cause, cause) for cause, _ in found)}
    cells = [(cause, -count, leader) for (cause, leader), count in found.items() if (cause, leader) not in right]
    width = max((len(cause) for cause, _, _ in cells), default=0)
    for cause, count, leader in sorted(cells):
        yield f"  {cause:<{width}}  {-count:>3}  {leader}"
