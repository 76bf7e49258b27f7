"""`why403 fixture`: a refusal of a recording as a test of your own: every 403 becomes a fixture."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.rules_options import RulesOption
from proxy_addons.sinks.fixture_form import FixtureForm, fixture_name

if TYPE_CHECKING:
    from proxy_addons.redaction.record import Record

EPILOG = ending(
    (
        "why403 fixture trace.har --as pytest && pytest test_refusal_*.py",
        "why403 fixture trace.har --failure f-08f7f9b5d3c6 --as mitm --output refusal.mitm",
        "mitmdump --server-replay refusal.mitm",
    ),
    {
        0: "written",
        2: "no such refusal, or the file cannot be written",
        4: "something unsafe survived; nothing written",
    },
)


def fixture(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ID", help="A recording (HAR, SAZ, mitmproxy flow file), or a stored failure's id."
        ),
    ],
    form: Annotated[FixtureForm, typer.Option("--as", help="What to write.")] = FixtureForm.PYTEST,
    failure: Annotated[
        str, typer.Option("--failure", metavar="ID", help="Which refusal; needed where there are several.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write it; named after the failure when not given."
        ),
    ] = None,
    rules: RulesOption = None,
) -> None:
    """Turn a refusal into a replayable test.

    A pytest file with a server that refuses as Microsoft did, a flow file for mitmdump --server-replay, or a HAR. It is
    redacted and searched once more, like a bundle.
    """
    record = _record(what, failure, rules)
    write_fixture(record, form, output or Path(fixture_name(record.report.id, form)))


def _record(what: str, failure: str, rules: Path | None) -> Record:
    """The refusal: a file by its name, else an id of the store."""
    from proxy_addons.cli.refused_call import refusal
    from proxy_addons.intake.rule_files import read_rules
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.redaction.record import redact

    if Path(what).exists() or not what.startswith("f-"):
        return redact(refusal(Path(what), failure, read_rules(rules)).failure, Pseudonyms(secrets.token_bytes(32)))
    from proxy_addons.cli.stored_failures import stored_records
    from proxy_addons.sinks.failure_filters import Filters

    return stored_records(None, [what], Filters())[0][0]


def write_fixture(record: Record, form: FixtureForm, target: Path) -> None:
    """Write a fixture and say so. Raises Complaint, and leaves with exit code 4 where something unsafe survived."""
    from proxy_addons.sinks.last_check import UnsafeExportError
    from proxy_addons.sinks.private_file import write_private

    try:
        write_private(target, checked_fixture(record, form, target.name))
    except UnsafeExportError as error:
        typer.echo(f"why403: {error}", err=True)
        raise typer.Exit(ExitCode.UNSAFE_EXPORT) from None
    except OSError as error:
        raise Complaint(f"{target}: {error.strerror}") from None
    typer.echo(f"{target}: {record.report.id}, {record.report.diagnosis.leading.cause}")


def checked_fixture(record: Record, form: FixtureForm, file_name: str) -> bytes:
    """The fixture of a failure, its stand-ins numbered, searched for what was taken out. Raises UnsafeExportError."""
    from proxy_addons.diagnosis.report import failure_json
    from proxy_addons.redaction.pseudonyms import renumbering
    from proxy_addons.sinks.fixture import fixture as written
    from proxy_addons.sinks.last_check import refuse_leaks, search_for

    texts = [json.dumps(record.har_entry), json.dumps(failure_json(record.report))]
    numbers = renumbering(texts, sorted(record.aliases))
    entry, failure = (json.loads(numbers.apply(text)) for text in texts)
    content = written(entry, failure, form)
    refuse_leaks(file_name, {"the fixture": content}, search_for([record.originals]), "fixture")
    return content
