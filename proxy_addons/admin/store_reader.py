"""The failure store as the pages read it: never on the event loop, in two threads, and with few waiting."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from proxy_addons.sinks.store.database import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.sinks.store.database import Database

_THREADS: Final = 2
WAITING_AT_MOST: Final = 64


class BusyError(Exception):
    """More is being asked of the store than it answers; whoever asks should come back."""


class StoreReader:
    """Opens the store when it is first asked, and again after it could not be opened."""

    def __init__(self, place: str | None) -> None:
        self._place = place
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="why403-pages")
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._waiting = 0

    async def ask[Answer](self, question: Callable[[Database], Answer]) -> Answer:
        """The answer to a question. Raises StoreError where the store cannot be read, BusyError where too many ask."""
        return await self.work(lambda: question(self._opened()))

    async def work[Result](self, task: Callable[[], Result]) -> Result:
        """Do something slow beside the event loop. Raises BusyError like `ask`."""
        if self._waiting >= WAITING_AT_MOST:
            raise BusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, task)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let go of the store; what is being read is read to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            if self._database is not None:
                self._database.close()

    def _opened(self) -> Database:
        with self._lock:
            if self._database is None:
                self._database = open_store(self._place)
            return self._database
