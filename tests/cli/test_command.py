"""The command as a whole: its help, its version, and what it says about words it does not know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

import proxy_addons
from proxy_addons.cli import report_error
from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.verbs import VERBS, app
from tests.cli.command import environment, why403
from tests.sinks.reports import assert_golden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.cli.verb_group import Verb

GOLDEN = Path(__file__).parent / "golden"


def every_command(
    command: Any,  # noqa: ANN401  # typer gives the classes of its commands no public names
    path: tuple[str, ...] = (),
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The command and all below it, by the words that lead there."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from every_command(below, (*path, name))


KNOWN_CODES = {*(str(code.value) for code in ExitCode), "126", "127"}
"""Those of our own, and what a shell says of a command it cannot run (POSIX, 2.8.2)."""
COMMANDS = dict(every_command(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_every_verb_keeps_its_form(path: tuple[str, ...]) -> None:
    ended = why403(*path, "--help")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert_golden(GOLDEN / "help" / f"{'-'.join(('why403', *path))}.txt", ended.stdout)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_verb_option_and_argument_says_what_it_is_for(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]

    assert command.help
    assert [parameter.name for parameter in command.params if not parameter.help] == []


def leaves() -> list[tuple[str, ...]]:
    """Every verb that does something, by the words that lead there."""
    return [path for path, command in COMMANDS.items() if not getattr(command, "commands", {})]


@pytest.mark.parametrize("path", leaves(), ids=" ".join)
def test_every_verb_ends_its_help_with_examples_to_paste_and_its_exit_codes(path: tuple[str, ...]) -> None:
    epilogue = COMMANDS[path].epilog or ""
    examples, _, codes = epilogue.partition("Exit codes:")

    assert " ".join(("why403", *path)) in examples
    assert set(re.findall(r"^ +(\d+) +\S", codes, re.MULTILINE)) <= KNOWN_CODES
    assert codes


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_list_of_verbs_tells_what_each_help_begins_with(verb: Verb) -> None:
    command = COMMANDS[(verb.name,)]

    assert verb.summary.endswith(".")
    assert (command.help or "").replace(",", "").split()[0] == verb.summary.replace(",", "").split()[0]


def test_the_help_of_the_whole_command_imports_no_verb() -> None:
    code = "import sys; from proxy_addons.cli.verbs import app; print(*sorted(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)

    heavy = {"mitmproxy", "msal", "pydantic", "rich", "sqlalchemy", "starlette", "cryptography", "asyncio"}
    assert heavy & set(ended.stdout.split()) == set()


def test_completion_of_the_shell_knows_the_verbs() -> None:
    ended = why403(_WHY403_COMPLETE="complete_bash", COMP_WORDS="why403 pre", COMP_CWORD="1")

    assert ended.stdout.split() == ["preflight"]


def test_the_version_is_that_of_the_package() -> None:
    ended = why403("--version")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"why403 {proxy_addons.__version__}\n", "")


@pytest.mark.parametrize("path", [(), ("rules",), ("bundle",)], ids=" ".join)
def test_a_command_without_a_verb_shows_its_help_as_a_usage_error(path: tuple[str, ...]) -> None:
    ended = why403(*path)

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Commands:" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("explian", "x.har"), "No such command 'explian'"),
        (("explain",), "Missing argument 'FILE'"),
        (("explain", "x.har", "--fromat", "json"), "No such option: --fromat"),
        (("explain", "x.har", "--format", "xml"), "'xml' is not one of 'text', 'json', 'markdown'"),
        (("explain", "x.har", "--fail-on", "sure"), "'sure' is not one of 'certain', 'likely', 'possible'"),
        (("rules", "list", "x.yaml"), "unexpected extra argument(s) (x.yaml)"),
    ],
    ids=" ".join,
)
def test_words_nobody_knows_are_a_usage_error_that_points_to_the_help(
    arguments: tuple[str, ...], complaint: str
) -> None:
    ended = why403(*arguments)

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert complaint in ended.stderr
    assert "--help' for help" in ended.stderr


def test_a_complaint_is_shown_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_error(Complaint("here: this. Do that")) == ExitCode.USAGE
    assert capsys.readouterr().err == "why403: here: this. Do that\n"


def test_the_words_of_an_unexpected_error_are_withheld(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise LookupError("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9")

    with pytest.raises(LookupError) as raised:
        fail()

    assert report_error(raised.value) == ExitCode.OWN_ERROR
    shown = capsys.readouterr().err
    assert f"LookupError at {__file__}:" in shown
    assert "Bearer" not in shown


def test_the_exit_codes_never_change() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "CLEAN": 0,
        "OWN_ERROR": 1,
        "USAGE": 2,
        "FINDINGS": 3,
        "UNSAFE_EXPORT": 4,
        "INTERRUPTED": 130,
    }
