"""The failure store's life beside the proxy: opened when it runs, tended every minute, written to its end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.guard import Guard
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.writer import StoreWriter

if TYPE_CHECKING:
    from proxy_addons.addons.options import Options
    from proxy_addons.redaction.record import Record
    from proxy_addons.settings import Settings
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)

_TEND_SECONDS: Final = 60.0
_FLUSH_SECONDS: Final = 5.0
_MEGABYTE: Final = 1024 * 1024


class FailureStore:
    """Hands failures to the store, where the settings want one. Nothing here waits for it but the end."""

    name = "why403-store"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._guard = Guard("store", metrics)
        self._writer: StoreWriter | None = None
        self._tending: asyncio.TimerHandle | None = None
        self._ended = False

    def running(self) -> None:
        """Open the store now, so that whatever is wrong with it is told at the start and not at the first failure."""
        with self._guard:
            self._tend()

    def offer(self, record: Record, rules_revision: str) -> None:
        """Have a redacted failure stored."""
        writer = self._wanted()
        if writer is not None:
            writer.offer(record, rules_revision)

    def done(self) -> None:
        """Write what waits, within reason."""
        with self._guard:
            self._ended = True
            if self._tending is not None:
                self._tending.cancel()
            if self._writer is not None and not self._writer.close(_FLUSH_SECONDS):
                _logger.warning("the failure store did not take everything within %d seconds", _FLUSH_SECONDS)

    def _tend(self) -> None:
        writer = self._wanted()
        if writer is not None:
            writer.wake()
        self._tending = asyncio.get_running_loop().call_later(_TEND_SECONDS, self._tend)

    def _wanted(self) -> StoreWriter | None:
        settings = self._options.settings
        if self._ended or not settings.keeps_failures:
            return None
        if self._writer is None:
            self._writer = StoreWriter(settings.store, limits_of(settings), self._metrics)
        return self._writer


def limits_of(settings: Settings) -> Limits:
    """The store's limits as the settings have them."""
    return Limits(
        days=settings.store_days,
        records=settings.store_records,
        size=settings.store_megabytes * _MEGABYTE,
        of_a_group=settings.store_group_records,
    )
