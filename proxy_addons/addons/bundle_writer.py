"""Bundles of new kinds of live failures, written by a worker: neither a slow nor a full disk is the traffic's business.

Only the first failure of a kind is packed by itself; the others are in the failure store, for `why403 bundle create`.
The file is named by the kind, and what exists is never written over, so that several proxies can share one place.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.guard import described
from proxy_addons.sinks.put_if_absent import open_place
from proxy_addons.sinks.worker import Worker

if TYPE_CHECKING:
    from proxy_addons.addons.options import Options
    from proxy_addons.redaction.record import Record
    from proxy_addons.sinks.metrics import Metrics
    from proxy_addons.sinks.put_if_absent import Place

_logger = logging.getLogger(__name__)

WAITING_AT_MOST: Final = 200
IN_ONE_RUN_AT_MOST: Final = 2000
_FLUSH_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Order:
    record: Record
    where: Path | str
    rules_revision: str
    created: datetime

    @property
    def name(self) -> str:
        return f"why403-{self.record.report.fingerprint}.zip"


class BundleWriter:
    """Writes a bundle of the first failure of each kind where the settings name a place. The others are counted."""

    name = "why403-bundles"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._worker: Worker[_Order] | None = None
        self._places: dict[Path | str, Place] = {}
        self._taken: set[str] = set()
        self._complained: set[str] = set()

    def offer(self, record: Record, rules_revision: str) -> None:
        """Have a bundle written, if bundles are wanted and this is a new kind of failure."""
        where = self._options.settings.bundle_directory
        if where is None:
            return
        kind = record.report.fingerprint
        if kind in self._taken or len(self._taken) >= IN_ONE_RUN_AT_MOST:
            self._drop("enough", "")
            return
        if self._worker is None:
            self._worker = Worker("why403-bundles", self._write, WAITING_AT_MOST)
        if self._worker.offer(_Order(record, where, rules_revision, datetime.now(UTC))):
            self._taken.add(kind)
        else:
            self._drop("queue_full", f"{WAITING_AT_MOST} bundles wait already")
        self._metrics.bundle_queue.set(len(self._worker))

    def done(self) -> None:
        """Write what waits before the process ends, within reason."""
        if self._worker is not None and not self._worker.close(_FLUSH_SECONDS):
            _logger.warning("bundles still waiting after %d seconds were not written", _FLUSH_SECONDS)

    def _write(self, order: _Order) -> None:
        """Run in the worker's thread."""
        from proxy_addons.sinks.last_check import UnsafeExportError

        try:
            written = self._put(order)
        except UnsafeExportError as error:
            self._drop("unsafe", str(error))
        except OSError as error:
            self._again(order)
            place = self._places.get(order.where)
            told = place.name if place else error.filename or "the place for bundles"
            self._drop("store_error", f"{told}: {error.strerror}")
        except Exception as error:  # noqa: BLE001 - whatever one record does, the worker lives on
            self._drop("store_error", described(error))
        else:
            self._complained.discard("store_error")
            if written:
                self._metrics.count_written("bundle")
            else:
                self._drop("enough", "")
        if self._worker is not None:
            self._metrics.bundle_queue.set(len(self._worker))

    def _put(self, order: _Order) -> bool:
        from proxy_addons.sinks.bundle import write_bundle

        if order.where not in self._places:
            self._places[order.where] = open_place(order.where)
        with tempfile.TemporaryDirectory(prefix="why403-") as folder:
            draft = Path(folder) / order.name
            write_bundle(draft, [order.record], rules_revision=order.rules_revision, created=order.created)
            return self._places[order.where].put(order.name, draft.read_bytes())

    def _again(self, order: _Order) -> None:
        """A kind whose bundle found no place is still a new one when it occurs again."""
        self._taken.discard(order.record.report.fingerprint)

    def _drop(self, reason: str, because: str) -> None:
        """Count every bundle that was not written; log the first of a row."""
        self._metrics.bundles_dropped.labels(reason).inc()
        if reason == "enough":
            return
        self._metrics.sink_failures.labels("bundle").inc()
        if reason not in self._complained:
            self._complained.add(reason)
            _logger.warning("bundle not written (%s): %s. Further ones like it are only counted", reason, because)
