"""`why403 bundle`: evidence for a support case, out of a recording."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import counted
from proxy_addons.cli.rules import RulesOption

app = typer.Typer(no_args_is_help=True, help="Make evidence bundles that are safe to send.")


@app.callback()
def _root() -> None:
    """Keep `create` a verb of its own although it is the only one."""


@app.command()
def create(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Recordings (HAR, SAZ, mitmproxy flow files) and folders of them; - reads standard input.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.zip", help="Where to write it; why403-<time>.zip when not given."),
    ] = None,
    rules: RulesOption = None,
) -> None:
    """Pack every refusal of recordings into one zip.

    It holds the sanitized traffic, the diagnosis, a summary to paste into a support case, and checksums.
    """
    from proxy_addons.cli.recording import read_recording
    from proxy_addons.sinks.bundle import UnsafeBundleError, write_bundle

    recording = read_recording(files, rules)
    records = [found.record for found in recording.found]
    for problem in recording.problems:
        typer.echo(f"why403: {problem}", err=True)
    ending = ExitCode.USAGE if recording.broken else ExitCode.CLEAN
    if not records:
        looked_at = f"{recording.source} ({counted(recording.exchanges, 'exchange')})"
        typer.echo(f"Nothing was refused in {looked_at}: no bundle written.")
        raise typer.Exit(ending)
    created = datetime.now(UTC)
    target = output or Path(f"why403-{created:%Y%m%dT%H%M%SZ}.zip")
    try:
        write_bundle(target, records, rules_revision=recording.ruleset.revision, created=created)
    except UnsafeBundleError as error:
        typer.echo(f"why403: {error}", err=True)
        raise typer.Exit(ExitCode.UNSAFE_EXPORT) from None
    except OSError as error:
        raise Complaint(f"{target}: {error.strerror or 'cannot be written'} with --output") from None
    packed = counted(len(records), "refusal")
    typer.echo(f"{target}: {packed}, swept clean. Start with summary.md inside.")
    raise typer.Exit(ending)
