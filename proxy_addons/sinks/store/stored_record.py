"""A record as it lies in the store: JSON, made of redacted values only, and readable by later versions.

What must not leave (`Record.originals`) is never stored. It is searched for in the finished JSON instead, before that
is written. Of people's object ids the stand-ins are kept: with the installation's key they are found again in other
records, where nothing tells that a GUID is somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, TypeAdapter

from proxy_addons.diagnosis.failure_report import FailureReport  # noqa: TC001  # pydantic reads annotations at run time
from proxy_addons.diagnosis.verdict import Diagnosis
from proxy_addons.redaction.identity import folded_user, plain_form
from proxy_addons.redaction.ledger import DroppedPart, Removal  # noqa: TC001  # pydantic reads annotations at run time
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Kind
from proxy_addons.redaction.record import Record
from proxy_addons.redaction.sweep import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.redaction.pseudonyms import Pseudonyms

FORM: Final = "why403.record/1"


class UnsafeRecordError(Exception):
    """A finished record still held something that must not be written; only its occurrence is counted."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What is stored of a record. `people` are the stand-ins of those of whom an object id was seen."""

    report: FailureReport
    har_entry: dict[str, JsonValue]
    removals: tuple[Removal, ...] = ()
    dropped: tuple[DroppedPart, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    people: tuple[str, ...] = ()
    rules_revision: str = ""
    form: str = FORM

    def record(self, originals: Originals | None = None) -> Record:
        """The record again; `originals` is what is still known of what must not leave."""
        return Record(
            report=self.report,
            har_entry=self.har_entry,
            removals=self.removals,
            dropped=self.dropped,
            aliases=frozenset(self.aliases),
            originals=originals or Originals(),
        )


def record_text(record: Record, rules_revision: str) -> str:
    """A record as JSON, searched for everything that was taken out. Raises UnsafeRecordError where that is found."""
    stored = StoredRecord(
        report=record.report,
        har_entry=dict(record.har_entry),
        removals=record.removals,
        dropped=record.dropped,
        aliases=tuple(sorted(record.aliases)),
        people=tuple(sorted(set(record.originals.object_ids.values()))),
        rules_revision=rules_revision,
    )
    content = _adapter().dump_json(stored)
    if len(record.originals) and prepare(record.originals).over(_a_value_a_line(content)):
        raise UnsafeRecordError
    return content.decode()


def _a_value_a_line(content: bytes) -> bytes:
    """JSON for the search: of a long line all is decoded again where one value holds a mark of an encoding."""
    # Between two quotation marks; within a value one of them would have a backslash before it.
    return content.replace(b'","', b'",\n"').replace(b'":"', b'":\n"')


def read_record(text: str) -> StoredRecord:
    """A record from its JSON; ValueError where it is none."""
    return _adapter().validate_json(text)


def recognised(stored: Sequence[StoredRecord], pseudonyms: Pseudonyms) -> list[Record]:
    """Records that leave together, with the object ids of people known from one of them looked for in all of them."""
    people = {stand_in for one in stored for stand_in in one.people}
    records: list[Record] = []
    for one in stored:
        found = {match[0].casefold() for match in GUID.finditer(_adapter().dump_json(one).decode())} if people else ()
        ids = {guid: shown for guid in found if (shown := _stand_in(guid, pseudonyms)) in people}
        records.append(one.record(Originals(dict.fromkeys(ids, Kind.USER), frozenset(), ids)))
    return records


def _stand_in(guid: str, pseudonyms: Pseudonyms) -> str:
    return pseudonyms.of(Kind.USER, folded_user(plain_form(guid)))


@cache
def _adapter() -> TypeAdapter[StoredRecord]:
    adapter = TypeAdapter(StoredRecord)
    # The report imports its diagnosis for type checkers only, so pydantic has to be told where it is.
    adapter.rebuild(_types_namespace={"Diagnosis": Diagnosis}, force=True)
    return adapter
