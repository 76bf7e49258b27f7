"""Find the rule base on disk and load it."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.permission_data import FOLDER
from proxy_addons.diagnosis.ruleset import RuleError, load
from proxy_addons.intake.permission_store import permissions_in_use
from proxy_addons.intake.prepared_rules import keep_prepared, read_prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.ruleset import Ruleset

_logger = logging.getLogger(__name__)
_PACKAGE: Final = Path(__file__).resolve().parent.parent
_DEEPEST: Final = 3
"""Below this no rule file is looked for; a rule base is two levels deep, and a link may lead in circles."""


def rules_directory() -> Path:
    """Where the rules that came with the product lie: inside an installed wheel, or beside a checkout's package."""
    shipped = _PACKAGE / "_rules"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "rules"


def read_texts(directory: Path | None = None) -> dict[str, str]:
    """Every YAML text below a rule directory by relative path; RuleError where one cannot be read."""
    root = directory or rules_directory()
    if not root.is_dir():
        raise RuleError(str(root), 1, 1, "is no folder: name a folder of rules with --rules")
    files = sorted(_yaml_files(root))
    if not files:
        raise RuleError(str(root), 1, 1, "holds no rule files (*.yaml): name a folder of rules with --rules")
    return {path.relative_to(root).as_posix(): _read(path) for path in files}


def read_rules(directory: Path | None = None, *, shipped: bool = True, prepared: bool = False) -> Ruleset:
    """Load the rules that ship and lay those of a directory upon them; `shipped` False leaves the first out.

    With `prepared` what this user's cache folder holds of the first is taken, and kept there for the next start.

    RuleError names the file, line and column of the first mistake. Permission tables come with it: those of why403 for
    a rule base that has none of its own, an imported one on top. What of this user's data cannot be read is logged, and
    the rest used.
    """
    stamp = rules_stamp()
    beneath = _shipped(stamp, prepared=prepared) if directory is None or shipped else None
    ruleset = beneath if directory is None and beneath is not None else _own(directory, beneath)
    in_use = permissions_in_use(ruleset.permissions)
    for problem in in_use.problems:
        _logger.warning("%s", problem)
    return replace(ruleset, permissions=in_use.data)


def _own(directory: Path | None, beneath: Ruleset | None) -> Ruleset:
    texts = read_texts(directory)
    with named_below(directory):
        ruleset = load(texts, beneath)
    if beneath is None and not any(path.startswith(FOLDER) for path in texts):
        return replace(ruleset, permissions=built_in_tables().permissions)
    return ruleset


@lru_cache(maxsize=2)
def _shipped(stamp: tuple[tuple[str, int, int, int], ...], *, prepared: bool) -> Ruleset:
    """The rules that ship, read once as long as their stamp is the same: what is read often are a user's own."""
    if not prepared:
        return load_folder()
    found = read_prepared(stamp)
    if found is None:
        texts = read_texts()
        with named_below():
            found = load(texts)
        keep_prepared(stamp, found, texts)
    return found


def load_folder(directory: Path | None = None) -> Ruleset:
    """The rules of one folder alone, with nothing of this user's data; RuleError as above."""
    texts = read_texts(directory)
    with named_below(directory):
        return load(texts)


def rules_stamp(directory: Path | None = None) -> tuple[tuple[str, int, int, int], ...]:
    """Path, time of change, size and inode of every rule file: equal as long as nobody has touched one."""
    return tuple(sorted(map(_stamp, _yaml_entries(directory or rules_directory()))))


def _stamp(entry: os.DirEntry[str]) -> tuple[str, int, int, int]:
    try:
        state = entry.stat()
    except OSError:
        return entry.path, 0, 0, 0
    return entry.path, state.st_mtime_ns, state.st_size, state.st_ino


def _yaml_files(root: Path) -> Iterator[Path]:
    return (Path(entry.path) for entry in _yaml_entries(root))


def _yaml_entries(root: Path | str, depth: int = 0) -> Iterator[os.DirEntry[str]]:
    """What is meant as a rule file. Hidden files are an editor's, hidden folders those of a mounted ConfigMap.

    Entries and not paths, because a running proxy goes through all of them every second.
    """
    try:
        with os.scandir(root) as found:
            entries = [entry for entry in found if not entry.name.startswith(".")]
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith((".yaml", ".yml")):
            yield entry
        elif depth < _DEEPEST and entry.is_dir():
            yield from _yaml_entries(entry.path, depth + 1)


def built_in_tables() -> Ruleset:
    """The permission tables and the role table that came with the product, without any rule: quick to load."""
    root = rules_directory()
    paths = (*sorted(_yaml_files(root / FOLDER)), root / "reference" / "directory_roles.yaml")
    with named_below():
        return load({path.relative_to(root).as_posix(): _read(path) for path in paths})


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
