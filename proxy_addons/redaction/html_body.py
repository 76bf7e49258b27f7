"""HTML as the words a person would have read; markup, scripts, styles, forms' values and comments never leave.

A sign-in page of Entra keeps its error in a script: numbers and sentences of the error are taken from there by name.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.pieces import Pending

if TYPE_CHECKING:
    from proxy_addons.redaction.ledger import Ledger
    from proxy_addons.redaction.pieces import Pieces

_READ_AT_MOST: Final = 65536
_SHOWN_AT_MOST: Final = 4000
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "textarea", "svg"})
_LINES: Final = frozenset({"br", "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "hr", "title", "table", "pre"})
_IN_SCRIPT: Final = re.compile(
    r'"(?:strServiceExceptionMessage|sErrorCode|iErrorCode|correlationId|sessionId|strMainMessage|strAdditionalMessage|sErrTxt)"'
    r'\s*:\s*"(?P<text>(?:[^"\\]|\\.){1,1200})'
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def is_html(text: str) -> bool:
    """Whether a text is an HTML page."""
    if text.lstrip()[:1] in {"{", "["}:
        return False  # JSON with a page in one of its strings
    head = text[:1024].lower()
    return "<!doctype html" in head or "<html" in head or "<head" in head or "<body" in head


def clean_html(text: str, ledger: Ledger) -> Pieces:
    """The words of a page, to be cleaned like any prose."""
    read = text[:_READ_AT_MOST]
    ledger.gather(read)
    reader = _Reader()
    reader.feed(read)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).splitlines())
    said = [line for line in lines if line] + [_unescaped(match["text"]) for match in _IN_SCRIPT.finditer(read)]
    return [Pending("\n".join(said)[:_SHOWN_AT_MOST])]


def _unescaped(text: str) -> str:
    """The inside of a string of a script, which is written as in JSON."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag in _LINES:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()
        elif tag in _LINES:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)
