from __future__ import annotations

import pytest

from proxy_addons.diagnosis.examination import Examination, examine, leaders, matrix_lines, summary_lines
from proxy_addons.diagnosis.examples import read_cases
from proxy_addons.diagnosis.ruleset import load

RULE = """
id: {cause}
title: A refusal
gate: permission
verdict: Refused.
signatures:
  - {{certainty: {certainty}, basis: documented, when: [{when}]}}
deciding_test: Look.
status: stable
verified: 2026-11-21
"""
CALL = (
    "request: {{url: 'https://graph.microsoft.com/v1.0/me'}}, "
    "response: {{status: {status}, graph_error: {{code: {code}}}}}"
)


def example(name: str, code: str, status: int = 403, more: str = "") -> str:
    return f"{{name: {name}, {more}{CALL.format(code=code, status=status)}}}"


TEXTS = {
    "graph/one.yaml": RULE.format(cause="one", certainty="certain", when="error.code: One"),
    "graph/two.yaml": RULE.format(cause="two", certainty="possible", when="error.code: [Two, Both]"),
    "graph/six.yaml": RULE.format(cause="six", certainty="likely", when="error.code: [Both]"),
    "graph/one.examples.yaml": (
        f"matches: [{example('a', 'One')}, {example('fails', 'Two')}]\n"
        f"misses: [{example('b', 'Two')}, {example('c', 'Else')}, {example('d', 'Else', 404)}]"
    ),
    "graph/two.examples.yaml": (
        f"matches: [{example('e', 'Both', more='top: six, ')}, {example('f', 'Both', more='leads: false, ')}]\n"
        f"misses: [{example('g', 'One', more='top: one, ')}]"
    ),
    "healthy/graph.yaml": f"exchanges: [{example('h', 'Else', 200)}, {example('i', 'One')}]",
}


@pytest.fixture(scope="module")
def examination() -> Examination:
    return examine(read_cases(TEXTS), load(TEXTS))


def test_examples_are_told_apart_by_what_they_are_to_show(examination: Examination) -> None:
    assert [each.case.example.name for each in examination.proofs] == ["a", "fails", "e", "f"]
    assert [each.case.example.name for each in examination.near_misses] == ["b", "c", "d", "g"]
    assert [each.case.example.name for each in examination.healthy] == ["h", "i"]


def test_what_does_not_prove_what_it_says_has_failed(examination: Examination) -> None:
    assert [each.case.example.name for each in examination.failed] == ["fails", "i"]


def test_the_matrix_counts_who_led_where(examination: Examination) -> None:
    assert leaders(examination.held) == {
        ("one", "one"): 1,
        ("one", "two"): 2,
        ("one", "undetermined"): 1,
        ("one", "nothing refused"): 1,
        ("two", "six"): 2,
        ("two", "one"): 1,
        ("healthy", "nothing refused"): 1,
        ("healthy", "one"): 1,
    }


def test_the_matrix_is_printed_without_its_diagonal(examination: Examination) -> None:
    assert list(matrix_lines(examination.proofs)) == ["  one    1  two", "  two    2  six"]
    assert list(matrix_lines(examination.healthy)) == ["  healthy    1  one"]


def test_no_cells_are_no_lines() -> None:
    assert list(matrix_lines([])) == []


def test_a_rule_that_leads_in_none_of_its_proofs_is_known(examination: Examination) -> None:
    assert examination.never_leading == ("two",)


def test_look_alikes_are_what_is_found_beside_a_cause_or_in_its_near_misses(examination: Examination) -> None:
    assert examination.look_alikes("two") == ("one", "six")
    assert examination.look_alikes("one") == ("two",)


def test_the_summary_tells_how_many_hold_and_who_leads(examination: Examination) -> None:
    assert list(summary_lines(examination)) == [
        "examples               all  hold  fail",
        "must be explained        4     3     1",
        "must be left alone       4     4     0",
        "healthy                  2     1     1",
        "",
        "Who leads where a rule is proved",
        "  the rule itself        1",
        "  the cause it names     1",
        "  another cause          2",
        "",
        "Who leads in its near misses",
        "  the rule itself        0",
        "  the cause it names     1",
        "  another cause          1",
        "  undetermined           1",
        "  nothing refused        1",
        "",
        "Rules that never lead    1",
    ]
