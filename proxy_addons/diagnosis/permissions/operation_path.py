"""A path of Microsoft Graph as the segments permissions are about, whichever of its many spellings was sent.

One resource has several addresses: `users/{id}`, `users('id')`, `users(userPrincipalName='upn')`; `delta` and
`microsoft.graph.delta()`; `root:/a/b.docx:/content` and `items/{id}/content`. Concrete URLs and the templates of a
table go through the same reading, so that both meet (learn.microsoft.com/graph/use-the-api, OData 4.01 URL conventions
section 4; colon addressing: learn.microsoft.com/graph/onedrive-addressing-driveitems).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY: Final = "{}"
"""A segment that is a key for certain; only a parameter of a template takes it."""

_VERSIONS: Final = frozenset({"v1.0", "beta"})
_UNUSUAL: Final = re.compile(r"[(:$%?{}]|graph\.|//|/\.\.\.")
_CAST: Final = re.compile(r"(?:microsoft\.)?graph\.(?:[a-z]\w*\.)*(?=[a-z]\w*(?:\(|\Z))")
"""A name in full, `microsoft.graph.security.runHuntingQuery`; `graph.team@contoso.com` is somebody's name instead."""
_CALL: Final = re.compile(r"(?P<name>[^(]*)\((?P<keys>.*)\)\Z", re.DOTALL)
_ARGUMENT: Final = re.compile(r"(?:\A|,)\s*([a-z_]\w*)\s*=")
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'")
_FUNCTIONS: Final = frozenset(
    {"delta", "getallmessages", "getallretainedmessages", "getallrecordings", "getalltranscripts", "getallsites"}
)
"""Functions called on a collection, which look like keys where their brackets are left out."""
_MOST_READINGS: Final = 24

Segments = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a path. `fixed` are the places whose segment is a word of the interface and never a key."""

    segments: Segments
    fixed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class OperationPath:
    """A path in every way it can be read, most literal first. `beta` tells which version it asks for."""

    readings: tuple[Reading, ...]
    beta: bool = False


def read_path(path: str) -> OperationPath:
    """Read the path of a call, with or without host, version and query string; never raises."""
    text = path.lower()
    usual = not _UNUSUAL.search(text)
    segments = text.strip("/").split("/") if usual else _split(_without_host(text))
    beta = False
    if segments[0] in _VERSIONS:
        beta = segments.pop(0) == "beta"
    if usual and _FUNCTIONS.isdisjoint(segments):
        return OperationPath((Reading(tuple(segments)),), beta)
    return OperationPath(tuple(_readings(segments)), beta)


def template_segments(template: str) -> Segments:
    """The segments of a table's template, with KEY for every parameter."""
    text = template.lower().partition("?")[0]
    segments = _split(text)
    if segments and segments[0] in _VERSIONS:
        del segments[0]
    return next(_readings([piece for each in segments for piece in _template_pieces(each)])).segments


def _template_pieces(segment: str) -> tuple[str, ...]:
    """A parameter as KEY; the tables' slips (`{id` glued to a name, `(id)` for a parameter, `...`) are read kindly."""
    if segment == "...":
        return ()
    if re.fullmatch(r"\{[^{}]*\}|\([^()]*\)", segment):
        return (KEY,)
    glued = re.fullmatch(r"([\w-]+)\{[^{}()]*\}", segment)
    return (glued[1], KEY) if glued else (segment,)


def _without_host(text: str) -> str:
    start = text.find("://")
    if start < 0 or not text[:start].isalpha():
        return text
    slash = text.find("/", start + 3)
    return text[slash:] if slash >= 0 else ""


def _split(text: str) -> list[str]:
    """Split at slashes outside of brackets and quotes; the query string is cut, escapes are undone afterwards."""
    text = _cut_query(text).strip("/")
    if "(" not in text:
        return [unquote(segment) for segment in text.split("/") if segment] or [""]
    shielded = _QUOTED.sub(lambda quoted: quoted[0].replace("/", "\0"), unquote(text) if "%28" in text else text)
    pieces: list[str] = []
    depth = 0
    for piece in shielded.split("/"):
        if depth > 0:
            pieces[-1] += f"/{piece}"
        elif piece:
            pieces.append(piece)
        depth = max(0, depth + piece.count("(") - piece.count(")"))
    return [unquote(piece.replace("\0", "/")) for piece in pieces] or [""]


def _cut_query(text: str) -> str:
    return text.partition("?")[0].partition("#")[0]


_Form = tuple[tuple[str, bool], ...]
"""One way to read a segment: the segments it stands for, and whether each is a word of the interface for certain."""


def _readings(segments: list[str]) -> Iterator[Reading]:
    choices = [_forms(segment) for segment in _addressed_by_path(segments)]
    for forms in islice(product(*choices), _MOST_READINGS):
        flat = [piece for form in forms for piece in form]
        yield Reading(
            tuple(text for text, _ in flat), frozenset(place for place, (_, fixed) in enumerate(flat) if fixed)
        )


def _addressed_by_path(segments: list[str]) -> list[str]:
    """Colon addressing as the key it stands for: `root:/a/b:/content` is `items/{}/content`."""
    plain: list[str] = []
    inside = False
    for segment in segments:
        if inside:
            inside = not segment.endswith(":")
            continue
        if not segment.endswith(":"):
            plain.append(segment)
            continue
        inside = True
        if segment == "root:":
            plain.append("items")
        elif plain and plain[-1] == "special":
            plain[-1] = "items"
        plain.append(KEY)
    return plain


def _forms(segment: str) -> tuple[_Form, ...]:
    """Every way to read a segment, most literal first."""
    if segment.startswith("$") or segment in _FUNCTIONS:
        return (((segment, True),),)
    call = _CALL.match(segment)
    if call:
        return _forms_of_call(call["name"], call["keys"])
    if _CAST.match(segment):
        word = _CAST.sub("", segment, count=1)
        # A derived type in a path narrows what comes back and asks for no other permission.
        return ((_word(f"microsoft.graph.{word}"),), (_word(word),), ())
    return (((segment, False),),)


def _forms_of_call(name: str, keys: str) -> tuple[_Form, ...]:
    plain = _CAST.sub("", name, count=1) if _CAST.match(name) else name
    arguments = _ARGUMENT.findall(_QUOTED.sub("''", keys))
    qualified: tuple[_Form, ...] = ((_word(f"microsoft.graph.{plain}"),),) if plain != name else ()
    if not keys.strip():
        return ((_word(plain),), *qualified)
    if not arguments:
        return ((_word(plain), (KEY, False)), (_word(plain),))
    return (
        (_word(f"{plain}({','.join(sorted(arguments))})"),),
        (_word(plain), (KEY, False)),
        (_word(plain),),
        *qualified,
    )


def _word(text: str) -> tuple[str, bool]:
    return text, True
