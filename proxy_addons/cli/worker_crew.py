"""The workers of one run, kept at their number: who ends is replaced, and what it counted is kept."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proxy_addons.admin.ews_callers import EwsCallers
from proxy_addons.cli.proxy_ports import ProxyError
from proxy_addons.cli.worker_channel import Told
from proxy_addons.cli.worker_loads import Loads
from proxy_addons.cli.worker_process import WorkerProcess
from proxy_addons.diagnosis.verdict import Certainty
from proxy_addons.sinks.metric_sums import MetricSums

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prometheus_client.metrics_core import Metric

    from proxy_addons.admin.ews_callers import EwsCaller
    from proxy_addons.admin.worker_state import WorkerState
    from proxy_addons.cli.shared_ports import SharedPorts
    from proxy_addons.cli.worker_channel import Plan
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger("why403.workers")

FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 30.0
_HEALTHY_SECONDS: Final = 60.0
"""Who has lived for so long has not died of its start: the next pause is the first again."""
_GLANCES: Final = 12
"""How often a worker is looked after within the time it may be silent."""
_ANSWER_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """With what workers do not do, in seconds.

    One that is loaded tells its state every second: who says nothing for `silent` hangs, and is replaced, as is who
    takes longer than `loading` to come so far. Those that are loaded first wait for the others for `together`, so that
    none has all the first connections.
    """

    silent: float = 60.0
    loading: float = 60.0
    together: float = 10.0


class Crew:
    """Workers by their places. `written` takes their lines and boxes; `counting` counts what befalls them.

    `ports` it opens when workers are there to take connections, and shuts when there is none.
    """

    def __init__(
        self,
        plan: Plan,
        ports: SharedPorts,
        places: int,
        counting: Metrics,
        written: Callable[[Told, str], None],
        patience: Patience = Patience(),
    ) -> None:
        self.plan = plan
        self.counting = counting
        self._ports = ports
        self._written = written
        self._patience = patience
        self._loads = Loads(plan.inherited[-1])
        self._places: list[WorkerProcess | None] = [None] * places
        self._started = 0
        self._asked = 0
        self._callers_of_the_ended = EwsCallers()
        self._left = asyncio.Event()
        self._hurried = asyncio.Event()
        self._changed = asyncio.Event()
        self._keeping: list[asyncio.Task[None]] = []
        self._minding: list[asyncio.Task[None]] = []
        self._opened = False
        self._refusing: asyncio.TimerHandle | None = None
        self.sums = MetricSums(counting.registry)
        self.strongest: Certainty | None = None
        """How surely the most surely explained refusal of the whole run was explained."""

    async def start(self) -> None:
        """Start all and wait until every one takes connections; ProxyError where one cannot."""
        loop = asyncio.get_running_loop()
        self._keeping = [
            loop.create_task(self._keep(place), name=f"why403 worker {place + 1}") for place in range(len(self._places))
        ]
        self._minding = [
            loop.create_task(self._watch(), name="why403 silent workers"),
            loop.create_task(self._open(), name="why403 first workers"),
        ]
        begun = loop.create_task(self._until(lambda: self.accepting == self.places))
        await asyncio.wait([begun, *self._keeping], return_when=asyncio.FIRST_COMPLETED)
        if not begun.done():
            begun.cancel()
        for task in self._keeping:
            if task.done():
                task.result()

    @property
    def places(self) -> int:
        """How many workers there should be."""
        return len(self._places)

    @property
    def accepting(self) -> int:
        """How many take connections and stay."""
        return sum(worker.ready and worker.state.accepts for worker in self._living)

    @property
    def states(self) -> Sequence[WorkerState]:
        """What those that are there said last."""
        return [worker.state for worker in self._living]

    @property
    def leaving(self) -> bool:
        """Whether the end has begun."""
        return self._left.is_set()

    def callers(self) -> Sequence[EwsCaller]:
        """Who calls EWS, through any worker there ever was."""
        together = EwsCallers()
        for rows in (self._callers_of_the_ended.rows(), *(state.callers for state in self.states)):
            for row in rows:
                together.add(row)
        return together.rows()

    async def collect(self) -> list[Metric]:
        """What all count, each asked now; who does not answer soon is taken at its last word."""
        self._asked += 1
        asked = self._asked
        self._tell(Told.ASK, str(asked).encode())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._until(lambda: all(each.state.asked >= asked for each in self._living if each.ready))
        return [*self.sums.collect()]

    def reload(self) -> None:
        """Have all read their rules again."""
        self._tell(Told.RELOAD)

    def drain(self, delay: float) -> None:
        """Have all leave in order; new connections are taken for so many seconds yet."""
        self._left.set()
        self._refusing = asyncio.get_running_loop().call_later(delay, self._ports.refuse)
        for worker in self._living:
            # One that has not begun has nothing to wait for.
            worker.send(Told.DRAIN if worker.ready else Told.END)

    def end(self) -> None:
        """Have all leave now."""
        self._left.set()
        self._hurried.set()
        if self._refusing is not None:
            self._refusing.cancel()
        self._ports.refuse()
        self._tell(Told.END)

    async def gone(self, in_order: float, at_once: float) -> None:
        """Wait until all have ended: so many seconds in order, so many more once they are to end now, then by force."""
        for task in self._minding:
            task.cancel()
        ended, hurried = asyncio.ensure_future(self._all_ended()), asyncio.ensure_future(self._hurry())
        await asyncio.wait([ended, hurried], timeout=in_order, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not ended.done():
            await asyncio.wait([ended], timeout=at_once)
        for worker in () if ended.done() else self._living:
            _logger.warning("worker %d did not end when it was told to, and is killed", worker.number)
            worker.kill()
        await ended

    async def _all_ended(self) -> None:
        # Of several that could not begin the first has been told; the others say the same.
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def _hurry(self) -> None:
        await self._hurried.wait()

    def heard(self, _: WorkerProcess, told: Told, text: str) -> None:
        """Write a worker's line or box."""
        self._written(told, text)

    def state_changed(self, worker: WorkerProcess) -> None:
        """Note what a worker told."""
        self.sums.take(worker.number, worker.state.families)
        if worker.state.strongest:
            told = Certainty(worker.state.strongest)
            if self.strongest is None or told.weakness < self.strongest.weakness:
                self.strongest = told
        if self._opened:
            self._let_in()
        self._notice()

    @property
    def _living(self) -> Sequence[WorkerProcess]:
        return [worker for worker in self._places if worker is not None]

    def _tell(self, told: Told, content: bytes = b"") -> None:
        for worker in self._living:
            worker.send(told, content)

    def _notice(self) -> None:
        self.counting.workers.set(self.accepting)
        self._changed.set()
        self._changed = asyncio.Event()

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, looking again whenever a worker said something or has ended."""
        while not holds():
            await self._changed.wait()

    async def _open(self) -> None:
        """Let the first workers begin together: a system gives every connection to those that listen, however few."""
        await self._until(lambda: any(worker.loaded for worker in self._living))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.together):
                await self._until(lambda: sum(worker.loaded for worker in self._living) == self.places)
        self._opened = True
        self._let_in()

    def _let_in(self) -> None:
        """Have those take connections that can."""
        loaded = [worker for worker in self._living if worker.loaded]
        if loaded and not self.leaving:
            self._ports.open()
            for worker in loaded:
                worker.let_in()

    async def _keep(self, place: int) -> None:
        """Keep a place filled until the run ends; a first worker that never began ends the run."""
        loop, pause, first = asyncio.get_running_loop(), FIRST_PAUSE_SECONDS, True
        while True:
            self._started += 1
            worker = self._places[place] = WorkerProcess(self._started, self)
            born = loop.time()
            status = await worker.live(replace(self.plan, place=place))
            self._bury(place, worker)
            if first and not worker.loaded and not self.leaving:
                raise ProxyError(worker.unusable or f"a worker {_how(status)} before it could begin")
            if self.leaving:
                return
            first = False
            pause = FIRST_PAUSE_SECONDS if loop.time() - born >= _HEALTHY_SECONDS else pause
            self.counting.worker_restarts.inc()
            fields = {"event.name": "why403.worker", "process.pid": worker.pid, "why403.worker": worker.number}
            _logger.warning(
                "worker %d (process %d) %s; another one starts in %g s%s",
                *(worker.number, worker.pid, _how(status), pause, f": {worker.unusable}" if worker.unusable else ""),
                extra={"fields": fields},
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._left.wait()
                return
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _bury(self, place: int, worker: WorkerProcess) -> None:
        self._places[place] = None
        self._loads.forget(place)
        self.sums.bury(worker.number)
        if not self.leaving and not any(each.ready for each in self._living):
            # Who finds nobody is told at once, and not when another worker has come, if one comes.
            self._ports.refuse()
        for row in worker.state.callers:
            self._callers_of_the_ended.add(row)
        self._notice()

    async def _watch(self) -> None:
        """Replace who hangs: it holds connections nobody serves."""
        while True:
            await asyncio.sleep(min(self._patience.silent, self._patience.loading) / _GLANCES)
            now = asyncio.get_running_loop().time()
            for worker in self._living:
                allowed = self._patience.silent if worker.loaded else self._patience.loading
                if now - worker.heard_at > allowed:
                    _logger.error("worker %d has said nothing for %g s and is killed", worker.number, allowed)
                    worker.kill()


def _how(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with {status}"
