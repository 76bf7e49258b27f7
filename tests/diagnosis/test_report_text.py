from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.report_text import markdown, one_line, printable, terminal_box
from proxy_addons.diagnosis.verdict import Certainty, Gate, GateReading, GateState, OpenQuestion
from tests.sinks.reports import MISSING_SCOPE, NOT_LICENSED, NOTHING_FITS, REPORT, assert_golden

if TYPE_CHECKING:
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Finding

GOLDEN = Path(__file__).parent / "golden"


def about(*findings: Finding, questions: tuple[OpenQuestion, ...] = (), notes: tuple[str, ...] = ()) -> FailureReport:
    diagnosis = replace(REPORT.diagnosis, findings=findings, open_questions=questions)
    return replace(REPORT, diagnosis=diagnosis, notes=notes)


LIKELY = replace(MISSING_SCOPE, certainty=Certainty.LIKELY)
QUESTION = OpenQuestion("Not known from this exchange: token.roles.", ("graph-scope-missing",))


def test_the_box_of_a_certain_cause_shows_proof_and_the_first_fix() -> None:
    assert_golden(GOLDEN / "box_certain.txt", terminal_box(REPORT) + "\n")


def test_the_box_of_a_likely_cause_names_the_others_and_what_decides() -> None:
    assert_golden(
        GOLDEN / "box_likely.txt", terminal_box(about(LIKELY, NOT_LICENSED, notes=("It worked before.",))) + "\n"
    )


def test_the_box_of_an_undetermined_refusal_says_so() -> None:
    assert_golden(GOLDEN / "box_undetermined.txt", terminal_box(about(NOTHING_FITS)) + "\n")


def test_the_box_of_a_look_alike_says_that_it_is_no_authorization_problem() -> None:
    lookalike = replace(MISSING_SCOPE, lookalike=True, gate=Gate.NONE, evidence=(), fixes=(), propagation="")

    assert "certain, not an authorization problem" in terminal_box(about(lookalike))


def test_every_line_of_a_box_is_as_wide_as_the_terminal_even_where_words_are_longer() -> None:
    endless = replace(LIKELY, cause="c" * 120, title="t" * 300, verdict="v" * 300)

    assert {len(line) for line in terminal_box(about(endless), 64).splitlines()} == {64}


def test_a_call_that_got_no_answer_is_headed_so() -> None:
    unanswered = replace(
        REPORT, exchange=replace(REPORT.exchange, status=None, operation="", method="GET", surface="graph")
    )

    assert "no answer  GET graph" in terminal_box(unanswered)


def test_control_characters_cannot_reach_the_terminal() -> None:
    hostile = replace(MISSING_SCOPE, title="a\x1b[2Jb\u202ec\x00")

    assert printable(hostile.title) == "a·[2Jb·c·"
    assert "\x1b" not in terminal_box(about(hostile)) + one_line(about(hostile)) + markdown(about(hostile))


def test_one_line_is_cause_certainty_and_title() -> None:
    assert one_line(REPORT) == f"graph-scope-missing (certain): {MISSING_SCOPE.title}"


def test_markdown_tells_everything_in_order() -> None:
    gates = (
        GateReading(Gate.NETWORK, GateState.PASSED, "answered"),
        GateReading(Gate.PERMISSION, GateState.FAILED, "missing"),
        GateReading(Gate.ROLE, GateState.UNKNOWN, "not told"),
    )
    report = about(LIKELY, NOT_LICENSED, questions=(QUESTION, OpenQuestion("Who?")), notes=("It worked before.",))
    report = replace(report, diagnosis=replace(report.diagnosis, gates=gates))

    assert_golden(GOLDEN / "report.md", markdown(report))


def test_a_failure_without_a_time_says_so_in_markdown() -> None:
    assert "time not recorded" in markdown(replace(REPORT, exchange=replace(REPORT.exchange, time="")))


def test_text_from_the_wire_cannot_become_a_link_an_image_or_a_heading() -> None:
    hostile = replace(MISSING_SCOPE, verdict="![x](http://evil) <b> # h | `code` `")

    assert "\\!\\[x\\](http://evil) \\<b\\> \\# h \\|" in markdown(about(hostile))


def test_commands_stay_code_between_paired_backticks() -> None:
    assert "Run `Get-Thing | fl *` now" in markdown(about(replace(LIKELY, verdict="Run `Get-Thing | fl *` now")))


def test_a_value_with_backticks_gets_a_longer_fence() -> None:
    shown = replace(REPORT, exchange=replace(REPORT.exchange, error_code="a``b"))

    assert "``` a``b ```" in markdown(shown)


def test_headers_to_quote_are_listed_and_what_was_not_seen_is_left_out() -> None:
    exchange = replace(REPORT.exchange, support_headers=(("request-id", "abc"),), error_code="")

    shown = markdown(replace(REPORT, exchange=exchange))

    assert "- `request-id`: `abc`" in shown
    assert "Error code" not in shown
