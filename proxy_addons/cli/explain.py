"""`why403 explain`: the proxy's eyes for a recording somebody made elsewhere."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import counted, print_out
from proxy_addons.cli.rules import RulesOption
from proxy_addons.diagnosis.verdict import Certainty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.cli.recording import Recording
    from proxy_addons.diagnosis.failure_report import FailureReport


class Format(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE.har", help="A HAR recording; - reads standard input.")],
    form: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.TEXT,
    fail_on: Annotated[
        Certainty | None,
        typer.Option(help="Leave with exit code 3 where a cause is at least this sure, for CI."),
    ] = None,
    rules: RulesOption = None,
    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Show addresses and values as they were sent; only on a terminal.")
    ] = False,
) -> None:
    """Explain every refusal in a recording."""
    from proxy_addons.cli.recording import read_recording

    if unredacted and not sys.stdout.isatty():
        raise Complaint(
            "--unredacted shows tokens' owners and addresses, so it prints to a terminal only. "
            "Leave it out: the redacted report names the same causes"
        )
    recording = read_recording(file, rules)
    for problem in recording.problems:
        typer.echo(f"why403: {problem}", err=True)
    reports = [failure.report for failure in recording.failures] if unredacted else recording.shown_reports()
    print_out(_printed(form, recording, reports), encoding="utf-8" if form is Format.JSON else "")
    if recording.broken:
        raise typer.Exit(ExitCode.USAGE)
    if fail_on is not None and any(_reaches(report, fail_on) for report in reports):
        raise typer.Exit(ExitCode.FINDINGS)


def _reaches(report: FailureReport, least: Certainty) -> bool:
    return report.diagnosis.leading.certainty.weakness <= least.weakness


def _printed(form: Format, recording: Recording, reports: Sequence[FailureReport]) -> str:
    from proxy_addons.diagnosis.report_text import markdown, terminal_box

    summary = f"{len(reports)} refused of {counted(recording.exchanges, 'exchange')} in {recording.source}\n"
    match form:
        case Format.JSON:
            return f"{recording.json(reports)}\n"
        case Format.MARKDOWN:
            return "\n".join([f"# {summary}", *map(markdown, reports)])
        case Format.TEXT:
            return "\n".join([*map(terminal_box, reports), summary])
