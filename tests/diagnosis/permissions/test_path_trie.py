from __future__ import annotations

from proxy_addons.diagnosis.permissions.operation_path import KEY, Reading
from proxy_addons.diagnosis.permissions.path_trie import build_trie

FOLDERS = build_trie(
    [
        (("me", "mailfolders", "inbox", "rules"), "GET"),
        (("me", "mailfolders", KEY, "messages"), "GET"),
        (("me", "mailfolders", KEY), "GET"),
        (("me", "mailfolders", KEY), "GET beta"),
        (("me", "mailfolders", "delta"), "GET beta"),
    ]
)


def find(*segments: str, method: str = "GET", beta: bool = False, fixed: frozenset[int] = frozenset()) -> int | None:
    return FOLDERS.find(Reading(segments, fixed), method, beta=beta)


def test_a_word_wins_over_a_key() -> None:
    assert find("me", "mailfolders", "inbox", "rules") == 0


def test_the_search_turns_back_where_a_word_leads_nowhere() -> None:
    assert find("me", "mailfolders", "inbox", "messages") == 1


def test_a_word_that_ends_nothing_can_still_be_a_key() -> None:
    assert find("me", "mailfolders", "inbox") == 2


def test_a_word_of_the_interface_is_no_key() -> None:
    assert find("me", "mailfolders", "delta", fixed=frozenset({2})) is None


def test_beta_has_operations_of_its_own_and_those_of_v1() -> None:
    assert find("me", "mailfolders", "x", beta=True) == 3
    assert find("me", "mailfolders", "x", "messages", beta=True) == 1


def test_what_only_beta_has_is_not_found_in_v1() -> None:
    assert find("me", "mailfolders", "delta", fixed=frozenset({2}), beta=True) == 4


def test_another_method_is_another_operation() -> None:
    assert find("me", "mailfolders", "x", method="DELETE") is None


def test_a_path_that_goes_on_or_stops_short_is_not_found() -> None:
    assert find("me") is None
    assert find("me", "mailfolders", "x", "messages", "y") is None
