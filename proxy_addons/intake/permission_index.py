"""A compiled permission table as bytes: a line that says what it is and its digest, then JSON.

Nothing in it is code, so that a file somebody else put there can do no more than be refused. The digest finds what was
cut off or changed; the kinds of its parts are checked on top of it, because a digest proves no more than that.
"""

from __future__ import annotations

import hashlib
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

import orjson

from proxy_addons.diagnosis.permissions.accepted import Accepted, BeyondToken, Scheme, Trait, parsed, spelled
from proxy_addons.diagnosis.permissions.path_trie import PathTrie
from proxy_addons.diagnosis.permissions.table import PermissionTable, TableOrigin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.diagnosis.permissions.accepted import Alternative

_FORM: Final = b"why403.permissions/1"
_BREAK: Final = "|"


class IndexDamagedError(ValueError):
    """An index nobody can use; the text says why, and that importing again helps."""


def pack(table: PermissionTable) -> bytes:
    """A table as the bytes of an index file."""
    origin = table.origin
    # Many operations share a column: each is written, and read, once.
    number_of: dict[tuple[Alternative, ...] | None, int] = {}
    for each in table.accepted:
        for column in each.columns:
            number_of.setdefault(column, len(number_of))
    columns = [None if column is None else _BREAK.join(map(spelled, column)) for column in number_of]
    index = {
        "origin": [origin.name, origin.source, origin.day, origin.digest],
        "templates": table.templates,
        "methods": table.methods,
        "operations": table.operations,
        "columns": columns,
        "accepted": [[number_of[column] for column in each.columns] for each in table.accepted],
        "references": table.references,
        "beyond": [each.instead for each in table.beyond],
        "words": table.trie.words,
        "keys": table.trie.keys,
        "ends": table.trie.ends,
        "traits": {
            name: {scheme.value: [trait.level, trait.admin_consent] for scheme, trait in kinds.items()}
            for name, kinds in table.traits.items()
        },
    }
    body = orjson.dumps(index)
    return b" ".join((_FORM, hashlib.sha256(body).hexdigest().encode())) + b"\n" + body


def unpack(content: bytes) -> PermissionTable:
    """The table of an index file; IndexDamagedError where it is another form, or not whole."""
    head, _, body = content.partition(b"\n")
    form, _, digest = head.partition(b" ")
    if form != _FORM:
        raise IndexDamagedError(
            "was written by another version of why403, or is no index at all: import the table again"
        )
    if digest.decode(errors="replace") != hashlib.sha256(body).hexdigest():
        raise IndexDamagedError("is damaged: its digest does not fit. Import the table again")
    try:
        return _table(orjson.loads(body))
    except (KeyError, IndexError, TypeError, ValueError):
        raise IndexDamagedError("does not hold a table: import it again") from None


def _table(index: Mapping[str, object]) -> PermissionTable:
    """The table of a decoded index. Parts are checked one by one, not value by value: loading has to be quick."""
    columns = [None if text is None else _ways(text) for text in _listed(index, "columns", str, NoneType)]
    traits = index["traits"]
    if not isinstance(traits, dict):
        raise TypeError("traits")
    return PermissionTable(
        TableOrigin(*_listed(index, "origin", str)),
        _listed(index, "templates", str),
        _listed(index, "methods", str),
        _listed(index, "operations", list),
        [Accepted(tuple(columns[number] for number in each)) for each in _listed(index, "accepted", list)],
        _listed(index, "references", str),
        [BeyondToken(instead=tuple(each)) for each in _listed(index, "beyond", list)],
        PathTrie(
            _listed(index, "words", dict, NoneType), _listed(index, "keys", int), _listed(index, "ends", dict, NoneType)
        ),
        {name: {Scheme(key): Trait(*part) for key, part in kinds.items()} for name, kinds in traits.items()},
    )


def _listed(index: Mapping[str, object], name: str, *kinds: type) -> list[Any]:
    """A part that is a list of these kinds; TypeError where it is anything else."""
    part = index[name]
    if not isinstance(part, list) or not set(map(type, part)) <= set(kinds):
        raise TypeError(name)
    return part


def _ways(column: str) -> tuple[Alternative, ...]:
    return tuple(map(parsed, column.split(_BREAK))) if column else ()
