"""What the product imports is what pyproject.toml says it needs."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.infrastructure.tree import MODULES, REPOSITORY

# pydantic pins its own core to the very version.
PART_OF = {"pydantic_core": "pydantic"}


def imported(module: Path) -> Iterator[str]:
    """Give the top-level name of everything a module imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def declared() -> set[str]:
    """Give the distributions the project asks for, those of every extra included."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = project["dependencies"] + [
        text for extra in project["optional-dependencies"].values() for text in extra
    ]
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def third_party_imports() -> dict[str, set[str]]:
    """Give the distributions each top-level name may come from, for all names that are neither ours nor Python's."""
    names = {name for module in MODULES for name in imported(module)}
    known = metadata.packages_distributions()
    outside = names - sys.stdlib_module_names - {"proxy_addons"}
    return {name: {canonicalize_name(found) for found in known.get(PART_OF.get(name, name), ())} for name in outside}


def test_everything_imported_is_a_declared_dependency() -> None:
    # What only comes along with another package goes when that package changes its mind.
    undeclared = {name for name, distributions in third_party_imports().items() if not distributions & declared()}
    assert undeclared == set()
