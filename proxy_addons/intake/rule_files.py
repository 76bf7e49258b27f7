"""Find the rule base on disk and load it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.ruleset import RuleError, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.ruleset import Ruleset

_PACKAGE = Path(__file__).resolve().parent.parent


def rules_directory() -> Path:
    """Where the rules that came with the product lie: inside an installed wheel, or beside a checkout's package."""
    shipped = _PACKAGE / "_rules"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "rules"


def read_texts(directory: Path | None = None) -> dict[str, str]:
    """Every YAML text below a rule directory by relative path; RuleError where one cannot be read."""
    root = directory or rules_directory()
    if not root.is_dir():
        raise RuleError(str(root), 1, 1, "is no folder: name a folder of rules with --rules")
    files = sorted(path for path in root.rglob("*") if path.suffix in {".yaml", ".yml"})
    if not files:
        raise RuleError(str(root), 1, 1, "holds no rule files (*.yaml): name a folder of rules with --rules")
    return {path.relative_to(root).as_posix(): _read(path) for path in files}


def read_rules(directory: Path | None = None) -> Ruleset:
    """Load the rule base; RuleError names the file, line and column of the first mistake."""
    texts = read_texts(directory)
    with named_below(directory):
        return load(texts)


@contextmanager
def named_below(directory: Path | None = None) -> Iterator[None]:
    """Name files in a way a reader can open: a rule base itself knows them by relative path only."""
    try:
        yield
    except RuleError as error:
        raise error.below(str(directory or rules_directory())) from None


def _read(path: Path) -> str:
    if path.suffix == ".yml":
        raise RuleError(str(path), 1, 1, "would never be read: rule files end in .yaml, rename it")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RuleError(str(path), 1, 1, f"cannot be read: {error.strerror}. Check the file's permissions") from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        raise RuleError(str(path), line, column, "is no UTF-8: save the file in that encoding") from None
