from __future__ import annotations

import pytest

from proxy_addons.diagnosis.examples import check, missing_examples, read_cases
from proxy_addons.diagnosis.ruleset import RuleError, load

RULE = """
id: {cause}
title: A refusal with the code {code}
gate: {gate}
verdict: The code was {{error.code}}.
signatures:
  - {{certainty: {certainty}, basis: documented, when: [{{error.code: {code}}}]}}
deciding_test: Look at the code.
status: stable
verified: 2026-11-21
"""
MATCH = """
  - name: the code is there
    {extra}
    request: {{url: 'https://graph.microsoft.com/v1.0/me', token: {{like: graph-user}}}}
    response: {{like: graph-gateway, status: 403, graph_error: {{code: {code}}}}}
"""
RIGHT = RULE.format(cause="right", code="Right", certainty="certain", gate="permission")
WRONG = RULE.format(cause="wrong", code="Wrong", certainty="likely", gate="role")


def base(matches: str, misses: str) -> dict[str, str]:
    return {
        "graph/right.yaml": RIGHT,
        "graph/wrong.yaml": WRONG,
        "graph/right.examples.yaml": f"matches:{matches}\nmisses:{misses}",
    }


def case(code: str, extra: str = "leads: true") -> str:
    return MATCH.format(code=code, extra=extra.strip("{}").replace(", ", "\n    "))


def verdicts(files: dict[str, str]) -> list[str]:
    ruleset = load(files)
    return [check(each, ruleset) for each in read_cases(files)]


def test_examples_that_prove_their_rule_are_silent() -> None:
    assert verdicts(base(case("Right"), case("Other"))) == ["", ""]


def test_a_match_that_is_not_found_is_told_with_what_was() -> None:
    assert verdicts(base(case("Wrong"), case("Other")))[0] == "must be found, but the findings are: wrong (likely)"


def test_a_match_of_the_wrong_certainty_is_told() -> None:
    told = verdicts(base(case("Right", "certainty: possible"), case("Other")))[0]

    assert told == "must be possible, but is certain: right (certain)"


def test_a_match_that_does_not_lead_is_told() -> None:
    told = verdicts(base(case("Right", "top: wrong"), case("Other")))[0]

    assert told == "wrong must lead, but the findings are: right (certain)"


def test_a_match_need_not_lead_where_it_says_so() -> None:
    assert verdicts(base(case("Right", "{leads: false, top: wrong}"), case("Other")))[0] == ""


def test_a_near_miss_that_is_found_is_told() -> None:
    assert verdicts(base(case("Right"), case("Right")))[1] == "must not be found, but is: right (certain)"


def test_a_near_miss_may_say_which_cause_leads_instead() -> None:
    assert verdicts(base(case("Right"), case("Wrong", "top: wrong")))[1] == ""
    assert verdicts(base(case("Right"), case("Other", "top: wrong")))[1].startswith("wrong must lead")


def test_a_success_is_no_failure_for_a_near_miss() -> None:
    fine = case("Other").replace("status: 403", "status: 200")

    assert verdicts(base(case("Right"), fine)) == ["", ""]


def test_a_healthy_exchange_that_is_called_a_failure_is_told() -> None:
    files = {"graph/right.yaml": RIGHT, "healthy/graph.yaml": f"exchanges:{case('Right')}"}

    assert verdicts(files) == ["a healthy exchange was called a failure: right"]


def test_a_healthy_exchange_is_silent() -> None:
    fine = case("Right").replace("status: 403", "status: 200")

    assert verdicts({"graph/right.yaml": RIGHT, "healthy/graph.yaml": f"exchanges:{fine}"}) == [""]


def test_files_that_hold_no_examples_are_passed_over() -> None:
    assert verdicts({"graph/right.yaml": RIGHT, "reference/table.yaml": "entries: []"}) == []


def test_a_cause_without_examples_is_named() -> None:
    files = base(case("Right"), case("Other"))

    assert missing_examples(files, load(files)) == ("wrong",)


def test_a_mistake_in_an_example_is_told_with_its_place() -> None:
    files = base(case("Right", "certainty: sure"), case("Other"))

    with pytest.raises(RuleError, match=r"graph/right\.examples\.yaml:\d+:\d+: .*certainty"):
        list(read_cases(files))
