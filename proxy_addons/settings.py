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

from proxy_addons.setting_values import (
    LOOPBACK,
    MICROSOFT,
    Address,
    ConnectTo,
    Count,
    Placeholder,
    Port,
    Remedy,
    Seconds,
    UpstreamProxy,
    Workers,
    bundle_place,
    connections,
    existing_directory,
    existing_file,
    host_patterns,
    local_path,
    names,
    proxy_beyond,
    several,
    store_place,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

ENVIRONMENT_PREFIX: Final = "WHY403_"
MITMPROXY_PREFIX: Final = "why403_"
DEFAULT_BUNDLE_DIRECTORY: Final = Path("why403-bundles")

_CREDENTIALS: Final = re.compile(r"(?<=://)[^@/\s]*@")
_OFF: Final = "off"


class SettingsError(ValueError):
    """A setting nobody can work with; the text names the option, the value and the remedy, one line per mistake."""


class Settings(BaseModel):
    """What one run of the proxy was asked to do."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    reverse_port: Port = Field(
        default=8403, description="Port clients call as https://127.0.0.1:PORT/<microsoft-host>/<path>."
    )
    forward_port: Port = Field(default=8404, description="Port clients use as HTTPS_PROXY=http://127.0.0.1:PORT.")
    admin_port: Port = Field(default=9403, description="Port of the admin pages, /metrics, /livez and /readyz.")
    listen_host: Address = Field(
        default=LOOPBACK, description="Address the two proxy ports listen on; 0.0.0.0 lets other machines in."
    )
    admin_host: Address = Field(
        default=LOOPBACK,
        description="Address the admin port listens on. Any but a loopback address demands WHY403_ADMIN_TOKEN in the "
        "environment, which the pages then ask for.",
    )
    admin_names: Annotated[
        tuple[str, ...],
        BeforeValidator(names),
        Placeholder("NAME"),
        Remedy("write a host name like why403.contoso.com, without scheme and port"),
    ] = Field(
        default=(),
        description="Host name under which browsers reach the admin pages, besides its address; may be repeated.",
    )
    protect_metrics: bool = Field(default=False, description="Ask for WHY403_ADMIN_TOKEN on /metrics as well.")
    workers: Workers = Field(
        default=1, description="Processes that share the two proxy ports (Linux); auto takes one per core."
    )
    mode: Annotated[
        tuple[str, ...],
        BeforeValidator(several),
        Placeholder("MODE"),
        Remedy("write it as mitmproxy does, for example socks5@127.0.0.1:1080"),
    ] = Field(
        default=(), description="Further mitmproxy proxy mode to open, as well as the two ports; may be repeated."
    )
    hosts: Annotated[
        tuple[str, ...],
        BeforeValidator(host_patterns),
        Placeholder("HOST"),
        Remedy("write a host like mail.contoso.com, a pattern like *.contoso.com, or the word microsoft"),
    ] = Field(
        default=(MICROSOFT,),
        description="Host to decrypt and explain; everything else passes untouched. May be repeated; replaces the "
        "default. The word microsoft stands for the hosts of every Microsoft cloud.",
    )
    connect_to: Annotated[
        tuple[ConnectTo, ...],
        BeforeValidator(connections),
        Placeholder("HOST=ADDRESS[:PORT]"),
        Remedy("write HOST=ADDRESS or HOST=ADDRESS:PORT, for example graph.microsoft.com=127.0.0.1:8443"),
    ] = Field(
        default=(),
        description="Connect to ADDRESS instead of HOST; name and certificate stay those of HOST. May be repeated.",
    )
    upstream_ca: Annotated[
        Path | None,
        BeforeValidator(existing_file),
        Placeholder("FILE"),
        Remedy("give a file with certificates in PEM form"),
    ] = Field(default=None, description="Certificate authority to trust for upstream servers, besides the public ones.")
    upstream_proxy: Annotated[
        UpstreamProxy | None,
        BeforeValidator(proxy_beyond),
        Placeholder("URL"),
        Remedy("write it as HTTPS_PROXY does, for example http://proxy.contoso.com:8080"),
    ] = Field(
        default=None,
        description="Proxy that leads out of this network; everything that is sent on goes through it.",
    )
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
        BeforeValidator(store_place),
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
        BeforeValidator(bundle_place),
        Placeholder("DIRECTORY|URL"),
        Remedy("give a directory, or an address that begins with s3://, az://, gs:// or file://"),
    ] = Field(
        default=None,
        description="Write them to this directory, or to an object store (s3://, az://, gs://, file://). What is "
        "there already is left alone.",
    )
    rules: Annotated[
        Path | None,
        BeforeValidator(existing_directory),
        Placeholder("DIRECTORY"),
        Remedy("give a directory that holds exchange/, graph/ or entra/, or leave it out"),
    ] = Field(
        default=None,
        description="Rules of your own, laid upon those why403 ships. While the proxy runs a change is taken up by "
        "itself.",
    )
    shipped_rules: bool = Field(default=True, description="Use the rules why403 ships; without them only your own.")
    confdir: Annotated[Path, BeforeValidator(local_path), Placeholder("DIRECTORY"), Remedy("give a directory")] = Field(
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


def as_given(settings: Settings) -> dict[str, bool | str | list[str]]:
    """Settings in the form they are given in, so that `read_settings` makes the same of them in another process."""
    return {option.name: _given(getattr(settings, option.name)) for option in options()}


def _given(value: object) -> bool | str | list[str]:
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return "" if value is None else str(value)


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


def without_credentials(text: str) -> str:
    """Addresses in a text without the user and password before the host."""
    return _CREDENTIALS.sub("...@", text)


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
    return f"{spelling[name]} {without_credentials(str(shown))}: {wrong[:1].lower()}{wrong[1:]}. Remedy: {remedy}."
