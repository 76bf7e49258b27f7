"""`why403 config`: what the settings are and where each comes from; whether the files are right."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.plain_format import FormatOption, PlainFormat
from proxy_addons.cli.printing import counted, print_out

app = typer.Typer(no_args_is_help=True, help="Show and check the settings of why403.toml.")

_CODES: Final = {0: "every setting can be used", 2: "one cannot; the line says where, and what to write instead"}
_WIDEST_VALUE: Final = 48


@app.command(epilog=ending(("why403 config show --origin", "why403 config show --format json"), _CODES))
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    form: FormatOption = PlainFormat.TEXT,
) -> None:
    """Show the settings as they hold now.

    The command line beats the environment (WHY403_...), that beats the project's why403.toml, that the user's.
    """
    import orjson

    from proxy_addons.cli.config_file import read_configuration, settings_from
    from proxy_addons.settings import chosen_values, options, without_credentials

    settings, configuration = settings_from({}), read_configuration(os.environ)
    chosen = chosen_values({}, os.environ, configuration.settings)
    rows = [
        (
            option.name,
            without_credentials(_shown(getattr(settings, option.name))),
            chosen[option.name].place if option.name in chosen else "default",
        )
        for option in options()
    ]
    if form is PlainFormat.JSON:
        told = {
            "schema": "why403.config/1",
            "files": [str(file) for file in configuration.files],
            "settings": [{"name": name, "value": value, "origin": place} for name, value, place in rows],
            "identities": {
                name: {key: str(value) for key, value in table.items()}
                for name, table in configuration.identities.items()
            },
        }
        print_out(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n", encoding="utf-8")
        return
    print_out("\n".join([*_lines(rows, origin=origin), *_identities(configuration.identities), ""]))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)


def _lines(rows: list[tuple[str, str, str]], *, origin: bool) -> Iterator[str]:
    name_width = max(len(name) for name, _, _ in rows)
    for name, value, place in rows:
        shown = value if len(value) <= _WIDEST_VALUE else f"{value[: _WIDEST_VALUE - 1]}…"
        line = f"{name:<{name_width}}  {shown if origin else value:<{_WIDEST_VALUE if origin else 0}}"
        yield f"{line}  {place}".rstrip() if origin else line.rstrip()


def _identities(tables: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    for name, table in tables.items():
        yield ""
        yield f"[identities.{name}]"
        yield from (f"{key} = {value}" for key, value in table.items())


@app.command(epilog=ending(("why403 config validate", "why403 config validate deploy/why403.toml"), _CODES))
def validate(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The file to check; those that would be read, when not given."),
    ] = None,
) -> None:
    """Check why403.toml.

    A mistake is named with file, line and the nearest key there is.
    """
    from proxy_addons.cli.config_file import FILE_NAME, read_configuration, settings_from, shown_path

    surroundings = {"WHY403_CONFIG": str(file), "XDG_CONFIG_HOME": os.devnull} if file else dict(os.environ)
    if file is not None and not file.is_file():
        raise Complaint(f"{file}: there is no such file. Name a {FILE_NAME}")
    configuration = read_configuration(surroundings)
    settings_from({}, surroundings)
    if not configuration.files:
        print_out(f"There is no {FILE_NAME} here or above, and none of the user's: defaults hold.\n")
        return
    names = ", ".join(shown_path(each) for each in configuration.files)
    settings, identities = len(configuration.settings), len(configuration.identities)
    held = f"{counted(settings, 'setting')}, {identities} {'identity' if identities == 1 else 'identities'}"
    print_out(f"{names}: {held}, all usable\n")


@app.command(epilog=ending(("why403 config schema > why403.schema.json",), {0: "printed"}))
def schema() -> None:
    """Print the JSON Schema of why403.toml, for editors."""
    import orjson

    from proxy_addons.cli.config_schema import config_schema

    print_out(orjson.dumps(config_schema(), option=orjson.OPT_INDENT_2).decode() + "\n", encoding="utf-8")
