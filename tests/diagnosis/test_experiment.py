from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.experiment import (
    NEUTRAL_USER_AGENT,
    Change,
    Conclusion,
    Outcome,
    Result,
    Trial,
    conclude,
    proven,
    token_change,
    trials,
    with_token,
)
from proxy_addons.diagnosis.verdict import Certainty, Diagnosis, Finding, Gate
from proxy_addons.evidence.exchange import Headers, Request
from tests.sinks.reports import REPORT
from tests.support.wire import EWS, asked, bearer, facts_of

if TYPE_CHECKING:
    from proxy_addons.diagnosis.failure_report import FailureReport

CERTAIN, LIKELY, POSSIBLE = Certainty
REQUEST = Request(
    "GET", "https://graph.microsoft.com/v1.0/groups", Headers((("authorization", "Bearer old"), ("User-Agent", "x/1")))
)


def _outcome(change: Change, status: int | None = 200) -> Outcome:
    accepted = status is not None and status < 400
    return Outcome(Trial(change, f"with {change}", REQUEST), status, accepted, "" if accepted else "a-cause")


FIRST = _outcome(Change.UNCHANGED, 403)


def _report(*findings: tuple[str, Certainty]) -> FailureReport:
    made = tuple(Finding(cause, cause, "", certainty, Gate.PERMISSION) for cause, certainty in findings)
    return replace(REPORT, diagnosis=Diagnosis(made, ()))


def _after(
    findings: tuple[tuple[str, Certainty], ...],
    *changed: Outcome,
    gained: tuple[str, ...] = (),
    neutral: bool = True,
) -> list[tuple[str, Certainty]]:
    conclusion = conclude(FIRST, changed, FIRST)
    after = proven(_report(*findings), conclusion, changed, gained=gained, neutral=neutral)
    return [(finding.cause, finding.certainty) for finding in after.diagnosis.findings]


def test_each_trial_changes_one_thing_and_nothing_else() -> None:
    planned = trials(
        REQUEST,
        tokens={Change.FRESH_TOKEN: "new"},
        user_agent=NEUTRAL_USER_AGENT,
        left_out=["user-agent", "X-Not-Sent"],
        behind_proxy=True,
    )

    assert [(trial.change, trial.request.headers.fields, trial.straight) for trial in planned] == [
        (Change.FRESH_TOKEN, (("authorization", "Bearer new"), ("User-Agent", "x/1")), False),
        (Change.OTHER_USER_AGENT, (("authorization", "Bearer old"), ("User-Agent", NEUTRAL_USER_AGENT)), False),
        (Change.WITHOUT_HEADER, (("authorization", "Bearer old"),), False),
        (Change.STRAIGHT, REQUEST.headers.fields, True),
    ]


def test_a_call_without_user_agent_and_proxy_leaves_nothing_to_change() -> None:
    bare = Request("GET", REQUEST.url, Headers((("Authorization", "Bearer old"),)))

    assert trials(bare, tokens={}, user_agent="x", left_out=[], behind_proxy=False) == ()


@pytest.mark.parametrize(
    ("new", "change"),
    [
        ({}, Change.FRESH_TOKEN),
        ({"aud": "https://outlook.office365.com"}, Change.RIGHT_AUDIENCE),
        ({"appid": "another"}, Change.OTHER_IDENTITY),
        ({"tid": "another"}, Change.OTHER_IDENTITY),
        ({"oid": "another", "aud": "https://outlook.office365.com"}, Change.OTHER_IDENTITY),
    ],
    ids=["age", "audience", "app", "tenant", "holder and audience"],
)
def test_what_another_token_changes_is_told_by_its_claims(new: dict[str, object], change: Change) -> None:
    claims: dict[str, object] = {"aud": "https://graph.microsoft.com", "appid": "one", "tid": "one", "oid": "one"}
    old, fresh = (facts_of(asked(EWS, bearer(**{**claims, **more}))) for more in ({}, new))

    assert token_change(old, fresh) is change


def test_with_a_token_only_the_authorization_header_changes() -> None:
    assert with_token(REQUEST, "new").headers.fields == (("authorization", "Bearer new"), ("User-Agent", "x/1"))


@pytest.mark.parametrize(
    ("first", "changed", "again", "result"),
    [
        (_outcome(Change.UNCHANGED), (), None, Result.NOT_REPRODUCED),
        (FIRST, (), None, Result.NOTHING_HELPED),
        (FIRST, (_outcome(Change.FRESH_TOKEN, 403),), None, Result.NOTHING_HELPED),
        (FIRST, (_outcome(Change.FRESH_TOKEN),), _outcome(Change.UNCHANGED), Result.UNSTABLE),
        (FIRST, (_outcome(Change.FRESH_TOKEN),), None, Result.UNSTABLE),
        (FIRST, (_outcome(Change.FRESH_TOKEN),), FIRST, Result.CONFIRMED),
    ],
    ids=["passes by itself", "nothing tried", "nothing helped", "passes later", "not repeated", "confirmed"],
)
def test_a_change_proves_something_only_between_two_refusals(
    first: Outcome, changed: tuple[Outcome, ...], again: Outcome | None, result: Result
) -> None:
    assert conclude(first, changed, again).result is result


def test_the_sentence_names_every_change_that_worked() -> None:
    changed = (_outcome(Change.FRESH_TOKEN), _outcome(Change.STRAIGHT, 403), _outcome(Change.OTHER_IDENTITY, 201))

    conclusion = conclude(FIRST, changed, FIRST)

    assert conclusion == Conclusion(
        Result.CONFIRMED,
        "A single change turned 403 into 200: with fresh-token and with other-identity.",
        (changed[0], changed[2]),
    )


def test_no_answer_is_told_as_such() -> None:
    assert _outcome(Change.STRAIGHT, None).shown_status == "no answer"


def test_a_fresh_token_with_more_in_it_proves_the_stale_one_and_drops_what_is_merely_possible() -> None:
    findings = (("graph-permission-missing-app", LIKELY), ("graph-stale-token", POSSIBLE), ("other", POSSIBLE))

    after = _after(findings, _outcome(Change.FRESH_TOKEN), gained=("Group.Read.All",))

    assert after == [("graph-stale-token", CERTAIN), ("graph-permission-missing-app", LIKELY)]


def test_a_fresh_token_with_nothing_more_in_it_does_not_prove_a_grant() -> None:
    after = _after((("graph-stale-token", LIKELY),), _outcome(Change.FRESH_TOKEN))

    assert after == [("graph-stale-token", LIKELY)]


def test_a_fresh_token_that_is_refused_too_speaks_against_the_old_ones_age() -> None:
    after = _after(
        (("graph-stale-token", CERTAIN), ("graph-permission-missing-app", LIKELY)), _outcome(Change.FRESH_TOKEN, 403)
    )

    assert after == [("graph-stale-token", LIKELY), ("graph-permission-missing-app", LIKELY)]


def test_a_token_for_this_api_proves_the_wrong_audience() -> None:
    after = _after((("token-audience-graph", LIKELY),), _outcome(Change.RIGHT_AUDIENCE))

    assert after == [("token-audience-graph", CERTAIN)]


def test_a_made_up_user_agent_that_passes_proves_a_block_list_and_speaks_against_an_allow_list() -> None:
    findings = (("ews-ua-not-in-allow-list", LIKELY), ("ews-ua-in-block-list", LIKELY))

    after = _after(findings, _outcome(Change.OTHER_USER_AGENT))

    assert after == [("ews-ua-in-block-list", CERTAIN)]


@pytest.mark.parametrize(
    ("more", "neutral"),
    [((), False), ((("ews-client-family-toggle", POSSIBLE),), True)],
    ids=["a name of somebody's own", "Outlook's own switches read it too"],
)
def test_a_user_agent_that_may_pass_for_another_reason_proves_no_list(
    more: tuple[tuple[str, Certainty], ...],
    neutral: bool,  # noqa: FBT001  # pytest passes it by name
) -> None:
    after = _after((("ews-ua-in-block-list", LIKELY), *more), _outcome(Change.OTHER_USER_AGENT), neutral=neutral)

    assert after[0] == ("ews-ua-in-block-list", LIKELY)


def test_the_outcome_stands_first_among_the_evidence() -> None:
    fresh = _outcome(Change.FRESH_TOKEN)
    conclusion = conclude(FIRST, (fresh,), FIRST)

    after = proven(_report(("graph-stale-token", LIKELY)), conclusion, (fresh,), gained=("X",), neutral=True)

    seen = after.diagnosis.leading.evidence[0]
    assert (seen.fact, seen.value, seen.supports) == (
        "experiment.fresh-token",
        "the call was answered with 200 with fresh-token",
        True,
    )


def test_a_cause_the_rules_did_not_name_is_never_added() -> None:
    assert _after((("another", LIKELY),), _outcome(Change.RIGHT_AUDIENCE)) == [("another", LIKELY)]
