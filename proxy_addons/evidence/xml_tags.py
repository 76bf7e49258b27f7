"""XML as a list of elements, from text that may be cut off, wrong or made to be slow.

No parser, on purpose: nothing is expanded (document types and entity bombs are text like any other), nothing must be
closed, and every character is looked at a fixed number of times. Prefixes are dropped: a name is its local part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final, NamedTuple

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


class Element(NamedTuple):
    """One element: its local name, its attributes as they stand, and where its content lies in the text.

    `last` is the position in the document's list behind its last descendant. One that is never closed ends with the
    text.
    """

    # A tuple, because a message has hundreds of them and healthy traffic pays for each.
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
    """The elements met so far, a list for each property; `path` are the places of those still open."""

    names: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)
    path: list[int] = field(default_factory=list)

    def begin(self, name: str, attributes: str, start: int) -> None:
        """One element more, in the innermost open one."""
        self.path.append(len(self.names))
        self.names.append(name)
        self.attributes.append(attributes)
        self.depths.append(len(self.path) - 1)
        self.starts.append(start)
        self.ends.append(-1)
        self.lasts.append(-1)

    def finish(self, name: str, at: int) -> None:
        """Close the innermost open element of that name, and whatever was left open inside it."""
        names, path = self.names, self.path
        # Nearly always the innermost one; only where a text is wrong or cut off the others are looked through.
        if not (path and names[path[-1]] == name) and not any(names[place] == name for place in path):
            return
        closed = ""
        while closed != name:
            place = path.pop()
            self.ends[place], self.lasts[place], closed = at, len(names), names[place]

    def finished(self, length: int) -> tuple[Element, ...]:
        """All of them; what is still open ends with the text."""
        for place in self.path:
            self.ends[place], self.lasts[place] = length, len(self.names)
        places = range(len(self.names))
        return tuple(map(Element, self.names, self.attributes, self.depths, self.starts, self.ends, places, self.lasts))


def read_tags(text: str) -> Document:
    """Every element of a text; what is no tag is skipped, a closing tag without its opening one too."""
    found = _Opened()
    for tag in _tags(text):
        if len(found.names) >= MAX_ELEMENTS:
            break
        close, name, attributes = tag.group("close", "name", "attributes")
        if close:
            found.finish(name, tag.start())
        elif len(found.path) < MAX_DEPTH:
            found.begin(name, attributes, tag.end())
            if attributes.endswith("/"):
                found.finish(name, tag.end())
    return Document(text, found.finished(len(text)))


def _tags(text: str) -> Iterator[re.Match[str]]:
    """Every tag. Comments and CDATA hide whatever tags they hold, one that is never closed the whole rest."""
    return _tags_around(text) if "<!--" in text or "<![CDATA[" in text else _TAG.finditer(text)


def _tags_around(text: str) -> Iterator[re.Match[str]]:
    tag = _TAG.search(text)
    while tag is not None:
        at = tag.end()
        if tag["hides"] is None:
            yield tag
        else:
            end = text.find(_HIDDEN_UNTIL[tag["hides"]], at)
            at = len(text) if end < 0 else end
        tag = _TAG.search(text, at)
