"""mitmproxy's addon manager, which here looks every hook up once.

For each event the stock manager walks all addons and their children with `getattr`: about 32 events an exchange, half
of the CPU time a bare mitmdump spends. What an addon can hear does not change while it is loaded, so the answer is kept
per hook name and thrown away whenever an addon comes or goes.
"""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Final

from mitmproxy.addonmanager import AddonManager, safecall
from mitmproxy.exceptions import AddonHalt, AddonManagerError
from mitmproxy.flow import Flow
from mitmproxy.hooks import UpdateHook
from mitmproxy.log import AddLogHook, LogEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.hooks import Hook
    from mitmproxy.master import Master

    type Listeners = tuple[Callable[..., object], ...]

_OVERRIDDEN: Final = ("register", "remove", "clear", "handle_lifecycle", "trigger", "trigger_event", "_iter_hooks")


def cache_hooks(master: Master) -> None:
    """Give a master without addons a manager that remembers. Where mitmproxy's own looks different, it stays."""
    if all(inspect.isfunction(vars(AddonManager).get(name)) for name in _OVERRIDDEN):
        master.addons = hooks = CachedHooks(master)
        log_events = getattr(master, "_legacy_log_events", None)
        if isinstance(log_events, logging.Handler):
            # It wakes the event loop for every line that is logged, and hardly any addon listens.
            log_events.addFilter(lambda _: hooks.is_heard(AddLogHook(LogEntry("", "info"))))


class CachedHooks(AddonManager):
    """The stock manager in everything but speed: order, error handling and `AddonHalt` are the same."""

    def __init__(self, master: Master) -> None:
        self._listeners: dict[str, tuple[Listeners, ...]] = {}
        super().__init__(master)  # type: ignore[no-untyped-call]  # mitmproxy leaves it untyped

    def register(self, addon: object) -> object:
        """Forget, also when loading fails half-way: the addon's children may be known by then."""
        self._listeners.clear()
        try:
            return super().register(addon)  # type: ignore[no-untyped-call]  # untyped there
        finally:
            self._listeners.clear()

    def add(self, *addons: object) -> None:
        """Add addons to the end of the chain; the chain grows only after `register` has returned."""
        super().add(*addons)  # type: ignore[no-untyped-call]  # untyped there
        self._listeners.clear()

    def remove(self, addon: object) -> None:
        """Forget, also when its `done` raises: it has left the chain before that is called."""
        try:
            super().remove(addon)  # type: ignore[no-untyped-call]  # untyped there
        finally:
            self._listeners.clear()

    def clear(self) -> None:
        """Remove all addons."""
        super().clear()  # type: ignore[no-untyped-call]  # untyped there
        self._listeners.clear()

    async def trigger_event(self, event: Hook) -> None:
        """Call every listener, waiting for those which are coroutines."""
        groups = self._of(event)
        if not groups:
            return
        arguments = event.args()
        for listeners in groups:
            try:
                for listener in listeners:
                    result = listener(*arguments)
                    if result is not None and inspect.isawaitable(result):
                        await result
            except AddonHalt:
                return
            except Exception:
                with safecall():
                    raise

    async def handle_lifecycle(self, event: Hook) -> None:
        """Call every listener, and then those who want to hear of any change to a flow."""
        await self.trigger_event(event)
        if self._listeners.get(UpdateHook.name) != ():
            message = event.args()[0]
            if isinstance(message, Flow):
                await self.trigger_event(UpdateHook([message]))

    def trigger(self, event: Hook) -> None:
        """Call every listener from outside the loop; a coroutine cannot be called from there and is an error."""
        for listeners in self._of(event):
            try:
                with safecall():
                    for listener in listeners:
                        _refuse_coroutine(listener, event)
                        listener(*event.args())
            except AddonHalt:
                return

    def is_heard(self, event: Hook) -> bool:
        """Whether any addon listens to such an event."""
        return bool(self._of(event))

    def _of(self, event: Hook) -> tuple[Listeners, ...]:
        """The functions that hear an event, grouped by top-level addon, because an error silences its group only."""
        found = self._listeners.get(event.name)
        if found is None:
            groups = (self._group(addon, event) for addon in self.chain)
            found = self._listeners[event.name] = tuple(filter(None, groups))
        return found

    def _group(self, addon: object, event: Hook) -> Listeners:
        functions: list[Callable[..., object]] = []
        try:
            functions.extend(function for _, function in self._iter_hooks(addon, event))
        except AddonManagerError as error:
            # An attribute with a hook's name that cannot be called. The stock manager finds out anew at every event,
            # after it has called what stands before it.
            functions.append(_raising(error))
        return tuple(functions)


def _raising(error: AddonManagerError) -> Callable[..., object]:
    def refuse(*_: object) -> object:
        raise error

    return refuse


def _refuse_coroutine(listener: Callable[..., object], event: Hook) -> None:
    if inspect.iscoroutinefunction(listener):
        raise AddonManagerError(f"Async handler {event.name} ({listener}) cannot be called from sync context")
