"""docs/report.schema.json and docs/report.md say what the JSON report really holds."""

from __future__ import annotations

import json
import re
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator

from proxy_addons.diagnosis.report import SCHEMA
from proxy_addons.diagnosis.verdict import Certainty, Gate, GateState, Helper
from tests.cli.command import why403
from tests.cli.recorded import ONLY_RULES, REFUSALS, example, har
from tests.infrastructure.tree import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

type Schema = dict[str, Any]

PUBLISHED: Final[Schema] = json.loads((REPOSITORY / "docs" / "report.schema.json").read_text(encoding="utf-8"))
PAGE: Final = (REPOSITORY / "docs" / "report.md").read_text(encoding="utf-8")


def closed(schema: Schema) -> Schema:
    """The schema without room for keys it does not know: readers have to allow them, we may not print them."""
    inner = {key: closed(value) if isinstance(value, dict) else value for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if schema.get("type") == "object" else inner


def problems(report: object) -> list[str]:
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(closed(PUBLISHED)).iter_errors(report)
    ]


def described(schema: Schema, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every key of a schema as a row of the page: where it stands, its type, its meaning."""
    for name, part in schema.get("properties", {}).items():
        inner, kind, place = part, part["type"], f"{path}.{name}" if path else name
        if kind == "array":
            inner, place = part["items"], f"{place}[]"
            kind = f"list of {inner['type']}s"
        choices = [f"`{choice}`" for choice in part.get("enum", ())]
        told = part["description"]
        if not all(choice in told for choice in choices):
            told = f"{told} One of {', '.join(choices)}."
        yield place, kind if isinstance(kind, str) else " or ".join(kind), told
        yield from described(inner, place)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What the rules that ship find in the committed recording."""
    found: dict[str, Any] = json.loads(why403("explain", REFUSALS, "--format", "json").stdout)
    return found


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(PUBLISHED)


def test_a_report_of_refusals_keeps_the_contract(report: dict[str, Any]) -> None:
    assert len(report["failures"]) == 7
    assert problems(report) == []


def test_a_report_without_refusals_keeps_the_contract() -> None:
    healthy = har(example("nothing is wrong here"))

    assert problems(json.loads(why403("explain", "-", *ONLY_RULES, "--format", "json", given=healthy).stdout)) == []


def test_the_diagnosis_in_a_bundle_keeps_the_contract(tmp_path: Path) -> None:
    ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, "--output", tmp_path / "case.zip")

    assert ended.returncode == 0
    with zipfile.ZipFile(tmp_path / "case.zip") as bundle:
        assert problems(json.loads(bundle.read("diagnosis.json"))) == []


def test_a_reader_may_meet_keys_of_later_releases(report: dict[str, Any]) -> None:
    Draft202012Validator(PUBLISHED).validate({**report, "added_later": 1})


@pytest.mark.parametrize("key", ["schema", "source", "exchanges", "failures"])
def test_a_report_that_lacks_a_key_breaks_the_contract(report: dict[str, Any], key: str) -> None:
    assert problems({name: value for name, value in report.items() if name != key})


def test_the_schema_lists_the_words_of_the_program() -> None:
    failure = PUBLISHED["properties"]["failures"]["items"]["properties"]
    finding, reading = failure["findings"]["items"]["properties"], failure["gates"]["items"]["properties"]

    assert PUBLISHED["properties"]["schema"]["const"] == SCHEMA
    assert finding["certainty"]["enum"] == list(Certainty)
    assert finding["gate"]["enum"] == list(Gate)
    assert finding["fix"]["items"]["properties"]["for"]["enum"] == list(Helper)
    assert reading["gate"]["enum"] == [gate for gate in Gate if gate is not Gate.NONE]
    assert reading["state"]["enum"] == list(GateState)


def test_the_page_has_a_row_for_every_key_and_none_besides() -> None:
    rows = re.findall(r"^\| `([a-z_.\[\]]+)` \| (.*?) \| (.*) \|$", PAGE, re.MULTILINE)

    assert rows == list(described(PUBLISHED))
