"""The laws of three-valued logic, for every condition and whatever is known."""

from __future__ import annotations

from types import MappingProxyType

from hypothesis import given, strategies as st

from proxy_addons.diagnosis.condition import All, AnyOf, Condition, Not, Outcome, Test as Check, evaluate, outcome
from proxy_addons.evidence.facts import Fact, Facts

NAMES = ("a.a", "a.b", "a.c")
TESTS = st.builds(Check, st.sampled_from(NAMES), st.just("is"), st.booleans())


def _parts(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[tuple[Condition, ...]]:
    return st.lists(inner, min_size=1, max_size=3).map(tuple)


def _combined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.one_of(st.builds(Not, inner), st.builds(All, _parts(inner)), st.builds(AnyOf, _parts(inner)))


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(TESTS, _combined)
FACTS = st.dictionaries(st.sampled_from(NAMES), st.booleans()).map(
    lambda known: Facts(MappingProxyType({name: Fact(name, value, "wire") for name, value in known.items()}))
)


def _outcome(condition: Condition, facts: Facts) -> Outcome:
    return evaluate(condition, facts).outcome


@given(CONDITIONS, FACTS)
def test_the_opposite_of_the_opposite_is_the_thing_itself(condition: Condition, facts: Facts) -> None:
    assert _outcome(Not(Not(condition)), facts) is _outcome(condition, facts)


@given(CONDITIONS, CONDITIONS, FACTS)
def test_not_both_is_either_not(one: Condition, other: Condition, facts: Facts) -> None:
    assert _outcome(Not(All((one, other))), facts) is _outcome(AnyOf((Not(one), Not(other))), facts)


@given(CONDITIONS, CONDITIONS, FACTS)
def test_the_order_of_parts_does_not_matter(one: Condition, other: Condition, facts: Facts) -> None:
    assert _outcome(All((one, other)), facts) is _outcome(All((other, one)), facts)
    assert _outcome(AnyOf((one, other)), facts) is _outcome(AnyOf((other, one)), facts)


@given(CONDITIONS, CONDITIONS, CONDITIONS, FACTS)
def test_nesting_does_not_matter(one: Condition, other: Condition, third: Condition, facts: Facts) -> None:
    assert _outcome(All((one, All((other, third)))), facts) is _outcome(All((one, other, third)), facts)


@given(CONDITIONS, CONDITIONS, CONDITIONS, FACTS)
def test_a_condition_common_to_all_choices_can_be_asked_first(
    one: Condition, other: Condition, third: Condition, facts: Facts
) -> None:
    common = AnyOf((All((one, other)), All((one, third))))
    assert _outcome(All((one, AnyOf((other, third)))), facts) is _outcome(common, facts)


@given(CONDITIONS, FACTS, FACTS)
def test_learning_more_never_turns_a_match_into_a_miss(condition: Condition, facts: Facts, learnt: Facts) -> None:
    more = Facts(MappingProxyType({**learnt.by_name, **facts.by_name}))
    before = _outcome(condition, facts)
    assert before is Outcome.UNKNOWN or _outcome(condition, more) is before


@given(CONDITIONS, FACTS)
def test_only_what_cannot_be_told_misses_a_fact(condition: Condition, facts: Facts) -> None:
    reading = evaluate(condition, facts)
    assert bool(reading.missing) is (reading.outcome is Outcome.UNKNOWN)


@given(CONDITIONS, FACTS)
def test_every_decision_is_carried_by_a_fact(condition: Condition, facts: Facts) -> None:
    reading = evaluate(condition, facts)
    assert reading.facts or reading.outcome is Outcome.UNKNOWN


@given(CONDITIONS, FACTS)
def test_the_short_way_comes_to_the_same_outcome(condition: Condition, facts: Facts) -> None:
    assert outcome(condition, facts) is _outcome(condition, facts)
