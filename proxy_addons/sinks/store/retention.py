"""What is given up so that the store stays within its limits: the oldest first, records before counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select

from proxy_addons.sinks.store.schema import FAILURES, GROUPS, RECORDS

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import ColumnElement

    from proxy_addons.sinks.store.limits import Limits

_DAY_MS: Final = 86_400_000
_GROUPS_AT_MOST: Final = 20_000


def enforce(connection: Connection, limits: Limits, now: int) -> int:
    """Delete what is beyond the limits; `now` is in milliseconds since 1970. Gives how many records went."""
    oldest = now - limits.days * _DAY_MS
    gone = _forget(connection, FAILURES.c.seen < oldest)
    beyond = connection.scalar(
        select(FAILURES.c.number).order_by(FAILURES.c.number.desc()).offset(limits.records).limit(1)
    )
    if beyond is not None:
        gone += _forget(connection, FAILURES.c.number <= beyond)
    if int(connection.scalar(select(func.sum(FAILURES.c.size))) or 0) > limits.size:
        running = select(
            FAILURES.c.number, func.sum(FAILURES.c.size).over(order_by=FAILURES.c.number.desc()).label("size")
        ).subquery()
        too_much = connection.scalar(select(func.max(running.c.number)).where(running.c.size > limits.size))
        gone += _forget(connection, FAILURES.c.number <= too_much)
    connection.execute(delete(GROUPS).where(GROUPS.c.last_seen < oldest))
    last = connection.scalar(
        select(GROUPS.c.last_seen).order_by(GROUPS.c.last_seen.desc()).offset(_GROUPS_AT_MOST).limit(1)
    )
    if last is not None:
        connection.execute(delete(GROUPS).where(GROUPS.c.last_seen <= last))
    return gone


def give_back_room(connection: Connection) -> None:
    """Return the pages that have become free to the file system; PostgreSQL does so by itself."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA incremental_vacuum").close()


def _forget(connection: Connection, which: ColumnElement[bool]) -> int:
    connection.execute(delete(RECORDS).where(RECORDS.c.number.in_(select(FAILURES.c.number).where(which))))
    return connection.execute(delete(FAILURES).where(which)).rowcount
