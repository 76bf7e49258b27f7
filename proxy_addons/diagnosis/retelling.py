"""The same report at another moment: the numbers it tells of its moment, told anew.

A call that is refused once more is told with other numbers though nothing else has changed: how old its token was, how
long ago something worked, for how many minutes the token was still valid, how often it was refused in a row. Here is
known where a report tells them. A report that tells one anywhere else has to be worked out again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.gates import minutes_left
from proxy_addons.diagnosis.moment_class import AGO, REPEATED
from proxy_addons.diagnosis.notes import WORKED_AGO, how_often
from proxy_addons.diagnosis.wording import span
from proxy_addons.evidence.token_facts import seconds_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Evidence, Finding
    from proxy_addons.evidence.facts import Value

TIMES: Final = re.compile(r"(?<=was refused )(once|\d{1,5} times in a row)(?= right before)")
"""The one number in a note that grows with every repetition (`notes`)."""
LEFT: Final = re.compile(r"(?<=valid for another )(\d{1,5})(?= minutes)")
"""The one clock in the reading of a gate (`gates`), and in the verdict where nothing is determined."""
_LARGEST: Final = 99_999
_LONG: Final = re.compile(r"\d{6}")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a report tells of its moment: spans of time in words, by fact; refusals in a row; minutes left."""

    spans: Mapping[str, str]
    refusals: int
    left: int | None

    @property
    def ordinary(self) -> bool:
        """Whether all of them are short enough to be shown as they are: larger ones are a person's to the redaction."""
        short = not any(map(_LONG.search, self.spans.values()))
        return short and max(self.refusals, self.left or 0) <= _LARGEST

    def at_the_same_moment(self, other: Numbers) -> bool:
        """Whether both are told in the same words, but for how often something was refused."""
        return self.spans == other.spans and self.left == other.left


def numbers_at(now: float | None, moments: Sequence[int | None], past: Iterable[tuple[str, Value, str]]) -> Numbers:
    """The numbers of a moment (seconds since 1970), by the moments a token names and the facts of what went before."""
    seconds = dict(seconds_since(moments, now)) if now is not None else {}
    end = seconds.get("token.expired_by")
    before = {name: value for name, value, _ in past if isinstance(value, int)}
    seconds |= {name: before[name] for name in sorted(AGO) if name in before}
    spans = {name: span(value) for name, value in seconds.items()}
    return Numbers(spans, before.get(REPEATED, 0), None if end is None else minutes_left(-end))


def retold(
    report: FailureReport, before: Numbers, now: Numbers, told_by: Mapping[str, Mapping[str, int]]
) -> FailureReport:
    """A report with the numbers of `before` exchanged for those of `now`, wherever it is known to tell them.

    Both name the same spans; `told_by` are those of each rule's verdict (`moment_class.Bounds`).
    """
    left = "" if now.left is None else str(now.left)
    spans = {name: text for name, text in before.spans.items() if text != now.spans[name]}
    diagnosis, notes = report.diagnosis, report.notes
    if spans:
        notes = tuple(_note(note, spans, now.spans) for note in notes)
        findings = (_finding(finding, spans, now.spans, told_by) for finding in diagnosis.findings)
        diagnosis = replace(diagnosis, findings=tuple(findings))
    if before.left != now.left:
        diagnosis = replace(
            diagnosis,
            gates=tuple(replace(each, because=LEFT.sub(left, each.because)) for each in diagnosis.gates),
            findings=tuple(replace(each, verdict=LEFT.sub(left, each.verdict)) for each in diagnosis.findings),
        )
    return replace(report, diagnosis=diagnosis, notes=recounted(notes, now.refusals))


def recounted(notes: tuple[str, ...], refusals: int) -> tuple[str, ...]:
    """Notes that tell how often the same call was refused right before, with another number."""
    return tuple(TIMES.sub(how_often(refusals), note) for note in notes)


def _finding(
    finding: Finding, before: Mapping[str, str], now: Mapping[str, str], told_by: Mapping[str, Mapping[str, int]]
) -> Finding:
    verdict = finding.verdict
    told = {name: times for name, times in told_by.get(finding.cause, {}).items() if name in before}
    if told and all(verdict.count(before[name]) == times for name, times in told.items()):
        by = {before[name]: now[name] for name in told}
        verdict = re.sub("|".join(map(re.escape, by)), lambda match: by[match[0]], verdict)
    return replace(finding, verdict=verdict, evidence=tuple(_evidence(seen, before, now) for seen in finding.evidence))


def _evidence(seen: Evidence, before: Mapping[str, str], now: Mapping[str, str]) -> Evidence:
    known = seen.supports and seen.fact in before and seen.value == before[seen.fact]
    return replace(seen, value=now[seen.fact]) if known else seen


def _note(note: str, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    for beginning, name in WORKED_AGO.items():
        if name in before and note.startswith(beginning):
            old = f" {before[name]} earlier"
            return note.replace(old, f" {now[name]} earlier") if note.count(old) == 1 else note
    return note
