"""`why403 explain`: the proxy's eyes for a recording somebody made elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import print_out
from proxy_addons.cli.report_format import Format
from proxy_addons.cli.rules_options import RulesOption, ShippedOption
from proxy_addons.diagnosis.verdict import Certainty

if TYPE_CHECKING:
    from proxy_addons.diagnosis.failure_report import FailureReport


def explain(  # noqa: PLR0913, PLR0917  # typer wants an argument for every option
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Recordings (HAR, SAZ, mitmproxy flow files) and folders of them; - reads standard input.",
            show_default=False,
        ),
    ],
    form: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.TEXT,
    fail_on: Annotated[
        Certainty | None,
        typer.Option(help="Leave with exit code 3 where a cause is at least this sure, for CI."),
    ] = None,
    ask_directory: Annotated[
        str,
        typer.Option(
            "--ask-directory",
            metavar="IDENTITY",
            help="Have open questions answered by Microsoft Graph, as this identity of why403.toml.",
        ),
    ] = "",
    rules: RulesOption = None,
    shipped: ShippedOption = True,
    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Show addresses and values as they were sent; only on a terminal.")
    ] = False,
) -> None:
    """Explain every refusal in recordings.

    A file's content tells its kind, whatever its name. Each refusal is explained with what went before it in the same
    recording.
    """
    from proxy_addons.cli.reading_progress import reading_progress
    from proxy_addons.cli.recording import read_recording
    from proxy_addons.cli.report_printing import printed
    from proxy_addons.cli.report_spool import report_spool

    if unredacted and not sys.stdout.isatty():
        raise Complaint(
            "--unredacted shows tokens' owners and addresses, so it prints to a terminal only. "
            "Leave it out: the redacted report names the same causes"
        )
    revise = None
    if ask_directory:
        from proxy_addons.cli.directory_asking import directory_asker

        revise = directory_asker(ask_directory)
    reached = False
    with report_spool(in_memory=unredacted) as reports:
        with reading_progress(files) as watch:
            recording = read_recording(files, rules, watch, shipped=shipped, revise=revise)
            for found in recording.found:
                report = found.unredacted if unredacted else found.record.report
                reports.add(found.source, report, found.record.aliases)
                reached |= fail_on is not None and _reaches(report, fail_on)
        for problem in recording.problems:
            typer.echo(f"why403: {problem}", err=True)
        for piece in printed(form, recording, reports):
            print_out(piece, encoding=form.encoding)
    if recording.broken:
        raise typer.Exit(ExitCode.USAGE)
    if reached:
        raise typer.Exit(ExitCode.FINDINGS)


def _reaches(report: FailureReport, least: Certainty) -> bool:
    return report.diagnosis.leading.certainty.weakness <= least.weakness
