"""Read the plain part of YAML 1.2 quickly: mappings, lists and scalars, as nearly every rule file is written.

A rule base has hundreds of files, and somebody waits for them at every start. Whatever is not plain (tags, merged or
doubled keys, numbers in unusual forms, several documents) is left to ruamel.yaml, which decides what it means or that
it is wrong; so what this module returns is what ruamel.yaml would have returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from ruamel.yaml.resolver import implicit_resolvers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.events import Event, SequenceStartEvent

    type _NodeEvent = AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_WORDS: Final = {"true": True, "false": False, "null": None, "": None}
_MEANINGS: Final = tuple((pattern, first) for versions, _, pattern, first in implicit_resolvers if (1, 2) in versions)
_BY_LETTER: Final = {
    letter: tuple(pattern for pattern, first in _MEANINGS if letter in first)
    for letter in {letter for _, first in _MEANINGS for letter in first}
}
"""What a scalar without quotes may be besides text, by its first letter, as ruamel.yaml has it."""


class NotPlainError(ValueError):
    """A text that holds more than the plain part of YAML: ask ruamel.yaml."""


def read_plain(text: str) -> object:
    """The value of a YAML text; NotPlainError where it is not plain, ruamel.yaml's own errors where it is broken."""
    return _Reader(YAML(typ="safe").parse(text)).document()


@dataclass(frozen=True, slots=True)
class _Reader:
    """The events of a text on their way to a value; `anchors` are the values that were given a name."""

    events: Iterator[Event]
    anchors: dict[str, object] = field(default_factory=dict)

    def document(self) -> object:
        """The only document of the text."""
        next(self.events)
        start = next(self.events)
        if not isinstance(start, DocumentStartEvent) or start.version:
            raise NotPlainError
        value = self.value(cast("_NodeEvent", next(self.events)))
        next(self.events)
        if not isinstance(next(self.events), StreamEndEvent):
            raise NotPlainError
        return value

    def value(self, event: _NodeEvent) -> object:
        """What begins with an event. An alias inside its own value is not known yet, and so not plain."""
        if isinstance(event, AliasEvent) and event.anchor in self.anchors:
            return self.anchors[event.anchor]
        if isinstance(event, AliasEvent) or event.tag or event.anchor in self.anchors:
            raise NotPlainError
        if isinstance(event, ScalarEvent):
            value = _scalar(event)
        else:
            value = self.mapping() if isinstance(event, MappingStartEvent) else self.sequence()
        if event.anchor:
            self.anchors[event.anchor] = value
        return value

    def mapping(self) -> dict[object, object]:
        """A mapping up to its end; its keys are scalars, each once."""
        found: dict[object, object] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self.value(event) if isinstance(event, ScalarEvent) else None
            if key is None or key in found:
                raise NotPlainError
            found[key] = self.value(cast("_NodeEvent", next(self.events)))
        return found

    def sequence(self) -> list[object]:
        """A list up to its end."""
        found: list[object] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            found.append(self.value(cast("_NodeEvent", event)))
        return found


def _scalar(event: ScalarEvent) -> object:
    text: str = event.value
    if not event.implicit[0] or text[:1] not in _BY_LETTER:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.match(text):
        return int(text)
    if _DAY.match(text):
        return date.fromisoformat(text)
    if any(pattern.match(text) for pattern in _BY_LETTER[text[:1]]):
        raise NotPlainError
    return text
