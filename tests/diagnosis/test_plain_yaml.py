from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from proxy_addons.diagnosis.plain_yaml import NotPlainError, read_plain
from proxy_addons.diagnosis.yaml_file import read_yaml
from proxy_addons.intake.rule_files import read_texts

WORDS = """
    true True yes null ~ 0 -0 010 0o17 0x1f 1_000 -12 +3 1.5 .5 1e3 .inf 2026-11-21 2026-13-01 12:30 << = text nobody
    '8' "9" 999999999999999999999999999999 &x *x !!str !!int !own ? - [a,1] {a:1} [ #c
"""
ITEMS = st.sampled_from(
    [*WORDS.split(), "", "a b", "- a", "&x a", "!!str 5", "!!int '5'", "? a", "2026-11-21 10:00:00"]
)
TEXTS = st.text(st.characters(max_codepoint=0x2FFF, categories=("L", "N", "P", "S", "Zs")))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
)

unhurried = settings(deadline=None)


def _as_ruamel_reads(text: str) -> str:
    try:
        return repr(YAML(typ="safe").load(text))
    except (YAMLError, ValueError, IndexError) as error:
        return type(error).__name__


def _as_read_here(text: str) -> str:
    """What comes out, or what ruamel.yaml makes of it where this reader leaves it the text."""
    try:
        return repr(read_plain(text))
    except (YAMLError, ValueError, IndexError):
        return _as_ruamel_reads(text)


@unhurried
@given(VALUES)
def test_what_json_can_say_is_read_as_it_was_meant(value: object) -> None:
    assert read_yaml("a.yaml", json.dumps(value)) == value


@unhurried
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "&x c", "*x", "1", "true", "<<", "[k]"]), ITEMS), max_size=4))
def test_every_mapping_is_read_as_ruamel_reads_it(pairs: list[tuple[str, str]]) -> None:
    text = "".join(f"{key}: {value}\n" for key, value in pairs)
    assert _as_read_here(text) == _as_ruamel_reads(text)


@unhurried
@given(st.lists(ITEMS, max_size=4))
def test_every_list_is_read_as_ruamel_reads_it(items: list[str]) -> None:
    text = "".join(f"- {item}\n" for item in items)
    assert _as_read_here(text) == _as_ruamel_reads(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "%YAML 1.1\n---\na: yes",
        "a: 1\n---\nb: 2",
        "a: 1\na: 2",
        "[a]: 1",
        "~: 1",
        "a: !!str 1",
        "a: !own [1]",
        "a: *x",
        "a: &x 1\nb: &x 2",
        "&x a: &x 1",
        "a: &x [*x]",
        "<<: {a: 1}",
        "a: 0x1f",
        "a: 1.5",
        "a: True",
    ],
)
def test_what_is_not_plain_is_left_to_ruamel(text: str) -> None:
    with pytest.raises(NotPlainError):
        read_plain(text)


def test_a_value_with_a_name_is_the_same_wherever_it_is_named() -> None:
    text = "a: &x [1, b]\nc: *x\nd: [*x, &y z, *y]"
    assert read_plain(text) == {
        "a": [1, "b"],
        "c": [1, "b"],
        "d": [[1, "b"], "z", "z"],
    }


def test_a_text_that_is_broken_is_ruamel_s_to_explain() -> None:
    with pytest.raises(YAMLError):
        read_plain("a: [")


def test_the_files_that_ship_are_read_as_ruamel_reads_them() -> None:
    texts = [text for path, text in read_texts().items() if path.startswith(("entra/", "permissions/", "reference/"))]
    assert [_as_read_here(text) for text in texts] == [_as_ruamel_reads(text) for text in texts]
