"""What workers tell each other about their connections."""

import asyncio
import math
import os
import sys
from collections.abc import Iterator

import pytest

from proxy_addons.cli import worker_loads
from proxy_addons.cli.shared_ports import can_share
from proxy_addons.cli.worker_loads import Loads, Share, new_loads

pytestmark = pytest.mark.skipif(not can_share(), reason=f"ports cannot be shared on {sys.platform}")


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = new_loads(3)
    yield descriptor
    os.close(descriptor)


def test_each_sees_the_fewest_connections_of_the_others(memory: int) -> None:
    one, other = Loads(memory), Loads(memory)
    one.write(0, 5)
    other.write(1, 7)
    other.write(2, 9)
    assert [one.least_beside(place) for place in range(3)] == [7, 5, 5]


def test_nobody_waits_for_workers_that_are_not_there(memory: int) -> None:
    loads = Loads(memory)
    assert loads.least_beside(0) == math.inf
    loads.write(1, 0)
    loads.forget(1)
    assert loads.least_beside(0) == math.inf


def test_one_that_has_written_nothing_for_long_counts_for_nothing(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = Loads(memory)
    loads.write(1, 0)
    assert loads.least_beside(0) == 0
    monkeypatch.setattr(worker_loads, "STALE_SECONDS", 0.0)
    assert loads.least_beside(0) == math.inf


def test_one_with_more_connections_is_ahead_until_enough_have_ended(memory: int) -> None:
    async def lead() -> list[bool]:
        loads, loop = Loads(memory), asyncio.get_running_loop()
        mine, other = Share(loads, 0, loop), Share(loads, 1, loop)
        mine.begin()
        other.begin()
        seen = [mine.ahead]
        mine.add("first")
        seen.append(mine.ahead)
        other.add("second")
        seen.append(mine.ahead)
        mine.add("third")
        seen.append(mine.ahead)
        mine.remove("third")
        mine.remove("third")
        seen.append(mine.ahead)
        other.end()
        mine.add("fourth")
        seen.append(mine.ahead)
        mine.end()
        return seen

    assert asyncio.run(lead()) == [False, True, False, True, False, False]


def test_one_that_has_left_is_not_counted_again_when_its_last_connections_end(memory: int) -> None:
    async def leave() -> float:
        loads = Loads(memory)
        share = Share(loads, 0, asyncio.get_running_loop())
        share.begin()
        share.add("last")
        share.end()
        share.remove("last")
        return loads.least_beside(1)

    assert asyncio.run(leave()) == math.inf
