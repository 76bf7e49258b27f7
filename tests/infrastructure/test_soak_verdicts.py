"""What makes a soak end with 1, and that the page quotes what was measured."""

from dataclasses import replace
from typing import Any

import pytest

from bench.soak_page import PAGE, with_sections
from bench.soak_report import Counts, Sample, Storm, Verdict, picture, verdicts

CALM = Sample(
    second=0.0,
    phase="",
    rss=150.0,
    pss=140.0,
    descriptors=50,
    threads=8,
    cpu=0.5,
    exchanges=300.0,
    refusals=15.0,
    p50=2.0,
    p99=9.0,
    store_queue=0.0,
    dropped=0.0,
    store_megabytes=3.0,
    in_flight=1.0,
)
STORM = Storm("one kind", 100.0, 130.0, 5000, 2.0)
COUNTS = Counts(
    exchanges=1000,
    refusals_seen=50,
    refusals_stored=50,
    records_dropped=0,
    wrong={},
    internal_errors=0,
    left_in_flight=0,
    descriptors_before=9,
    descriptors_after=12,
    log_errors=(),
)


def samples(**at_the_end: Any) -> list[Sample]:  # noqa: ANN401 - fields of a sample, whatever their types
    """Ten minutes, calm but for the storm; in the last three something is otherwise."""
    moments = [replace(CALM, second=float(second), phase=phase(second)) for second in range(0, 600, 2)]
    return [replace(each, **at_the_end) if each.second > 420 else each for each in moments]


def phase(second: int) -> str:
    return STORM.name if STORM.began <= second < STORM.ended else ""


def broken(found: list[Verdict]) -> list[str]:
    return [verdict.promise for verdict in found if not verdict.holds]


def test_a_proxy_that_stays_as_it_was_keeps_every_promise() -> None:
    assert broken(verdicts(samples(rss=175.0, threads=10, descriptors=55), [STORM], COUNTS)) == []


@pytest.mark.parametrize(
    ("at_the_end", "promise"),
    [
        ({"rss": 190.0}, "memory is flat within 20 %"),
        ({"threads": 14}, "threads do not grow"),
        ({"descriptors": 70}, "descriptors do not grow"),
    ],
)
def test_what_grows_breaks_its_promise(at_the_end: dict[str, float], promise: str) -> None:
    assert broken(verdicts(samples(**at_the_end), [STORM], COUNTS)) == [promise]


@pytest.mark.parametrize("recovered", [None, 30.0])
def test_a_storm_that_leaves_the_proxy_slow_breaks_its_promise(recovered: float | None) -> None:
    (promise,) = broken(verdicts(samples(), [replace(STORM, recovered=recovered)], COUNTS))
    assert promise == "recovered from the storm at 1.7 min (one kind)"


@pytest.mark.parametrize(
    ("counts", "promise"),
    [
        (replace(COUNTS, refusals_stored=49), "every refusal is counted in the store"),
        (replace(COUNTS, wrong={"healthy: another body": 1}), "every answer reached its client unchanged"),
        (replace(COUNTS, left_in_flight=1), "nothing is left open when the clients have gone"),
        (replace(COUNTS, descriptors_after=40), "nothing is left open when the clients have gone"),
        (replace(COUNTS, internal_errors=1), "no error of why403 itself"),
        (replace(COUNTS, log_errors=("x",)), "no error of why403 itself"),
    ],
)
def test_what_was_lost_changed_or_left_breaks_its_promise(counts: Counts, promise: str) -> None:
    assert broken(verdicts(samples(), [STORM], counts)) == [promise]


def test_the_same_samples_give_the_same_picture() -> None:
    first, second = (picture(samples(), [STORM], "a <title>", "b") for _ in range(2))
    assert first == second
    assert "a &lt;title&gt;" in first


def test_the_page_quotes_the_last_results() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_sections(page) == page, "run make soak, or write what bench/results holds"
    assert page.count("<!-- written by make soak: ") == 4
