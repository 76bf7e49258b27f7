from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from proxy_addons.diagnosis.pattern import CheckedPattern, compile_pattern
from proxy_addons.evidence.facts import MAX_TEXT

EXPLODES = {
    "a repetition of a repetition": r"(a+)+$",
    "a repetition of anything repeated": r"(.*)*x",
    "alternatives that are equal": r"(a|a)*$",
    "alternatives that begin alike": r"(?:a|b|ab)*c",
    "an alternative that begins with a group": r"(?:(?:a|b)|[ab])*z",
    "an alternative that repeats": r"(?:ab*|c)*z",
    "a part that may be left out, repeated": r"(\w\s?)*$",
    "an address, as found in many places": r"^(([a-z])+.)+[A-Z]([a-z])+$",
    "a wide repetition of a wide repetition": r"((a{0,50}){0,50}){0,50}b",
    "what was matched before, repeated": r"(a)(\1)+x",
    "what is fixed, repeated within a repetition": r"(?:(?:ab?){2})*x",
    "a repetition inside one that gives nothing back": r"(?:(a+)+c)++d",
    "a repetition inside a group that gives nothing back": r"(?>(a+)+c)d",
    "three repetitions of the same characters": r"\w+\w+\w+$",
    "anything twice": r".*x.*y",
    "a repetition across one that gives nothing back": r"a+(?>b?)a+c",
    "much of anything twice": r".{0,200}a.{0,200}b",
    "everything but one character, then a word": r"[^,]*\w+;",
    "a repetition after alternatives that repeat": r"(?:a+|b+)a+c",
    "a repetition after one that may be left out": r"a+(?:b+c)?a+d",
    "repetitions of other writing": r"[à-ÿ]+[ÿ-ž]+x",
    "many parts that may be left out": "a?" * 30 + "a" * 30,
    "many parts that may be left out, in a group and looked for": "(?:a?b?c?)(?=d?e?f?|g?)h?i?j?",
}


@pytest.mark.parametrize("pattern", EXPLODES.values(), ids=EXPLODES)
def test_a_pattern_whose_search_may_explode_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"for ever|doubles"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"is not allowed to call [A-Za-z]+-[A-Za-z0-9]+",
        r"^/(v1\.0|beta)/(me|users/[^/]+)/(messages|mailFolders)(/|$)",
        r"[^,]*,[^,]*,[^,]*;",
        r"(?:\w++ )+x",
        r"(?>a+)+b",
        r"(?:foo|bar)*x",
        r"(?:foo|[bc]ar){2,}",
        r"Expected '\w+://([^'/:]+)(?=['/:])[^']*'\. Actual '\w+://(?!\1['/:])",
        r"(?<!x)a+(?<=a)b",
        r"a{2,5}b{2}",
        r"(?:a{2})*b",
        r"a*+a",
        r"(?:^ab)+c",
        r"(?=ab)a+b",
        r"a++b+",
    ],
)
def test_a_pattern_that_can_divide_a_text_in_one_way_only_is_taken(pattern: str) -> None:
    assert compile_pattern(pattern).pattern == pattern


def test_case_does_not_matter_and_a_point_is_any_character() -> None:
    assert compile_pattern("a.b").search("A\nB")


@pytest.mark.parametrize("pattern", ["Certain(", "[b-a]", "a{2,1}", "(" * 5000, "a{99999999999999999999}"])
def test_what_is_no_regular_expression_is_named_so(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no regular expression: "):
        compile_pattern(pattern)


def test_a_question_about_a_group_is_refused() -> None:
    with pytest.raises(ValueError, match="write both cases as alternatives"):
        compile_pattern("(a)?(?(1)b|c)")


def test_what_was_looked_through_before_is_taken_at_its_word() -> None:
    assert compile_pattern(CheckedPattern("(a+)+")).search("AA")


PIECES = st.sampled_from(
    ["a", "b", "a+", "b*", "[ab]+", ".*", "(a|b)*", "(?:ab)+", "a?", ",", "[^,]*", "(a|ab)", "$", "^"]
)


@given(st.lists(PIECES, max_size=5).map("".join))
def test_what_is_taken_stands_the_longest_text_a_fact_may_hold(pattern: str) -> None:
    """The test runner's own patience is the limit: what explodes would not end before the sun does."""
    try:
        compiled = compile_pattern(pattern)
    except ValueError:
        return
    compiled.search("ab" * (MAX_TEXT // 8) + "\0")


def test_the_patterns_that_are_taken_are_those_of_the_standard_library() -> None:
    assert compile_pattern("x").flags & (re.IGNORECASE | re.DOTALL)
