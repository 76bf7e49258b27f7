from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from proxy_addons.diagnosis.yaml_file import RuleError, first_mistake, locate, read_yaml

TEXT = "a:\n  b: [1, x]\n"


class Numbers(BaseModel):
    """The inner part of a small file."""

    model_config = ConfigDict(extra="forbid")

    b: list[int]


class File(BaseModel):
    """A small file."""

    model_config = ConfigDict(extra="forbid")

    a: Numbers


def mistake(text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        File.model_validate(read_yaml("f.yaml", text))
    return str(first_mistake("f.yaml", text, caught.value))


def test_a_mistake_is_named_by_its_key_path_line_and_column() -> None:
    assert mistake(TEXT).startswith("f.yaml:2:10: a.b.1: ")


def test_a_key_nobody_knows_comes_first() -> None:
    assert mistake("a: {c: [1]}\n") == "f.yaml:1:5: a.c: there is no such key; docs/rules.md lists those there are"


def test_a_key_that_is_missing_is_named_where_it_should_stand() -> None:
    assert mistake("{}\n") == "f.yaml:1:1: a: this key is missing"


@pytest.mark.parametrize(
    ("text", "place"), [("a: [", "2:1"), ("a: 1\nb: :\n- c", "2:4"), ("a: \x00", "1:1"), ("a: !!int", "1:1")]
)
def test_what_is_no_yaml_is_named_where_it_breaks(text: str, place: str) -> None:
    with pytest.raises(RuleError, match=f"f.yaml:{place}: this is no YAML"):
        read_yaml("f.yaml", text)


def test_a_place_that_does_not_exist_is_as_deep_as_there_is_text() -> None:
    assert locate(TEXT, ["a", "z", 3]) == (1, 1)
    assert locate("1", ["a"]) == (1, 1)


def test_a_key_that_is_a_mapping_is_no_key() -> None:
    with pytest.raises(
        RuleError, match=r"^f\.yaml:1:1: a key is a list or a mapping itself: write keys as plain words$"
    ):
        read_yaml("f.yaml", "? - certainty: certain\n")


def test_a_text_only_the_quick_parser_reads_has_no_places() -> None:
    assert read_yaml("f.yaml", "ma\tt") == "ma\tt"
    assert locate("ma\tt", ["a"]) == (1, 1)


def test_an_error_can_name_its_file_below_a_folder() -> None:
    assert str(RuleError("a.yaml", 2, 3, "no").below("rules")) == "rules/a.yaml:2:3: no"
