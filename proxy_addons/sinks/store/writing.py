"""One batch, one transaction: counts of groups first, then as many records as their windows have room for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, case, insert, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from proxy_addons.sinks.store.buffer import WINDOW_MS
from proxy_addons.sinks.store.schema import FAILURES, GROUPS, LONGEST_COLUMN, RECORDS
from proxy_addons.sinks.store.stored_record import UnsafeRecordError, record_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Executable

    from proxy_addons.sinks.store.buffer import Entry, Parts, Tally

_TELLING: Final = frozenset({"operation", "app", "audience"})
"""Parts of a group that hold words of the wire, cleaned; the others are words of the program."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A record in its final form."""

    entry: Entry
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """How many records a batch left behind, and which groups are full until when (milliseconds since 1970)."""

    records: int
    full_until: Mapping[str, int]


def make_ready(entries: Iterable[Entry]) -> tuple[list[Ready], set[str]]:
    """Records in their final form, and the groups of those that must not be written. No database is needed for this."""
    ready: list[Ready] = []
    unsafe: set[str] = set()
    for entry in entries:
        try:
            ready.append(Ready(entry, record_text(entry.record, entry.rules_revision)))
        except (UnsafeRecordError, ValueError):
            unsafe.add(entry.fingerprint)
    return ready, unsafe


def write(
    connection: Connection, tallies: Mapping[str, Tally], ready: Sequence[Ready], unsafe: set[str], of_a_group: int
) -> Written:
    """Write a batch inside the caller's transaction; of a group, `of_a_group` records per window are kept whole."""
    waiting: dict[str, list[Ready]] = {}
    for one in ready:
        waiting.setdefault(one.entry.fingerprint, []).append(one)
    written, full = 0, {}
    rows: list[dict[str, str | int | None]] = []
    bodies: list[str] = []
    kept_now: list[dict[str, str | int]] = []
    # In one order everywhere, or two proxies would wait for each other's rows for ever.
    for group in sorted(tallies):
        start, kept = _count(connection, group, tallies[group], blank=group in unsafe)
        chosen = waiting.get(group, [])[: max(0, of_a_group - kept)]
        rows += [_row(one) for one in chosen]
        bodies += [one.text for one in chosen]
        if chosen:
            kept_now.append({"of_group": group, "records": kept + len(chosen)})
        written += len(chosen)
        if kept + len(chosen) >= of_a_group:
            full[group] = start + WINDOW_MS
    if rows:
        connection.execute(_KEPT, kept_now)
        numbers = connection.scalars(insert(FAILURES).returning(FAILURES.c.number, sort_by_parameter_order=True), rows)
        connection.execute(
            insert(RECORDS),
            [{"number": number, "body": body} for number, body in zip(numbers.all(), bodies, strict=True)],
        )
    return Written(written, full)


def _count(connection: Connection, group: str, tally: Tally, *, blank: bool) -> tuple[int, int]:
    """Add a tally to its group; gives the start of the group's window and how many records that holds already."""
    new = {
        "fingerprint": group,
        **_columns(tally.parts, blank=blank),
        "first_seen": tally.first,
        "last_seen": tally.last,
        "occurrences": tally.count,
        "window_start": tally.first,
        "window_records": 0,
    }
    start, kept = connection.execute(_counting(connection.dialect.name), new).one()
    return int(start), int(kept)


_KEPT: Final = (
    update(GROUPS).where(GROUPS.c.fingerprint == bindparam("of_group")).values(window_records=bindparam("records"))
)


@cache
def _counting(dialect: str) -> Executable:
    """The statement that counts a group. It is made once: to make it takes longer than to run it."""
    new = (sqlite if dialect == "sqlite" else postgresql).insert(GROUPS)
    last = new.excluded.last_seen
    # A window that begins later than it could is one of a clock that was put back.
    begun = or_(last >= GROUPS.c.window_start + WINDOW_MS, last < GROUPS.c.window_start - WINDOW_MS)
    counted: Executable = new.on_conflict_do_update(
        index_elements=[GROUPS.c.fingerprint],
        set_={
            "occurrences": GROUPS.c.occurrences + new.excluded.occurrences,
            "first_seen": case(
                (new.excluded.first_seen < GROUPS.c.first_seen, new.excluded.first_seen), else_=GROUPS.c.first_seen
            ),
            "last_seen": case((last > GROUPS.c.last_seen, last), else_=GROUPS.c.last_seen),
            "window_start": case((begun, last), else_=GROUPS.c.window_start),
            "window_records": case((begun, 0), else_=GROUPS.c.window_records),
        },
    ).returning(GROUPS.c.window_start, GROUPS.c.window_records)
    return counted


def _columns(parts: Parts, *, blank: bool) -> dict[str, str | int | None]:
    named: dict[str, str | int | None] = asdict(parts)
    return {name: "" if blank and name in _TELLING else _fitting(value) for name, value in named.items()}


def _row(one: Ready) -> dict[str, str | int | None]:
    entry, report = one.entry, one.entry.record.report
    values: dict[str, str | int | None] = {
        "id": report.id,
        "fingerprint": report.fingerprint,
        "seen": entry.seen,
        "service": report.exchange.service,
        "operation": report.exchange.operation,
        "status": report.exchange.status,
        "cause": report.diagnosis.leading.cause,
        "certainty": report.diagnosis.leading.certainty.value,
        "app": report.token.app,
        "request_id": report.exchange.request_id,
        "client_request_id": report.exchange.client_request_id,
        "size": len(one.text),
        "trace_id": report.exchange.trace_id or None,
    }
    return {name: _fitting(value) for name, value in values.items()}


def _fitting(value: str | int | None) -> str | int | None:
    """A text that every database takes: PostgreSQL refuses NUL, and no driver encodes half a surrogate pair."""
    if not isinstance(value, str):
        return value
    return value[:LONGEST_COLUMN].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
