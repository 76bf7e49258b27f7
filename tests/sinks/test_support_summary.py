from dataclasses import replace
from pathlib import Path

from proxy_addons.diagnosis.failure_report import FailureReport
from proxy_addons.diagnosis.verdict import Diagnosis, Gate, GateReading, GateState, OpenQuestion
from proxy_addons.sinks.support_summary import support_summary
from tests.sinks.reports import MISSING_SCOPE, NOT_LICENSED, REPORT, UNREACHED, assert_golden, led_by

GOLDEN = Path(__file__).parent / "golden"
REFUSED = replace(
    REPORT,
    exchange=replace(
        REPORT.exchange,
        url="https://graph.microsoft.com/v1.0/users/<user:1>/messages?$top=5",
        operation="GET /users/{id}/messages",
        error_message="Access is denied for <user:1>.",
        hidden_in_success=True,
        support_headers=(
            ("Date", "Sat, 21 Nov 2026 12:00:00 GMT"),
            ("x-ms-ags-diagnostic", '{"ServerInfo":{"DataCenter":"North Europe"}}'),
            ("request-id", "11111111-1111-1111-1111-111111111111"),
        ),
    ),
    diagnosis=Diagnosis(
        findings=(MISSING_SCOPE, NOT_LICENSED),
        gates=(
            GateReading(Gate.AUDIENCE, GateState.PASSED, "the audience https://graph.microsoft.com is accepted"),
            GateReading(Gate.PERMISSION, GateState.FAILED, "User.ReadBasic.All is missing"),
            GateReading(Gate.ROLE, GateState.UNKNOWN, "this exchange does not tell"),
            GateReading(Gate.POLICY, GateState.UNKNOWN, "this exchange does not tell"),
        ),
        open_questions=(OpenQuestion("Is <user:1> licensed?", ("graph-license-missing",)),),
    ),
    notes=("The body was cut off.",),
)


def summary(*reports: FailureReport) -> str:
    """The summary of these reports, at a fixed moment."""
    return support_summary(reports, tool="why403 0.1.0", rules_revision="abc123", created="2026-11-21T12:00:05Z")


def test_the_summary_is_what_a_support_engineer_asks_for() -> None:
    assert_golden(GOLDEN / "support_summary.md", summary(REFUSED, UNREACHED))


def test_a_single_failure_needs_no_overview() -> None:
    assert "## Overview" not in summary(REFUSED)


def test_correlation_ids_stand_before_the_other_headers() -> None:
    text = summary(REFUSED)
    assert text.index("request-id ") < text.index("x-ms-ags-diagnostic") < text.index("\nDate ")


def test_the_clients_own_id_is_quoted_once() -> None:
    answered = replace(REFUSED, exchange=replace(REFUSED.exchange, support_headers=(("client-request-id", "abc"),)))
    assert summary(answered).count("\nclient-request-id ") == 1
    assert summary(REFUSED).count("\nclient-request-id ") == 1


def test_nothing_from_the_wire_becomes_markup() -> None:
    hostile = "![x](https://evil.example/x) <img src=x> **bold** `code` # heading"
    text = summary(led_by(replace(MISSING_SCOPE, title=hostile, verdict=hostile)))
    for line in text.splitlines():
        outside = "".join(part for index, part in enumerate(line.split("`")) if index % 2 == 0)
        assert "](" not in outside.replace("\\]\\(", "").replace("\\](", "")
        assert "<img" not in outside.replace("\\<img", "")


def test_a_fence_inside_a_value_does_not_end_the_block() -> None:
    fenced = replace(REFUSED, exchange=replace(REFUSED.exchange, error_message="a ``` b\n```\nc"))
    assert "````text" in summary(fenced)
    assert "a ``` b ``` c" in summary(fenced)


def test_a_sentence_that_looks_like_a_list_stays_a_sentence() -> None:
    assert "\n- 1\\. " not in summary(led_by(replace(MISSING_SCOPE, verdict="- not a list")))


def test_what_is_not_an_authorization_problem_says_so() -> None:
    assert "not an authorization problem" not in summary(REFUSED)
    assert "certain, not an authorization problem" in summary(led_by(replace(MISSING_SCOPE, lookalike=True)))


def test_unknown_rules_are_called_unknown() -> None:
    text = support_summary([REFUSED], tool="why403", rules_revision="", created="2026-11-21T12:00:05Z")
    assert "rules `unknown`" in text
