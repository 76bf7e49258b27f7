"""A recording read, explained and redacted: what `explain` prints and `bundle create` packs."""

from __future__ import annotations

import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import IO, TYPE_CHECKING, cast

import orjson

from proxy_addons import __version__
from proxy_addons.cli.complaint import Complaint
from proxy_addons.diagnosis.course import Course, conclude, proceed
from proxy_addons.diagnosis.failure import Failure
from proxy_addons.diagnosis.report import report_json
from proxy_addons.intake.har import HarError, UnreadableEntry, read_har
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.pseudonyms import Pseudonyms, Renumbering, renumbering
from proxy_addons.redaction.record import Record, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.ruleset import Ruleset


@dataclass(slots=True)
class Recording:
    """What was found in one recording. `problems` are sentences about what could not be read."""

    source: str
    ruleset: Ruleset
    exchanges: int = 0
    failures: list[Failure] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    broken: bool = False

    def add(self, failures: Iterable[Failure], pseudonyms: Pseudonyms) -> None:
        """Take in failures, each with its redacted form."""
        for failure in failures:
            self.failures.append(failure)
            self.records.append(redact(failure, pseudonyms))

    def shown_reports(self) -> list[FailureReport]:
        """The redacted reports with stand-ins numbered as they appear, so that a recording always reads the same."""
        reports = [record.report for record in self.records]
        numbers = renumbering(
            [self.json(reports)], (pair for record in self.records for pair in sorted(record.aliases))
        )
        return [_renumbered(report, numbers) for report in reports]

    def json(self, reports: Sequence[FailureReport]) -> str:
        """The report `why403.report/1` over these failures."""
        report = report_json(
            reports,
            source=self.source,
            exchanges=self.exchanges,
            tool_version=__version__,
            rules_revision=self.ruleset.revision,
        )
        return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()


def read_recording(file: Path, rules: Path | None) -> Recording:
    """Read a HAR file (`-` is standard input) to its end or to where it breaks, and explain what was refused.

    Raises RuleError for a bad rule base, and Complaint for a file that cannot be opened.
    """
    recording = Recording("standard input" if str(file) == "-" else file.name, read_rules(rules))
    # A key for this run only: offline there is nothing to join pseudonyms with.
    pseudonyms = Pseudonyms(secrets.token_bytes(32))
    course = Course()
    with _opened(file) as stream:
        try:
            for item in read_har(stream):
                recording.exchanges += 1
                if isinstance(item, UnreadableEntry):
                    recording.problems.append(
                        f"{recording.source}: log.entries[{item.index}]: {item.problem}; left out"
                    )
                    continue
                course, failures = proceed(course, item, recording.ruleset)
                recording.add(failures, pseudonyms)
        except HarError as error:
            recording.problems.append(f"{recording.source}: {error}")
            recording.broken = True
    recording.add(conclude(course, recording.ruleset), pseudonyms)
    return recording


def _renumbered[Value](value: Value, numbers: Renumbering) -> Value:
    """A report, or any part of one, with its stand-ins numbered."""
    changed: object = value
    if isinstance(value, str):
        changed = value if isinstance(value, StrEnum) else numbers.apply(value)
    elif isinstance(value, tuple):
        changed = tuple(_renumbered(item, numbers) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(
            value, **{part.name: _renumbered(getattr(value, part.name), numbers) for part in fields(value)}
        )
    return cast("Value", changed)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if str(file) == "-":
        if sys.stdin is None:
            raise Complaint("standard input: is closed. Name a HAR file, or give one on standard input")
        yield sys.stdin.buffer
        return
    try:
        stream = file.open("rb")
    except OSError as error:
        raise Complaint(
            f"{file}: {error.strerror or 'cannot be opened'}. Name a HAR file, or - for standard input"
        ) from None
    with stream:
        yield stream
