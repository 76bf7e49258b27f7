"""The JSON Schema of why403.toml, made from the settings and the identity: editors complete and check with it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from proxy_addons.entra.identity import Identity
from proxy_addons.settings import Settings, options

if TYPE_CHECKING:
    from proxy_addons.diagnosis.report import Json


def config_schema() -> dict[str, Json]:
    """The schema (draft 2020-12)."""
    settings: dict[str, Json] = {
        option.name: {
            "description": option.help,
            **_kind(Settings.model_fields[option.name].annotation, repeatable=option.repeatable),
        }
        for option in options()
    }
    identity: dict[str, Json] = {
        name: {"description": field.description or "", **_kind(field.annotation, repeatable=False)}
        for name, field in Identity.model_fields.items()
    }
    required: list[Json] = [name for name, field in Identity.model_fields.items() if field.is_required()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "why403.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **settings,
            "identities": {
                "description": "Who may ask for tokens, by a name of your own.",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": identity,
                    "required": required,
                },
            },
        },
    }


def _kind(annotation: object, *, repeatable: bool) -> dict[str, Json]:
    """What a value may be in TOML; patterns and ranges are the command's to check."""
    if repeatable:
        return {"type": "array", "items": {"type": "string"}}
    words = _words(annotation)
    if words and int in get_args(annotation):
        return {"anyOf": [{"type": "integer"}, {"enum": [*words]}]}
    if words:
        return {"enum": [*words]}
    if annotation is bool:
        return {"type": "boolean"}
    return {"type": _NAMES.get(annotation, "string")}


_NAMES: dict[object, str] = {int: "integer", float: "number", Path: "string"}


def _words(annotation: object) -> list[str]:
    """The words a closed set of texts allows; empty where it is open."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, StrEnum):
            return [*part]
    literals = (part for part in (annotation, *get_args(annotation)) if get_origin(part) is Literal)
    return [str(word) for literal in literals for word in get_args(literal)]
