"""What waits to be written: few whole records, and every occurrence as a number.

A storm of a million refusals is a handful of records and true counts. So a record is kept only where its group has room
in the present window, and while many wait only where its group has none yet; the count is kept always, and is small
enough to outwait a database that is gone for an hour.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.redaction.record import Record

WINDOW_MS: Final = 3_600_000
"""Full records of a group are counted per window of an hour."""

RECORDS_AT_MOST: Final = 1000
CROWD: Final = 100
"""While so many records wait, the first of a group goes before the second of another."""
GROUPS_AT_MOST: Final = 10_000


class Outcome(Enum):
    """What became of a failure that was offered."""

    KEPT = "kept"
    COUNTED = "counted"
    RECORD_DROPPED = "record dropped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record on its way. `seen` is in milliseconds since 1970."""

    record: Record
    rules_revision: str
    seen: int

    @property
    def fingerprint(self) -> str:
        """The group."""
        return self.record.report.fingerprint


@dataclass(frozen=True, slots=True)
class Parts:
    """What makes a group, as it may be shown: taken from the redacted report of its first record."""

    service: str
    surface: str
    operation: str
    status: int | None
    cause: str
    app: str
    audience: str
    identity: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a group occurred, and from when to when (milliseconds since 1970)."""

    parts: Parts
    count: int
    first: int
    last: int

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return replace(
            self, count=self.count + other.count, first=min(self.first, other.first), last=max(self.last, other.last)
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction."""

    entries: Sequence[Entry] = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """How many failures are counted in it."""
        return sum(tally.count for tally in self.tallies.values())


def parts_of(record: Record) -> Parts:
    """The parts of the group a record belongs to."""
    report = record.report
    return Parts(
        service=report.exchange.service,
        surface=report.exchange.surface,
        operation=report.exchange.operation,
        status=report.exchange.status,
        cause=report.diagnosis.leading.cause,
        app=report.token.app,
        audience=report.token.audience,
        identity=report.token.identity,
    )


class Buffer:
    """Shared by the event loop, which only adds, and the worker. `of_a_group` full records of a group per window."""

    def __init__(self, of_a_group: int, records_at_most: int = RECORDS_AT_MOST) -> None:
        self._of_a_group = of_a_group
        self._records_at_most = records_at_most
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._waiting: Counter[str] = Counter()
        self._tallies: dict[str, Tally] = {}
        self._full_until: dict[str, int] = {}
        self._kept: dict[str, int] = {}

    def add(self, entry: Entry) -> Outcome:
        """Take a failure; never waits for more than another thread's few instructions."""
        group = entry.fingerprint
        with self._lock:
            known = self._tallies.get(group)
            if known is None and len(self._tallies) >= GROUPS_AT_MOST:
                return Outcome.LOST
            one = Tally(known.parts if known else parts_of(entry.record), 1, entry.seen, entry.seen)
            self._tallies[group] = known + one if known else one
            # More than a window ahead it is a clock that was put back, and says nothing about this hour.
            full = 0 < self._full_until.get(group, 0) - entry.seen <= WINDOW_MS
            if full or self._waiting[group] >= self._of_a_group:
                return Outcome.COUNTED
            if len(self._entries) >= CROWD and abs(entry.seen - self._kept.get(group, -WINDOW_MS)) < WINDOW_MS:
                return Outcome.COUNTED
            if len(self._entries) >= self._records_at_most:
                return Outcome.RECORD_DROPPED
            self._entries.append(entry)
            self._waiting[group] += 1
            _note(self._kept, {group: entry.seen})
            return Outcome.KEPT

    def take(self, at_most: int) -> Batch:
        """Everything counted so far and the oldest records."""
        with self._lock:
            entries = [self._entries.popleft() for _ in range(min(at_most, len(self._entries)))]
            self._waiting -= Counter(entry.fingerprint for entry in entries)
            tallies, self._tallies = self._tallies, {}
        for entry in entries:
            # Counted in a batch before this one: its group is named all the same, because its window is asked for.
            counted = Tally(parts_of(entry.record), 0, entry.seen, entry.seen)
            tallies.setdefault(entry.fingerprint, counted)
        return Batch(entries, tallies)

    def put_back(self, batch: Batch) -> None:
        """Have a batch that was not written wait again, before everything that came in the meantime."""
        with self._lock:
            self._entries.extendleft(reversed(batch.entries))
            self._waiting.update(entry.fingerprint for entry in batch.entries)
            for group, tally in batch.tallies.items():
                known = self._tallies.get(group)
                self._tallies[group] = tally + known if known else tally

    def note_full(self, full_until: Mapping[str, int]) -> None:
        """Groups that take no further record until a moment (milliseconds since 1970)."""
        with self._lock:
            _note(self._full_until, full_until)

    def __len__(self) -> int:
        """How many records wait."""
        return len(self._entries)


def _note(moments: dict[str, int], more: Mapping[str, int]) -> None:
    """Remember a moment of groups; where that would be too many, those of before are forgotten."""
    if len(moments) + len(more) > GROUPS_AT_MOST:
        moments.clear()
    moments.update(more)
