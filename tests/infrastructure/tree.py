"""The files of the repository, as the tests about its shape see them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = REPOSITORY / "proxy_addons"
PURE_STOREYS: Final = ("evidence", "diagnosis", "redaction")
# What may lie on the top level of the repository, dotfiles apart.
TOP_LEVEL: Final = {
    *("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "Makefile"),
    *("proxy_addons", "rules", "tests", "deploy", "bench", "docs"),
}
DOTFILES: Final = {".ci", ".editorconfig", ".gitignore", ".python-version"}

MODULES: Final = sorted(PACKAGE.rglob("*.py"))
PURE_MODULES: Final = sorted(path for storey in PURE_STOREYS for path in (PACKAGE / storey).rglob("*.py"))


def text_files() -> Iterator[Path]:
    """Every file of the project that holds text: what a release ships and a reader opens."""
    for name in sorted(TOP_LEVEL | DOTFILES):
        top = REPOSITORY / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and b"\0" not in path.read_bytes()[:8192]:
                yield path
