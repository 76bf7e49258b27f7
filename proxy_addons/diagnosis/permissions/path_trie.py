"""Find the template a path fits, with backtracking: a word where the template has one, a key where it has a parameter.

Without backtracking `/me/mailFolders/inbox/messages` is lost as soon as any template names `inbox` literally. Nodes are
numbers into flat tables, so that a compiled trie can be stored and loaded as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.permissions.operation_path import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.diagnosis.permissions.operation_path import Reading, Segments

_NOTHING = -1


@dataclass(frozen=True, slots=True)
class PathTrie:
    """Node 0 is the root. `words` are a node's literal children, `keys` its parameter's node, `ends` what ends there.

    `ends` maps a method (`GET`, or `GET beta` where only that version has it) to the number of an operation; None and
    -1 stand for no children.
    """

    words: Sequence[Mapping[str, int] | None]
    keys: Sequence[int]
    ends: Sequence[Mapping[str, int] | None]

    def find(self, reading: Reading, method: str, *, beta: bool = False) -> int | None:
        """The operation a path reaches with this method, None where there is none. Words win over keys."""
        words, keys, segments, fixed = self.words, self.keys, reading.segments, reading.fixed
        length = len(segments)
        waiting: list[tuple[int, int]] = []
        place = node = 0
        while True:
            if place == length:
                found = _ending(self.ends[node], method, beta=beta)
                if found is not None:
                    return found
            else:
                children = words[node]
                word = children.get(segments[place]) if children is not None else None
                key = keys[node] if place not in fixed else _NOTHING
                place += 1
                if word is not None:
                    if key > 0:
                        waiting.append((place, key))
                    node = word
                    continue
                if key > 0:
                    node = key
                    continue
            if not waiting:
                return None
            place, node = waiting.pop()


def _ending(ends: Mapping[str, int] | None, method: str, *, beta: bool) -> int | None:
    if ends is None:
        return None
    return ends.get(f"{method} beta", ends.get(method)) if beta else ends.get(method)


def build_trie(operations: Sequence[tuple[Segments, str]]) -> PathTrie:
    """A trie of (template segments, method) pairs; an operation's number is its place. The last of two alike wins."""
    words: list[dict[str, int] | None] = [None]
    keys: list[int] = [_NOTHING]
    ends: list[dict[str, int] | None] = [None]

    def grown() -> int:
        words.append(None)
        keys.append(_NOTHING)
        ends.append(None)
        return len(words) - 1

    for number, (segments, method) in enumerate(operations):
        node = 0
        for segment in segments:
            if segment == KEY:
                if keys[node] == _NOTHING:
                    keys[node] = grown()
                node = keys[node]
            else:
                children = words[node] = words[node] or {}
                if segment not in children:
                    children[segment] = grown()
                node = children[segment]
        ending = ends[node] = ends[node] or {}
        ending[method] = number
    return PathTrie(words, keys, ends)
