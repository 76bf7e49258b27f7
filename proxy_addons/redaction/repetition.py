"""The same refusal again: its record without explaining and redacting it once more.

A record is a pure function of an exchange, the rules and what went before. Where two exchanges differ in their own
values only (`occurrence`), where their clocks and their pasts make no difference (`moment_class`), and where nothing
the redaction looked for or asked about stands in those values, the second record is the first with the own values
exchanged. Each of these conditions is checked, for the first exchange and for the one that repeats it; where one does
not hold there is no repetition, and the whole work is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from proxy_addons.diagnosis.failure import occurrence_id, time_of
from proxy_addons.diagnosis.retelling import LEFT, TIMES, Numbers, recounted, retold
from proxy_addons.diagnosis.wording import moment
from proxy_addons.evidence.bearer_token import read_authorization
from proxy_addons.redaction.clean_report import texts_of
from proxy_addons.redaction.har_entry import started_text
from proxy_addons.redaction.identity import WELL_KNOWN_GUID
from proxy_addons.redaction.occurrence import exchanging
from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.record import Record
from proxy_addons.redaction.wire_words import WireWords

if TYPE_CHECKING:
    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.failure_report import ExchangeSummary, FailureReport
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.redaction.har_entry import Json
    from proxy_addons.redaction.ledger import Ledger
    from proxy_addons.redaction.occurrence import Occurrence

_RUNS: Final = re.compile(r"[^\W_]+")
_MARK: Final = re.compile("\ue000\\d+\ue000|-1 (?:minutes|times)")
"""Stands for a number where it is looked for: what no text of a report holds by itself."""
_CREDENTIALS: Final = ("authorization", "proxy-authorization", "x-ms-exchange-authorization")

_DATES: Final = (
    re.compile(r"(?=([a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d gmt))"),
    re.compile(r"(?=(\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d))"),
)
_IDS: Final = tuple(
    re.compile(f"(?=({form}))")
    for form in (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[0-9a-f]{32}", "[0-9a-f]{16}")
)
_AROUND_IDS: Final = re.compile("[0-9a-f-]{16,}")
"""How own values look when they are folded (`occurrence`), and what every id is a part of, which is found sooner."""
_KEPT_TIMES: Final = 3
"""What the wire said is kept about so often: as it was, clean, and in what was taken out."""

Asked = frozenset[str]
"""Words of own values which the redaction asked about: they decide whether a word of ours was said by the wire."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """A refusal ready to happen again. It holds what the wire said, so it is kept in memory only and never printed."""

    occurrence: Occurrence = field(repr=False)
    told: ExchangeSummary = field(repr=False)
    record: Record = field(repr=False)
    asked: Asked = field(repr=False)
    _alike: frozenset[str] = field(repr=False)
    _sensitive: tuple[str, ...] = field(repr=False)
    _facts: frozenset[str] = field(repr=False)
    _fact_places: tuple[int, ...] = field(repr=False)
    _numbers: Numbers = field(repr=False)
    _told_by: Mapping[str, Mapping[str, int]] = field(repr=False)
    tells_anew: bool
    """Whether the spans of time it tells are told anew; if not, it is the same only where they are the same."""
    size: int
    """About how many characters are kept."""

    def said_in(self, own: tuple[str, ...]) -> Asked:
        """The words among other own values which the redaction asked about."""
        return _said(own, self.asked)

    def admits(self, own: tuple[str, ...], numbers: Numbers) -> bool:
        """Whether other own values, with the same words asked about, and other numbers can take the place of these."""
        if not numbers.ordinary:
            return False
        fresh = [value.casefold() for value, old in zip(own, self.occurrence.own, strict=True) if value != old]
        told = [text for name, text in numbers.spans.items() if text != self._numbers.spans[name]]
        return self._alike.isdisjoint(fresh) and not _any_in(self._sensitive, [*fresh, *told])

    def told_at(self, numbers: Numbers) -> FailureReport:
        """The report as it is told at another moment; its own values are those of this one."""
        of_now = numbers if self.tells_anew else replace(numbers, spans=self._numbers.spans)
        return retold(self.record.report, self._numbers, of_now, self._told_by)

    def again(self, exchange: Exchange, own: tuple[str, ...], numbers: Numbers, shown: FailureReport) -> Record:
        """The record of an exchange that repeats this one; `shown` is what is told at the moment of its numbers."""
        by = dict(zip(self.occurrence.own, own, strict=True))
        time = time_of(exchange)
        told = self.told
        ids = by.get(told.request_id, told.request_id), by.get(told.client_request_id, told.client_request_id)
        report = replace(
            shown,
            id=occurrence_id(exchange, told, ids),
            exchange=_with_own(shown.exchange, by, "" if time is None else moment(time)),
            notes=recounted(shown.notes, numbers.refusals),
        )
        originals = self.record.originals
        facts = self._facts.union(own[place].casefold() for place in self._fact_places)
        return Record(
            report=report,
            har_entry=_Entry(self.record.har_entry, self.occurrence.own, own, exchange.started),
            removals=self.record.removals,
            dropped=self.record.dropped,
            aliases=self.record.aliases,
            originals=Originals(originals.forbidden, facts, originals.object_ids),
        )


def repetition_of(
    occurrence: Occurrence,
    failure: Failure,
    record: Record,
    ledger: Ledger,
    numbers: Numbers,
    told_by: Mapping[str, Mapping[str, int]],
) -> Repetition | None:
    """A refusal made ready to happen again; None where its own values are not only its own.

    `record` is what was made of the failure with the ledger. The numbers are those of its moment, and what of them the
    verdicts of the rules tell (`diagnosis.moment_class.Bounds`).
    """
    own = tuple(value.casefold() for value in occurrence.own)
    forbidden = map(str.casefold, record.originals.forbidden)
    sensitive = tuple({*forbidden, *ledger.people, *ledger.surfaces, *ledger.wire.frequent})
    constant = _constant(occurrence, failure.exchange)
    marks = Numbers({name: f"\ue000{place}\ue000" for place, name in enumerate(numbers.spans)}, -1, -1)
    told, shown = (_still(retold(each, numbers, marks, told_by)) for each in (failure.report, record.report))
    alike = frozenset(_own_looking(f"{constant}\n{told}\n{shown}".casefold()))
    if not alike.isdisjoint(own) or _any_in(sensitive, own) or any(map(WELL_KNOWN_GUID.fullmatch, own)):
        return None
    # Where else a number stood, that of this occurrence would be told of the next.
    if _MARK.findall(told) != _MARK.findall(shown) or TIMES.search(shown) or LEFT.search(shown):
        return None
    if not _tells_alike(failure.report.exchange, record.report.exchange, occurrence.own):
        return None
    anew = not any(re.search(rf"(?<![\w-]){re.escape(span)}(?!\w)", shown) for span in {*numbers.spans.values()})
    facts, asked = record.originals.facts, frozenset(ledger.wire.asked)
    places = tuple(place for place, value in enumerate(own) if value in facts)
    still = facts.difference(own)
    size = _KEPT_TIMES * len(constant)
    return Repetition(
        occurrence=occurrence,
        told=failure.report.exchange,
        record=record,
        asked=asked,
        _alike=alike,
        _sensitive=sensitive,
        _facts=still,
        _fact_places=places,
        _numbers=numbers,
        _told_by=told_by,
        tells_anew=anew,
        size=size,
    )


def _own_looking(text: str) -> Iterator[str]:
    """Everything in a folded text that has the form of an own value, overlapping or not."""
    around = "\n".join(_AROUND_IDS.findall(text))
    for place, forms in ((text, _DATES), (around, _IDS)):
        for form in forms:
            yield from form.findall(place)


def _any_in(forms: tuple[str, ...], values: list[str] | tuple[str, ...]) -> bool:
    """Whether any of the forms stands in any of the values."""
    text = "\n".join(values)
    return any(form in text for form in forms)


def _said(own: tuple[str, ...], asked: Asked) -> Asked:
    return asked.intersection(_RUNS.findall("\n".join(own).casefold()))


def _constant(occurrence: Occurrence, exchange: Exchange) -> str:
    """Everything the wire said but the own values, in every form a reader may have decoded it to."""
    words = WireWords()
    for text in occurrence.fixed():
        words.add(text)
    for name in _CREDENTIALS:
        for value in exchange.request.headers.get_all(name):
            token = read_authorization(value)
            words.add(f"{dict(token.header)}\n{dict(token.claims)}")
    return words.folded


def _still(report: FailureReport) -> str:
    """Every text of a report but those that are told of each occurrence anew."""
    exchange = replace(
        report.exchange, time="", request_id="", client_request_id="", support_headers=(), trace_id="", span_id=""
    )
    return "\n".join(texts_of(replace(report, id="", exchange=exchange)))


def _tells_alike(told: ExchangeSummary, shown: ExchangeSummary, own: tuple[str, ...]) -> bool:
    """Whether own values stand in the clean report as in the other."""
    return all(
        before == after if before in own else not any(value in text for value in own for text in (before, after))
        for before, after in zip(_ids(told), _ids(shown), strict=True)
    )


def _ids(summary: ExchangeSummary) -> tuple[str, ...]:
    """The fields own values stand in."""
    ids = summary.request_id, summary.client_request_id, summary.trace_id, summary.span_id
    return *ids, *(value for _, value in summary.support_headers)


def _with_own(summary: ExchangeSummary, by: Mapping[str, str], time: str) -> ExchangeSummary:
    return replace(
        summary,
        time=time,
        request_id=by.get(summary.request_id, summary.request_id),
        client_request_id=by.get(summary.client_request_id, summary.client_request_id),
        support_headers=tuple((name, by.get(value, value)) for name, value in summary.support_headers),
        trace_id=by.get(summary.trace_id, summary.trace_id),
        span_id=by.get(summary.span_id, summary.span_id),
    )


class _Entry(Mapping[str, "Json"]):
    """An entry of an HTTP Archive with other own values, made when somebody looks: most are counted and never seen."""

    def __init__(
        self, entry: Mapping[str, Json], old: tuple[str, ...], own: tuple[str, ...], started: float | None
    ) -> None:
        self._entry = entry
        self._own = old, own
        self._started = started
        self._made: Mapping[str, Json] | None = None

    def _whole(self) -> Mapping[str, Json]:
        if self._made is None:
            moved = cast("dict[str, Json]", _moved(dict(self._entry), exchanging(*self._own)))
            self._made = {**moved, "startedDateTime": started_text(self._started)}
        return self._made

    def __getitem__(self, name: str) -> Json:
        return self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._entry)


def _moved(value: Json, exchanged: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return exchanged(value)
    if isinstance(value, list):
        return [_moved(item, exchanged) for item in value]
    if isinstance(value, dict):
        return {name: _moved(item, exchanged) for name, item in value.items()}
    return value
