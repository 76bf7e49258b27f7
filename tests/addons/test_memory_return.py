"""When memory is given back. That it is, and how much, shows in `make soak STORM=1`."""

import sys

from proxy_addons.addons.memory_return import CROWD, Crowd, find_trim


def left_at(crowd: Crowd, came: int, left: int) -> list[int]:
    """After which of the leavers a crowd was gone."""
    for _ in range(came):
        crowd.came()
    return [number for number in range(1, left + 1) if crowd.left()]


def test_a_crowd_is_gone_when_three_quarters_have_left_and_only_once() -> None:
    assert left_at(Crowd(), came=2 * CROWD, left=2 * CROWD) == [150]


def test_those_who_stay_may_be_a_crowd_again() -> None:
    assert left_at(Crowd(), came=1000, left=1000) == [750, 938]


def test_the_next_crowd_is_told_of_as_well() -> None:
    crowd = Crowd()
    left_at(crowd, came=CROWD, left=CROWD)
    assert left_at(crowd, came=2 * CROWD, left=2 * CROWD) == [150]


def test_a_few_clients_are_no_crowd() -> None:
    assert left_at(Crowd(), came=CROWD - 1, left=CROWD - 1) == []


def test_the_c_library_of_this_system_is_asked_where_it_can_be() -> None:
    trim = find_trim()
    if sys.platform == "linux" and trim is not None:
        assert trim(0) in {0, 1}
    else:
        assert trim is None
