from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from proxy_addons.intake.json_stream import JsonStream
from proxy_addons.intake.shallow_json import DEEPEST, ShallowJson

if TYPE_CHECKING:
    from pydantic import JsonValue

NASTY = st.text(alphabet='[]{}"\\,:!ä😀 x', max_size=12)
VALUES = st.recursive(
    st.none() | st.integers(-(10**18) + 1, 10**18 - 1) | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=12,
)


def shallow(text: str, size: int = 7, longest_string: int = 10_000) -> str:
    """What is left of a text that is read in pieces of so many bytes."""
    stream = ShallowJson(JsonStream(io.BytesIO(text.encode())), longest_string=longest_string)
    pieces = []
    while piece := stream.read(size):
        pieces.append(piece)
    return b"".join(pieces).decode()


def nested(value: JsonValue, levels: int) -> JsonValue:
    for level in range(levels):
        value = [value, level] if level % 2 else {"[": value, "}": level}
    return value


def without_depths(value: JsonValue, level: int = 0) -> JsonValue:
    """The same by recursion on the value."""
    if isinstance(value, list | dict) and level == DEEPEST:
        return None
    if isinstance(value, list):
        return [without_depths(each, level + 1) for each in value]
    if isinstance(value, dict):
        return {name: without_depths(each, level + 1) for name, each in value.items()}
    return value


@given(VALUES, st.booleans(), st.integers(1, 40))
def test_what_is_not_too_deep_stays_as_it_is(value: JsonValue, ascii_only: bool, size: int) -> None:  # noqa: FBT001  # drawn
    text = json.dumps(value, ensure_ascii=ascii_only)

    assert shallow(text, size) == text


@given(VALUES, st.integers(DEEPEST - 4, DEEPEST + 4), st.integers(1, 2000))
def test_what_is_too_deep_is_null_and_all_else_stays(value: JsonValue, levels: int, size: int) -> None:
    deep = [nested(value, levels), "behind", nested(value, 2)]

    assert json.loads(shallow(json.dumps(deep), size)) == without_depths(deep)


def test_brackets_by_the_hundred_thousand_are_a_few() -> None:
    many = "[" * 100_000 + "]" * 100_000

    assert (
        shallow(f'{{"a": {many}, "b": 1}}', 4096) == f'{{"a": {"[" * (DEEPEST - 1)}null{"]" * (DEEPEST - 1)}, "b": 1}}'
    )


def test_brackets_that_never_close_are_no_more() -> None:
    assert shallow("[" * 100_000, 4096) == "[" * DEEPEST + "null"


@pytest.mark.parametrize("letter", ["x", "ä", "😀", '\\"', "\\ud83d\\ude00"], ids=repr)
@pytest.mark.parametrize("size", [13, 64])
def test_a_string_without_end_is_cut_and_what_follows_is_not(letter: str, size: int) -> None:
    text = f'["{letter * 500}", "behind ]"]'

    cut = json.loads(shallow(text, size, longest_string=200))

    whole = json.loads(text)
    assert 60 <= len(cut[0].encode()) < len(whole[0].encode())
    assert set(cut[0]) == set(whole[0])
    assert cut[1] == "behind ]"


def test_many_strings_that_are_long_together_all_stay() -> None:
    text = json.dumps(["x" * 150] * 20)

    assert shallow(text, 16, longest_string=200) == text


@pytest.mark.parametrize("size", [1, 3, 7, 4096])
@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e400", "-1.5E+999", "9" * 19, "-" + "9" * 5000, "9" * 400 + ".5e3"],
    ids=lambda number: number[:12],
)
def test_a_number_no_machine_counts_with_is_null(number: str, size: int) -> None:
    text = f'{{"a": {number}, "b": ["{number}", {number}], "c": {number}}}'

    assert json.loads(shallow(text, size)) == {"a": None, "b": [number, None], "c": None}


@pytest.mark.parametrize("size", [1, 3, 7, 4096])
def test_every_other_number_stays_as_it_is(size: int) -> None:
    text = '[0, -1, 9007199254740993, 0.12345678901234567890123, 1e-400, 1.5e30, "x1e999", "NaN", 1795262400.123]'

    assert shallow(text, size) == text


def test_a_number_at_the_very_end_is_not_forgotten() -> None:
    assert shallow("12") == "12"


def test_nothing_is_asked_of_the_stream_where_nothing_is_wanted() -> None:
    assert ShallowJson(io.BytesIO(b"[1]")).read(0) == b""
