"""The addon manager with a memory does what mitmproxy's own does, only sooner."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from mitmproxy import hooks, options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.exceptions import AddonHalt, AddonManagerError, OptionsError
from mitmproxy.master import Master
from mitmproxy.proxy import events  # noqa: F401 - declares hooks of its own
from mitmproxy.test import tflow

from proxy_addons.cli.cached_hooks import CachedHooks, cache_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# `load` is not triggered but called; `add_log` is mitmproxy's echo of every log line, the errors made here included.
ALL_HOOKS = sorted(
    (hook for hook in hooks.all_hooks.values() if hook.name not in {"load", "add_log"}), key=lambda hook: hook.name
)


class Listening:
    """An addon that hears every hook, writes down what it heard, and behaves as told."""

    def __init__(self, name: str, heard: list[str], behave: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self.addons: list[object] = []
        for hook in ALL_HOOKS:
            setattr(self, hook.name, self._hearing(hook.name, heard, behave))

    def _hearing(self, hook: str, heard: list[str], behave: Callable[[], object]) -> Callable[..., object]:
        def hear(*arguments: object) -> object:
            heard.append(f"{self.name}.{hook}/{len(arguments)}")
            return behave()

        return hear


def stop_the_rest() -> None:
    raise AddonHalt


def break_down() -> None:
    raise ValueError("broken")


def refuse_the_options() -> None:
    raise OptionsError("no such thing")


def wait_a_turn() -> object:
    return asyncio.sleep(0)


BEHAVIOURS = {
    "quiet": lambda: None,
    "waiting": wait_a_turn,
    "breaking": break_down,
    "halting": stop_the_rest,
    "refusing": refuse_the_options,
}


def _event(hook: type[hooks.Hook]) -> hooks.Hook:
    return hook(*(tflow.tflow() for _ in fields(hook)))  # type: ignore[arg-type]


@contextmanager
def _master(*, stock: bool = False) -> Iterator[Master]:
    """A master that leaves no log handler behind."""
    master = Master(options.Options())
    if not stock:
        cache_hooks(master)
    try:
        yield master
    finally:
        master._legacy_log_events.uninstall()


def _household(master: Master, heard: list[str], behave: Callable[[], object]) -> None:
    """A first addon with a child that behaves as told and one after it, and a second addon."""
    parent = Listening("parent", heard)
    parent.addons = [Listening("child", heard, behave), Listening("sibling", heard)]
    master.addons.add(parent, Listening("last", heard))
    heard.clear()


async def _heard(hook: type[hooks.Hook], behave: Callable[[], object], *, stock: bool) -> list[str]:
    heard: list[str] = []
    with _master(stock=stock) as master:
        assert isinstance(master.addons, CachedHooks) is not stock
        _household(master, heard, behave)
        for _ in range(2):
            try:
                await master.addons.trigger_event(_event(hook))
            except OptionsError:
                heard.append("escaped")
            if behave is not wait_a_turn:
                try:
                    master.addons.trigger(_event(hook))
                except OptionsError:
                    heard.append("escaped")
    return heard


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("hook", ALL_HOOKS, ids=lambda hook: hook.name)
def test_each_hook_is_heard_by_the_same_addons_in_the_same_order(
    hook: type[hooks.Hook], behaviour: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def both() -> tuple[list[str], list[str], list[str], list[str]]:
        stock = await _heard(hook, BEHAVIOURS[behaviour], stock=True)
        said = [record.getMessage() for record in caplog.records]
        caplog.clear()
        ours = await _heard(hook, BEHAVIOURS[behaviour], stock=False)
        return stock, said, ours, [record.getMessage() for record in caplog.records]

    with caplog.at_level(logging.ERROR):
        stock, said, ours, said_by_ours = asyncio.run(both())
    assert stock
    assert ours == stock
    assert said_by_ours == said


@pytest.fixture
def heard() -> list[str]:
    return []


async def _with_master(play: Callable[[Master], object]) -> None:
    with _master() as master:
        play(master)


def test_an_addon_that_arrives_later_is_heard(heard: list[str]) -> None:
    def play(master: Master) -> None:
        master.addons.trigger(hooks.RunningHook())
        master.addons.add(Listening("late", heard))
        heard.clear()
        master.addons.trigger(hooks.RunningHook())

    asyncio.run(_with_master(play))
    assert heard == ["late.running/0"]


def test_an_addon_that_left_is_no_longer_called(heard: list[str]) -> None:
    def play(master: Master) -> None:
        addon = Listening("leaving", heard)
        master.addons.add(addon)
        master.addons.trigger(hooks.RunningHook())
        master.addons.remove(addon)
        heard.clear()
        master.addons.trigger(hooks.RunningHook())

    asyncio.run(_with_master(play))
    assert heard == []


def test_clearing_forgets_everyone(heard: list[str]) -> None:
    def play(master: Master) -> None:
        master.addons.add(Listening("leaving", heard))
        master.addons.trigger(hooks.RunningHook())
        master.addons.clear()
        heard.clear()
        master.addons.trigger(hooks.RunningHook())

    asyncio.run(_with_master(play))
    assert heard == []


def test_a_changed_option_is_announced_once(heard: list[str]) -> None:
    def play(master: Master) -> None:
        master.addons.add(Listening("only", heard))
        heard.clear()
        master.options.update(websocket=False)

    asyncio.run(_with_master(play))
    assert heard == ["only.configure/1"]


def test_an_attribute_that_only_looks_like_a_hook_is_reported_and_costs_nobody_else(
    heard: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def play(master: Master) -> None:
        odd = Listening("odd", heard)
        odd.running = "not a function"  # type: ignore[attr-defined]
        master.addons.add(odd, Listening("last", heard))
        heard.clear()
        master.addons.trigger(hooks.RunningHook())

    asyncio.run(_with_master(play))
    assert heard == ["last.running/0"]
    assert "not callable" in caplog.text


def test_a_coroutine_cannot_be_called_from_outside_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    class Waiting:
        async def running(self) -> None:
            await asyncio.sleep(0)

    def play(master: Master) -> None:
        master.addons.add(Waiting())
        master.addons.trigger(hooks.RunningHook())

    asyncio.run(_with_master(play))
    assert "cannot be called from sync context" in caplog.text


def test_a_name_taken_twice_is_refused_as_before(heard: list[str]) -> None:
    def play(master: Master) -> None:
        master.addons.add(Listening("same", heard))
        with pytest.raises(AddonManagerError):
            master.addons.add(Listening("same", heard))

    asyncio.run(_with_master(play))


def test_a_mitmproxy_with_another_manager_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(AddonManager, "_iter_hooks")

    async def play() -> type:
        with _master() as master:
            return type(master.addons)

    assert asyncio.run(play()) is AddonManager


def test_log_lines_wake_the_loop_only_where_an_addon_listens_to_them() -> None:
    class Hearing:
        def add_log(self, entry: object) -> None:
            """Hear every line."""

    async def heard() -> list[bool]:
        master = Master(options.Options())
        cache_hooks(master)
        line = logging.makeLogRecord({"msg": "a line"})
        told = [bool(master._legacy_log_events.filter(line))]
        master.addons.add(Hearing())
        told.append(bool(master._legacy_log_events.filter(line)))
        master._legacy_log_events.uninstall()
        return told

    assert asyncio.run(heard()) == [False, True]
