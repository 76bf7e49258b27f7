"""Examples of more than one exchange: what went before stands in `before`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_addons.diagnosis.examples import check, read_cases
from proxy_addons.diagnosis.ruleset import RuleError
from tests.support.rulebases import rule, ruleset
from tests.support.story import APP

RULES = ruleset(rule("older", {"before.gained": {"has": "Mail.Read"}}), folder="graph")
CALL: dict[str, Any] = {
    "request": {"method": "GET", "url": "https://graph.microsoft.com/v1.0/users", "token": {"like": "graph-app"}},
    "response": {"like": "graph-gateway", "status": 403},
}
ISSUED: dict[str, Any] = {
    "request": {"form": {"grant_type": "client_credentials", "client_id": APP}},
    "response": {"like": "entra", "status": 200, "issues": {"like": "graph-app", "roles": ["Mail.Read"], "iat": -60}},
}


def verdict(*before: dict[str, Any]) -> str:
    """What checking one example says; empty when it proves its rule."""
    example = {"name": "x", **CALL, "before": list(before)}
    text = json.dumps({"matches": [example], "misses": [{"name": "y", **CALL}]})
    case, miss = read_cases({"graph/older.examples.yaml": text})
    assert check(miss, RULES) == ""
    return check(case, RULES)


def test_an_example_is_held_against_what_went_before_it() -> None:
    assert verdict(ISSUED) == ""


def test_without_what_went_before_the_rule_is_not_found() -> None:
    assert verdict().startswith("must be found")


def test_what_went_before_counts_from_the_answer_of_the_example() -> None:
    text = json.dumps(
        {"matches": [{"name": "x", **CALL, "before": [{**ISSUED, "ago": 90}]}], "misses": [{"name": "y", **CALL}]}
    )
    case, _ = read_cases({"graph/older.examples.yaml": text})
    (earlier,) = case.earlier
    assert earlier.server_time is not None
    assert case.exchange.server_time == earlier.server_time + 90


def test_one_token_sent_twice_is_the_same_token() -> None:
    text = json.dumps({"matches": [{"name": "x", **CALL, "before": [CALL]}], "misses": [{"name": "y", **CALL}]})
    case, _ = read_cases({"graph/older.examples.yaml": text})
    (earlier,) = case.earlier
    assert earlier.request.headers.get("authorization") == case.exchange.request.headers.get("authorization")


def test_a_healthy_exchange_stays_healthy_whatever_was_before() -> None:
    text = json.dumps({"exchanges": [{"name": "x", "before": [CALL], **CALL, "response": {"status": 200}}]})
    (case,) = read_cases({"healthy/graph.yaml": text})
    assert check(case, RULES) == ""


@pytest.mark.parametrize("wrong", [{"ago": -1}, {"response": None}, {"when": 1}])
def test_a_mistake_in_what_went_before_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(RuleError, match="before"):
        verdict({**ISSUED, **wrong})
