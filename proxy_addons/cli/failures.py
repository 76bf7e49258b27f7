"""`why403 failures`: what the proxy has stored, listed, shown and taken out."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.printing import print_out
from proxy_addons.cli.stored_failures import (
    GroupOption,
    SinceOption,
    StoreOption,
    TraceOption,
    moment_of,
    opened_store,
    trace_of,
)
from proxy_addons.sinks.fixture_form import FixtureForm

if TYPE_CHECKING:
    from proxy_addons.sinks.failure_filters import Filters

app = typer.Typer(no_args_is_help=True, help="Look at the failures the proxy has stored.")

CauseOption = Annotated[str | None, typer.Option("--cause", metavar="ID", help="Only those with this leading cause.")]
ServiceOption = Annotated[
    str | None, typer.Option("--service", metavar="NAME", help="Only those of graph, exchange, entra, sharepoint.")
]
AppOption = Annotated[str | None, typer.Option("--app", metavar="GUID", help="Only those of this app id.")]
RequestOption = Annotated[
    str | None,
    typer.Option("--request-id", metavar="GUID", help="Only the one with this request-id or client-request-id."),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, metavar="N", help="How many at most.")]


class Form(StrEnum):
    """How something is printed."""

    TEXT = "text"
    JSON = "json"


class Export(StrEnum):
    """How failures are taken out: one JSON object a line, or one report `why403.report/1`."""

    JSONL = "jsonl"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("--format", help="How to print it.")]


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917  # a filter is an option, and an option is a parameter
    since: SinceOption = None,
    group: GroupOption = None,
    cause: CauseOption = None,
    service: ServiceOption = None,
    app_id: AppOption = None,
    request_id: RequestOption = None,
    trace: TraceOption = None,
    limit: LimitOption = 50,
    before: Annotated[
        str | None, typer.Option("--before", metavar="ID", help="The page after the one that ended with this failure.")
    ] = None,
    form: FormOption = Form.TEXT,
    store: StoreOption = None,
) -> None:
    """List stored failures, the latest first.

    Of a failure that occurs over and over some are stored whole and all are counted: see `why403 failures groups`.
    """
    from proxy_addons.cli.failures_table import failures_json, failures_table
    from proxy_addons.sinks.failure_filters import Filters
    from proxy_addons.sinks.store.reading import list_failures, number_of

    filters = Filters(
        moment_of(since), group or "", cause or "", service or "", app_id or "", request_id or "", trace_of(trace)
    )
    with opened_store(store) as database:
        number = None if before is None else number_of(database, before)
        if before is not None and number is None:
            raise Complaint(f"--before {before}: the store holds no such failure. Name the last one of a page")
        found = list_failures(database, filters, limit + 1, number)
    page, more = found[:limit], len(found) > limit
    print_out(failures_json(page, more=more) if form is Form.JSON else failures_table(page, more=more))


@app.command()
def groups(  # noqa: PLR0913, PLR0917  # a filter is an option, and an option is a parameter
    since: SinceOption = None,
    group: GroupOption = None,
    cause: CauseOption = None,
    service: ServiceOption = None,
    app_id: AppOption = None,
    limit: LimitOption = 50,
    form: FormOption = Form.TEXT,
    store: StoreOption = None,
) -> None:
    """List kinds of failures: what makes each one, how often it occurred, from when to when."""
    from proxy_addons.cli.failures_table import groups_json, groups_table
    from proxy_addons.sinks.failure_filters import Filters
    from proxy_addons.sinks.store.reading import list_groups

    filters = Filters(moment_of(since), group or "", cause or "", service or "", app_id or "")
    with opened_store(store) as database:
        found = list_groups(database, filters, limit)
    print_out(groups_json(found) if form is Form.JSON else groups_table(found))


@app.command()
def show(
    failure: Annotated[str, typer.Argument(metavar="ID", help="A failure's id: f-0123456789ab.")],
    form: FormOption = Form.TEXT,
    store: StoreOption = None,
) -> None:
    """Show one stored failure as the proxy explained it."""
    import orjson

    from proxy_addons.diagnosis.report import failure_json
    from proxy_addons.diagnosis.report_text import terminal_box
    from proxy_addons.sinks.store.reading import find_record

    with opened_store(store) as database:
        stored = find_record(database, failure)
    if stored is None:
        raise Complaint(f"the store holds no {failure}. `why403 failures list` shows what it holds")
    if form is Form.TEXT:
        print_out(f"{terminal_box(stored.report)}\n")
    else:
        print_out(orjson.dumps(failure_json(stored.report), option=orjson.OPT_INDENT_2).decode() + "\n")


@app.command()
def export(  # noqa: PLR0913, PLR0917  # a filter is an option, and an option is a parameter
    since: SinceOption = None,
    group: GroupOption = None,
    cause: CauseOption = None,
    service: ServiceOption = None,
    app_id: AppOption = None,
    request_id: RequestOption = None,
    trace: TraceOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; standard output if not.")
    ] = None,
    form: Annotated[Export, typer.Option("--format", help="A failure a line, or one report.")] = Export.JSONL,
    fixtures: Annotated[
        FixtureForm | None,
        typer.Option("--as", help="Write a replayable fixture of each instead, into the folder --output."),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Take stored failures out as JSON, the latest first, in the form of docs/report.md.

    To send evidence to somebody make a bundle: it numbers people anew, so that two bundles cannot be joined. With --as
    each failure becomes a test of your own: a pytest file, a flow file for mitmdump --server-replay, or a HAR.
    """
    from proxy_addons.cli.failures_table import exported
    from proxy_addons.sinks.failure_filters import Filters
    from proxy_addons.sinks.store.reading import read_records

    filters = Filters(
        moment_of(since), group or "", cause or "", service or "", app_id or "", request_id or "", trace_of(trace)
    )
    if fixtures is not None:
        _write_fixtures(store, filters, fixtures, output or Path())
        return
    with opened_store(store) as database:
        pieces = exported(read_records(database, filters), lines=form is Export.JSONL)
        if output is None:
            for piece in pieces:
                print_out(piece, encoding="utf-8")
        else:
            _write(output, pieces)


def _write_fixtures(store: str | None, filters: Filters, form: FixtureForm, folder: Path) -> None:
    """A file per failure, named after it."""
    from proxy_addons.cli.fixture import write_fixture
    from proxy_addons.cli.stored_failures import stored_records
    from proxy_addons.sinks.fixture_form import fixture_name

    if not folder.is_dir():
        raise Complaint(f"{folder}: there is no such folder. Make it, or name another with --output")
    for record in stored_records(store, [], filters)[0]:
        write_fixture(record, form, folder / fixture_name(record.report.id, form))


def _write(output: Path, pieces: Iterator[str]) -> None:
    """To a file that only its owner can read, and that is complete or not there."""
    from proxy_addons.sinks.private_file import private_file

    try:
        with private_file(output) as file:
            file.writelines(piece.encode() for piece in pieces)
    except OSError as error:
        raise Complaint(f"{output}: {error.strerror}. Choose another place with --output") from None
