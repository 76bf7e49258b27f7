"""What the wire said, to tell its words from ours: asked word by word, because bodies are long and questions few."""

from __future__ import annotations

import re
from html import unescape
from typing import Final
from urllib.parse import unquote

_TOKEN_BEFORE: Final = re.compile(r"(?<![\w.-])ey[\w-]{20,}(?:\.[\w-]*)*\Z")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_LONGEST_TOKEN: Final = 8192
_RUN: Final = re.compile(r"\A[\w.-]+")
_PLACES_AT_MOST: Final = 500
"""Within so many words no word of its own: then it counts as said, which costs a word of ours at worst."""
_FREQUENT: Final = 100
_BLANKS: Final = tuple(f"\\{letter}" for letter in 'nrtbf"/')


class WireWords:
    """Texts of the wire; `word in words` tells whether a word (folded) stands in one of them, encoded or not.

    A token says no words: its random letters would take our own short ones (`fl`) out of our sentences.
    """

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._folded = ""
        self._known: dict[str, bool] = {}
        self.asked: set[str] = set()  # every word anybody has asked for
        self.frequent: set[str] = set()  # those that stand in so many places that a few more could matter

    @property
    def folded(self) -> str:
        """Everything said, folded: a text a line or more."""
        self._folded = self._folded or "\n".join(self._seen).casefold()
        return self._folded

    def add(self, raw: str) -> None:
        """Note what the wire said, in the forms a reader may have decoded it to."""
        self._seen.append(raw)
        if "%" in raw or "&" in raw:
            self._seen.append(unescape(unquote(unquote(raw))))
        if "\\" in raw:
            self._seen.append(_without_escapes(raw))
        self._folded = ""
        self._known.clear()

    def __contains__(self, word: object) -> bool:
        """Whether the wire said a word."""
        known = self._known.get(str(word))
        if known is None:
            self.asked.add(str(word))
            known = self._known[str(word)] = self._is_said(str(word))
        return known

    def _is_said(self, word: str) -> bool:
        text = self.folded
        at = text.find(word) if word else -1
        for place in range(_PLACES_AT_MOST):
            if place == _FREQUENT:
                self.frequent.add(word)
            if at < 0:
                return False
            end = at + len(word)
            whole = not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum()
            if whole and not self._in_token(at):
                return True
            at = text.find(word, end)
        return True

    def _in_token(self, at: int) -> bool:
        before = _RUN.search(self._folded[max(0, at - _LONGEST_TOKEN) : at][::-1])
        return before is not None and _TOKEN_BEFORE.match(before[0][::-1]) is not None


def _without_escapes(raw: str) -> str:
    """A text as a reader of JSON has it."""
    for blank in _BLANKS:
        raw = raw.replace(blank, " ")
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), raw) if "\\u" in raw else raw
