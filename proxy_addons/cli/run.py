"""`why403 run`: the proxy, in this process, until it is told to stop."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from proxy_addons.cli.proxy import ProxyError, run_proxy
from proxy_addons.diagnosis.ruleset import RuleError
from proxy_addons.intake.rule_files import read_rules, rules_directory
from proxy_addons.settings import Option, SettingsError, options, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_USAGE: Final = 2


def run(**given: object) -> None:
    """Open the proxy and explain every refused call while it happens.

    Two ports: a reverse port for clients whose base address can be set, and a forward proxy for all others. Every
    setting can also stand in the environment, as WHY403_ and its name.
    """
    wanted = {name: value for name, value in given.items() if value not in (None, [], ())}
    try:
        settings = read_settings(wanted, os.environ)
        ruleset = read_rules(settings.rules)
        status = asyncio.run(run_proxy(settings, ruleset))
    except (SettingsError, ProxyError) as error:
        _stop(str(error))
    except RuleError as error:
        _stop(f"{settings.rules or rules_directory()}/{error}")
    raise typer.Exit(status)


def _stop(message: str) -> None:
    for line in message.splitlines():
        print(f"why403 run: {line}", file=sys.stderr)
    raise typer.Exit(EXIT_USAGE)


def _parameter(option: Option) -> inspect.Parameter:
    """A setting as typer wants an option declared. Values stay text here: the settings validate them, in one place."""
    kind: Any = bool if option.is_flag else list[str] if option.repeatable else str
    declared = f"{option.flag}/--no-{option.flag[2:]}" if option.is_flag else option.flag
    shown = " ".join(map(str, option.default)) if isinstance(option.default, tuple) else option.default
    text = option.help if option.is_flag or shown in (None, "") else f"{option.help} [default: {shown}]"
    info = typer.Option(
        declared,
        help=f"{text} [env: {option.variable}]",
        metavar=None if option.is_flag else option.placeholder,
        show_default=False,
    )
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, info]
    )


def _declare(command: Callable[..., None]) -> None:
    """Give the command one option per setting; typer reads them from the signature and the annotations."""
    parameters = [_parameter(option) for option in options()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # how inspect is told
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


_declare(run)
