"""Where the store lies: a file in the folder the platform has for such data, another file, or a PostgreSQL database."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy_addons.sinks.store.trouble import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import URL

FILE_NAME: Final = "failures.sqlite"
_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "darwin": ("", "~/Library/Application Support"),
    "win32": ("LOCALAPPDATA", "~/AppData/Local"),
}
_ADDRESS: Final = re.compile(r"[A-Za-z][\w+.-]*://")
_POSTGRESQL: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


def default_file(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """The store of this user on this machine.

    Elsewhere than on macOS and Windows it lies in the XDG base directory specification's `$XDG_STATE_HOME`.
    """
    variable, otherwise = _PLACES.get(platform, ("XDG_STATE_HOME", "~/.local/state"))
    named = (os.environ if environment is None else environment).get(variable, "") if variable else ""
    return Path(named or otherwise).expanduser() / "why403" / FILE_NAME


def store_url(place: str | None) -> URL:
    """The database a place means: a path, `sqlite:///PATH`, `postgresql://...`; None means `default_file`.

    Raises StoreError for an address of another kind. It never quotes one: an address may hold a password.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    if not place:
        return _file(default_file())
    if not _ADDRESS.match(place):
        return _file(Path(place).expanduser())
    try:
        url = make_url(place)
    except (ArgumentError, ValueError):
        raise StoreError("the address of the store cannot be read", "write postgresql://USER@HOST/DATABASE") from None
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database:
        return _file(Path(url.database))
    raise StoreError(
        f"no store can be kept in {url.drivername}", "give a path, or an address that begins with postgresql://"
    )


def shown(url: URL) -> str:
    """A store as people are told of it: the file, or the database without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host", "this machine")
    return f"PostgreSQL database {url.database or url.username or ''} on {host}".replace("  ", " ")


def _file(path: Path) -> URL:
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(path.absolute()))
