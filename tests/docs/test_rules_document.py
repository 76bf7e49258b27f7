"""docs/rules.md is all a rule writer has: it names every word the engine understands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy_addons.diagnosis.condition import OPERATORS
from proxy_addons.diagnosis.example_defaults import SPEAKERS, TOKENS
from proxy_addons.diagnosis.example_exchange import RequestExample, ResponseExample
from proxy_addons.diagnosis.rule import Basis, Rule
from proxy_addons.diagnosis.verdict import Certainty, Gate, Helper

DOCUMENT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
PROSE = re.sub(r"^```.*?^```", "", DOCUMENT, flags=re.DOTALL | re.MULTILINE)
CODE = " ".join(re.findall(r"`([^`]+)`", PROSE))


def _names(model: type[Rule | RequestExample | ResponseExample]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "is"] + ["same_as", "differs_from"])
def test_every_operator_is_explained(operator: str) -> None:
    assert re.search(rf"\{{{operator}: ", CODE)


@pytest.mark.parametrize("gate", Gate)
def test_every_gate_is_named(gate: str) -> None:
    assert f"`{gate}`" in DOCUMENT


@pytest.mark.parametrize("word", [*Certainty, *Basis, *Helper])
def test_every_certainty_basis_and_helper_is_named(word: str) -> None:
    assert re.search(rf"(?<![\w-]){word}(?![\w-])", CODE)


@pytest.mark.parametrize("key", [key for key in _names(Rule) if key != "id"])
def test_every_key_of_a_rule_has_its_row(key: str) -> None:
    assert re.search(rf"^\| `{key}`", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize("key", [*_names(RequestExample), *_names(ResponseExample)])
def test_every_key_of_an_example_is_named(key: str) -> None:
    assert re.search(rf"(?<![\w-]){key}(?![\w-])", CODE)


@pytest.mark.parametrize("preset", [*TOKENS, *SPEAKERS])
def test_every_preset_of_an_example_is_named(preset: str) -> None:
    assert preset in CODE
