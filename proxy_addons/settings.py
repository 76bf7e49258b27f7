"""Every setting of the live proxy, declared and validated once.

The command line (`--connect-to`), the environment (`WHY403_CONNECT_TO`) and the options of mitmproxy's own tools
(`--set why403_connect_to=...`) and the keys of why403.toml all come from the fields of `Settings`: names, help texts
and defaults stand here and nowhere else. Command line beats environment beats file beats default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from proxy_addons.evidence.services import MICROSOFT_HOST_PATTERNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

ENVIRONMENT_PREFIX: Final = "WHY403_"
MITMPROXY_PREFIX: Final = "why403_"
DEFAULT_BUNDLE_DIRECTORY: Final = Path("why403-bundles")
MICROSOFT: Final = "microsoft"

_HOST_PATTERN: Final = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\Z")
_CONNECT_TO: Final = re.compile(
    r"(?P<host>[^=\s]+)=(?P<address>\[[0-9a-fA-F:.]+\]|[^:=\s\[\]]+)(?::(?P<port>\d{1,5}))?\Z"
)
_OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "az", "adl", "abfs", "abfss", "azure", "https", "file", "memory"})
_DATABASES: Final = frozenset({"sqlite", "postgresql", "postgres", "postgresql+psycopg"})
_PASSWORD: Final = re.compile(r"(?<=://)[^@/\s]*@")
_LAST_PORT: Final = 65535
_LONGEST_WAIT: Final = 3600
_MOST: Final = 1_000_000_000
_OFF: Final = "off"


class SettingsError(ValueError):
    """A setting nobody can work with; the text names the option, the value and the remedy, one line per mistake."""


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


def _several(value: object) -> object:
    """The environment holds several values as one text, separated by blanks."""
    return tuple(value.split()) if isinstance(value, str) else value


def _host_patterns(value: object) -> object:
    """Patterns in lower case; the word `microsoft` stands for the hosts of every Microsoft cloud."""
    values = _several(value)
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


def _connections(value: object) -> object:
    values = _several(value)
    return tuple(map(_connection, values)) if isinstance(values, list | tuple) else values


def _connection(value: object) -> ConnectTo:
    if isinstance(value, ConnectTo):
        return value
    match = _CONNECT_TO.match(str(value))
    if match is None:
        raise ValueError(f"{value!r} does not say where to connect to")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port <= _LAST_PORT:
        raise ValueError(f"{port} is no port")
    return ConnectTo(match["host"].lower(), match["address"].strip("[]"), port)


def _path(value: object) -> object:
    """An empty text is no path: mitmproxy's options know no other way to say that none was given."""
    if value == "":
        return None
    return Path(value).expanduser() if isinstance(value, str | Path) else value


def _bundle_place(value: object) -> object:
    """A folder, or the address of an object store, which stays as it is."""
    if not isinstance(value, str) or "://" not in value:
        return _path(value)
    if value.partition("://")[0] not in _OBJECT_STORES:
        raise ValueError("no bundle can be put there")
    return value


def _store_place(value: object) -> object:
    """A path or an address, looked at no further: what can be opened is for the store to say."""
    if not isinstance(value, str | Path) or value == "":
        return value or None
    text = str(value)
    if "://" in text and text.partition("://")[0] not in _DATABASES:
        raise ValueError("no store can be kept there")
    return text


def _existing_file(value: object) -> object:
    path = _path(value)
    if isinstance(path, Path) and not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def _existing_directory(value: object) -> object:
    path = _path(value)
    if isinstance(path, Path) and not path.is_dir():
        raise ValueError(f"there is no directory {path}")
    return path


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


class Settings(BaseModel):
    """What one run of the proxy was asked to do."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    reverse_port: Port = Field(
        default=8403, description="Port clients call as https://127.0.0.1:PORT/<microsoft-host>/<path>."
    )
    forward_port: Port = Field(default=8404, description="Port clients use as HTTPS_PROXY=http://127.0.0.1:PORT.")
    admin_port: Port = Field(default=9403, description="Port of /metrics, /livez and /readyz, on 127.0.0.1 only.")
    mode: Annotated[
        tuple[str, ...],
        BeforeValidator(_several),
        Placeholder("MODE"),
        Remedy("write it as mitmproxy does, for example socks5@127.0.0.1:1080"),
    ] = Field(
        default=(), description="Further mitmproxy proxy mode to open, as well as the two ports; may be repeated."
    )
    hosts: Annotated[
        tuple[str, ...],
        BeforeValidator(_host_patterns),
        Placeholder("HOST"),
        Remedy("write a host like mail.contoso.com, a pattern like *.contoso.com, or the word microsoft"),
    ] = Field(
        default=(MICROSOFT,),
        description="Host to decrypt and explain; everything else passes untouched. May be repeated; replaces the "
        "default. The word microsoft stands for the hosts of every Microsoft cloud.",
    )
    connect_to: Annotated[
        tuple[ConnectTo, ...],
        BeforeValidator(_connections),
        Placeholder("HOST=ADDRESS[:PORT]"),
        Remedy("write HOST=ADDRESS or HOST=ADDRESS:PORT, for example graph.microsoft.com=127.0.0.1:8443"),
    ] = Field(
        default=(),
        description="Connect to ADDRESS instead of HOST; name and certificate stay those of HOST. May be repeated.",
    )
    upstream_ca: Annotated[
        Path | None,
        BeforeValidator(_existing_file),
        Placeholder("FILE"),
        Remedy("give a file with certificates in PEM form"),
    ] = Field(default=None, description="Certificate authority to trust for upstream servers, besides the public ones.")
    rewrite_links: bool = Field(
        default=True,
        description="Let addresses in answers to the reverse port (next pages, redirects, sign-in endpoints) lead back "
        "through it, so that the client stays inside.",
    )
    verdict_header: bool = Field(
        default=False,
        description="Add X-Why403-Diagnosis to refused responses. They are then held back until they are complete "
        "(at most 256 KiB), because the header has to go first.",
    )
    store: Annotated[
        str | None,
        BeforeValidator(_store_place),
        Placeholder("FILE|URL|off"),
        Remedy("give a path, an address like postgresql://USER@HOST/DATABASE, or the word off"),
    ] = Field(
        default=None,
        description="Where failures are kept for `why403 failures`: a file, or a PostgreSQL database that several "
        "proxies share. Left out: a file in this user's state folder. The word off keeps none.",
    )
    store_days: Count = Field(default=30, description="Failures in the store are deleted after so many days.")
    store_records: Count = Field(default=100_000, description="The store holds at most so many full records.")
    store_megabytes: Count = Field(default=1024, description="The store's records take at most so many megabytes.")
    store_group_records: Count = Field(
        default=20, description="Of one kind of failure so many full records an hour are kept; all are counted."
    )
    bundles: bool = Field(
        default=False,
        description=f"Write a bundle of the first failure of each kind, to ./{DEFAULT_BUNDLE_DIRECTORY}.",
    )
    bundle_dir: Annotated[
        Path | str | None,
        BeforeValidator(_bundle_place),
        Placeholder("DIRECTORY|URL"),
        Remedy("give a directory, or an address that begins with s3://, az://, gs:// or file://"),
    ] = Field(
        default=None,
        description="Write them to this directory, or to an object store (s3://, az://, gs://, file://). What is "
        "there already is left alone.",
    )
    rules: Annotated[
        Path | None,
        BeforeValidator(_existing_directory),
        Placeholder("DIRECTORY"),
        Remedy("give a directory that holds exchange/, graph/ or entra/, or leave it out"),
    ] = Field(
        default=None,
        description="Rules of your own, laid upon those why403 ships. While the proxy runs a change is taken up by "
        "itself.",
    )
    shipped_rules: bool = Field(default=True, description="Use the rules why403 ships; without them only your own.")
    confdir: Annotated[Path, BeforeValidator(_path), Placeholder("DIRECTORY"), Remedy("give a directory")] = Field(
        default=Path("~/.mitmproxy"), description="Where mitmproxy keeps its certificate authority."
    )
    fail_on: Annotated[
        Literal["certain", "likely", "possible"] | None,
        BeforeValidator(lambda value: value or None),
        Placeholder("certain|likely|possible"),
        Remedy("write certain, likely or possible"),
    ] = Field(
        default=None,
        description="Leave with 3 where a refusal was explained at least this surely and nothing else went wrong.",
    )
    ui: Annotated[
        Literal["none", "web", "console"], Placeholder("none|web|console"), Remedy("write none, web or console")
    ] = Field(default="none", description="Show mitmproxy's own screens too: in the browser, or in this terminal.")
    log_format: Annotated[
        Literal["auto", "json", "text"], Placeholder("auto|json|text"), Remedy("write auto, json or text")
    ] = Field(default="auto", description="Form of the log on standard error; auto is text on a terminal, else JSON.")
    drain_delay: Seconds = Field(
        default=0,
        description="At SIGTERM, how long new connections are still taken while /readyz says no: as long as a balancer "
        "needs to notice.",
    )
    drain_limit: Seconds = Field(
        default=30,
        description="At SIGTERM, how long exchanges under way may take. A second SIGTERM, or Ctrl-C, ends at once.",
    )
    allow_verify: bool = Field(
        default=False, description="Remember the last 64 refused calls whole, in memory only, for why403 verify."
    )
    quiet: bool = Field(default=False, description="Show nothing on standard output; the log on standard error stays.")

    @property
    def bundle_directory(self) -> Path | str | None:
        """Where bundles go, a folder or the address of an object store; None when none are wanted."""
        return self.bundle_dir or (DEFAULT_BUNDLE_DIRECTORY if self.bundles else None)

    @property
    def keeps_failures(self) -> bool:
        """Whether there is a failure store."""
        return self.store != _OFF


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as every outside sees it."""

    name: str
    help: str
    repeatable: bool
    is_flag: bool
    placeholder: str
    default: object

    @property
    def flag(self) -> str:
        """As typed on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """As named in the environment."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def mitmproxy_name(self) -> str:
        """As set with `--set` in mitmdump, mitmweb and mitmproxy."""
        return MITMPROXY_PREFIX + self.name


def options() -> Iterator[Option]:
    """Every setting, in the order of declaration."""
    for name, field in Settings.model_fields.items():
        shape = next((item.text for item in field.metadata if isinstance(item, Placeholder)), "")
        yield Option(
            name=name,
            help=field.description or "",
            repeatable=isinstance(field.default, tuple),
            is_flag=isinstance(field.default, bool),
            placeholder=shape,
            default=field.default,
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value somebody chose, and where: `--connect-to`, `WHY403_CONNECT_TO`, or `why403.toml:3: connect_to`."""

    value: object
    place: str


def chosen_values(
    given: Mapping[str, object], environment: Mapping[str, str], filed: Mapping[str, Chosen] = MappingProxyType({})
) -> dict[str, Chosen]:
    """What was chosen for each setting, by the strongest place that says something; defaults are left out."""
    chosen: dict[str, Chosen] = {}
    for option in options():
        if option.name in given:
            chosen[option.name] = Chosen(given[option.name], option.flag)
        elif environment.get(option.variable):
            chosen[option.name] = Chosen(environment[option.variable], option.variable)
        elif option.name in filed:
            chosen[option.name] = filed[option.name]
    return chosen


def read_settings(
    given: Mapping[str, object], environment: Mapping[str, str], filed: Mapping[str, Chosen] = MappingProxyType({})
) -> Settings:
    """Settings from the values given, the environment and a file. SettingsError names what is wrong, as written."""
    chosen = chosen_values(given, environment, filed)
    places = {name: each.place for name, each in chosen.items()}
    return _validated({name: each.value for name, each in chosen.items()}, places)


def settings_from_mitmproxy(values: Mapping[str, object]) -> Settings:
    """Settings from mitmproxy's options, keyed by field name; SettingsError names them as `--set` does."""
    return _validated(values, {option.name: option.mitmproxy_name for option in options()})


def _validated(values: Mapping[str, object], spelling: Mapping[str, str]) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise SettingsError("\n".join(_complaint(problem, values, spelling) for problem in problems)) from None


def _complaint(problem: ErrorDetails, values: Mapping[str, object], spelling: Mapping[str, str]) -> str:
    name = str(problem["loc"][0])
    field = Settings.model_fields[name]
    remedy = next((item.text for item in field.metadata if isinstance(item, Remedy)), "write true or false")
    wrong = problem["msg"].removeprefix("Value error, ")
    value = values[name]
    shown = " ".join(map(str, value)) if isinstance(value, list | tuple) else value
    shown = _PASSWORD.sub("...@", str(shown))
    return f"{spelling[name]} {shown}: {wrong[:1].lower()}{wrong[1:]}. Remedy: {remedy}."
