import asyncio
import logging
import time

import pytest

from proxy_addons.addons.guard import CUT_OFF_AT_MOST, Guard, TookTooLongError, described
from proxy_addons.sinks.metrics import Metrics


def errors_of(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("why403_internal_errors_total", {"part": "capture"})


def test_an_error_is_counted_and_goes_no_further() -> None:
    metrics = Metrics()
    with Guard("capture", metrics):
        raise KeyError("x")
    assert errors_of(metrics) == 1


def test_what_an_error_quotes_never_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), Guard("capture", Metrics()):
        raise ValueError("Bearer eyJ-a-token")
    (record,) = caplog.records
    assert "eyJ" not in record.getMessage()
    assert record.getMessage().startswith("internal error in capture: ValueError at test_guard.py:")


@pytest.mark.parametrize("passing", [asyncio.CancelledError, KeyboardInterrupt, SystemExit])
def test_what_ends_a_task_or_the_process_is_no_error(passing: type[BaseException]) -> None:
    metrics = Metrics()
    with pytest.raises(passing), Guard("capture", metrics):
        raise passing
    assert errors_of(metrics) == 0


def test_the_trail_leads_from_the_innermost_line_outwards() -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError) as raised:
        fail()
    kind, places = described(raised.value).split(" at ")
    assert kind == "LookupError"
    lines = [int(place.rpartition(":")[2]) for place in places.split(" < ")]
    assert lines == sorted(lines)


def test_a_part_that_is_cut_off_again_and_again_rests_and_what_it_leaves_undone_is_counted() -> None:
    metrics = Metrics()
    guard = Guard("capture", metrics)
    for _ in range(CUT_OFF_AT_MOST):
        assert not guard.rests
        with guard:
            raise TookTooLongError
    assert guard.rests
    assert errors_of(metrics) == CUT_OFF_AT_MOST + 1


def test_after_its_rest_a_part_works_again(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard("capture", Metrics())
    for _ in range(CUT_OFF_AT_MOST):
        guard.note(TookTooLongError())
    later = time.monotonic() + 61
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert not guard.rests


def test_an_error_that_is_no_hang_brings_no_rest() -> None:
    guard = Guard("capture", Metrics())
    for _ in range(10):
        guard.note(ValueError())
    assert not guard.rests
