from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from proxy_addons.diagnosis.rule_schema import rule_schema
from proxy_addons.evidence.vocabulary import VOCABULARY
from tests.support.rulebases import rule

SCHEMA = rule_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "when",
    [
        {"response.status": 403},
        [{"response.status": [401, 403]}, {"error.code": "X"}],
        {"error.code": {"matches": "a+", "not_in": ["b"]}},
        {"token.roles": {"lacks": "Mail.Read"}},
        {"token.claim.xms_cc": {"present": False}},
        {"any": [{"not": {"response.status": {"at_least": 500}}}, {"all": [{"token.scheme": "Bearer"}]}]},
        {"response.date_day": {"from": "2026-10-01"}},
        {"token.tenant": {"differs_from": "request.tenant"}},
    ],
)
def test_what_a_rule_may_say_is_valid(when: object) -> None:
    assert [*VALIDATOR.iter_errors(rule("a", when, replaces="b"))] == []


@pytest.mark.parametrize(
    "when",
    [
        {"error.colour": "red"},
        {"response.status": "forbidden"},
        {"token.roles": "Mail.Read"},
        {"error.code": {"resembles": "X"}},
        {"error.code": {}},
        {"any": []},
        {},
        [],
        {"response.date_day": {"from": "October"}},
        {"token.roles": {"empty": "yes"}},
    ],
)
def test_what_a_rule_may_not_say_is_not(when: object) -> None:
    assert [*VALIDATOR.iter_errors(rule("a", when))]


def test_every_fact_is_offered_with_its_meaning() -> None:
    condition = json.loads(json.dumps(SCHEMA))["$defs"]["Condition"]
    offered = condition["properties"] | condition["patternProperties"]

    assert {fact["description"] for fact in offered.values() if "$ref" in fact} == {
        word.meaning for word in VOCABULARY.values()
    }
