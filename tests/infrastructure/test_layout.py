"""The shape of the repository: what lies where, what it may be called and how long it may get."""

import ast
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.infrastructure.tree import (
    DOTFILES,
    MODULES,
    PACKAGE,
    PURE_MODULES,
    REPOSITORY,
    TOP_LEVEL,
    text_files,
)

LONGEST_FILE = 400


def relative(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(REPOSITORY)) for path in paths]


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    # mitmproxy leaves the folder of the script it loads on sys.path: a token.py beside main.py would be everybody's.
    named_alike = [path for path in MODULES if path.stem in sys.stdlib_module_names]
    assert relative(named_alike) == []


def test_nothing_beside_main_hides_an_installed_package() -> None:
    beside_main = {path.stem for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert beside_main & metadata.packages_distributions().keys() == set()


def test_no_file_of_the_product_is_longer_than_a_reader_can_hold() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_folder_of_the_product_is_a_package_of_its_own() -> None:
    # A folder without __init__.py is invisible to the import contracts.
    folders = {path.parent for path in MODULES}
    assert relative(sorted(folder for folder in folders if not (folder / "__init__.py").exists())) == []


def test_every_pure_module_has_its_twin_among_the_tests() -> None:
    without = [
        module
        for module in PURE_MODULES
        if module.name != "__init__.py"
        and not (REPOSITORY / "tests" / module.relative_to(PACKAGE)).with_name(f"test_{module.name}").exists()
    ]
    assert relative(without) == []


def test_main_holds_nothing_mitmproxy_could_take_for_a_hook() -> None:
    # A module-level function with the name of an event is called for that event; `addons` is all a script needs.
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    main = ast.parse((PACKAGE / "main.py").read_text(encoding="utf-8"))
    assert [type(node).__name__ for node in main.body if not isinstance(node, allowed)] == []


def test_the_top_level_holds_only_what_has_its_place_there() -> None:
    git = shutil.which("git")
    if git is None or not (REPOSITORY / ".git").exists():
        pytest.skip("only git knows which files belong to the project, and this is no git checkout")
    listing = [git, "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60).stdout
    assert {name.partition("/")[0] for name in files.splitlines()} - TOP_LEVEL - DOTFILES == set()


# An index belongs into the settings of the machine that installs, never into the project.
INDEX_ADDRESS = re.compile(r"--(extra-)?index-url\b|--find-links\b|--trusted-host\b|https?://\S+/simple/?(\s|$|[\"'])")


def mentions(pattern: re.Pattern[str]) -> list[str]:
    """Name every line of the project that matches, except those of this file."""
    return [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for path in text_files()
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_index() -> None:
    assert mentions(INDEX_ADDRESS) == []


def test_no_file_names_a_place_on_the_machine_it_was_written_on() -> None:
    places = [place for place in (REPOSITORY, Path.home()) if place != Path("/")]
    anywhere = "|".join(re.escape(str(place)) for place in places)
    # A brace before it: the root of somebody's drive, as in Graph's paths.
    assert mentions(re.compile(rf"(?<![\w.~}}-])({anywhere})(/|\b)")) == []
