"""Options that say who asks for a token: one per field of `Identity`, or a table of why403.toml by name."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from proxy_addons.cli.complaint import Complaint
from proxy_addons.entra.identity import Identity
from proxy_addons.setting_values import Placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy_addons.entra.acquire import Person
    from proxy_addons.entra.outbound import Route
    from proxy_addons.settings import Settings

NAMED_HELP = "Identity of why403.toml ([identities.NAME]) to sign in as; the options below change single values."


def with_identity(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes `given` (a mapping) the options of an identity; typer reads them from the signature."""
    own = [
        parameter
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
        if parameter.name != "given"
    ]
    added = [_parameter("identity", Annotated[str | None, typer.Option("--identity", metavar="NAME", help=NAMED_HELP)])]
    for name, field in Identity.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        shape = next((item.text for item in field.metadata if isinstance(item, Placeholder)), None)
        kind: Any = bool if field.annotation is bool else str
        info = typer.Option(flag, metavar=shape, help=field.description)
        added.append(_parameter(name, Annotated[kind | None, info]))
    names = {parameter.name for parameter in added}

    def wrapped(**values: object) -> None:
        given = {name: value for name, value in values.items() if name in names and value is not None}
        command(**{name: value for name, value in values.items() if name not in names}, given=given)

    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own] + added
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # how inspect is told
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapped


def _parameter(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def identity_from(given: Mapping[str, object], known: Mapping[str, Mapping[str, object]]) -> Identity | None:
    """The identity of the options, on top of the one they name; None where nothing was said. Raises Complaint."""
    values = dict(given)
    name = values.pop("identity", None)
    named: Mapping[str, object] = {}
    if isinstance(name, str):
        if name not in known:
            there = f"It has {', '.join(sorted(known))}" if known else "Write [identities.NAME] into why403.toml"
            raise Complaint(f"--identity {name}: no identity of that name. {there}")
        named = known[name]
    merged = {**named, **values}
    return identity_of(merged) if merged else None


def identity_of(values: Mapping[str, object], place: str = "") -> Identity:
    """A validated identity. Raises Complaint, naming the option, or the key of a file's table, that is wrong."""
    try:
        return Identity.model_validate(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = str(problem["loc"][0]) if problem["loc"] else "the identity"
        where = f"{place}: {key}" if place else f"--{key.replace('_', '-')}" if problem["loc"] else key
        if problem["type"] == "missing":
            raise Complaint(f"{where} is missing. Give the application's (client) id") from None
        wrong = problem["msg"].removeprefix("Value error, ")
        raise Complaint(f"{where}: {wrong[:1].lower()}{wrong[1:]}. See --help") from None


def route_from(settings: Settings, environment: Mapping[str, str]) -> Route:
    """The way out our own requests take: that of the settings; a proxy may also be named by HTTPS_PROXY."""
    from proxy_addons.entra.outbound import Route

    proxy = str(settings.upstream_proxy or environment.get("HTTPS_PROXY") or environment.get("https_proxy") or "")
    return Route(settings.connect_to, settings.upstream_ca, proxy)


def person() -> Person:
    """Whoever is at the keyboard. Answers are not shown; without a terminal there is nobody to ask."""
    from proxy_addons.entra.acquire import Person

    def ask(what: str) -> str:
        if not sys.stdin.isatty():
            raise Complaint(f"no {what.lower()} is named and nobody can be asked. Name it with an option, see --help")
        return str(typer.prompt(what, hide_input=True, err=True))

    return Person(ask, lambda line: typer.echo(line, err=True))
