"""What can be wrong with a store, in one line with the remedy. Nothing the database itself says is ever quoted.

A database's error text repeats statements and values; here its code alone decides which sentence is said.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

type Words = tuple[str, str]

_SQLITE: Final[Mapping[int, Words]] = {
    sqlite3.SQLITE_BUSY: ("is locked by another program", "end what holds it, or choose another file"),
    sqlite3.SQLITE_LOCKED: ("is locked by another program", "end what holds it, or choose another file"),
    sqlite3.SQLITE_FULL: ("finds no room on its disk", "free some space there"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written (input/output error)", "look at its disk, or free some space"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "move the file away; a new one is made"),
    sqlite3.SQLITE_NOTADB: ("is no failure store", "move the file away, or choose another one"),
    sqlite3.SQLITE_READONLY: ("may not be written", "let this user write there, or choose another file"),
    sqlite3.SQLITE_PERM: ("may not be opened", "let this user read and write it, or choose another file"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "make its folder writable, or choose another file"),
}
_PRIMARY: Final = 0xFF
_POSTGRESQL: Final[Mapping[str, Words]] = {
    "28": ("refuses this user", "put user or password right; the password may also stand in PGPASSFILE"),
    "3D": ("does not exist", "create the database, or name another one"),
    "42501": ("lets this user make or write no tables", "grant CREATE and USAGE on its schema"),
    "53100": ("finds no room on its disk", "free some space on the server"),
    "25006": ("may not be written", "name the primary server, not a standby"),
    "55P03": ("is locked by another program", "end what holds the lock"),
    "57014": ("did not answer in time", "look at the server's load"),
}
_SAID: Final = (("password", "28"), ("authentication", "28"), ("role ", "28"), ("does not exist", "3D"))
_GONE: Final[Words] = ("cannot be reached", "start the server, or put the address right")


class StoreError(Exception):
    """The store cannot be used as it is; the text says why and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. Remedy: {remedy}.")


class RefusedDataError(Exception):
    """The database does not take these very values; trying again would change nothing."""


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn whatever the database raises inside into a StoreError about `place`, or a RefusedDataError."""
    from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

    try:
        yield
    except (DataError, IntegrityError):
        raise RefusedDataError(f"the store {place} does not take these values") from None
    except DBAPIError as error:
        what, remedy = _words(error.orig)
        raise StoreError(f"the store {place} {what}", remedy) from None
    except SQLAlchemyError as error:
        raise StoreError(f"the store {place} failed with {type(error).__name__}", "report this name") from None
    except OSError as error:
        reason = (error.strerror or "cannot be used").lower()
        raise StoreError(f"the store {place}: {reason}", "make its folder usable, or choose another place") from None


def _words(error: BaseException | None) -> Words:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        return _SQLITE.get(code, (f"failed with SQLite's code {code}", "move the file away; a new one is made"))
    state = getattr(error, "sqlstate", None)
    if state is None:
        # A connection that was refused has no code; only what the server said of it tells these two from a dead server.
        said = str(error).lower()
        found = next((code for words, code in _SAID if words in said), "")
        return _POSTGRESQL.get(found, _GONE)
    if state.startswith(("08", "57P")):
        return _GONE
    known = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    return known or (f"failed with PostgreSQL's code {state}", "look it up in the server's manual")
