"""Addresses in JSON rewritten while it streams: a tokenizer that knows below which key a text stands.

Everything but the beginning of a link's text passes byte for byte, in whatever form it was written. Between two pieces
at most some hundred bytes are held back: a token that is not complete yet. JSON that is none passes as it is, because
nothing is ever parsed, only followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.links_inside import LONGEST_BEGINNING

if TYPE_CHECKING:
    from proxy_addons.addons.links_inside import Inside
    from proxy_addons.addons.links_members import JsonLinks

_TEXT: Final = rb'"(?:[^"\\]++|\\.)*+"'
_BLANK: Final = rb"[ \t\r\n]*+"
_NO_TEXT: Final = rb'[^"{}\[\]]++'
_ELEMENT: Final = _TEXT + rb"(?=" + _BLANK + rb"[^ \t\r\n:])"
"""A text is no key once something else than a colon is seen behind it."""
_PATTERNS_AT_MOST: Final = 32
_REST_OF_TEXT: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_LONGEST_KEY: Final = 256
_DEEPEST: Final = 64
"""Below this keys are not kept apart any more; Graph nests about ten levels."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    """`skipped`: what is of no interest. `token`: the same, then a bracket or a key with its colon.

    Of no interest are values, keys of other names with a value that is no object or array, and whole objects that hold
    nothing else. They are skipped without a step of Python each, which makes this cheap: a list of users costs a step
    for its brackets. `after` is the quote of a text below the key.
    """

    skipped: re.Pattern[bytes]
    token: re.Pattern[bytes]


@lru_cache(maxsize=_PATTERNS_AT_MOST)
def _patterns(endings: tuple[bytes, ...], names: frozenset[bytes]) -> _Patterns:
    """For keys that end so, or are called so in any case; a key that only looks like one is merely looked at."""
    others = [rb'(?<!%s")' % re.escape(ending) for ending in endings]
    others += [rb'(?<!"(?i:%s)")' % re.escape(name) for name in sorted(names)]
    plain_key = _TEXT + b"".join(others) + _BLANK + rb":" + _BLANK + rb"(?:" + _TEXT + rb'|(?=[^ \t\r\n{\["]))'
    # Keys before texts that are none: they are the many, and what fails is read again.
    values = rb"|".join((_NO_TEXT, plain_key, _ELEMENT))
    skipped = rb"(?:" + values + rb"|\{(?:" + values + rb")*+\})*+"
    key = rb'"(?P<key>(?:[^"\\]++|\\.)*+)"' + _BLANK + rb":" + _BLANK + rb'(?P<after>"|(?=[^"]))'
    token = skipped + rb"(?:(?P<opening>[{\[])|(?P<closing>[}\]])|" + key + rb")"
    return _Patterns(re.compile(skipped, re.DOTALL), re.compile(token, re.DOTALL))


class JsonLinkStream:
    """Feed it a body piece by piece and send what it returns instead; an empty piece is the end."""

    def __init__(self, links: JsonLinks, inside: Inside) -> None:
        self._links = links
        self._inside = inside
        self._patterns = _patterns(links.annotations, links.names)
        self.held = b""
        """What came and was not passed on yet."""
        self._in_text = False
        self._in_link = False
        self._around: list[bytes] = []
        self._deeper = 0
        self._key = b""

    def __call__(self, piece: bytes) -> bytes:
        """The next bytes, possibly fewer or more than were fed."""
        text, self.held = self.held + piece, b""
        out: list[bytes] = []
        at = 0
        while at < len(text):
            if self._in_link:
                going_on = self._link(text, at, out, at_end=not piece)
            elif self._in_text:
                going_on = self._text(text, at, out)
            else:
                going_on = self._token(text, at, out, at_end=not piece)
            if going_on is None:
                break
            at = going_on
        if not piece:
            out.append(self.held)
            self.held = b""
        return b"".join(out)

    def _link(self, text: bytes, at: int, out: list[bytes], *, at_end: bool) -> int | None:
        """The beginning of a link: wait until scheme and host are there, or the text has ended."""
        end = _REST_OF_TEXT.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere, if only nothing
        is_whole = text[end : end + 1] == b'"' or end - at >= LONGEST_BEGINNING
        if not is_whole and not at_end:
            self.held = text[at:]
            return None
        out.append(self._inside.address(text[at:end]))
        self._in_link, self._in_text = False, True
        return end

    def _text(self, text: bytes, at: int, out: list[bytes]) -> int | None:
        """The rest of a text, up to its closing quote."""
        end = _REST_OF_TEXT.match(text, at).end()  # type: ignore[union-attr]  # as above
        if text[end : end + 1] == b'"':
            self._in_text = False
            out.append(text[at : end + 1])
            return end + 1
        out.append(text[at:end])
        # At most a backslash is left, whose escape comes with the next piece.
        self.held = text[end:]
        return None

    def _token(self, text: bytes, at: int, out: list[bytes], *, at_end: bool) -> int | None:
        found = self._patterns.token.match(text, at)
        if found is None:
            return self._unfinished(text, at, out, at_end=at_end)
        out.append(text[at : found.end()])
        if found["opening"]:
            self._open()
        elif found["closing"]:
            self._close()
        else:
            key = found["key"]
            self._key = key if len(key) <= _LONGEST_KEY else b""
            if found["after"]:
                around = tuple(filter(None, self._around))
                self._in_link = not self._deeper and self._links.holds(around, self._key)
                self._in_text = not self._in_link
        return found.end()

    def _unfinished(self, text: bytes, at: int, out: list[bytes], *, at_end: bool) -> int | None:
        """Nothing of interest up to the end: pass on what is complete and hold back what may still become a key."""
        start = self._patterns.skipped.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere, if only nothing
        if at_end or len(text) - start <= _LONGEST_KEY:
            out.append(text[at:start])
            self.held = text[start:]
            return None
        # A text, and too long for a key that matters: it is passed on as it comes.
        out.append(text[at : start + 1])
        self._in_text = True
        return start + 1

    def _open(self) -> None:
        if len(self._around) < _DEEPEST:
            self._around.append(self._key)
        else:
            self._deeper += 1
        self._key = b""

    def _close(self) -> None:
        if self._deeper:
            self._deeper -= 1
        elif self._around:
            self._around.pop()
        self._key = b""
