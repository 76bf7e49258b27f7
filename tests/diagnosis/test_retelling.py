from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.failure import explain
from proxy_addons.diagnosis.moment_class import REPEATED
from proxy_addons.diagnosis.retelling import Numbers, numbers_at, retold
from proxy_addons.diagnosis.verdict import Certainty, Evidence, Finding, Gate, GateReading, GateState
from proxy_addons.evidence.exchange import Exchange
from tests.support.rulebases import rule, ruleset
from tests.support.wire import GRAPH, answered, asked

if TYPE_CHECKING:
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.evidence.request_facts import Reading

BEFORE = Numbers({"token.age": "15 min", "before.token_worked_ago": "5 s", "before.app_worked_ago": "2 h"}, 2, 50)
AFTER = Numbers({"token.age": "17 min", "before.token_worked_ago": "125 s", "before.app_worked_ago": "3 h"}, 9, 48)
RULES = ruleset(rule("graph-refused", {"response.status": 403}), folder="graph")


def telling(
    verdict: str = "Refused.", evidence: tuple[Evidence, ...] = (), notes: tuple[str, ...] = ()
) -> FailureReport:
    (failure,) = explain(Exchange(asked(GRAPH), answered(403)), RULES)
    finding = Finding("graph-refused", "Refused", verdict, Certainty.CERTAIN, Gate.PERMISSION, evidence)
    gates = (GateReading(Gate.LIFETIME, GateState.PASSED, "the token was valid for another 50 minutes"),)
    diagnosis = replace(failure.report.diagnosis, findings=(finding,), gates=gates)
    return replace(failure.report, diagnosis=diagnosis, notes=notes)


@pytest.mark.parametrize(
    ("note", "after"),
    [
        ("The same app succeeded with GET /me 2 h earlier.", "The same app succeeded with GET /me 3 h earlier."),
        (
            "This very token was accepted by the same service 5 s earlier.",
            "This very token was accepted by the same service 125 s earlier.",
        ),
        (
            "The same app succeeded with GET /after 2 h earlier 2 h earlier.",
            "The same app succeeded with GET /after 2 h earlier 2 h earlier.",
        ),
        ("Something else happened 2 h earlier.", "Something else happened 2 h earlier."),
        ("It was refused 2 times in a row right before.", "It was refused 9 times in a row right before."),
        ("It was refused once right before.", "It was refused 9 times in a row right before."),
    ],
)
def test_a_note_is_told_anew_where_it_is_known_which_number_it_tells(note: str, after: str) -> None:
    assert retold(telling(notes=(note,)), BEFORE, AFTER, {}).notes == (after,)


@pytest.mark.parametrize(
    ("verdict", "told", "after"),
    [
        ("Issued 15 min ago.", 1, "Issued 17 min ago."),
        ("Issued 15 min ago, 15 min!", 2, "Issued 17 min ago, 17 min!"),
        ("Issued 15 min ago; wait for 15 min.", 1, "Issued 15 min ago; wait for 15 min."),
        ("Wait for 15 min.", 0, "Wait for 15 min."),
    ],
)
def test_a_verdict_is_told_anew_where_it_says_a_span_as_often_as_its_rule(verdict: str, told: int, after: str) -> None:
    told_by = {"graph-refused": {"token.age": told, "token.early_by": 1}} if told else {}
    assert retold(telling(verdict), BEFORE, AFTER, told_by).diagnosis.leading.verdict == after


def test_of_the_evidence_the_values_of_those_facts_are_told_anew() -> None:
    evidence = (
        Evidence("token.age", "15 min", "claims"),
        Evidence("token.age", "The token is 15 min old.", "claims", supports=False),
        Evidence("token.lifetime", "15 min", "claims"),
    )
    seen = retold(telling(evidence=evidence), BEFORE, AFTER, {}).diagnosis.leading.evidence
    assert [each.value for each in seen] == ["17 min", "The token is 15 min old.", "15 min"]


def test_the_minutes_left_are_told_anew_in_gates_and_where_a_verdict_quotes_them() -> None:
    report = retold(telling("Ruled out: the token was valid for another 50 minutes."), BEFORE, AFTER, {})
    assert report.diagnosis.gates[0].because == "the token was valid for another 48 minutes"
    assert report.diagnosis.leading.verdict == "Ruled out: the token was valid for another 48 minutes."


def test_of_the_same_moment_everything_is_told_as_it_was() -> None:
    report = telling("Issued 15 min ago.", notes=("It was refused 2 times in a row.",))
    assert retold(report, BEFORE, BEFORE, {"graph-refused": {"token.age": 1}}) == report


def test_the_numbers_of_a_moment_come_from_the_token_and_from_what_went_before() -> None:
    past: list[Reading] = [(REPEATED, 3, ""), ("before.app_worked_ago", 7230, ""), ("before.changed", ("roles",), "")]
    assert numbers_at(10_000.9, (9000, None, 10_601), past) == Numbers(
        {"token.age": "16 min", "token.expired_by": "-10 min", "before.app_worked_ago": "2 h 0 min"}, 3, 10
    )
    assert numbers_at(None, (9000, None, 10_601), ()) == Numbers({}, 0, None)


@pytest.mark.parametrize(
    ("numbers", "ordinary"),
    [
        (Numbers({"token.age": "-99999 h 59 min"}, 99_999, 99_999), True),
        (Numbers({"token.age": "100000 h 10 min"}, 0, None), False),
        (Numbers({}, 100_000, None), False),
        (Numbers({}, 0, 100_000), False),
    ],
)
def test_numbers_of_more_digits_are_not_ordinary(numbers: Numbers, ordinary: bool) -> None:  # noqa: FBT001
    assert numbers.ordinary == ordinary


def test_how_often_something_was_refused_is_no_other_moment() -> None:
    assert BEFORE.at_the_same_moment(replace(BEFORE, refusals=7))
    assert not BEFORE.at_the_same_moment(replace(BEFORE, left=49))
    assert not BEFORE.at_the_same_moment(replace(BEFORE, spans=AFTER.spans))
