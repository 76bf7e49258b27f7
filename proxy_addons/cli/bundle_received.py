"""`why403 bundle verify` and `inspect`: a bundle on the receiving side."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import print_out

if TYPE_CHECKING:
    from proxy_addons.sinks.bundle_check import Opened

_WIDTH: Final = 11


class Form(StrEnum):
    """How to print what a bundle holds."""

    TEXT = "text"
    JSON = "json"


BundleArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A bundle (.zip, or .zip.age when encrypted).")]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", metavar="KEY.pub", help="The signer's public key; the signature is looked for in FILE.sig."),
]
IdentityOption = Annotated[
    Path | None, typer.Option("--identity", metavar="FILE", help="Your age identity, for an encrypted bundle.")
]


def verify(file: BundleArgument, key: KeyOption = None, identity: IdentityOption = None) -> None:
    """Check a received bundle: members, hashes, sizes, signature, and that nothing private shows.

    Leaves with exit code 0 where all is well and 4 where anything is not. Nothing is unpacked to disk.
    """
    opened = _opened(file, key, identity)
    for check in opened.checks:
        state, words = ("FAILED", check.problem) if check.problem else ("ok", check.found)
        print_out(f"{check.name:<{_WIDTH}} {state:<7} {words}\n")
    if not opened.is_sound:
        typer.echo(f"why403: {file}: do not rely on this bundle; ask the sender for a new one", err=True)
        raise typer.Exit(ExitCode.UNSAFE_EXPORT)


def inspect(
    file: BundleArgument,
    form: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.TEXT,
    identity: IdentityOption = None,
) -> None:
    """Print what a bundle holds: when and by what it was made, each failure, and what was taken out."""
    opened = _opened(file, None, identity)
    if not opened.is_sound:
        problems = "; ".join(f"{check.name}: {check.problem}" for check in opened.checks if check.problem)
        raise Complaint(f"{file}: {problems}. `why403 bundle verify` names every check")
    manifest = json.loads(opened.members["manifest.json"])
    diagnosis = json.loads(opened.members["diagnosis.json"])
    redaction = json.loads(opened.members["redaction.json"])
    if form is Form.JSON:
        told = {"manifest": manifest, "diagnosis": diagnosis, "redaction": redaction}
        print_out(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    print_out("\n".join(_lines(manifest, diagnosis, redaction)) + "\n")


def _lines(manifest: dict[str, object], diagnosis: dict[str, object], redaction: dict[str, object]) -> list[str]:
    """What a person wants to know first; texts of a bundle from elsewhere are shown without control characters."""
    from proxy_addons.diagnosis.report_text import printable

    lines = [
        f"made {manifest.get('created')} by {manifest.get('tool')}, rules {manifest.get('rules_revision')}",
        f"permission data: {manifest.get('permission_data') or 'not stated'}; clock: {_clock(manifest)}",
        "",
        "Failures:",
    ]
    for failure in _items(diagnosis, "failures"):
        exchange = _part(failure, "exchange")
        finding = (_items(failure, "findings") or [{}])[0]
        lines += [
            f"  {failure.get('id')}  {exchange.get('status')}  {exchange.get('method')} {exchange.get('url')}",
            f"    {finding.get('cause')} ({finding.get('certainty')}): {finding.get('title')}",
            f"    {exchange.get('time')}, request-id {exchange.get('request_id') or 'none'}",
        ]
    lines += ["", "Taken out:"]
    totals: dict[str, int] = {}
    for removal in _items(redaction, "removed"):
        count = removal.get("count")
        totals[str(removal.get("kind"))] = totals.get(str(removal.get("kind")), 0) + (
            count if isinstance(count, int) else 0
        )
    lines += [f"  {count:>6}  {kind}" for kind, count in sorted(totals.items())] or ["  nothing"]
    lines += ["", "Members:"]
    lines += [f"  {member.get('bytes'):>9} bytes  {member.get('name')}" for member in _items(manifest, "members")]
    return [printable(line) for line in lines]


def _clock(manifest: dict[str, object]) -> str:
    offset = _part(manifest, "clock_offset")
    if not offset:
        return "not compared"
    return f"servers {offset.get('median_seconds')} s ahead of the recorder (over {offset.get('answers')} answers)"


def _items(tree: dict[str, object], name: str) -> list[dict[str, object]]:
    listed = tree.get(name)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _part(tree: dict[str, object], name: str) -> dict[str, object]:
    part = tree.get(name)
    return part if isinstance(part, dict) else {}


def _opened(file: Path, key: Path | None, identity: Path | None) -> Opened:
    from proxy_addons.sinks.bundle_check import LARGEST_FILE, Keys, NoBundleError, open_bundle

    signature = file.with_name(f"{file.name}.sig")
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Complaint(f"{file}: is larger than {LARGEST_FILE >> 20} MiB: no bundle is")
        keys = Keys(
            public_key=key.read_bytes() if key else b"",
            signature=signature.read_bytes() if signature.is_file() else b"",
            identity=identity.read_text(encoding="utf-8", errors="replace") if identity else "",
        )
        return open_bundle(file.read_bytes(), keys)
    except NoBundleError as error:
        raise Complaint(f"{file}: {error}") from None
    except OSError as error:
        named = error.filename or file
        raise Complaint(f"{named}: {error.strerror or 'cannot be read'}. Name a file that can be read") from None
