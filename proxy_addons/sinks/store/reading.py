"""What is read back: pages of failures, groups, whole records. A page is found by its key, never by counting rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from proxy_addons.sinks.store.schema import FAILURES, GROUPS, RECORDS
from proxy_addons.sinks.store.stored_record import read_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Row
    from sqlalchemy.sql.elements import ColumnElement

    from proxy_addons.sinks.failure_filters import Filters
    from proxy_addons.sinks.store.database import Database
    from proxy_addons.sinks.store.stored_record import StoredRecord

_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """A failure as lists show it. `number` is its place in the store, the key of pages; `trace_id` None if not told."""

    number: int
    id: str
    fingerprint: str
    seen: int
    service: str
    operation: str
    status: int | None
    cause: str
    certainty: str
    app: str
    request_id: str
    client_request_id: str
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A kind of failure with its parts, how often it occurred and from when to when."""

    fingerprint: str
    service: str
    surface: str
    operation: str
    status: int | None
    cause: str
    app: str
    audience: str
    identity: str
    first_seen: int
    last_seen: int
    occurrences: int


def list_failures(database: Database, filters: Filters, limit: int, before: int | None = None) -> list[StoredFailure]:
    """A page of failures, the latest first; `before` is the number of the last one of the page before."""
    columns = [FAILURES.c[name] for name in StoredFailure.__slots__]
    statement = select(*columns).where(*failure_conditions(filters)).order_by(FAILURES.c.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(FAILURES.c.number < before)
    with database.reading() as connection:
        return [StoredFailure(*row) for row in connection.execute(statement)]


def number_of(database: Database, identifier: str) -> int | None:
    """The place of the latest failure of an id; None where there is none."""
    statement = select(FAILURES.c.number).where(FAILURES.c.id == identifier).order_by(FAILURES.c.number.desc()).limit(1)
    with database.reading() as connection:
        return connection.scalar(statement)


def list_groups(database: Database, filters: Filters, limit: int) -> list[StoredGroup]:
    """The kinds of failures, the latest first. Of calls and traces a group knows no ids: they are not looked at."""
    conditions = [
        GROUPS.c[name] == value
        for name, value in (
            ("fingerprint", filters.group),
            ("cause", filters.cause),
            ("service", filters.service),
            ("app", filters.app),
        )
        if value
    ]
    if filters.since is not None:
        conditions.append(GROUPS.c.last_seen >= filters.since)
    columns = [GROUPS.c[name] for name in StoredGroup.__slots__]
    latest = (GROUPS.c.last_seen.desc(), GROUPS.c.fingerprint)
    with database.reading() as connection:
        rows = connection.execute(select(*columns).where(*conditions).order_by(*latest).limit(limit))
        return [StoredGroup(*row) for row in rows]


def find_record(database: Database, identifier: str) -> StoredRecord | None:
    """The whole record of a failure, the latest where the same exchange was seen twice; None where there is none."""
    return next(_records(database, [FAILURES.c.id == identifier], 1), None)


def read_records(database: Database, filters: Filters, limit: int | None = None) -> Iterator[StoredRecord]:
    """Whole records, the latest first, a few at a time; records a later why403 wrote differently raise ValueError."""
    return _records(database, failure_conditions(filters), limit)


def _records(
    database: Database, conditions: Sequence[ColumnElement[bool]], limit: int | None
) -> Iterator[StoredRecord]:
    before: int | None = None
    left = limit
    while left is None or left > 0:
        rows = _page(database, conditions, before, _AT_ONCE if left is None else min(left, _AT_ONCE))
        if not rows:
            return
        for row in rows:
            yield read_record(row.body)
        before = rows[-1].number
        left = None if left is None else left - len(rows)


def _page(
    database: Database, conditions: Sequence[ColumnElement[bool]], before: int | None, limit: int
) -> Sequence[Row[int, str]]:
    statement = (
        select(FAILURES.c.number, RECORDS.c.body)
        .join(RECORDS, RECORDS.c.number == FAILURES.c.number)
        .where(*conditions)
        .order_by(FAILURES.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(FAILURES.c.number < before)
    with database.reading() as connection:
        return connection.execute(statement).all()


def failure_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What filters ask of a row of failures."""
    found: list[ColumnElement[bool]] = []
    if filters.since is not None:
        found.append(FAILURES.c.seen >= filters.since)
    if filters.group:
        found.append(FAILURES.c.fingerprint == filters.group)
    if filters.cause:
        found.append(FAILURES.c.cause == filters.cause)
    if filters.service:
        found.append(FAILURES.c.service == filters.service)
    if filters.app:
        found.append(FAILURES.c.app == filters.app)
    return [*found, *occurrence_conditions(filters)]


def occurrence_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What filters ask of the one occurrence, and not of its kind."""
    found: list[ColumnElement[bool]] = []
    if filters.request_id:
        found.append(
            or_(FAILURES.c.request_id == filters.request_id, FAILURES.c.client_request_id == filters.request_id)
        )
    if filters.trace:
        found.append(FAILURES.c.trace_id == filters.trace)
    return found
