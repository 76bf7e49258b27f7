"""`why403 bundle`: evidence for a support case, out of a recording or the failure store, and its receiving side."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from proxy_addons.cli.bundle_received import inspect, verify
from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import counted, print_out
from proxy_addons.cli.rules_options import RulesOption, ShippedOption
from proxy_addons.cli.stored_failures import GroupOption, SinceOption, StoreOption, stored_choice, stored_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.redaction.record import Record
    from proxy_addons.sinks.bundle import About
    from proxy_addons.sinks.bundle_seal import Seal

app = typer.Typer(no_args_is_help=True, help="Make evidence bundles that are safe to send.")
app.command()(verify)
app.command()(inspect)

_ENDING: Final = "swept clean. Start with summary.md inside."


@app.command()
def create(  # noqa: PLR0913, PLR0917  # an option each
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|ID",
            help="Recordings (HAR, SAZ, mitmproxy flow files) and folders of them, - for standard input; or ids of "
            "stored failures (`why403 failures list`).",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.zip", help="Where to write it; why403-<time>.zip when not given."),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would leave, member by member, and write nothing.")
    ] = False,
    encrypt_to: Annotated[
        list[str] | None,
        typer.Option("--encrypt-to", metavar="RECIPIENT", help="Encrypt with age to these recipients (age1...)."),
    ] = None,
    sign: Annotated[
        Path | None,
        typer.Option("--sign", metavar="KEY", help="Sign with this OpenSSH Ed25519 key; the signature is FILE.sig."),
    ] = None,
    rules: RulesOption = None,
    shipped: ShippedOption = True,
    group: GroupOption = None,
    since: SinceOption = None,
    store: StoreOption = None,
) -> None:
    """Pack every refusal of recordings, or stored failures, into one zip.

    It holds a page for each reader, the sanitized traffic, the diagnosis, a summary to paste into a support case, and
    checksums.
    """
    from proxy_addons.cli.recording import read_recording
    from proxy_addons.sinks.bundle import About

    stored = stored_choice(files or [], group, since)
    ending = ExitCode.CLEAN
    seal = _seal(encrypt_to or [], sign)
    data = ""
    if stored is not None:
        records, revision = stored_records(store, *stored)
        looked_at = "what the store holds of that kind"
    else:
        recording = read_recording(files or [], rules, shipped=shipped)
        records = [found.record for found in recording.found]
        for problem in recording.problems:
            typer.echo(f"why403: {problem}", err=True)
        ending = ExitCode.USAGE if recording.broken else ExitCode.CLEAN
        revision = recording.ruleset.revision
        data = _data_day(recording.ruleset.permissions)
        looked_at = f"{recording.source} ({counted(recording.exchanges, 'exchange')})"
    if not records:
        typer.echo(f"Nothing was refused in {looked_at}: no bundle written.")
        raise typer.Exit(ending)
    created = datetime.now(UTC)
    suffix = ".zip.age" if seal.recipients else ".zip"
    target = output or Path(f"why403-{created:%Y%m%dT%H%M%SZ}{suffix}")
    about = About(revision, created, data)
    if preview:
        print_out(_previewed(_members(records, about, target), target))
        raise typer.Exit(ending)
    _write(target, records, about, seal)
    sealed = ", encrypted" if seal.recipients else ""
    signed = f" Signature: {target}.sig." if sign else ""
    typer.echo(f"{target}: {counted(len(records), 'refusal')}{sealed}, {_ENDING}{signed}")
    raise typer.Exit(ending)


def _data_day(data: PermissionData) -> str:
    """The day of the newest permission table in use."""
    return max(table.origin.day for table in (*data.graph, data.exchange))


def _seal(recipients: Sequence[str], key: Path | None) -> Seal:
    from proxy_addons.sinks.bundle_seal import Seal, SealError, encrypt, sign

    try:
        signing_key = key.read_bytes() if key else b""
        # Told before a recording of an hour is read.
        if signing_key:
            sign(b"", signing_key)
        if recipients:
            encrypt(b"", recipients)
    except OSError as error:
        raise Complaint(f"{key}: {error.strerror or 'cannot be read'}. Name a key that can be read") from None
    except SealError as error:
        raise Complaint(str(error)) from None
    return Seal(tuple(recipients), signing_key)


def _members(records: Sequence[Record], about: About, target: Path) -> dict[str, bytes]:
    from proxy_addons.sinks.bundle import bundle_members
    from proxy_addons.sinks.last_check import UnsafeExportError

    try:
        return bundle_members(records, about, target.name)
    except UnsafeExportError as error:
        typer.echo(f"why403: {error}", err=True)
        raise typer.Exit(ExitCode.UNSAFE_EXPORT) from None


def _write(target: Path, records: Sequence[Record], about: About, seal: Seal) -> None:
    from proxy_addons.sinks.bundle import write_bundle
    from proxy_addons.sinks.last_check import UnsafeExportError

    try:
        write_bundle(
            target,
            records,
            rules_revision=about.rules_revision,
            created=about.created,
            permission_data=about.permission_data,
            seal=seal,
        )
    except UnsafeExportError as error:
        typer.echo(f"why403: {error}", err=True)
        raise typer.Exit(ExitCode.UNSAFE_EXPORT) from None
    except OSError as error:
        raise Complaint(f"{target}: {error.strerror or 'cannot be written'} with --output") from None


def _previewed(members: Mapping[str, bytes], target: Path) -> str:
    """Every member as it would leave; the page is named only, because it says the same in markup."""
    lines = [f"This would be written to {target}; nothing has been written yet.", ""]
    lines += [f"{len(content):>9} bytes  {name}" for name, content in members.items()]
    for name, content in members.items():
        shown = content.decode() if not name.endswith(".html") else "(a page with the same content)\n"
        lines += ["", f"==== {name} ====", "", shown.rstrip("\n")]
    return "\n".join(lines) + "\n"
