"""Bundles of live failures, written by a worker: neither a slow nor a full disk is the traffic's business."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.guard import described
from proxy_addons.sinks.bundle import UnsafeBundleError, write_bundle
from proxy_addons.sinks.worker import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from proxy_addons.addons.options import Options
    from proxy_addons.redaction.record import Record
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)

WAITING_AT_MOST: Final = 200
OF_ONE_KIND_AT_MOST: Final = 20
"""A client that retries for a weekend fails in one way, thousands of times; twenty pieces of evidence will do."""

IN_ONE_RUN_AT_MOST: Final = 2000
_FLUSH_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Order:
    record: Record
    path: Path
    rules_revision: str
    created: datetime


class BundleWriter:
    """Writes one bundle per failure where the settings name a directory. What is not written is counted."""

    name = "why403-bundles"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._worker: Worker[_Order] | None = None
        self._taken: Counter[str] = Counter()
        self._complained: set[str] = set()

    def offer(self, record: Record, rules_revision: str) -> None:
        """Have a bundle written, if bundles are wanted and not enough of this kind of failure exist already."""
        directory = self._options.settings.bundle_directory
        if directory is None:
            return
        kind = record.report.fingerprint
        if self._taken[kind] >= OF_ONE_KIND_AT_MOST or self._taken.total() >= IN_ONE_RUN_AT_MOST:
            self._drop("enough", f"{OF_ONE_KIND_AT_MOST} of one kind of failure, {IN_ONE_RUN_AT_MOST} in all")
            return
        if self._worker is None:
            self._worker = Worker("why403-bundles", self._write, WAITING_AT_MOST)
        created = datetime.now(UTC)
        path = directory / f"why403-{created:%Y%m%dT%H%M%SZ}-{record.report.id}.zip"
        if self._worker.offer(_Order(record, path, rules_revision, created)):
            self._taken[kind] += 1
        else:
            self._drop("queue_full", f"{WAITING_AT_MOST} bundles wait already")
        self._metrics.bundle_queue.set(len(self._worker))

    def done(self) -> None:
        """Write what waits before the process ends, within reason."""
        if self._worker is not None and not self._worker.close(_FLUSH_SECONDS):
            _logger.warning("bundles still waiting after %d seconds were not written", _FLUSH_SECONDS)

    def _write(self, order: _Order) -> None:
        """Run in the worker's thread."""
        try:
            order.path.parent.mkdir(parents=True, exist_ok=True)
            write_bundle(order.path, [order.record], rules_revision=order.rules_revision, created=order.created)
        except UnsafeBundleError as error:
            self._drop("unsafe", str(error))
        except OSError as error:
            self._drop("store_error", f"{order.path.parent}: {error.strerror}")
        except Exception as error:  # noqa: BLE001 - whatever one record does, the worker lives on
            self._drop("store_error", described(error))
        else:
            self._metrics.sink_writes.labels("bundle").inc()
            self._complained.discard("store_error")
        if self._worker is not None:
            self._metrics.bundle_queue.set(len(self._worker))

    def _drop(self, reason: str, because: str) -> None:
        """Count every bundle that was not written; log the first of a row."""
        self._metrics.bundles_dropped.labels(reason).inc()
        if reason != "enough":
            self._metrics.sink_failures.labels("bundle").inc()
        if reason not in self._complained:
            self._complained.add(reason)
            _logger.warning("bundle not written (%s): %s. Further ones like it are only counted", reason, because)
