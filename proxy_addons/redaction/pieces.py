"""The result while it is being built: finished text, and text that can only be judged when the whole exchange is known.

An error message in a response may echo a name that stands in the token; a GUID may turn out to be the user's object id.
Such texts wait as `Pending` until everything has been read; `free_text.settle` then makes one text of all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape as escape_markup

if TYPE_CHECKING:
    from collections.abc import Callable

    type Escape = Callable[[str], str]


class Waiting(Enum):
    """What a pending text is: prose, to be cleaned word by word, or an id which may be a person's."""

    PROSE = "prose"
    OBJECT_ID = "object id"


def as_is(text: str) -> str:
    """No escape."""
    return text


def in_json(text: str) -> str:
    """A text as the inside of a JSON string; halves of surrogate pairs, which no encoder accepts, become `?`."""
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)[1:-1]


def in_markup(text: str) -> str:
    """A text as XML content or attribute value; control characters, which XML 1.0 cannot hold, are left out."""
    kept = "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")
    return escape_markup(kept, {'"': "&quot;"})


@dataclass(frozen=True, slots=True)
class Pending:
    """A text to be judged at the end, and how it must then be escaped for where it stands."""

    text: str
    waiting: Waiting = Waiting.PROSE
    escape: Escape = as_is


type Piece = str | Pending
type Pieces = list[Piece]


def escaped(pieces: Pieces, escape: Escape) -> Pieces:
    """The same pieces one level deeper: inside a JSON string, inside XML."""
    return [_escaped(piece, escape) for piece in pieces]


def _escaped(piece: Piece, escape: Escape) -> Piece:
    if isinstance(piece, str):
        return escape(piece)
    inner = piece.escape
    return replace(piece, escape=lambda text: escape(inner(text)))
