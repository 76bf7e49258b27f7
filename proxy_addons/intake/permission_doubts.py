"""Doubts about a table as they are kept: templates, methods, schemes and permission names, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from proxy_addons.diagnosis.permissions.accepted import Scheme
from proxy_addons.diagnosis.permissions.doubt import Doubt

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORM: Final = "why403.doubts/1"


class DoubtsDamagedError(ValueError):
    """A file of doubts nobody can read; the text says why, and what to do."""


class _Doubt(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    template: str
    method: str
    scheme: Scheme
    permissions: tuple[str, ...]
    table: str


class _Doubts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Literal["why403.doubts/1"]
    doubts: tuple[_Doubt, ...]


def pack_doubts(doubts: Iterable[Doubt]) -> bytes:
    """Doubts as the bytes of their file, in an order that makes two files with the same content alike."""
    listed = [
        {
            "template": doubt.template,
            "method": doubt.method,
            "scheme": doubt.scheme.value,
            "permissions": doubt.permissions,
            "table": doubt.table,
        }
        for doubt in sorted(doubts)
    ]
    return orjson.dumps({"form": _FORM, "doubts": listed}, option=orjson.OPT_INDENT_2)


def unpack_doubts(content: bytes) -> frozenset[Doubt]:
    """The doubts of a file; DoubtsDamagedError where it holds none."""
    try:
        listed = _Doubts.model_validate_json(content).doubts
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_url=False)[0]["loc"])) or "file"
        raise DoubtsDamagedError(f"holds no list of doubts ({place} is wrong): remove it, it is written anew") from None
    return frozenset(Doubt(each.template, each.method, each.scheme, each.permissions, each.table) for each in listed)
