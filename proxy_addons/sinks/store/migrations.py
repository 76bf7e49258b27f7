"""From any older schema to the present one, a step for each version; a newer one is left alone.

A migration is never changed once it has been released: stores in the field went through it as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, inspect, select, text

from proxy_addons.sinks.store.schema import METADATA, VERSION
from proxy_addons.sinks.store.trouble import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    type Migration = Callable[[Connection], None]

_LOCK: Final = 0x77687934
"""PostgreSQL's advisory locks are numbers; this one keeps two proxies from making the same tables."""
_TRACE_KEY: Final = '"trace_id":"'


def _first(connection: Connection) -> None:
    """Makes the tables as they are today: what later steps add to older ones is there already."""
    METADATA.create_all(connection)


def _trace_ids(connection: Connection) -> None:
    """Failures can be found by trace; those that are stored already get theirs out of their records.

    Records are JSON without blanks, in which an unescaped quotation mark stands around names and texts only. They are
    not parsed: one that is damaged would keep the whole store from being opened.
    """
    if any(column["name"] == "trace_id" for column in inspect(connection).get_columns("why403_failures")):
        return
    find = "instr"
    if connection.dialect.name == "postgresql":
        find = "strpos"
        # A store at its limits has a gigabyte of records to look through, once.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("ALTER TABLE why403_failures ADD COLUMN trace_id TEXT"))
    connection.execute(
        text(
            f"""
            WITH placed AS (SELECT number, body, {find}(body, :key) + :length AS place FROM why403_records),
                found AS (SELECT number, substr(body, place, 32) AS trace_id FROM placed
                    WHERE place > :length AND substr(body, place, 1) <> :quote AND substr(body, place + 32, 1) = :quote)
            UPDATE why403_failures SET trace_id = found.trace_id FROM found WHERE found.number = why403_failures.number
            """  # noqa: S608  # the name of one of two functions
        ),
        {"key": _TRACE_KEY, "length": len(_TRACE_KEY), "quote": '"'},
    )
    connection.execute(
        text("CREATE INDEX why403_failures_trace ON why403_failures (trace_id) WHERE trace_id IS NOT NULL")
    )


MIGRATIONS: Final[Sequence[Migration]] = (_first, _trace_ids)
"""The step at place N leads from version N to version N + 1."""


def is_current(connection: Connection, place: str, migrations: Sequence[Migration] = MIGRATIONS) -> bool:
    """Whether the schema is the present one. Raises StoreError where a newer why403 has been at work."""
    version, newest = schema_version(connection), len(migrations)
    if version > newest:
        raise StoreError(
            f"the store {place} was written by a newer why403 (schema {version}, this one knows {newest})",
            "update this why403, or choose another store",
        )
    return version == newest


def migrate(connection: Connection, place: str, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the schema to the present version, inside the caller's transaction, which must hold the write lock.

    Somebody else may have done so since it was looked at. Raises StoreError like `is_current`.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if is_current(connection, place, migrations):
        return
    for step in migrations[schema_version(connection) :]:
        step(connection)
    connection.execute(delete(VERSION))
    connection.execute(insert(VERSION).values(version=len(migrations)))


def schema_version(connection: Connection) -> int:
    """The version of the tables that are there; 0 where there are none."""
    if not inspect(connection).has_table(VERSION.name):
        return 0
    return connection.execute(select(VERSION.c.version)).scalar() or 0
