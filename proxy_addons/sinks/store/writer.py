"""The live end of the store: one thread that writes what has gathered, and goes on trying when the database is gone.

Whoever offers a failure never waits. While the database has trouble, counts gather (they are small) and records wait
within a bound; what goes beyond is dropped and counted. Trouble is told once, and once that it is over.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from proxy_addons.sinks.store.buffer import Buffer, Entry, Outcome
from proxy_addons.sinks.store.trouble import StoreError
from proxy_addons.sinks.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.redaction.record import Record
    from proxy_addons.sinks.metrics import Metrics
    from proxy_addons.sinks.store.buffer import Batch
    from proxy_addons.sinks.store.database import Database
    from proxy_addons.sinks.store.limits import Limits

_logger = logging.getLogger(__name__)

_GATHER_SECONDS: Final = 0.2
"""How long failures gather before they are written together: a transaction costs as much for one as for fifty."""

_TRANSACTION_RECORDS: Final = 100
_IDLE_PER_BUSY: Final = (9, 10, 10)
"""Seconds the thread rests for each second of a core it took: what is stored leaves the core to the traffic.

It rests a second and a third time only where the traffic took all of the core meanwhile.
"""
_ALL_OF_A_CORE: Final = 0.75
"""The share above which every second the thread takes is one of the traffic's."""
_LONGEST_REST_SECONDS: Final = 2.5
"""However many records wait, somebody who looks sees them come."""
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 10.0
_LAST_TRIES: Final = 3
_HOUSEKEEPING_SECONDS: Final = 60.0
_HOUSEKEEPING_RECORDS: Final = 2000
"""The limits are enforced every so often; the store is beyond them by no more than this."""


def _seconds_passed() -> float:
    """Seconds that went by, also while the machine slept, whatever anybody does to its clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def rests_after(busy: float) -> tuple[float, ...]:
    """Seconds to leave the core alone after so many seconds of work on it: once, and again while others need it all."""
    return tuple(min(idle * busy, _LONGEST_REST_SECONDS) for idle in _IDLE_PER_BUSY)


class StoreWriter:
    """Writes failures to the store at a place. `clock` gives seconds since 1970, `passed` seconds since any moment."""

    def __init__(
        self,
        place: str | None,
        limits: Limits,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        passed: Callable[[], float] = _seconds_passed,
    ) -> None:
        self._place = place
        self._limits = limits
        self._metrics = metrics
        self._clock = clock
        self._passed = passed
        self._began = clock() - passed()
        self._buffer = Buffer(limits.of_a_group)
        self._database: Database | None = None
        self._closing = threading.Event()
        self._trouble = ""
        self._housekept = -_HOUSEKEEPING_SECONDS
        self._since = 0
        self._busy = 0.0
        self._worker: Worker[None] = Worker("why403-store", self._work, limit=1)

    def offer(self, record: Record, rules_revision: str) -> None:
        """Have a redacted failure stored, or only counted where its group has enough records."""
        outcome = self._buffer.add(Entry(record, rules_revision, int(self._clock() * 1000)))
        if outcome is Outcome.RECORD_DROPPED or outcome is Outcome.LOST:
            self._metrics.store_dropped.labels("queue_full").inc()
            self._metrics.sink_failures.labels("store").inc()
        self._metrics.store_queue.set(len(self._buffer))
        self.wake()

    def wake(self) -> None:
        """Let the worker look whether there is anything to do: write, try again, enforce the limits."""
        self._worker.offer(None)

    def close(self, timeout: float) -> bool:
        """Write what waits, for at most `timeout` seconds; what cannot be written then is counted and told."""
        self._closing.set()
        self.wake()
        ended = self._worker.close(timeout)
        left = self._buffer.take(len(self._buffer))
        if left.failures:
            self._metrics.store_dropped.labels("store_error").inc(left.failures)
            _logger.warning("%d failures were not stored before the end", left.failures)
        return ended

    def _work(self, _: None) -> None:
        """Run in the worker's thread, which nothing may end."""
        self._closing.wait(_GATHER_SECONDS)
        pause, last_tries = _FIRST_PAUSE_SECONDS, _LAST_TRIES
        while True:
            batch = self._buffer.take(_TRANSACTION_RECORDS)
            try:
                self._write(batch)
            except StoreError as error:
                self._buffer.put_back(batch)
                self._note_trouble(str(error))
            except Exception as error:  # noqa: BLE001 - a mistake of ours costs this batch, not the thread
                self._metrics.internal_errors.labels("store").inc()
                self._metrics.store_dropped.labels("store_error").inc(batch.failures)
                self._note_trouble(f"an error of why403 itself: {type(error).__name__}")
            else:
                self._note_health()
                pause = _FIRST_PAUSE_SECONDS
                self._rest()
                if not len(self._buffer):
                    break
                continue
            if self._closing.is_set():
                last_tries -= 1
                if not last_tries:
                    break
                time.sleep(_FIRST_PAUSE_SECONDS)
            self._closing.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        if self._closing.is_set():
            self._let_go()

    def _rest(self) -> None:
        """Leave the core to the traffic, unless the end has come."""
        busy, self._busy = self._busy, 0.0
        for seconds in rests_after(busy):
            passed, taken = time.monotonic(), time.process_time()
            if self._closing.wait(seconds):
                return
            passed, taken = time.monotonic() - passed, time.process_time() - taken
            if taken < _ALL_OF_A_CORE * passed:
                return

    def _write(self, batch: Batch) -> None:
        # The database's library is large; the thread loads it, while the proxy takes its first connections.
        from proxy_addons.sinks.store.retention import enforce, give_back_room
        from proxy_addons.sinks.store.writing import make_ready, write

        database = self._opened()
        began = time.thread_time()
        ready, unsafe = make_ready(batch.entries)
        due = time.monotonic() - self._housekept >= _HOUSEKEEPING_SECONDS
        housekeeping = due or self._since >= _HOUSEKEEPING_RECORDS
        with database.writing() as connection:
            written = write(connection, batch.tallies, ready, unsafe, self._limits.of_a_group)
            removed = enforce(connection, self._limits, self._surely_now()) if housekeeping else 0
        self._since += written.records
        self._buffer.note_full(written.full_until)
        self._metrics.store_records.inc(written.records)
        self._metrics.count_written("store", batch.failures)
        self._metrics.store_dropped.labels("unsafe").inc(len(batch.entries) - len(ready))
        self._metrics.store_queue.set(len(self._buffer))
        self._busy = time.thread_time() - began
        if housekeeping:
            self._housekept, self._since = time.monotonic(), 0
            self._metrics.store_expired.inc(removed)
            with database.writing() as connection:
                give_back_room(connection)
            # A file that somebody has moved away is noticed by opening it anew.
            self._let_go()

    def _surely_now(self) -> int:
        """Milliseconds since 1970 by the more cautious clock: one that jumps ahead must not make everything old."""
        return int(min(self._clock(), self._began + self._passed()) * 1000)

    def _opened(self) -> Database:
        if self._database is None:
            from proxy_addons.sinks.store.database import open_store

            self._database = open_store(self._place)
        return self._database

    def _let_go(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _note_trouble(self, what: str) -> None:
        self._let_go()
        self._metrics.store_up.set(0)
        if what != self._trouble:
            self._trouble = what
            _logger.warning("%s Traffic goes on; failures are counted until they can be stored", what)

    def _note_health(self) -> None:
        self._metrics.store_up.set(1)
        if self._trouble:
            self._trouble = ""
            _logger.warning("the store works again")
