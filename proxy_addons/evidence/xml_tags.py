"""XML as a list of elements, from text that may be cut off, wrong or made to be slow.

No parser, on purpose: nothing is expanded (document types and entity bombs are text like any other), nothing must be
closed, and every character is looked at a fixed number of times. Prefixes are dropped: a name is its local part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH: Final = 64
"""Elements nested deeper are left out; EWS stays below twenty."""
MAX_ELEMENTS: Final = 20_000

_TAG: Final = re.compile(
    r"<(?:(?P<hides>!--|!\[CDATA\[)"
    r"|(?P<close>/?)(?:[\w.-]++:)?+(?P<name>[\w.-]++)(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>)"
)
_HIDDEN_UNTIL: Final = {"!--": "-->", "![CDATA[": "]]>"}
_MARKUP: Final = re.compile(r"<[^<>]*+>")


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its local name, its attributes as they stand, and where its content lies in the text.

    `last` is the position in the document's list behind its last descendant. One that is never closed ends with the
    text.
    """

    name: str
    attributes: str
    depth: int
    start: int
    end: int
    place: int
    last: int


@dataclass(frozen=True, slots=True)
class Document:
    """The elements of a text in the order they open."""

    text: str
    elements: tuple[Element, ...]

    def first(self, name: str) -> Element | None:
        """The first element of that local name."""
        return next((element for element in self.elements if element.name == name), None)

    def inside(self, outer: Element, name: str = "") -> Iterator[Element]:
        """The elements within another, of one name or of any."""
        within = self.elements[outer.place + 1 : outer.last]
        return (element for element in within if not name or element.name == name)

    def children(self, outer: Element) -> Iterator[Element]:
        """The elements directly below another."""
        return (element for element in self.inside(outer) if element.depth == outer.depth + 1)

    def text_of(self, name: str, outer: Element) -> str | None:
        """The text of the first element of that name within another, entities resolved; None where there is none."""
        found = next(self.inside(outer, name), None)
        return None if found is None else _plain(self.text[found.start : found.end])


def _plain(content: str) -> str:
    bare = _MARKUP.sub("", content.replace("<![CDATA[", "").replace("]]>", ""))
    try:
        return unescape(bare).strip()
    except ValueError:
        # A numeric reference of thousands of digits, which Python refuses to convert.
        return bare.strip()


@dataclass(slots=True)
class _Opened:
    name: str
    attributes: str
    depth: int
    start: int
    end: int = -1
    last: int = -1


def read_tags(text: str) -> Document:
    """Every element of a text; what is no tag is skipped, a closing tag without its opening one too."""
    opened: list[_Opened] = []
    path: list[_Opened] = []
    tag = _TAG.search(text)
    while tag is not None and len(opened) < MAX_ELEMENTS:
        if tag["close"]:
            _close(tag["name"], tag.start(), path, len(opened))
        elif tag["name"] and len(path) < MAX_DEPTH:
            element = _Opened(tag["name"], tag["attributes"], len(path), tag.end())
            opened.append(element)
            path.append(element)
            if tag["attributes"].endswith("/"):
                _close(element.name, tag.end(), path, len(opened))
        tag = _TAG.search(text, _behind(text, tag))
    return Document(text, tuple(_finished(element, place, text, opened) for place, element in enumerate(opened)))


def _behind(text: str, tag: re.Match[str]) -> int:
    """Where to go on; comments and CDATA hide whatever tags they hold, one that is never closed the whole rest."""
    if tag["hides"] is None:
        return tag.end()
    end = text.find(_HIDDEN_UNTIL[tag["hides"]], tag.end())
    return len(text) if end < 0 else end


def _close(name: str, at: int, path: list[_Opened], count: int) -> None:
    """Close the innermost open element of that name, and whatever was left open inside it."""
    if all(element.name != name for element in path):
        return
    closed = ""
    while closed != name:
        element = path.pop()
        element.end, element.last, closed = at, count, element.name


def _finished(element: _Opened, place: int, text: str, opened: list[_Opened]) -> Element:
    end, last = (len(text), len(opened)) if element.end < 0 else (element.end, element.last)
    return Element(element.name, element.attributes, element.depth, element.start, end, place, last)
