"""The one refused call a verb works on, as it was sent: out of a recording, or out of a running proxy's memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proxy_addons.cli.complaint import Complaint
from proxy_addons.diagnosis.course import Course, conclude, proceed
from proxy_addons.intake.recordings import open_recordings
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal with everything it was told with, secrets included: for memory only."""

    failure: Failure
    source: str


def refusals(path: Path, ruleset: Ruleset) -> Iterator[Refused]:
    """Every refusal of a recording, in its order. Raises Complaint where it cannot be read."""
    try:
        for source, items in open_recordings(path):
            course = Course()
            for item in items:
                if isinstance(item, UnreadableEntry):
                    continue
                course, failures = proceed(course, item, ruleset)
                yield from (Refused(failure, source.name) for failure in failures)
            yield from (Refused(failure, source.name) for failure in conclude(course, ruleset))
    except RecordingError as error:
        raise Complaint(str(error)) from None


def exchanges(path: Path) -> Iterator[Exchange]:
    """Every exchange of a recording. Raises Complaint where it cannot be read."""
    try:
        for _, items in open_recordings(path):
            yield from (item for item in items if not isinstance(item, UnreadableEntry))
    except RecordingError as error:
        raise Complaint(str(error)) from None


def refusal(path: Path, wanted: str, ruleset: Ruleset) -> Refused:
    """The refusal of that id, or the only one there is. Raises Complaint, naming those there are."""
    found = [*refusals(path, ruleset)]
    if not found:
        raise Complaint(f"{path}: nothing was refused in it. Name a recording with a refusal")
    chosen = [each for each in found if wanted in {"", each.failure.report.id}]
    if len(chosen) == 1:
        return chosen[0]
    there = ", ".join(each.failure.report.id for each in found[:10])
    missing = f"it holds no failure {wanted}" if not chosen else f"it holds {len(found)} failures"
    raise Complaint(f"{path}: {missing}. Choose one with --failure: {there}")
