"""`why403 permissions`: would a token open a call, what is the least an app needs, and which data says so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.permissions_format import PermissionsFormat
from proxy_addons.cli.printing import counted, print_out

app = typer.Typer(no_args_is_help=True, help="Say which permission a call needs, and which an app could do without.")

FormOption = Annotated[PermissionsFormat, typer.Option("--format", help="How to print it.")]
FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE",
        help="Recordings (HAR, SAZ, mitmproxy flow files) and folders of them; - reads standard input.",
        show_default=False,
    ),
]


@app.command()
def check(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST ...; for EWS and cmdlets always POST.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="The address, or a path of Graph such as /me/messages.")],
    token: Annotated[
        str,
        typer.Option(
            "--token",
            metavar="-",
            help="- reads the token from standard input. Without it WHY403_TOKEN is used, if that is set.",
        ),
    ] = "",
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What the body asks for: an EWS operation or a cmdlet.")
    ] = "",
    form: FormOption = PermissionsFormat.TEXT,
) -> None:
    """Say what a call needs and whether a token would do.

    Answered from the permission tables alone; nothing is sent. The token is never printed. Leaves with exit code 3
    where the token lacks something.
    """
    from proxy_addons.cli.permissions_check import GAPS, checked, given_token, printed

    answer = checked(method.upper(), url, name, given_token(token))
    print_out(printed(answer, form), encoding=form.encoding)
    if answer.judgement.verdict in GAPS:
        raise typer.Exit(ExitCode.FINDINGS)


@app.command()
def minimal(files: FilesArgument, form: FormOption = PermissionsFormat.TEXT) -> None:
    """Print the least permissions for what recordings show.

    Successful calls count; each scheme of authorization gets a set of its own, with the table of operations and
    permissions that proves it. Leaves with exit code 3 where the tokens seen lack something of it. The failure store
    cannot tell: it keeps refused calls only.
    """
    from proxy_addons.cli.permissions_seen import read_calls
    from proxy_addons.cli.permissions_sets import minimal_report

    seen = read_calls(files)
    _tell(seen.problems)
    text, gap = minimal_report(seen, form)
    print_out(text, encoding=form.encoding)
    if gap:
        raise typer.Exit(ExitCode.FINDINGS)


@app.command()
def excess(files: FilesArgument, form: FormOption = PermissionsFormat.TEXT) -> None:
    """Print what tokens held and no call in the recordings needed.

    With how much of the API was seen, for a recording shows only what somebody did while it ran. Leaves with exit
    code 3 where something was held and not needed. The failure store cannot tell: it keeps refused calls only.
    """
    from proxy_addons.cli.permissions_seen import read_calls
    from proxy_addons.cli.permissions_sets import excess_report

    seen = read_calls(files)
    _tell(seen.problems)
    text, gap = excess_report(seen, form)
    print_out(text, encoding=form.encoding)
    if gap:
        raise typer.Exit(ExitCode.FINDINGS)


@app.command(name="import")
def import_table(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL", help="Microsoft's permissions.json; `published` fetches it from where it is published."
        ),
    ],
) -> None:
    """Use Microsoft's published table of Graph permissions from now on.

    It is compiled into this user's data folder with its date and digest; the one before stays in use where this one
    cannot be read.
    """
    from proxy_addons.cli.permissions_data import import_published

    print_out(import_published(source))


@app.command()
def status(form: FormOption = PermissionsFormat.TEXT) -> None:
    """Say which permission data is in use, how old it is, and how often it was seen to be wrong."""
    from proxy_addons.cli.permissions_data import status_report

    print_out(status_report(form), encoding=form.encoding)


@app.command()
def doubts(form: FormOption = PermissionsFormat.TEXT) -> None:
    """List the calls that succeeded although the data calls them impossible."""
    from proxy_addons.cli.permissions_data import doubts_report

    print_out(doubts_report(form), encoding=form.encoding)


@app.command()
def validate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]", help="Tables to check instead of those that came with why403."),
    ] = None,
) -> None:
    """Check permission tables; a mistake is named with file, line and column."""
    from proxy_addons.diagnosis.permissions.table_file import load_table
    from proxy_addons.intake.rule_files import built_in_tables

    if not files:
        data = built_in_tables().permissions
        tables = [*data.graph, *([data.exchange] if len(data.exchange) else [])]
    else:
        tables = [load_table(str(path), _text_of(path)) for path in files]
    for table in tables:
        typer.echo(
            f"{table.origin.source}: {counted(len(table), 'operation')}, {counted(len(table.traits), 'permission')}, "
            f"verified {table.origin.day}"
        )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8"
        raise Complaint(f"{path}: {reason}. Name a permission table (YAML)") from None


def _tell(problems: list[str]) -> None:
    for problem in problems:
        typer.echo(f"why403: {problem}", err=True)
