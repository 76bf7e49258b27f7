"""What hangs in our own code is cut off; what merely works, waits or is somebody else's is left alone."""

import asyncio
import importlib
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy_addons.addons.guard import TookTooLongError
from proxy_addons.addons.watchdog import OURS, Watchdog

RING = 0.02
BY_HAND = 3600.0
"""A timer that does not run out; the test rings."""
HERE = (__file__,)


def ring(times: int) -> None:
    """What the timer does while something is under way."""
    for _ in range(times):
        signal.raise_signal(signal.SIGALRM)


def watched(call: Callable[[], object], seconds: float = BY_HAND, ours: tuple[str, ...] = HERE) -> None:
    """Call something from the loop while the watchdog watches."""

    async def main() -> None:
        watchdog = Watchdog(seconds, ours)
        watchdog.running()
        try:
            call()
        finally:
            watchdog.done()

    asyncio.run(main())


def search_for_hours() -> None:
    re.search(r"(a+)+$", "a" * 40 + "b")


def spin() -> None:
    while True:
        pass


@pytest.mark.parametrize("hang", [spin, search_for_hours, threading.Event().wait])
def test_what_hangs_is_cut_off(hang: Callable[[], object]) -> None:
    with pytest.raises(TookTooLongError):
        watched(hang, RING)


def test_the_call_goes_on_after_what_was_cut_off() -> None:
    def twice() -> None:
        for _ in range(2):
            with pytest.raises(TookTooLongError):
                spin()

    watched(twice, RING)


def test_somebody_elses_slow_code_is_not_ours_to_cut_off() -> None:
    watched(lambda: ring(4), ours=OURS)


def test_what_a_person_asked_for_may_take_its_time() -> None:
    async def configure() -> None:
        watchdog = Watchdog(BY_HAND, HERE)
        watchdog.running()
        ring(4)
        watchdog.done()

    asyncio.run(configure())


def test_a_task_that_lets_the_loop_turn_is_never_cut_off() -> None:
    async def main() -> None:
        watchdog = Watchdog(BY_HAND, HERE)
        watchdog.running()
        for _ in range(20):
            ring(1)
            await asyncio.sleep(0)
        watchdog.done()

    asyncio.run(main())


def test_a_module_that_is_slow_to_load_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_load.py").write_text("import signal\nfor _ in range(4): signal.raise_signal(signal.SIGALRM)\n")
    monkeypatch.syspath_prepend(tmp_path)
    watched(lambda: importlib.import_module("slow_to_load"))


def test_two_rings_within_one_turn_of_the_loop_are_a_hang() -> None:
    with pytest.raises(TookTooLongError):
        watched(lambda: ring(2))


def test_a_timer_somebody_else_uses_is_left_to_them() -> None:
    def theirs(*_: object) -> None:
        pass

    before = signal.signal(signal.SIGALRM, theirs)
    try:
        watched(lambda: None)
        assert signal.getsignal(signal.SIGALRM) is theirs
    finally:
        signal.signal(signal.SIGALRM, before)


def test_nothing_rings_afterwards() -> None:
    watched(lambda: None)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_outside_the_main_thread_nothing_is_watched_and_nothing_fails() -> None:
    thread = threading.Thread(target=watched, args=(lambda: None,))
    thread.start()
    thread.join()


def test_every_storey_that_runs_beside_the_traffic_is_watched() -> None:
    package = Path(__file__).parents[2] / "proxy_addons"
    storeys = {path.parent.name for path in package.glob("*/__init__.py")}
    assert {Path(folder).name for folder in OURS} == storeys - {"cli", "lab"}
