"""Read a YAML file of the rule base; every complaint about it names file, line and column, and the remedy."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from proxy_addons.diagnosis.plain_yaml import read_plain
from proxy_addons.diagnosis.rule import ConditionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError

_PLAINLY: Final = MappingProxyType(
    {
        "extra_forbidden": "there is no such key; docs/rules.md lists those there are",
        "missing": "this key is missing",
    }
)


class RuleError(Exception):
    """A rule file that cannot be used. The text names file, line and column, what is wrong and what to do."""

    def __init__(self, path: str, line: int, column: int, problem: str) -> None:
        """`line` and `column` count from 1, as editors do."""
        super().__init__(f"{path}:{line}:{column}: {problem}")
        self.path = path
        self.line = line
        self.column = column
        self.problem = problem

    def below(self, folder: str) -> RuleError:
        """The same complaint with the path a reader can open: a rule base knows its files by relative path."""
        return RuleError(f"{folder}/{self.path}", self.line, self.column, self.problem)


def read_yaml(path: str, text: str) -> object:
    """Parse YAML 1.2; RuleError says where it breaks."""
    try:
        return read_plain(text)
    except (YAMLError, ValueError, RecursionError):
        # Not plain, or not right: the whole reader knows which, and says where.
        return _read_any(path, text)


def _read_any(path: str, text: str) -> object:
    try:
        parsed: object = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RuleError(path, line, column, f"this is no YAML: {error.problem or error.context}") from None
    except TypeError:
        raise RuleError(path, 1, 1, "a key is a list or a mapping itself: write keys as plain words") from None
    except (YAMLError, ValueError, IndexError, RecursionError) as error:
        raise RuleError(path, 1, 1, f"this is no YAML: {error}") from None
    return parsed


def first_mistake(path: str, text: str, error: ValidationError) -> RuleError:
    """What a model found wrong with a file; a key nobody knows comes first, because it explains one that is missing."""
    mistakes = error.errors(include_url=False)
    mistake = next((each for each in mistakes if each["type"] == "extra_forbidden"), mistakes[0])
    place, cause = mistake["loc"], mistake.get("ctx", {}).get("error")
    line, column = locate(text, (*place, *(cause.place if isinstance(cause, ConditionError) else ())))
    told = mistake["msg"].removeprefix("Value error, ")
    problem = _PLAINLY.get(mistake["type"], f"{told[:1].lower()}{told[1:]}")
    return RuleError(path, line, column, f"{'.'.join(map(str, place)) or 'file'}: {problem}")


def locate(text: str, place: Sequence[str | int]) -> tuple[int, int]:
    """Line and column (from 1) of the deepest part of a key path that exists in a YAML text.

    The first, where the text is read by the quick parser only: the one that keeps places is stricter about tabs.
    """
    try:
        node: object = YAML(typ="rt").load(text)
    except (YAMLError, ValueError, TypeError, IndexError, RecursionError):
        return 1, 1
    line, column = 0, 0
    for part in place:
        marks = getattr(node, "lc", None)
        if marks is None:
            break
        try:
            line, column = marks.key(part) if isinstance(node, dict) else marks.item(part)
            node = node[part]  # type: ignore[index]  # ruamel's node types carry no stubs for item access
        except (KeyError, IndexError, TypeError):
            break
    return line + 1, column + 1
