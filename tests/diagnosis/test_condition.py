from __future__ import annotations

import re
from types import MappingProxyType

import pytest

from proxy_addons.diagnosis.condition import (
    OPERATORS,
    All,
    AnyOf,
    Condition,
    Not,
    Operand,
    Outcome,
    Test as Check,
    evaluate,
)
from proxy_addons.evidence.facts import Fact, Facts, Value

MATCH, NO_MATCH, UNKNOWN = Outcome


def _facts(**values: Value) -> Facts:
    named = {name.replace("_", "."): value for name, value in values.items()}
    return Facts(MappingProxyType({name: Fact(name, value, "wire") for name, value in named.items()}))


YES, NO, DUNNO = (Check(name, "is", yes) for name, yes in (("a.yes", True), ("a.yes", False), ("a.dunno", True)))
KNOWN = _facts(a_yes=True)


@pytest.mark.parametrize(
    ("value", "operator", "operand", "matches"),
    [
        ("Graph", "is", "graph", True),
        ("graph", "is", ("x", "GRAPH"), True),
        ("graph", "is", "gra", False),
        (None, "is", "None", False),
        (403, "is", 403, True),
        (403, "is", (401, 403), True),
        (403, "is", 404, False),
        (None, "is", 403, False),
        (True, "is", True, True),
        (True, "is", False, False),
        (None, "is", False, False),
        (1, "is", True, False),
        ("x", "not_in", ("y", "z"), True),
        ("Y", "not_in", ("y", "z"), False),
        (None, "not_in", "y", True),
        (5, "not_in", (5,), False),
        ("", "present", True, True),
        (None, "present", True, False),
        (None, "present", False, True),
        ("an AADSTS50076 text", "matches", re.compile(r"AADSTS\d+"), True),
        ("none", "matches", re.compile("x"), False),
        (None, "matches", re.compile(""), False),
        ("Access DENIED", "contains", "denied", True),
        (None, "contains", "", False),
        ("APP:System", "starts_with", "app:", True),
        (None, "starts_with", "", False),
        ("adele@CONTOSO.com", "ends_with", "@contoso.com", True),
        (None, "ends_with", "", False),
        ("Access denied", "folds_to", ("accessdenied",), True),
        ("Auth failed.", "folds_to", "AUTH_FAILED", True),
        (None, "folds_to", "", False),
        ("2026-10-01", "from", "2026-10-01", True),
        ("2026-09-30", "from", "2026-10-01", False),
        ("2026-09-30", "before", "2026-10-01", True),
        (None, "before", "2026-10-01", False),
        (5, "at_least", 5, True),
        (4, "at_least", 5, False),
        (5, "at_most", 5, True),
        (6, "above", 5, True),
        (5, "above", 5, False),
        (4, "below", 5, True),
        (None, "below", 5, False),
        (10**400, "above", 5, True),
        (("A", "b"), "has", "a", True),
        (("A",), "has", "b", False),
        (None, "has", "a", False),
        (("A", "b"), "has_any", ("x", "B"), True),
        (("A", "b"), "has_all", ("a", "b"), True),
        (("A",), "has_all", ("a", "b"), False),
        (("A",), "lacks", "b", True),
        (("A",), "lacks", "a", False),
        (("A",), "lacks_all", ("x", "y"), True),
        (("A",), "lacks_all", ("x", "a"), False),
        (("A",), "only", ("a", "b"), True),
        (("A", "c"), "only", ("a", "b"), False),
        ((), "only", ("a",), False),
        ((), "empty", True, True),
        (("a",), "empty", True, False),
        (("a",), "empty", False, True),
        (("Mail.Read",), "some_match", re.compile(r"^Mail\."), True),
        (("User.Read",), "some_match", re.compile(r"^Mail\."), False),
        (("User.Read",), "none_match", re.compile(r"^Mail\."), True),
        (None, "none_match", re.compile("x"), True),
    ],
)
def test_an_operator_means_what_the_document_says(
    value: Value, operator: str, operand: Operand, *, matches: bool
) -> None:
    reading = evaluate(Check("a.b", operator, operand), _facts(a_b=value))
    assert reading.outcome is (MATCH if matches else NO_MATCH)


@pytest.mark.parametrize("operator", OPERATORS)
def test_of_a_fact_nobody_knows_no_operator_can_tell(operator: str) -> None:
    reading = evaluate(Check("a.b", operator, "x"), Facts())
    assert (reading.outcome, reading.missing) == (UNKNOWN, ("a.b",))


@pytest.mark.parametrize(
    ("one", "other", "same", "differs"),
    [
        ("X", "x", MATCH, NO_MATCH),
        ("x", "y", NO_MATCH, MATCH),
        (None, None, NO_MATCH, NO_MATCH),
        ("x", None, NO_MATCH, NO_MATCH),
        (5, 5, MATCH, NO_MATCH),
    ],
)
def test_facts_are_compared_where_both_are_there(one: Value, other: Value, same: Outcome, differs: Outcome) -> None:
    facts = _facts(a_b=one, c_d=other)
    assert evaluate(Check("a.b", "same_as", "c.d"), facts).outcome is same
    assert evaluate(Check("a.b", "differs_from", "c.d"), facts).outcome is differs


def test_a_comparison_with_a_fact_nobody_knows_cannot_tell() -> None:
    reading = evaluate(Check("a.b", "same_as", "c.d"), _facts(a_b="x"))
    assert (reading.outcome, reading.missing) == (UNKNOWN, ("c.d",))


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (All((YES, YES)), MATCH),
        (All((YES, NO)), NO_MATCH),
        (All((DUNNO, NO)), NO_MATCH),
        (All((DUNNO, YES)), UNKNOWN),
        (AnyOf((NO, YES)), MATCH),
        (AnyOf((DUNNO, YES)), MATCH),
        (AnyOf((NO, NO)), NO_MATCH),
        (AnyOf((DUNNO, NO)), UNKNOWN),
        (Not(YES), NO_MATCH),
        (Not(NO), MATCH),
        (Not(DUNNO), UNKNOWN),
    ],
)
def test_conditions_combine_without_making_knowledge_of_ignorance(condition: Condition, outcome: Outcome) -> None:
    assert evaluate(condition, KNOWN).outcome is outcome


def test_a_match_is_carried_by_the_facts_that_were_held_against_it_once_each() -> None:
    reading = evaluate(All((YES, Not(NO))), KNOWN)
    assert [fact.name for fact in reading.facts] == ["a.yes"]


def test_of_several_choices_those_that_match_carry_it() -> None:
    facts = _facts(a_yes=True, b_no=True)
    reading = evaluate(AnyOf((YES, Check("b.no", "is", operand=False))), facts)
    assert [fact.name for fact in reading.facts] == ["a.yes"]


def test_what_cannot_be_told_names_the_missing_fact_and_the_facts_that_held() -> None:
    reading = evaluate(All((YES, DUNNO, DUNNO)), KNOWN)
    assert (reading.missing, [fact.name for fact in reading.facts]) == (("a.dunno",), ["a.yes"])


def test_what_is_decided_misses_nothing() -> None:
    assert evaluate(All((NO, DUNNO)), KNOWN).missing == ()
