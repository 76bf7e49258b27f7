"""`why403 sanitize`: any recording as a HAR that is safe to send, whether anything was refused in it or not."""

from __future__ import annotations

import secrets
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import counted, print_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.sinks.sanitized_har import Sanitized

_DASH: Final = Path("-")
_NAMED: Final = 10
_WORDS: Final = {
    "token": "tokens",
    "secret": "secrets",
    "user": "users",
    "name": "names",
    "ip": "IP addresses",
    "domain": "domains",
    "id": "ids",
    "text": "texts",
    "number": "numbers",
}


def sanitize(
    recording: Annotated[
        Path,
        typer.Argument(metavar="IN.har", help="A recording (HAR, SAZ, mitmproxy flow file); - reads standard input."),
    ],
    output: Annotated[
        Path | None,
        typer.Argument(metavar="[OUT.har]", help="Where to write it: IN.sanitized.har when not given, - to print it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there already.")] = False,
) -> None:
    """Take secrets out of a recording and write a HAR that is safe to send.

    Personal values go as well. The archive is built anew from what is known to be safe, and searched once more when it
    is finished. What was taken out is reported on standard error, as counts and never as values.
    """
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.sinks.last_check import UnsafeExportError
    from proxy_addons.sinks.private_file import write_private
    from proxy_addons.sinks.sanitized_har import sanitize as redacted

    target = output or (_DASH if recording == _DASH else recording.with_name(f"{recording.stem}.sanitized.har"))
    if target != _DASH and target.exists() and (not force or _is_same(target, recording)):
        remedy = "Name another" if _is_same(target, recording) else "Name another, or give --force"
        raise Complaint(f"{target}: is there already and is not written over. {remedy}")
    problems: list[str] = []
    try:
        done = redacted(_exchanges(recording, problems), Pseudonyms(secrets.token_bytes(32)), _shown_name(target))
    except UnsafeExportError as error:
        typer.echo(f"why403: {error}", err=True)
        raise typer.Exit(ExitCode.UNSAFE_EXPORT) from None
    if target == _DASH:
        print_out(done.har.decode(), encoding="utf-8")
    else:
        try:
            write_private(target, done.har)
        except OSError as error:
            raise Complaint(f"{target}: {error.strerror}") from None
    for line in _report(done, problems, target):
        sys.stderr.write(f"{line}\n")


def _shown_name(target: Path) -> str:
    return "" if target == _DASH else target.name


def _is_same(target: Path, recording: Path) -> bool:
    return recording != _DASH and recording.exists() and target.exists() and target.samefile(recording)


def _exchanges(path: Path, problems: list[str]) -> Iterator[Exchange]:
    """Every exchange; a recording that breaks off is refused, because half of it may look like the whole."""
    from proxy_addons.intake.recordings import open_recordings
    from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

    if path.is_dir():
        raise Complaint(f"{path}: is a folder. Name one recording")
    try:
        for _, items in open_recordings(path):
            for item in items:
                if not isinstance(item, UnreadableEntry):
                    yield item
                elif item.lost:
                    problems.append(f"{item.place}: {item.problem}; left out")
                else:
                    problems.append(f"{item.place}: {item.problem}")
    except RecordingError as error:
        raise Complaint(f"{error}. Nothing was written") from None


def _report(done: Sanitized, problems: list[str], target: Path) -> Iterator[str]:
    """What was removed, for a person."""
    where = "standard output" if target == _DASH else target
    yield f"{where}: {counted(done.entries, 'exchange')}, swept clean."
    removed = [f"{_WORDS[kind]} {count}" for kind, count in done.removed.items() if kind in _WORDS]
    if removed:
        yield f"Taken out: {', '.join(removed)}."
    reasons = Counter((part.place, part.reason) for _, part in done.dropped)
    for (place, reason), count in reasons.most_common(_NAMED):
        yield f"Left out whole: {place}, {reason}" + (f" ({count} times)" if count > 1 else "")
    if done.removed_late:
        yield f"Left out because another exchange told it to be private: {counted(done.removed_late, 'text')}"
    yield from problems[:_NAMED]
    if len(problems) > _NAMED:
        yield f"{counted(len(problems) - _NAMED, 'more part')} cannot be read"
