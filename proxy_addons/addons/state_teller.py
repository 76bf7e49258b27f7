"""In a worker, in place of the admin port: tells the process above what it would have shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.admin_port import readiness
from proxy_addons.addons.guard import Guard
from proxy_addons.admin.worker_state import WorkerState
from proxy_addons.sinks.metric_sums import family_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy_addons.addons.drain import Drain
    from proxy_addons.addons.reporter import Reporter
    from proxy_addons.admin.ews_callers import EwsCallers
    from proxy_addons.sinks.metrics import Metrics

    type Tell = Callable[[WorkerState], None]

TELL_EVERY_SECONDS: Final = 1.0
"""What a worker counted within this time is lost where it is killed; its failures in the store are not."""
_GLANCE_SECONDS: Final = 0.1


class StateTeller:
    """Tells the whole state every second, when it was asked for, and when the worker begins to leave."""

    name = "why403-state"

    def __init__(self, metrics: Metrics, reporter: Reporter, drain: Drain, callers: EwsCallers, tell: Tell) -> None:
        self._metrics = metrics
        self._reporter = reporter
        self._drain = drain
        self._callers = callers
        self._tell = tell
        self._guard = Guard("admin", metrics)
        self._asked = 0
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def running(self) -> None:
        """Begin to tell."""
        with self._guard:
            self._task = asyncio.get_running_loop().create_task(self._go_on(), name=self.name)

    def done(self) -> None:
        """Stop; what is told last is for whoever ends the process."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def ask(self, number: int) -> None:
        """Have the state told now, and this number with it."""
        self._asked = max(self._asked, number)
        self._wanted.set()

    def last(self) -> WorkerState:
        """The state at the end, when nothing runs any more."""
        return self._state({}, self._asked)

    async def _go_on(self) -> None:
        while True:
            with self._guard:
                self._wanted.clear()
                # Read before what it answers: whoever asks in the meantime is answered the next time.
                asked, conditions = self._asked, readiness(self._reporter, self._drain)
                self._tell(self._state(conditions, asked))
            await self._wait(conditions)

    async def _wait(self, told: Mapping[str, bool]) -> None:
        """Until it is time again, somebody asks, or a condition is another one."""
        until = asyncio.get_running_loop().time() + TELL_EVERY_SECONDS
        while asyncio.get_running_loop().time() < until:
            try:
                async with asyncio.timeout(_GLANCE_SECONDS):
                    await self._wanted.wait()
            except TimeoutError:
                if readiness(self._reporter, self._drain) == told:
                    continue
            return

    def _state(self, conditions: Mapping[str, bool], asked: int) -> WorkerState:
        ruleset = self._reporter.ruleset
        return WorkerState(
            asked,
            conditions,
            ruleset.revision if ruleset else "",
            rules_trouble=self._reporter.rules_trouble,
            families=[family_of(metric) for metric in self._metrics.registry.collect()],
            callers=self._callers.rows(),
        )
