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


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)


MIGRATIONS: Final[Sequence[Migration]] = (_first,)
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
