"""Bundles of live failures, written by a worker: neither a slow nor a full disk is the traffic's business."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from proxy_addons.sinks.bundle import UnsafeBundleError, write_bundle
from proxy_addons.sinks.worker import Worker

if TYPE_CHECKING:
    from proxy_addons.addons.options import Options
    from proxy_addons.redaction.record import Record
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)

WAITING_AT_MOST: Final = 200
_FLUSH_SECONDS: Final = 5.0


class BundleWriter:
    """Writes one bundle per failure where the settings name a directory. What cannot be written is counted."""

    name = "why403-bundles"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._worker: Worker[Record] | None = None
        self._complained: set[str] = set()

    def offer(self, record: Record) -> None:
        """Have a bundle written, if bundles are wanted."""
        if self._options.settings.bundle_directory is None:
            return
        if self._worker is None:
            self._worker = Worker("why403-bundles", self._write, WAITING_AT_MOST)
        if not self._worker.offer(record):
            self._drop("queue_full", f"{WAITING_AT_MOST} bundles wait already")
        self._metrics.bundle_queue.set(len(self._worker))

    def done(self) -> None:
        """Write what waits before the process ends, within reason."""
        if self._worker is not None and not self._worker.close(_FLUSH_SECONDS):
            _logger.warning("bundles still waiting after %s seconds were not written", _FLUSH_SECONDS)

    def _write(self, record: Record) -> None:
        """Run in the worker's thread."""
        directory = self._options.settings.bundle_directory
        if directory is None:
            return
        try:
            directory.mkdir(parents=True, exist_ok=True)
            write_bundle(directory, [record])
        except UnsafeBundleError as error:
            self._drop("unsafe", str(error))
        except OSError as error:
            self._drop("store_error", f"{directory}: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001 - the worker lives on whatever one record does
            self._drop("store_error", type(error).__name__)
        else:
            self._metrics.sink_writes.labels("bundle").inc()
            self._complained.clear()
        if self._worker is not None:
            self._metrics.bundle_queue.set(len(self._worker))

    def _drop(self, reason: str, because: str) -> None:
        """Count every lost bundle; log the first of a row."""
        self._metrics.sink_failures.labels("bundle").inc()
        self._metrics.bundles_dropped.labels(reason).inc()
        if reason not in self._complained:
            self._complained.add(reason)
            _logger.warning("bundle not written, %s: %s; more of these are only counted", reason, because)
