"""What the admin pages read: groups page by page with their latest failure, a group's times, what there is to choose.

Everything is bounded: a page never reads more rows than it shows, whatever the store holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, or_, select

from proxy_addons.sinks.store.reading import StoredGroup, failure_conditions, occurrence_conditions
from proxy_addons.sinks.store.schema import FAILURES, GROUPS, RECORDS
from proxy_addons.sinks.store.stored_record import read_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import ColumnElement

    from proxy_addons.sinks.failure_filters import Filters
    from proxy_addons.sinks.store.database import Database
    from proxy_addons.sinks.store.stored_record import StoredRecord

CHOICES_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest failure of a group that is stored whole and was asked for."""

    id: str
    certainty: str


@dataclass(frozen=True, slots=True)
class BrowsedGroup:
    """A group, and the latest of its failures where one is still stored."""

    group: StoredGroup
    latest: Latest | None


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """Where a page of groups ended: the latest first, and the fingerprint where two were seen at once."""

    last_seen: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """Changes whenever something is stored or counted, by whatever proxy that shares the store."""

    newest: int
    counted: int


@dataclass(frozen=True, slots=True)
class NumberedRecord:
    """A whole record, its place in the store, and when it was seen in milliseconds since 1970."""

    number: int
    seen: int
    record: StoredRecord


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by."""

    causes: tuple[str, ...]
    services: tuple[str, ...]
    apps: tuple[str, ...]


def pulse(database: Database) -> Pulse:
    """The store's pulse."""
    with database.reading() as connection:
        newest = connection.scalar(select(func.max(FAILURES.c.number)))
        counted = connection.scalar(select(func.sum(GROUPS.c.occurrences)))
    return Pulse(int(newest or 0), int(counted or 0))


def browse_groups(
    database: Database, filters: Filters, limit: int, after: GroupPlace | None = None
) -> list[BrowsedGroup]:
    """A page of groups, the latest first; unlike `list_groups` the id of a call or trace chooses those it was seen in.

    The latest failure of a group is then the latest with that id.
    """
    columns = [GROUPS.c[name] for name in StoredGroup.__slots__]
    statement = (
        select(*columns)
        .where(*_conditions(filters))
        .order_by(GROUPS.c.last_seen.desc(), GROUPS.c.fingerprint)
        .limit(limit)
    )
    if after is not None:
        same_moment = and_(GROUPS.c.last_seen == after.last_seen, GROUPS.c.fingerprint > after.fingerprint)
        statement = statement.where(or_(GROUPS.c.last_seen < after.last_seen, same_moment))
    with database.reading() as connection:
        groups = [StoredGroup(*row) for row in connection.execute(statement)]
        latest = _latest(connection, [group.fingerprint for group in groups], filters)
    return [BrowsedGroup(group, latest.get(group.fingerprint)) for group in groups]


def choices(database: Database) -> Choices:
    """The causes, services and apps of which something is counted."""
    found: list[tuple[str, ...]] = []
    with database.reading() as connection:
        for name in ("cause", "service", "app"):
            column = GROUPS.c[name]
            rows = connection.scalars(select(column).where(column != "").distinct().order_by(column))
            found.append(tuple(rows.fetchmany(CHOICES_AT_MOST)))
    return Choices(*found)


def records_from(database: Database, filters: Filters, after: int | None, limit: int) -> list[NumberedRecord]:
    """Whole records in the order they were stored: the first behind a place, or the latest without one."""
    order = FAILURES.c.number.asc() if after is not None else FAILURES.c.number.desc()
    statement = (
        select(FAILURES.c.number, FAILURES.c.seen, RECORDS.c.body)
        .join(RECORDS, RECORDS.c.number == FAILURES.c.number)
        .where(*failure_conditions(filters))
        .order_by(order)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(FAILURES.c.number > after)
    with database.reading() as connection:
        rows = connection.execute(statement).all()
    found = [NumberedRecord(int(row.number), int(row.seen), read_record(row.body)) for row in rows]
    return sorted(found, key=lambda each: each.number)


def stored_causes(database: Database, since: int) -> list[tuple[str, int]]:
    """Leading causes of the failures stored whole since then, the most frequent first; milliseconds since 1970."""
    counted = func.count()
    statement = (
        select(FAILURES.c.cause, counted)
        .where(FAILURES.c.seen >= since)
        .group_by(FAILURES.c.cause)
        .order_by(counted.desc(), FAILURES.c.cause)
    )
    with database.reading() as connection:
        return [(cause, int(count)) for cause, count in connection.execute(statement)]


def seen_times(database: Database, fingerprint: str, limit: int) -> list[int]:
    """When the latest whole records of a group were seen, in milliseconds since 1970."""
    statement = (
        select(FAILURES.c.seen)
        .where(FAILURES.c.fingerprint == fingerprint)
        .order_by(FAILURES.c.number.desc())
        .limit(limit)
    )
    with database.reading() as connection:
        return [int(seen) for seen in connection.scalars(statement)]


def _latest(connection: Connection, fingerprints: Sequence[str], filters: Filters) -> dict[str, Latest]:
    newest = (
        select(func.max(FAILURES.c.number))
        .where(FAILURES.c.fingerprint.in_(fingerprints), *occurrence_conditions(filters))
        .group_by(FAILURES.c.fingerprint)
    )
    rows = connection.execute(
        select(FAILURES.c.fingerprint, FAILURES.c.id, FAILURES.c.certainty).where(FAILURES.c.number.in_(newest))
    )
    return {fingerprint: Latest(identifier, certainty) for fingerprint, identifier, certainty in rows}


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    named = {
        "fingerprint": filters.group,
        "cause": filters.cause,
        "service": filters.service,
        "app": filters.app,
    }
    found: list[ColumnElement[bool]] = [GROUPS.c[name] == value for name, value in named.items() if value]
    if filters.since is not None:
        found.append(GROUPS.c.last_seen >= filters.since)
    if seen := occurrence_conditions(filters):
        found.append(GROUPS.c.fingerprint.in_(select(FAILURES.c.fingerprint).where(*seen)))
    return found
