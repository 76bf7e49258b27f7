"""The JSON Schema of a rule file, for editors: drawn from the typed rule and the vocabulary, so that neither can stray.

An editor completes keys, facts and tests from it and underlines what no rule may say. What a schema cannot say (an
experimental rule stays `possible`, signatures stand strongest first, a pattern does not explode) `why403 rules check`
says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.rule import DAY_TESTS, LIST_TESTS, TESTS, Rule
from proxy_addons.evidence.vocabulary import VOCABULARY, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy_addons.evidence.vocabulary import Word

type Json = str | int | bool | list["Json"] | dict[str, "Json"] | None

_ITEM: Final[dict[str, Json]] = {"$ref": "#/$defs/Condition"}
_LIST: Final[dict[str, Json]] = {"type": "array", "items": _ITEM, "minItems": 1}
_PLAIN: Final[dict[str, Json]] = {"type": ["string", "number"]}
_SCALARS: Final[dict[Kind, dict[str, Json]]] = {
    Kind.TEXT: _PLAIN,
    Kind.NAMES: _PLAIN,
    Kind.NUMBER: {"type": "integer"},
    Kind.FLAG: {"type": "boolean"},
}


def rule_schema() -> dict[str, Json]:
    """The schema as JSON Schema 2020-12."""
    schema: dict[str, Json] = Rule.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    properties = schema["properties"]
    assert isinstance(definitions, dict)  # noqa: S101  # how pydantic lays a schema out
    assert isinstance(properties, dict)  # noqa: S101  # the same
    for name in ("Signature", "Objection"):
        part = definitions[name]
        assert isinstance(part, dict)  # noqa: S101  # the same
        inner = part["properties"]
        assert isinstance(inner, dict)  # noqa: S101  # the same
        inner["when"] = {"anyOf": [_ITEM, _LIST], "description": "All of these must hold."}
    definitions["Condition"] = _condition()
    definitions |= {f"{kind.value.capitalize()}Test": _tests(kind) for kind in Kind}
    properties["replaces"] = {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "Causes that ship with why403 and whose place this rule takes.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:why403:rule:1",
        **schema,
        "title": "A rule of why403",
        "description": "One cause: how it shows, what proves it, what to do.",
    }


def _condition() -> dict[str, Json]:
    words = [word for word in VOCABULARY.values() if not word.is_family]
    families = [word for word in VOCABULARY.values() if word.is_family]
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            "any": {**_LIST, "description": "At least one must hold."},
            "all": {**_LIST, "description": "Every one must hold."},
            "not": {"anyOf": [_ITEM, _LIST], "description": "This must not hold."},
            **{word.name: _fact(word) for word in words},
        },
        "patternProperties": {f"^{re.escape(word.name[:-1])}.+": _fact(word) for word in families},
    }


def _fact(word: Word) -> dict[str, Json]:
    return {"$ref": f"#/$defs/{word.kind.value.capitalize()}Test", "description": word.meaning}


def _tests(kind: Kind) -> dict[str, Json]:
    """What may stand behind a fact of a kind: a value, a list of them, or tests by name."""
    named: dict[str, Json] = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {name: _operand(kind, name) for name in sorted(TESTS[kind])},
    }
    if kind is Kind.NAMES:
        return named
    return {"anyOf": [*_values(kind, "is"), named]}


def _operand(kind: Kind, name: str) -> dict[str, Json]:
    if name in {"present", "empty"}:
        return {"type": "boolean"}
    if name in DAY_TESTS:
        return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    if name in {"same_as", "differs_from"}:
        return {"type": "string", "description": "The name of another fact."}
    choices = [*_values(kind, name)]
    return choices[0] if len(choices) == 1 else {"anyOf": [*choices]}


def _values(kind: Kind, name: str) -> Iterable[dict[str, Json]]:
    yield _SCALARS[kind]
    if name in LIST_TESTS and kind is not Kind.FLAG:
        yield {"type": "array", "items": _SCALARS[kind], "minItems": 1}
