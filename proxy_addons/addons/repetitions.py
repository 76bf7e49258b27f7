"""Explain and redact each refusal, and those that happen again at a fraction of the cost.

When everything fails at once, the same calls fail over and over. What was made of the latest few thousand different
refusals is remembered; one that repeats them gets its own ids, moments and counts filled in. Whether it does is decided
by `redaction.repetition`, never by the fingerprint: a group holds refusals of many users, and each has its own record.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.failure import explain_next
from proxy_addons.diagnosis.moment_class import read_bounds
from proxy_addons.diagnosis.retelling import numbers_at
from proxy_addons.evidence import before_facts
from proxy_addons.evidence.bearer_token import read_authorizations
from proxy_addons.evidence.timeline import Ending, read_call, read_call_again, remember
from proxy_addons.evidence.token_facts import moments_named
from proxy_addons.redaction.ledger import Ledger
from proxy_addons.redaction.occurrence import OWN_HEADERS, TRACE_HEADER, occurrence_of
from proxy_addons.redaction.record import redact, redact_with
from proxy_addons.redaction.repetition import repetition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.moment_class import Bounds, Moment
    from proxy_addons.diagnosis.retelling import Numbers
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.request_facts import Reading
    from proxy_addons.evidence.timeline import Call, Memory
    from proxy_addons.redaction.occurrence import Occurrence
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.redaction.record import Record
    from proxy_addons.redaction.repetition import Repetition

KINDS_AT_MOST: Final = 4000
CHARACTERS_AT_MOST: Final = 32_000_000
_OF_A_KIND_AT_MOST: Final = 3
_OWN_FACTS: Final = frozenset(
    {f"{side}.header.{name}" for side in ("request", "response") for name in (*OWN_HEADERS, TRACE_HEADER, "date")}
)


@dataclass(frozen=True, slots=True)
class Told:
    """One failure: its record, and the exchange it is about as the wire had it (an item of a batch by itself)."""

    record: Record
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Latest:
    """What was told last: within a minute most of it is told again."""

    repetition: Repetition
    numbers: Numbers
    report: FailureReport


@dataclass(slots=True)
class _Kind:
    """What is known of exchanges that differ in their own values only. `size` is in characters."""

    moments: tuple[int | None, ...]
    call: Call | None
    known: OrderedDict[tuple[Moment, Moment], Repetition] = field(default_factory=OrderedDict)
    size: int = 0
    latest: _Latest | None = None


class Repetitions:
    """Makes records for one installation's stand-ins. Anything that changes the rules makes it forget."""

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        kinds_at_most: int = KINDS_AT_MOST,
        characters_at_most: int = CHARACTERS_AT_MOST,
    ) -> None:
        self._limits = kinds_at_most, characters_at_most
        self._pseudonyms = pseudonyms
        self._ruleset: Ruleset | None = None
        self._bounds: Bounds | None = None
        self._kinds: OrderedDict[tuple[object, ...], _Kind] = OrderedDict()
        self._size = 0
        self.recognised = 0

    def records(
        self, exchange: Exchange, ruleset: Ruleset, memory: Memory, *, credentials_followed: bool | None
    ) -> tuple[list[Told], Memory]:
        """What is told of an exchange's failures, nothing where nothing was refused, and the memory after it."""
        if ruleset is not self._ruleset:
            self._take_up(ruleset)
        bounds = self._bounds
        occurrence = occurrence_of(exchange) if bounds is not None else None
        if occurrence is None or bounds is None:
            failures, memory = explain_next(
                exchange, ruleset, memory, credentials_followed=credentials_followed, every_host=True
            )
            return self._redacted(failures), memory
        key = (occurrence.same, credentials_followed)
        kind = self._kinds.get(key)
        known = kind.call if kind is not None else None
        call = read_call_again(known, exchange, memory) if known is not None else read_call(exchange, memory)
        past = tuple(before_facts.read(exchange, memory, ruleset.reference.directory_roles, call))
        if kind is not None:
            self._kinds.move_to_end(key)
            again = _again(kind, bounds, exchange, occurrence, past)
            if again is not None:
                self.recognised += 1
                return [Told(again, exchange)], remember(memory, exchange, Ending.REFUSED, call)
        failures, after = explain_next(
            exchange, ruleset, memory, credentials_followed=credentials_followed, every_host=True, call=call
        )
        if len(failures) != 1:
            return self._redacted(failures), after
        ledger = Ledger(self._pseudonyms)
        record = redact_with(ledger, failures[0])
        moments = kind.moments if kind is not None else _moments_of(exchange)
        numbers = numbers_at(exchange.server_time, moments, past)
        repetition = repetition_of(occurrence, failures[0], record, ledger, numbers, bounds.told_by)
        if repetition is not None:
            if kind is None:
                kind = self._kinds[key] = _Kind(moments, call)
            self._keep(kind, _moment(bounds, exchange, kind, past, minutes=not repetition.tells_anew), repetition)
        return [Told(record, exchange)], after

    def __len__(self) -> int:
        """How many different exchanges are remembered."""
        return len(self._kinds)

    @property
    def characters(self) -> int:
        """About how many characters are kept of them."""
        return self._size

    def _take_up(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._bounds = read_bounds(ruleset.rules)
        if self._bounds is not None and self._bounds.looked_into & _OWN_FACTS:
            self._bounds = None
        self._kinds.clear()
        self._size = 0

    def _redacted(self, failures: Iterable[Failure]) -> list[Told]:
        return [Told(redact(failure, self._pseudonyms), failure.exchange) for failure in failures]

    def _keep(self, kind: _Kind, where: tuple[Moment, Moment], repetition: Repetition) -> None:
        replaced = kind.known.pop(where, None)
        kind.known[where] = repetition
        self._note_size(kind, repetition.size - (replaced.size if replaced else 0))
        while len(kind.known) > _OF_A_KIND_AT_MOST:
            self._note_size(kind, -kind.known.popitem(last=False)[1].size)
        kinds_at_most, characters_at_most = self._limits
        while len(self._kinds) > kinds_at_most or self._size > characters_at_most:
            _, oldest = self._kinds.popitem(last=False)
            self._size -= oldest.size

    def _note_size(self, kind: _Kind, more: int) -> None:
        kind.size += more
        self._size += more


def _moments_of(exchange: Exchange) -> tuple[int | None, ...]:
    return moments_named(read_authorizations(exchange.request.headers.get_all("authorization")))


def _moment(
    bounds: Bounds, exchange: Exchange, kind: _Kind, past: Sequence[Reading], *, minutes: bool
) -> tuple[Moment, Moment]:
    """The classes of the clock and of what went before, where the same kind is told the same."""
    now, response = exchange.server_time, exchange.response
    clock: Moment = ()
    if now is not None:
        dated = response is not None and response.date is not None
        clock = bounds.of_clock(now, kind.moments, dated=dated, minutes=minutes)
    return clock, bounds.of_before(past, minutes=minutes)


def _again(
    kind: _Kind, bounds: Bounds, exchange: Exchange, occurrence: Occurrence, past: Sequence[Reading]
) -> Record | None:
    """The record of an exchange that is known, None where it is not."""
    numbers = numbers_at(exchange.server_time, kind.moments, past)
    repetition = kind.known.get(_moment(bounds, exchange, kind, past, minutes=False))
    repetition = repetition or kind.known.get(_moment(bounds, exchange, kind, past, minutes=True))
    if repetition is None or not _is_repeated(repetition, occurrence, numbers):
        return None
    latest = kind.latest
    if latest is None or latest.repetition is not repetition or not latest.numbers.at_the_same_moment(numbers):
        latest = kind.latest = _Latest(repetition, numbers, repetition.told_at(numbers))
    return repetition.again(exchange, occurrence.own, numbers, latest.report)


def _is_repeated(repetition: Repetition, occurrence: Occurrence, numbers: Numbers) -> bool:
    own, first = occurrence.own, repetition.occurrence.own
    same_words = own == first or repetition.said_in(own) == repetition.said_in(first)
    return same_words and repetition.admits(own, numbers)
