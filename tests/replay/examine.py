"""Replay the corpus with `why403 explain` as anybody would run it, and mark what it says against what is expected.

Every case is a HAR file of its own in one folder, so that no recording knows of another. Right is a report whose first
cause is an expected one. A certain finding is wrong where it is neither expected nor listed as also true, and every
certain finding is wrong where the evidence carries none.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pydantic import BaseModel

from tests.replay.case import HEALTHY, read_corpus
from tests.replay.har import har_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.replay.case import Case, Part, Step


class _Finding(BaseModel):
    cause: str
    certainty: str


class _Exchange(BaseModel):
    time: str
    service: str


class _Failure(BaseModel):
    source: str
    exchange: _Exchange
    findings: tuple[_Finding, ...]


class _Report(BaseModel):
    exchanges: int
    failures: tuple[_Failure, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One expected failure, or one exchange that should be silent, and what was said about it.

    `said` are cause and certainty of the findings, best first; empty where nothing was reported. `surplus` counts
    reports nobody expected.
    """

    part: str
    case: str
    expected: frozenset[str]
    said: tuple[tuple[str, str], ...]
    also: frozenset[str] = frozenset()
    sure: bool = True
    surplus: int = 0

    @property
    def service(self) -> str:
        """The folder of rules the part belongs to, `healthy` for recordings nothing is wrong with."""
        return self.part.split("-")[0]

    @property
    def is_failure(self) -> bool:
        """Whether a report is expected; an exchange that may be reported or not counts as one where it is."""
        return bool(self.expected - {HEALTHY}) and (HEALTHY not in self.expected or bool(self.said))

    @property
    def is_right(self) -> bool:
        """Whether the first cause is an expected one, or silence was right."""
        if not self.said:
            return not self.is_failure
        return self.said[0][0] in self.expected and not self.surplus

    @property
    def is_within_three(self) -> bool:
        """Whether an expected cause is among the first three."""
        return self.is_right or any(cause in self.expected for cause, _ in self.said[:3])

    @property
    def wrong_certain(self) -> tuple[str, ...]:
        """Causes called certain that are not."""
        allowed = self.expected | self.also if self.sure else frozenset[str]()
        return tuple(cause for cause, certainty in self.said if certainty == "certain" and cause not in allowed)


def examine(name: str = "") -> tuple[Mark, ...]:
    """Replay the corpus, or those of its parts whose names hold this one."""
    parts = tuple(part for part in read_corpus() if name in part.name)
    with TemporaryDirectory() as folder:
        for part in parts:
            for index, case in enumerate(part.cases):
                (Path(folder) / _file(part, index)).write_bytes(har_of([case]))
        reported = _explained(Path(folder))
    return tuple(mark for part in parts for mark in _marks(part, reported))


def _file(part: Part, index: int) -> str:
    return f"{part.name}.{index:03}.har"


def _explained(folder: Path) -> Mapping[str, Sequence[_Failure]]:
    """What `why403 explain` reports, by recording."""
    ran = subprocess.run(
        [sys.executable, "-m", "proxy_addons.cli", "explain", str(folder), "--format", "json"],
        capture_output=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"why403 explain left with {ran.returncode}: {ran.stderr.decode(errors='replace')}")
    found: defaultdict[str, list[_Failure]] = defaultdict(list)
    for failure in _Report.model_validate_json(ran.stdout).failures:
        found[Path(failure.source).name].append(failure)
    return found


def _marks(part: Part, reported: Mapping[str, Sequence[_Failure]]) -> Iterator[Mark]:
    for index, case in enumerate(part.cases):
        failures = reported.get(_file(part, index), ())
        for moment, step in _moments(case):
            yield from _of_step(part, case, step, [one for one in failures if one.exchange.time == moment])


def _moments(case: Case) -> Iterator[tuple[str, Step]]:
    moment = datetime.fromisoformat(case.at)
    for step in case.exchanges:
        moment += timedelta(seconds=step.wait)
        yield moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), step


def _of_step(part: Part, case: Case, step: Step, failures: Sequence[_Failure]) -> Iterator[Mark]:
    wanted = step.expected or (frozenset({HEALTHY}),)
    for index, expected in enumerate(wanted):
        findings = failures[index].findings if index < len(failures) else ()
        yield Mark(
            part.name,
            case.case,
            expected,
            tuple((finding.cause, finding.certainty) for finding in findings),
            frozenset(step.also),
            step.sure,
            max(0, len(failures) - len(wanted)) if index == 0 else 0,
        )
