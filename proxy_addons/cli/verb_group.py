"""A group of verbs each of which is imported when it is used: `why403 --help` needs no more than their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from proxy_addons.cli.verb_endings import ENDINGS


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: its name, where it lies (`module:attribute`), and the first sentence of its help.

    `attribute` is a function, or a `typer.Typer` with verbs of its own. A function's module may hold the end of its
    help as `EPILOG`; that of others stands in `verb_endings`.
    """

    name: str
    place: str
    summary: str


class VerbGroup(TyperGroup):
    """Imports a verb when it is asked for by name."""

    verbs: ClassVar[tuple[Verb, ...]] = ()

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401  # typer's own, passed on
        super().__init__(**{**attributes, "commands": {}})
        self.commands = _Verbs(self.verbs)  # type: ignore[assignment]  # typer only reads it

    def format_commands(self, _: Any, formatter: Any) -> None:  # noqa: ANN401  # typer gives its classes no public names
        """The list of verbs, drawn from their names and summaries alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb.name, verb.summary) for verb in self.verbs])


class _Verbs(Mapping[str, Any]):
    """The commands of a group by name, made from their functions when somebody looks one up."""

    def __init__(self, verbs: tuple[Verb, ...]) -> None:
        self._verbs = {verb.name: verb for verb in verbs}
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # typer gives its classes no public names
        if name not in self._made:
            self._made[name] = _made(self._verbs[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._verbs)

    def __len__(self) -> int:
        return len(self._verbs)


def _made(verb: Verb) -> Any:  # noqa: ANN401  # the same
    module_name, _, attribute = verb.place.partition(":")
    module = import_module(module_name)
    found = getattr(module, attribute)
    if isinstance(found, typer.Typer):
        app = found
        app.rich_markup_mode, app.pretty_exceptions_enable = None, False
        command: Any = get_group(app)
        for name, below in command.commands.items():
            below.epilog = below.epilog or ENDINGS.get(f"{verb.name} {name}")
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        app.command(verb.name, epilog=getattr(module, "EPILOG", ENDINGS.get(verb.name)))(found)
        command = get_command(app)
    command.name = verb.name
    return command
