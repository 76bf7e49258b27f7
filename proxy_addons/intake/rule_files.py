"""Find the rule base on disk and load it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.ruleset import RuleError, load

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset

_PACKAGE = Path(__file__).resolve().parent.parent


def rules_directory() -> Path:
    """Where the rules that came with the product lie: inside an installed wheel, or beside a checkout's package."""
    shipped = _PACKAGE / "_rules"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "rules"


def read_texts(directory: Path | None = None) -> dict[str, str]:
    """Every YAML text below a rule directory by relative path; RuleError where one cannot be read."""
    root = directory or rules_directory()
    texts: dict[str, str] = {}
    for path in sorted(root.rglob("*.yaml")):
        try:
            texts[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleError(str(path), 1, 1, f"cannot be read: {error}") from None
    if not texts:
        raise RuleError(str(root), 1, 1, "holds no rule files (*.yaml): name a folder of rules with --rules")
    return texts


def read_rules(directory: Path | None = None) -> Ruleset:
    """Load the rule base; RuleError names the file, line and column of the first mistake."""
    return load(read_texts(directory))
