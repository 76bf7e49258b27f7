"""Every page can be followed: its links lead somewhere, its commands exist, its tables match the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
import typer

from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.verbs import app
from tests.infrastructure.tree import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PAGES: Final = sorted(
    page
    for page in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("deploy/**/*.md"))
    if page.is_file()
)
COMMAND: Final = re.compile(
    r"\bwhy403 ((?:(?:bundle|ca|config|failures|permissions|rules|token) )?[a-z]+)"
    r"((?: +(?:\\\n *)?(?:--?[a-z-]+|[^\s`|;&>#()]+))*)"
)


def name(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)

    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_a_page_shows_exists_with_its_options(page: Path) -> None:
    verbs = typer.main.get_command(app)
    known = {verb: _options(command) for verb, command in _commands(verbs)}

    unknown = [
        f"why403 {verb} {option}".strip()
        for verb, rest in COMMAND.findall(_code(page))
        for option in (re.findall(r"(?<!\S)--[a-z][a-z-]*", rest) or [""])
        if verb not in known or (option and option not in known[verb])
    ]

    assert unknown == []


def _code(page: Path) -> str:
    """What stands in code blocks and code spans."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n\n".join((*blocks, *spans))


def _commands(command: object, words: str = "") -> list[tuple[str, object]]:
    below = getattr(command, "commands", {})
    found = [(words, command)] if words else []
    for word, inner in below.items():
        found += _commands(inner, f"{words} {word}".strip())
    return found


def _options(command: object) -> set[str]:
    return {"--help"} | {flag for parameter in getattr(command, "params", ()) for flag in parameter.opts}


def test_every_exit_code_has_its_row_and_no_row_is_left_over() -> None:
    page = (REPOSITORY / "docs" / "exit-codes.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| (\d+) \| ([a-z ]+) \|", page, re.MULTILINE)

    assert rows == [(str(code.value), code.name.lower().replace("_", " ")) for code in ExitCode]


def test_the_readme_states_the_same_exit_codes() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    sentence = readme[readme.index("Exit codes:") :].partition(".")[0]

    assert re.findall(r"\b(\d+) ", sentence) == [str(code.value) for code in ExitCode]
