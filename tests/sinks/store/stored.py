"""Records to store, and a store that is written, closed and read."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from proxy_addons.redaction.record import Record
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.database import Database, open_store
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.writer import StoreWriter
from tests.sinks.reports import REPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 60
NOON = 1_795_262_400.0
HOUR = 3600


def record(number: int, group: int = 0, **exchange: Any) -> Record:  # noqa: ANN401  # fields of the exchange, whatever their types
    """A record of a group."""
    report = replace(
        REPORT,
        id=f"f-{number:012x}",
        fingerprint=f"g1-{group:016x}",
        exchange=replace(REPORT.exchange, **exchange),
    )
    return Record(report, {"startedDateTime": "2026-11-21T12:00:00Z", "_number": number})


def number_in(identifier: str) -> int:
    """The number a record was made with."""
    return int(identifier.removeprefix("f-"), base=16)


def store_all(
    place: str, *records: Record, limits: Limits | None = None, metrics: Metrics | None = None, now: float = NOON
) -> Metrics:
    """Store records as the proxy does, to the end."""
    counted = metrics or Metrics()
    writer = StoreWriter(place, limits or Limits(days=36_500), counted, lambda: now)
    for one in records:
        writer.offer(one, "r1")
    assert writer.close(SECONDS)
    return counted


@contextmanager
def opened(place: str) -> Iterator[Database]:
    """The store, closed at the end of the block."""
    database = open_store(place)
    try:
        yield database
    finally:
        database.close()


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """One series."""
    found = metrics.registry.get_sample_value(f"why403_{name}", labels)
    assert found is not None
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    """Look again until something holds that a thread brings about."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
