"""The machine's clock is put forward or back while the proxy runs: nothing that was stored goes, nothing stops."""

from proxy_addons.sinks.failure_filters import Filters
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.reading import list_failures, list_groups
from proxy_addons.sinks.store.writer import StoreWriter
from tests.sinks.store.stored import HOUR, NOON, SECONDS, opened, record, store_all

YEARS = 10 * 365 * 24 * HOUR


class Clock:
    """What the machine says the time is, and how much of it really passed."""

    def __init__(self) -> None:
        self.now = NOON
        self.passed = 0.0


def running(place: str, clock: Clock, limits: Limits) -> StoreWriter:
    return StoreWriter(place, limits, Metrics(), lambda: clock.now, lambda: clock.passed)


def kept(place: str) -> tuple[int, int]:
    """Records and counts."""
    with opened(place) as database:
        groups = list_groups(database, Filters(), 100)
        return len(list_failures(database, Filters(), 100)), sum(group.occurrences for group in groups)


def test_a_clock_that_jumps_years_ahead_makes_nothing_old(place: str) -> None:
    store_all(place, *(record(number, group=number) for number in range(5)))
    clock = Clock()
    writer = running(place, clock, Limits(days=30))
    clock.now += YEARS
    writer.offer(record(9, group=9), "r1")
    assert writer.close(SECONDS)
    assert kept(place) == (6, 6)


def test_what_grows_old_while_the_proxy_runs_goes(place: str) -> None:
    store_all(place, *(record(number, group=number) for number in range(5)))
    clock = Clock()
    writer = running(place, clock, Limits(days=30))
    clock.now += YEARS
    clock.passed += YEARS
    writer.offer(record(9, group=9), "r1")
    assert writer.close(SECONDS)
    assert kept(place) == (1, 1)


def test_after_a_clock_is_put_back_a_kind_that_was_full_is_kept_whole_again(place: str) -> None:
    clock = Clock()
    writer = running(place, clock, Limits(days=36_500, of_a_group=2))
    for number in range(3):
        writer.offer(record(number), "r1")
    assert writer.close(SECONDS)
    assert kept(place) == (2, 3)
    clock.now -= 24 * HOUR
    writer = running(place, clock, Limits(days=36_500, of_a_group=2))
    for number in range(10, 13):
        writer.offer(record(number), "r1")
    assert writer.close(SECONDS)
    assert kept(place) == (4, 6)
