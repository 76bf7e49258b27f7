"""Recordings read, explained and redacted, one failure at a time: what `explain` prints and `bundle create` packs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.printing import counted
from proxy_addons.diagnosis.course import Course, conclude, proceed
from proxy_addons.intake.recordings import open_recordings
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.timeline import Memory
    from proxy_addons.intake.recordings import Items, Source
    from proxy_addons.redaction.record import Record

_PROBLEMS_NAMED: Final = 20
"""How many unreadable parts of one recording are named; the others are counted."""
_NAMES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A failure, and the recording it was found in. `unredacted` is its report as the wire has it: for a terminal."""

    source: str
    record: Record
    unredacted: FailureReport


@dataclass(slots=True)
class Recording:
    """Recordings and what reading them brought to light; complete after one iteration over `found`.

    Nothing of a recording is kept but what is in hand, for it may be larger than the memory. `problems` are sentences
    about what could not be read; `broken` means that a recording somebody named has no readable end.
    """

    ruleset: Ruleset
    revise: Callable[[Failure, Memory, Ruleset], Failure] | None = None
    found: Iterator[Found] = field(init=False)
    sources: list[str] = field(default_factory=list)
    exchanges: int = 0
    problems: list[str] = field(default_factory=list)
    broken: bool = False

    @property
    def source(self) -> str:
        """What was read, in words."""
        return ", ".join(self.sources) if len(self.sources) <= _NAMES_SHOWN else f"{len(self.sources)} recordings"


def read_recording(
    paths: Sequence[Path],
    rules: Path | None,
    watch: Callable[[Source], None] = lambda _: None,
    *,
    shipped: bool = True,
    revise: Callable[[Failure, Memory, Ruleset], Failure] | None = None,
) -> Recording:
    """Recordings (files, folders, `-`) to be read to their ends, or to where they break, and explained on the way.

    `watch` is told after every exchange how far reading has come; `revise` may diagnose a failure again, with what was
    known before it. Raises RuleError for a bad rule base; reading raises
    Complaint where nothing that was named can be opened.
    """
    recording = Recording(read_rules(rules, shipped=shipped), revise)
    recording.found = _found(recording, paths, watch)
    return recording


def _found(recording: Recording, paths: Sequence[Path], watch: Callable[[Source], None]) -> Iterator[Found]:
    # A key for this run only: offline there is nothing to join pseudonyms with.
    pseudonyms = Pseudonyms(secrets.token_bytes(32))
    for path in paths:
        try:
            for source, items in open_recordings(path):
                recording.sources.append(source.name)
                for failure in _failures(recording, source, items, watch):
                    yield Found(source.name, redact(failure, pseudonyms), failure.report)
        except RecordingError as error:
            if len(paths) == 1:
                raise Complaint(str(error)) from None
            recording.problems.append(str(error))
            recording.broken = True


def _failures(recording: Recording, source: Source, items: Items, watch: Callable[[Source], None]) -> Iterator[Failure]:
    """The failures of one recording, in its order."""
    course, unreadable, withheld = Course(), 0, 0
    try:
        for item in items:
            watch(source)
            if isinstance(item, UnreadableEntry):
                unreadable += 1
                recording.exchanges += item.lost
                if unreadable <= _PROBLEMS_NAMED:
                    left_out = "; left out" if item.lost else ""
                    recording.problems.append(f"{source.name}: {item.place}: {item.problem}{left_out}")
                continue
            recording.exchanges += 1
            known = course.memory
            course, failures = proceed(course, item, recording.ruleset)
            if recording.revise is not None:
                failures = tuple(recording.revise(failure, known, recording.ruleset) for failure in failures)
            withheld += sum(map(_lacks_its_token, failures))
            yield from failures
    except RecordingError as error:
        recording.problems.append(f"{error}; skipped" if error.skipped else str(error))
        recording.broken |= not error.skipped
    if unreadable > _PROBLEMS_NAMED:
        more = counted(unreadable - _PROBLEMS_NAMED, "more part")
        recording.problems.append(f"{source.name}: {more} cannot be read")
    failures = conclude(course, recording.ruleset)
    withheld += sum(map(_lacks_its_token, failures))
    yield from failures
    if withheld:
        recording.problems.append(
            f"{source.name}: {counted(withheld, 'refusal')} without the token that must have been sent. Browsers leave "
            "it out of a HAR unless they are told to save sensitive data: with it more can be explained"
        )


def _lacks_its_token(failure: Failure) -> bool:
    return failure.report.token.kind == "unrecorded"
