"""The bars the examination has to clear, and the page that tells its figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.replay.__main__ import misses, table
from tests.replay.examine import examine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.replay.examine import Mark

RIGHT_FIRST: Final = 0.95
WITHIN_THREE: Final = 0.99
PAGE: Final = Path(__file__).parents[2] / "docs" / "accuracy.md"


@pytest.fixture(scope="module")
def marks() -> Sequence[Mark]:
    return examine()


def test_the_right_cause_comes_first(marks: Sequence[Mark]) -> None:
    failures = [mark for mark in marks if mark.is_failure]
    assert sum(mark.is_right for mark in failures) >= RIGHT_FIRST * len(failures), misses(marks)


def test_the_right_cause_is_among_the_first_three(marks: Sequence[Mark]) -> None:
    failures = [mark for mark in marks if mark.is_failure]
    assert sum(mark.is_within_three for mark in failures) >= WITHIN_THREE * len(failures), misses(marks)


def test_nothing_is_called_certain_that_is_not(marks: Sequence[Mark]) -> None:
    assert {mark.case: mark.wrong_certain for mark in marks if mark.wrong_certain} == {}


def test_nothing_is_reported_where_nothing_was_refused(marks: Sequence[Mark]) -> None:
    assert [mark.case for mark in marks if not mark.is_failure and not mark.is_right] == []


def test_the_page_tells_the_present_figures(marks: Sequence[Mark]) -> None:
    assert table(marks) in PAGE.read_text(encoding="utf-8"), f"docs/accuracy.md is out of date; now:\n{table(marks)}"
