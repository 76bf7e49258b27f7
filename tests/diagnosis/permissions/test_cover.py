from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from hypothesis import given, strategies as st

from proxy_addons.diagnosis.permissions import cover
from proxy_addons.diagnosis.permissions.cover import Cover, least_cover

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from proxy_addons.diagnosis.permissions.accepted import Alternative

NAMES = "abcdef"
WEIGHTS = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 7, "f": 9}
Calls = list[tuple["Alternative", ...]]


def one(*names: str) -> tuple[Alternative, ...]:
    return tuple((name,) for name in names)


def least(*calls: Sequence[Alternative], **weights: int) -> Cover:
    return least_cover(calls, lambda name: weights.get(name, 1))


def opens(names: set[str], calls: Calls) -> bool:
    return all(any(names.issuperset(way) for way in ways) for ways in calls if ways)


def lightest_by_trying_all(calls: Calls) -> int:
    sets = (set(names) for size in range(len(NAMES) + 1) for names in combinations(NAMES, size))
    return min(sum(WEIGHTS[name] for name in names) for names in sets if opens(names, calls))


alternatives = st.lists(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(lambda names: tuple(sorted(names))),
    max_size=4,
).map(tuple)


@given(st.lists(alternatives, max_size=8))
def test_no_set_that_opens_every_call_is_lighter(calls: Calls) -> None:
    found = least_cover(calls, WEIGHTS.__getitem__)
    assert found.exact
    assert opens(set(found.permissions), calls)
    assert sum(WEIGHTS[name] for name in found.permissions) == lightest_by_trying_all(calls)


def test_one_permission_that_opens_all_beats_two_that_weigh_more() -> None:
    assert least(one("read", "write"), one("list", "write"), read=2, list=2, write=3).permissions == ("write",)


def test_of_sets_that_weigh_the_same_the_first_by_name_is_taken() -> None:
    assert least(one("read", "write"), one("list", "write"), one("list", "read")).permissions == ("list", "read")


def test_two_narrow_permissions_beat_a_broad_one_that_weighs_more() -> None:
    assert least(one("read", "write"), one("list", "write"), read=2, list=2, write=9).permissions == ("list", "read")


def test_what_is_needed_together_is_taken_together() -> None:
    assert least((("policy", "app"),), (("policy",),)).permissions == ("app", "policy")


def test_equal_weights_are_decided_by_name() -> None:
    assert least(one("b", "a")).permissions == ("a",)


def test_no_call_needs_no_permission() -> None:
    assert least() == least(()) == Cover(())


def test_a_search_that_takes_too_long_is_cut_off_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "MOST_STEPS", 1)
    pairs = [one(a, b) for a, b in combinations("abcdefgh", 2)]
    found = least(*pairs, **{name: number for number, name in enumerate("abcdefgh", start=3)})
    assert not found.exact
    assert opens(set(found.permissions), pairs)
