"""The regular expressions of the rules are held against texts a hostile server may choose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.condition import Not, Test as Check
from proxy_addons.intake.rule_files import read_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.condition import Condition

_REPEATED_GROUP = re.compile(r"[*+}]\)(?:[*+]|\{\d+,\})(?!\+)")
_ANYTHING = re.compile(r"(?<!\\)\.[*+](?!\+)")


def _patterns(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Check):
        if isinstance(condition.operand, re.Pattern):
            yield condition.operand.pattern
    elif isinstance(condition, Not):
        yield from _patterns(condition.part)
    else:
        for part in condition.parts:
            yield from _patterns(part)


PATTERNS = sorted(
    {
        pattern
        for rule in read_rules().rules
        for condition in (*(each.when for each in rule.signatures), *(each.when for each in rule.against))
        for pattern in _patterns(condition)
    }
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_repeats_a_repetition(pattern: str) -> None:
    assert not _REPEATED_GROUP.search(pattern)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_choice_of_a_pattern_skips_anything_twice(pattern: str) -> None:
    assert all(len(_ANYTHING.findall(choice)) <= 1 for choice in pattern.split("|"))
