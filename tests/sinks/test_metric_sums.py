"""Metrics of several processes as one page."""

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from proxy_addons.sinks.metric_sums import GAUGES, Family, MetricSums, family_of
from proxy_addons.sinks.metrics import Metrics


def told(metrics: Metrics) -> list[Family]:
    return [family_of(metric) for metric in metrics.registry.collect()]


def value(sums: MetricSums, name: str, **labels: str) -> float:
    (found,) = (
        sample.value
        for metric in sums.collect()
        for sample in metric.samples
        if sample.name == name and sample.labels == labels
    )
    return found


@pytest.fixture
def sums() -> MetricSums:
    return MetricSums(Metrics().registry)


def worker(change: Callable[[Metrics], object]) -> list[Family]:
    metrics = Metrics()
    change(metrics)
    return told(metrics)


def exchanged(times: int) -> list[Family]:
    def exchange(metrics: Metrics) -> None:
        for _ in range(times):
            metrics.count_exchange("graph", "ok", 0.07)

    return worker(exchange)


EXCHANGES = {"service": "graph", "outcome": "ok"}


def test_counters_and_histograms_are_summed(sums: MetricSums) -> None:
    sums.take(1, exchanged(2))
    sums.take(2, exchanged(3))
    assert value(sums, "why403_exchanges_total", **EXCHANGES) == 5
    assert value(sums, "why403_upstream_response_seconds_count", service="graph") == 5
    assert value(sums, "why403_upstream_response_seconds_bucket", service="graph", le="0.1") == 5
    assert value(sums, "why403_upstream_response_seconds_bucket", service="graph", le="0.05") == 0


def test_what_an_ended_process_counted_stays_and_its_states_go(sums: MetricSums) -> None:
    sums.take(1, [*exchanged(2)])
    sums.take(2, worker(lambda metrics: metrics.in_flight.set(4)))
    sums.bury(1)
    sums.bury(2)
    sums.take(3, exchanged(1))
    sums.bury(3)
    assert value(sums, "why403_exchanges_total", **EXCHANGES) == 3
    assert value(sums, "why403_exchanges_in_flight") == 0


def test_a_later_reading_takes_the_place_of_an_earlier_one(sums: MetricSums) -> None:
    sums.take(1, exchanged(2))
    sums.take(1, exchanged(3))
    assert value(sums, "why403_exchanges_total", **EXCHANGES) == 3


def test_a_process_that_ends_without_a_word_leaves_nothing(sums: MetricSums) -> None:
    sums.bury(1)
    assert value(sums, "why403_exchanges_total", **EXCHANGES) == 0


def test_work_at_hand_is_summed(sums: MetricSums) -> None:
    for number in (1, 2):
        sums.take(number, worker(lambda metrics: metrics.store_queue.set(4)))
    assert value(sums, "why403_store_queue_length") == 8


def test_one_that_drains_makes_the_whole_draining(sums: MetricSums) -> None:
    sums.take(1, worker(lambda metrics: metrics.draining.set(1)))
    sums.take(2, worker(lambda _: None))
    assert value(sums, "why403_draining") == 1


def test_the_store_works_where_it_works_for_all_that_write_to_it(sums: MetricSums) -> None:
    sums.take(1, worker(lambda metrics: metrics.store_up.set(1)))
    assert value(sums, "why403_store_up") == 1
    sums.take(2, worker(lambda metrics: metrics.store_up.set(0)))
    assert value(sums, "why403_store_up") == 0


def test_how_many_workers_there_are_is_not_for_them_to_say() -> None:
    own = Metrics()
    own.workers.set(2)
    sums = MetricSums(own.registry)
    sums.take(1, worker(lambda metrics: metrics.workers.set(7)))
    assert value(sums, "why403_workers") == 2


def test_series_only_a_worker_has_are_shown(sums: MetricSums) -> None:
    sums.take(1, worker(lambda metrics: metrics.announce_rules("abc", ["one-cause"])))
    assert value(sums, "why403_rules_info", revision="abc") == 1
    assert value(sums, "why403_causes_total", cause="one-cause") == 0


def test_of_two_exemplars_the_later_one_is_kept(sums: MetricSums) -> None:
    first, second = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    sums.take(2, worker(lambda metrics: metrics.count_exchange("graph", "ok", 0.07, first)))
    sums.take(1, worker(lambda metrics: metrics.count_exchange("graph", "ok", 0.07, second)))
    exemplars = [
        sample.exemplar.labels for metric in sums.collect() for sample in metric.samples if sample.exemplar is not None
    ]
    assert exemplars == [{"client_request_id": second}]


def test_every_state_says_how_several_make_one() -> None:
    # One that is missing in GAUGES would be summed without anybody having thought about it.
    states = {metric.name for metric in Metrics().registry.collect() if metric.type == "gauge"}
    assert states == GAUGES.keys()


def test_without_processes_there_is_what_the_own_registry_has() -> None:
    own = CollectorRegistry()
    assert [*MetricSums(own).collect()] == []
