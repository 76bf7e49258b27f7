"""One failure as everything outside sees it: the redacted report, the redacted exchange, and what was removed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proxy_addons.redaction.clean_exchange import clean_exchange
from proxy_addons.redaction.clean_report import clean_report
from proxy_addons.redaction.har_entry import har_entry
from proxy_addons.redaction.ledger import Ledger
from proxy_addons.redaction.originals import Originals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.redaction.har_entry import Json
    from proxy_addons.redaction.ledger import DroppedPart, Removal
    from proxy_addons.redaction.pseudonyms import Pseudonyms


@dataclass(frozen=True, slots=True)
class CleanEntry:
    """A redacted exchange without a diagnosis: an entry of an HTTP Archive and what was removed from it."""

    har_entry: Mapping[str, Json]
    removals: tuple[Removal, ...]
    dropped: tuple[DroppedPart, ...]
    aliases: frozenset[tuple[str, str]]
    originals: Originals = field(repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """A redacted failure: the only form in which a failure is written, logged, shown or counted.

    `aliases` are pairs of stand-ins which mean the same person; `originals` live in memory only, for the sweep.
    """

    report: FailureReport
    har_entry: Mapping[str, Json]
    removals: tuple[Removal, ...] = ()
    dropped: tuple[DroppedPart, ...] = ()
    aliases: frozenset[tuple[str, str]] = frozenset()
    originals: Originals = field(default_factory=Originals, repr=False)

    @property
    def removed(self) -> Mapping[str, int]:
        """How many values were removed, by kind (a closed set: the values of `Kind`)."""
        counts: Counter[str] = Counter()
        for removal in self.removals:
            counts[removal.kind.value] += removal.count
        return dict(counts)


def redact(failure: Failure, pseudonyms: Pseudonyms) -> Record:
    """Redact a failure. Nothing the wire says makes this raise; what cannot be read is left out and counted."""
    return redact_with(Ledger(pseudonyms), failure)


def redact_with(ledger: Ledger, failure: Failure) -> Record:
    """Redact a failure with an empty ledger, for whoever wants to know afterwards what it has learnt."""
    exchange = clean_exchange(failure.exchange, ledger)
    report = clean_report(failure.report, exchange, ledger)
    return Record(
        report=report,
        har_entry=har_entry(exchange),
        removals=ledger.removals(),
        dropped=ledger.dropped(),
        aliases=frozenset(ledger.aliases),
        originals=ledger.originals(),
    )


def redact_exchange(exchange: Exchange, pseudonyms: Pseudonyms) -> CleanEntry:
    """Redact any exchange, refused or not."""
    ledger = Ledger(pseudonyms)
    entry = har_entry(clean_exchange(exchange, ledger))
    return CleanEntry(entry, ledger.removals(), ledger.dropped(), frozenset(ledger.aliases), ledger.originals())
