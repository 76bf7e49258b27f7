"""`why403 run`: the proxy, in this process, until it is told to stop."""

from __future__ import annotations

import inspect
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.help_text import ending
from proxy_addons.settings import Option, SettingsError, options, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping


_PORTS: Final = frozenset({"reverse_port", "forward_port", "admin_port"})
EPILOG: Final = ending(
    ("why403 run", "why403 run -- python app.py", "why403 run --fail-on likely -- pytest", "why403 run --ui web"),
    {
        0: "ended with SIGTERM, or the command ended with 0",
        2: "a setting, a port or a rule is wrong",
        3: "the command succeeded, and --fail-on was reached",
        126: "the command cannot be run",
        127: "the command cannot be found",
        130: "ended with Ctrl-C",
    },
)


def run(command: tuple[str, ...] | None = None, **given: object) -> None:
    """Open the proxy and explain refusals as they happen.

    Two ports: a reverse port for clients whose base address can be set, and a forward proxy for all others.

    With a COMMAND behind -- that client is started, with proxy and trust set in its environment, on free ports. Its
    terminal and its output are its own; refusals and a summary go to standard error, and its exit code is passed on.

    Every setting can also stand in the environment: --connect-to as WHY403_CONNECT_TO, several values with blanks
    between them.
    """
    import asyncio

    from proxy_addons.cli.collector import loading
    from proxy_addons.cli.proxy_ports import ProxyError

    try:
        with loading():
            begin = _loaded(command, given)
        status = asyncio.run(begin())
    except ProxyError as error:
        raise _unusable(str(error)) from error
    raise typer.Exit(status)


def _loaded(command: tuple[str, ...] | None, given: Mapping[str, object]) -> Callable[[], Coroutine[None, None, int]]:
    """Read settings and rules and import what they ask for; what comes back opens the proxy."""
    from proxy_addons.cli.config_file import read_configuration
    from proxy_addons.cli.run_client import find_command
    from proxy_addons.cli.worker_number import workers_for
    from proxy_addons.diagnosis.ruleset import RuleError
    from proxy_addons.intake.rule_files import read_rules

    wanted = {name: value for name, value in given.items() if value not in (None, [], ())}
    if command:
        found = find_command(command[0])
        if not isinstance(found, str):
            sys.stderr.write(f"why403 run: {found[1]}\n")
            raise typer.Exit(found[0])
    try:
        settings = read_settings(wanted, os.environ, read_configuration(os.environ).settings)
    except SettingsError as error:
        raise _unusable(str(error)) from error
    if command:
        # Several runs may stand side by side, as in CI; ports somebody chose stay what they are.
        settings = settings.model_copy(update=dict.fromkeys(_PORTS - settings.model_fields_set, 0))
    try:
        ruleset = read_rules(settings.rules, shipped=settings.shipped_rules, prepared=True)
    except RuleError as error:
        raise _unusable(str(error)) from error
    workers = workers_for(settings, with_client=bool(command))
    if workers > 1:
        from proxy_addons.cli.supervisor import run_workers

        return partial(run_workers, settings, ruleset, workers)
    from proxy_addons.cli.proxy import run_proxy

    return partial(run_proxy, settings, ruleset, tuple(command or ()))


def _unusable(message: str) -> typer.Exit:
    sys.stderr.writelines(f"why403 run: {line}\n" for line in message.splitlines())
    return typer.Exit(ExitCode.USAGE)


def _parameter(option: Option) -> inspect.Parameter:
    """A setting as typer wants an option declared. Values stay text here: the settings validate them, in one place."""
    kind: Any = bool if option.is_flag else list[str] if option.repeatable else str
    declared = f"{option.flag}/--no-{option.flag[2:]}" if option.is_flag else option.flag
    default = " ".join(map(str, option.default)) if isinstance(option.default, tuple) else str(option.default or "")
    info = typer.Option(
        declared,
        help=option.help if option.is_flag or not default else f"{option.help}  [default: {default}]",
        metavar=None if option.is_flag else option.placeholder,
    )
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, info]
    )


def _declare(command: Callable[..., None]) -> None:
    """Give the command one option per setting; typer reads them from the signature and the annotations."""
    arguments = typer.Argument(metavar="[-- COMMAND [ARGUMENT]...]", help="A client to start, and what it is given.")
    client = inspect.Parameter(
        "command", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, arguments]
    )
    parameters = [client, *(_parameter(option) for option in options())]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # how inspect is told
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


_declare(run)
