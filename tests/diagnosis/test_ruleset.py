from __future__ import annotations

import json

import pytest

from proxy_addons.diagnosis.ruleset import RuleError, load, locate, read_yaml
from tests.support.rulebases import Entry, files, rule

WHEN = {"response.status": 403}


def _refused(texts: dict[str, str]) -> str:
    with pytest.raises(RuleError) as caught:
        load(texts)
    return str(caught.value)


def test_a_rule_speaks_about_the_service_of_its_folder() -> None:
    rules = load(files(rule("a", WHEN), folder="graph") | files(rule("b", WHEN, services=["exchange", "graph"])))
    assert {each.id: each.services for each in rules.rules} == {"a": ("graph",), "b": ("exchange", "graph")}


def test_examples_and_healthy_exchanges_are_no_rules() -> None:
    texts = files(rule("a", WHEN)) | {"exchange/a.examples.yaml": "{}", "healthy/x.yaml": "[]"}
    assert [each.id for each in load(texts).rules] == ["a"]


def test_the_revision_changes_with_any_text() -> None:
    texts = files(rule("a", WHEN))
    assert load(texts).revision == load(dict(texts)).revision
    assert load(texts).revision != load(texts | {"healthy/x.yaml": "[]"}).revision


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id: a\n  b: c", "exchange/a.yaml:2:4: this is no YAML"),
        ("\x01", "exchange/a.yaml:1:1: this is no YAML"),
        ("id: 2026-13-45", "exchange/a.yaml:1:1: this is no YAML: month must be"),
        ("- a", "exchange/a.yaml:1:1: a rule file is a mapping"),
        ("id: a\ntitle: 5", "exchange/a.yaml:2:1: title"),
        ("&x {id: *x}", "exchange/a.yaml:1:5: id"),
    ],
)
def test_a_file_that_is_no_rule_is_refused_with_its_place(text: str, complaint: str) -> None:
    assert complaint in _refused({"exchange/a.yaml": text})


def test_a_mistake_deep_in_a_rule_is_told_with_its_line_and_column() -> None:
    text = json.dumps(rule("a", [{"response.status": 403}, {"token.rolez": "x"}]), indent=1)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if '"token.rolez"' in row)
    assert _refused({"exchange/a.yaml": text}).startswith(
        f"exchange/a.yaml:{line}:6: signatures.0.when: there is no fact"
    )


def test_conditions_that_contain_themselves_are_refused() -> None:
    text = json.dumps(rule("a", "HERE")).replace('"HERE"', "&x [*x]")
    assert "contain themselves" in _refused({"exchange/a.yaml": text})


def test_a_rule_is_named_like_its_file() -> None:
    assert "the id `b` must be the file's name" in _refused({"exchange/a.yaml": json.dumps(rule("b", WHEN))})


def test_a_cause_has_one_file() -> None:
    texts = files(rule("a", WHEN)) | files(rule("a", WHEN), folder="graph")
    assert "graph/a.yaml:1:1: the cause id `a` is taken by exchange/a.yaml" in _refused(texts)


@pytest.mark.parametrize("path", ["a.yaml", "exchnge/a.yaml", "exchange/more/a.yaml"])
def test_a_file_in_a_folder_nobody_asks_is_refused(path: str) -> None:
    assert "a rule base has the folders" in _refused({path: json.dumps(rule("a", WHEN))})


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ([rule("a", WHEN, outranks=["b"])], "outranks names `b`, but there is no such cause"),
        ([rule("a", WHEN, outranks=["a"])], "`a` and `a` outrank each other"),
        ([rule("a", WHEN, outranks=["b"]), rule("b", WHEN, outranks=["a"])], "outrank each other"),
    ],
)
def test_outranking_in_a_circle_or_into_nothing_is_refused(rules: list[Entry], complaint: str) -> None:
    assert complaint in _refused(files(*rules))


def test_directory_roles_are_known_by_their_ids_in_lower_case() -> None:
    texts = {"reference/directory_roles.yaml": "entries: [{id: ABC, name: Exchange Administrator}]"}
    assert dict(load(texts).reference.directory_roles) == {"abc": "Exchange Administrator"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "1:1: a reference table has a list"),
        ("entries: 5", "1:1: a reference table has a list"),
        ("entries:\n  - {id: a, name: x}\n  - {id: 5, name: x}", "3:5: a directory role has an `id`"),
        ("entries: [x]", "1:11: a directory role has an `id`"),
    ],
)
def test_a_table_of_roles_that_is_none_is_refused(text: str, complaint: str) -> None:
    assert f"reference/directory_roles.yaml:{complaint}" in _refused({"reference/directory_roles.yaml": text})


@pytest.mark.parametrize(
    ("place", "found"),
    [
        (["a"], (1, 1)),
        (["a", 1], (3, 5)),
        (["a", 9], (1, 1)),
        (["a", 0, "x"], (2, 5)),
        (["a", 1, "b"], (3, 6)),
        (["x"], (1, 1)),
        ([], (1, 1)),
    ],
)
def test_the_deepest_part_of_a_place_that_exists_is_found(place: list[str | int], found: tuple[int, int]) -> None:
    assert locate("a:\n  - x\n  - {b: 1}\n", place) == found


def test_an_error_without_a_place_of_its_own_is_told_at_the_beginning() -> None:
    with pytest.raises(RuleError, match="x:1:1: this is no YAML"):
        read_yaml("x", "a: !!int y")


def test_an_error_tells_the_path_a_reader_can_open() -> None:
    assert str(RuleError("exchange/a.yaml", 2, 3, "no").below("my/rules")) == "my/rules/exchange/a.yaml:2:3: no"
