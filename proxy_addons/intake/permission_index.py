"""A compiled permission table as bytes: a line that says what it is and its digest, then JSON.

Nothing in it is code, so that a file somebody else put there can do no more than be refused. The digest finds what was
cut off or changed; the form is checked on top of it, because a digest proves no more than that the file is whole.
"""

from __future__ import annotations

import hashlib
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from proxy_addons.diagnosis.permissions.accepted import BeyondToken, Scheme, Trait
from proxy_addons.diagnosis.permissions.path_trie import PathTrie
from proxy_addons.diagnosis.permissions.table import PermissionTable, TableOrigin

_FORM: Final = b"why403.permissions/1"


class IndexDamagedError(ValueError):
    """An index nobody can use; the text says why, and that importing again helps."""


class _Index(BaseModel):
    """The table's parts, each as it lies in memory."""

    model_config = ConfigDict(strict=True, extra="forbid")

    origin: list[str]
    templates: list[str]
    methods: list[str]
    operations: list[list[int]]
    alternatives: list[list[str]]
    references: list[str]
    beyond: list[list[str]]
    words: list[dict[str, int] | None]
    keys: list[int]
    ends: list[dict[str, int] | None]
    traits: dict[str, dict[str, list[int | bool | None]]]


def pack(table: PermissionTable) -> bytes:
    """A table as the bytes of an index file."""
    origin = table.origin
    index = {
        "origin": [origin.name, origin.source, origin.day, origin.digest],
        "templates": table.templates,
        "methods": table.methods,
        "operations": table.operations,
        "alternatives": table.alternatives,
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
        index = _Index.model_validate_json(body)
        return PermissionTable(
            TableOrigin(*index.origin),
            index.templates,
            index.methods,
            index.operations,
            index.alternatives,
            index.references,
            [BeyondToken(instead=tuple(each)) for each in index.beyond],
            PathTrie(index.words, index.keys, index.ends),
            {name: {Scheme(key): _trait(*part) for key, part in kinds.items()} for name, kinds in index.traits.items()},
        )
    except (ValidationError, TypeError, ValueError):
        raise IndexDamagedError("does not hold a table: import it again") from None


def _trait(level: int | None, admin_consent: int | bool | None) -> Trait:  # noqa: FBT001  # read from a list, by place
    return Trait(level, None if admin_consent is None else bool(admin_consent))
