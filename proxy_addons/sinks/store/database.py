"""A store, opened: made where there is none, brought to the present schema, readable by its owner only."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event

from proxy_addons.sinks.store.migrations import MIGRATIONS, is_current, migrate
from proxy_addons.sinks.store.place import shown, store_url
from proxy_addons.sinks.store.trouble import StoreError, explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

    from proxy_addons.sinks.store.migrations import Migration

_WRITES: Final = "why403_writes"
_BUSY_SECONDS: Final = 5
_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700


class Database:
    """One store. Every method raises StoreError, one line with the remedy, for whatever the database cannot do."""

    def __init__(self, url: URL, engine: Engine) -> None:
        self.url = url
        self.place = shown(url)
        self._engine = engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end of the block or undone whole. It takes the write lock at once."""
        with explained(self.place), self._engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view that hinders no writer."""
        with explained(self.place), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def open_store(place: str | None, migrations: Sequence[Migration] = MIGRATIONS) -> Database:
    """Open the store at a place (`place.store_url`), making it where it does not exist. Raises StoreError."""
    url = store_url(place)
    with explained(shown(url)):
        database = Database(url, _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url))
        try:
            with database.reading() as connection:
                current = is_current(connection, database.place, migrations)
            if not current:
                with database.writing() as connection:
                    migrate(connection, database.place, migrations)
        except BaseException:
            database.close()
            raise
    return database


def store_exists(place: str | None) -> bool:
    """Whether there is anything to open; only a file can be missing."""
    url = store_url(place)
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def _sqlite(url: URL) -> Engine:
    _make_private(Path(str(url.database)))
    engine = create_engine(url, pool_size=1, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:  # noqa: ANN401  # SQLAlchemy's own type for a driver's connection
        # Python's driver begins transactions when it sees fit; here BEGIN is ours.
        connection.isolation_level = None
        # Only a file that is still empty takes this one; it lets retention give room back.
        if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode a crash of the process loses nothing with NORMAL, and one of the machine the last moments at most.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA trusted_schema = OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later may be refused half-way when two proxies do so at once.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_private(path: Path) -> None:
    """The file and its folder, private from their first moment on; SQLite gives its two side files the same mode."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, mode=_PRIVATE_FOLDER)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE))
    except FileExistsError:
        details = path.stat()
        if os.name == "posix" and details.st_mode & 0o077 and details.st_uid == os.geteuid():
            path.chmod(_PRIVATE_FILE)


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(
            url,
            pool_size=1,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": _BUSY_SECONDS,
                "application_name": "why403",
                "options": "-c statement_timeout=20000 -c lock_timeout=10000 -c timezone=UTC",
            },
        )
    except ImportError:
        raise StoreError(
            "a store in PostgreSQL needs a driver that is not installed", "run pip install 'why403[postgres]'"
        ) from None
