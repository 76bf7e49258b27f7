"""What one setting's value may look like: read from text, with the remedy said beside it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field

from proxy_addons.evidence.services import MICROSOFT_HOST_PATTERNS

MICROSOFT: Final = "microsoft"
LOOPBACK: Final = "127.0.0.1"
AUTO: Final = "auto"
_HOST_PATTERN: Final = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\Z")
_CONNECT_TO: Final = re.compile(
    r"(?P<host>[^=\s]+)=(?P<address>\[[0-9a-fA-F:.]+\]|[^:=\s\[\]]+)(?::(?P<port>\d{1,5}))?\Z"
)
_OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "az", "adl", "abfs", "abfss", "azure", "https", "file", "memory"})
_DATABASES: Final = frozenset({"sqlite", "postgresql", "postgres", "postgresql+psycopg"})
_LAST_PORT: Final = 65535
_MOST_WORKERS: Final = 64
_LONGEST_WAIT: Final = 3600
_MOST: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to write instead, shown after whatever is wrong with a value."""

    text: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a value looks like, for the help text: `HOST=ADDRESS[:PORT]`."""

    text: str


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """Connections meant for `host` go to `address`, on the same port where `port` is None."""

    host: str
    address: str
    port: int | None = None

    def __str__(self) -> str:
        """As it is written."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.host}={address}" if self.port is None else f"{self.host}={address}:{self.port}"


@dataclass(frozen=True, slots=True)
class UpstreamProxy:
    """The proxy that leads out of a network; `credentials` is `user:password`, empty where it asks for none."""

    scheme: str
    host: str
    port: int
    credentials: str = field(default="", repr=False)
    written: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Its address, without the credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __str__(self) -> str:
        """As it is written, with the credentials."""
        return self.written


def several(value: object) -> object:
    """The environment holds several values as one text, separated by blanks."""
    return tuple(value.split()) if isinstance(value, str) else value


def host_patterns(value: object) -> object:
    """Patterns in lower case; the word `microsoft` stands for the hosts of every Microsoft cloud."""
    values = several(value)
    if not isinstance(values, list | tuple):
        return values
    spelled: list[str] = []
    for pattern in (str(item).lower() for item in values):
        if pattern == MICROSOFT:
            spelled.extend(MICROSOFT_HOST_PATTERNS)
        elif _HOST_PATTERN.match(pattern):
            spelled.append(pattern)
        else:
            raise ValueError(f"{pattern!r} is no host name")
    if not spelled:
        raise ValueError("no host is left to look at")
    return tuple(dict.fromkeys(spelled))


def connections(value: object) -> object:
    """What `connect_to` says, a `ConnectTo` each."""
    values = several(value)
    return tuple(map(connection, values)) if isinstance(values, list | tuple) else values


def connection(value: object) -> ConnectTo:
    """HOST=ADDRESS[:PORT]."""
    if isinstance(value, ConnectTo):
        return value
    match = _CONNECT_TO.match(str(value))
    if match is None:
        raise ValueError(f"{value!r} does not say where to connect to")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port <= _LAST_PORT:
        raise ValueError(f"{port} is no port")
    return ConnectTo(match["host"].lower(), match["address"].strip("[]"), port)


def proxy_beyond(value: object) -> object:
    """http://[USER:PASSWORD@]HOST:PORT, or https, as HTTPS_PROXY says it; an empty text means none."""
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("is no address of a proxy") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("is no address of a proxy")
    if not port:
        raise ValueError("names no port")
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return UpstreamProxy(parts.scheme, parts.hostname, port, credentials, value)


def local_path(value: object) -> object:
    """An empty text is no path: mitmproxy's options know no other way to say that none was given."""
    if value == "":
        return None
    return Path(value).expanduser() if isinstance(value, str | Path) else value


def bundle_place(value: object) -> object:
    """A folder, or the address of an object store, which stays as it is."""
    if not isinstance(value, str) or "://" not in value:
        return local_path(value)
    if value.partition("://")[0] not in _OBJECT_STORES:
        raise ValueError("no bundle can be put there")
    return value


def store_place(value: object) -> object:
    """A path or an address, looked at no further: what can be opened is for the store to say."""
    if not isinstance(value, str | Path) or value == "":
        return value or None
    text = str(value)
    if "://" in text and text.partition("://")[0] not in _DATABASES:
        raise ValueError("no store can be kept there")
    return text


def existing_file(value: object) -> object:
    """The path of a file that is there."""
    found = local_path(value)
    if isinstance(found, Path) and not found.is_file():
        raise ValueError(f"there is no file {found}")
    return found


def existing_directory(value: object) -> object:
    """The path of a folder that is there."""
    found = local_path(value)
    if isinstance(found, Path) and not found.is_dir():
        raise ValueError(f"there is no directory {found}")
    return found


Port = Annotated[
    int,
    Field(ge=0, le=_LAST_PORT),
    Placeholder("PORT"),
    Remedy("give a number from 0 to 65535; 0 picks a free port"),
]
Seconds = Annotated[
    float, Field(ge=0, le=_LONGEST_WAIT), Placeholder("SECONDS"), Remedy("give a number of seconds from 0 to 3600")
]
Count = Annotated[int, Field(ge=1, le=_MOST), Placeholder("N"), Remedy("give a number from 1 to 1000000000")]


def address(value: object) -> object:
    """An address of this machine in its plain form."""
    text = str(value).strip("[]")
    try:
        return str(ipaddress.ip_address(LOOPBACK if text == "localhost" else text))
    except ValueError:
        raise ValueError("is no IP address") from None


def names(value: object) -> object:
    """Host names in lower case."""
    values = several(value)
    if not isinstance(values, list | tuple):
        return values
    spelled = [str(item).lower() for item in values]
    wrong = next((name for name in spelled if "*" in name or not _HOST_PATTERN.match(name)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no host name")
    return tuple(dict.fromkeys(spelled))


def worker_count(value: object) -> object:
    """A number, or the word `auto`."""
    if value == AUTO:
        return value
    text = str(value)
    if not text.isascii() or not text.isdecimal():
        raise ValueError("is neither a number nor the word auto")
    if not 1 <= int(text) <= _MOST_WORKERS:
        raise ValueError("is no number of workers")
    return int(text)


def is_loopback(text: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def reached_at(text: str) -> str:
    """An address as this machine's own programs write it in a URL: 0.0.0.0 is everywhere, and so also here."""
    found = ipaddress.ip_address(text)
    if found.is_unspecified:
        return LOOPBACK
    return f"[{found}]" if isinstance(found, ipaddress.IPv6Address) else str(found)


Address = Annotated[
    str,
    BeforeValidator(address),
    Placeholder("ADDRESS"),
    Remedy("give an IP address of this machine; 0.0.0.0 stands for all of them"),
]

Workers = Annotated[
    int | Literal["auto"],
    BeforeValidator(worker_count),
    Placeholder("N|auto"),
    Remedy("give a number from 1 to 64, or the word auto"),
]
