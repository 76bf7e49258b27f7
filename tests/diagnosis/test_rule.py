from __future__ import annotations

import pytest
from pydantic import ValidationError

from proxy_addons.diagnosis.condition import All, AnyOf, Not, Test as Check
from proxy_addons.diagnosis.rule import Rule, parse_condition
from tests.support.rulebases import rule

STATUS = Check("response.status", "is", 403)
BETWEEN = All((Check("response.status", "at_least", 400), Check("response.status", "below", 500)))


@pytest.mark.parametrize(
    ("item", "condition"),
    [
        ({"response.status": 403}, STATUS),
        ([{"response.status": 403}], STATUS),
        ({"response.status": [401, 403]}, Check("response.status", "is", (401, 403))),
        (
            {"response.status": {"at_least": 400, "below": 500}},
            BETWEEN,
        ),
        ({"response.status": 403, "token.kind": "jwt"}, All((STATUS, Check("token.kind", "is", "jwt")))),
        ([{"response.status": 403}, {"token.kind": "jwt"}], All((STATUS, Check("token.kind", "is", "jwt")))),
        ({"any": [{"response.status": 403}]}, AnyOf((STATUS,))),
        ({"all": [{"response.status": 403}]}, All((STATUS,))),
        ({"not": {"response.status": 403}}, Not(STATUS)),
        ({"token.guest": True}, Check("token.guest", "is", operand=True)),
        ({"token.user": {"present": False}}, Check("token.user", "present", operand=False)),
        ({"token.roles": {"has_any": ["a", "b"]}}, Check("token.roles", "has_any", ("a", "b"))),
        ({"token.roles": {"empty": True}}, Check("token.roles", "empty", operand=True)),
        ({"token.audience": {"same_as": "request.host"}}, Check("token.audience", "same_as", "request.host")),
        ({"response.date_day": {"from": "2026-10-01"}}, Check("response.date_day", "from", "2026-10-01")),
        ({"error.code": {"folds_to": "x"}}, Check("error.code", "folds_to", "x")),
        ({"response.header.x-y": 5}, Check("response.header.x-y", "is", "5")),
    ],
)
def test_a_condition_is_written_as_fact_and_test(item: object, condition: object) -> None:
    assert parse_condition(item) == condition


def test_a_regular_expression_ignores_case_and_spans_lines() -> None:
    parsed = parse_condition({"error.message": {"matches": "a.b"}})
    assert isinstance(parsed, Check)
    assert not isinstance(parsed.operand, str | int | tuple)
    assert parsed.operand.search("A\nB")


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        ([], "holds for everything"),
        ({}, "holds for everything"),
        ({"token.kind": {}}, "hold for everything"),
        ({"any": []}, "nothing to choose from"),
        ({"all": []}, "nothing to choose from"),
        ({"any": {"token.kind": "jwt"}}, "`any` takes a list"),
        ({"not": []}, "holds for everything"),
        ("token.kind", "a condition is `fact: test`"),
        ({"token.rolez": "x"}, "there is no fact `token.rolez`"),
        ({"token.roles": "x"}, "is a list of names"),
        ({"token.kind": {"has": "x"}}, "holds text: its tests are"),
        ({"response.status": {"matches": "x"}}, "holds number"),
        ({"token.guest": {"not_in": ["x"]}}, "holds flag"),
        ({"token.guest": "yes"}, "takes true or false"),
        ({"token.user": {"present": "yes"}}, "takes true or false"),
        ({"response.status": "403"}, "is a number"),
        ({"response.status": [403, True]}, "is a number"),
        ({"response.status": []}, "is a number"),
        ({"response.status": {"at_least": [400]}}, "takes one value"),
        ({"token.kind": {"contains": ["a"]}}, "takes one value"),
        ({"token.kind": {"matches": ["a"]}}, "takes one value"),
        ({"token.roles": {"lacks": ["a"]}}, "takes one value"),
        ({"error.message": {"matches": "("}}, "is no regular expression"),
        ({"token.kind": []}, "takes text"),
        ({"token.kind": None}, "takes text"),
        ({"token.kind": [True]}, "takes text"),
        ({"token.audience": {"same_as": "token.aud"}}, "there is no fact `token.aud`"),
        ({"response.date_day": {"from": "October"}}, "takes a day"),
    ],
)
def test_a_condition_that_could_not_mean_anything_is_refused(item: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_condition(item)


WHEN = {"response.status": 403}


def _signature(certainty: str, basis: str = "documented") -> dict[str, object]:
    return {"certainty": certainty, "basis": basis, "when": WHEN}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"signatures": [_signature("likely", "unverified")]}, "may only say `possible`"),
        ({"signatures": [_signature("possible"), _signature("certain")]}, "strongest first"),
        ({"signatures": []}, "at least 1 item"),
        ({"lookalike": True}, "a look-alike has the gate"),
        ({"gate": "none"}, "only a look-alike has the gate `none`"),
        ({"verdict": "It is {token.aud}."}, "there is no fact `token.aud`"),
        ({"fix": [{"for": "developer", "do": "x", "commands": ["echo {token.aud}"]}]}, "there is no fact `token.aud`"),
        ({"fix": [{"for": "nobody", "do": "x"}]}, "Input should be"),
        ({"services": ["exchnge"]}, "Input should be"),
        ({"id": "Not A Cause"}, "pattern"),
        ({"note": "x"}, "Extra inputs"),
        ({"status": "beta"}, "Input should be 'stable' or 'experimental'"),
        ({"status": "experimental"}, "an experimental rule may only say `possible`"),
        ({"signatures": [_signature("possible", "unverified")]}, "a stable rule has a signature somebody has"),
        ({"verified": "last week"}, "Input should be a valid date"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Rule.model_validate({**rule("a-cause", WHEN), **changes})


def test_an_unverified_signature_may_say_possible() -> None:
    unverified = {"signatures": [_signature("possible", "unverified")], "status": "experimental"}
    parsed = Rule.model_validate({**rule("a-cause", WHEN), **unverified})
    assert parsed.signatures[0].certainty == "possible"


def test_braces_of_powershell_are_no_placeholders() -> None:
    parsed = Rule.model_validate(
        rule("a-cause", WHEN, fix=[{"for": "developer", "do": "Run @{Add='x'} for {token.user}."}])
    )
    assert parsed.fix[0].do in parsed.sentences()
