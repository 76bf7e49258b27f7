"""What goes from a worker to the process above it."""

import pytest

from proxy_addons.admin.ews_callers import EwsCaller
from proxy_addons.admin.worker_state import WorkerState, decoded, encoded
from proxy_addons.sinks.metric_sums import family_of
from proxy_addons.sinks.metrics import Metrics

TRACE = "11111111-1111-4111-8111-111111111111"
NO_NUMBER = (
    b'{"asked": 1, "conditions": {}, "callers": [], "families": [{"name": "a", "kind": "gauge", "text": "",'
    b' "readings": [{"name": "a", "labels": {}, "value": null, "traced": null}]}]}'
)


def test_a_state_arrives_as_it_was_sent() -> None:
    metrics = Metrics()
    metrics.count_exchange("graph", "ok", 0.07, TRACE)
    families = [family_of(metric) for metric in metrics.registry.collect()]
    caller = EwsCaller("", "exchangelib", "FindItem", 3, 1, 1_700_000_000_000)
    state = WorkerState(7, {"listeners": True}, "abc", "likely", "graph/x.yaml:1:1: no", families, [caller])
    assert decoded(encoded(state)) == state


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"asked": 1, "conditions": {}, "families": [{}], "callers": []}',
        b'{"asked": 1, "conditions": {}, "families": [], "callers": [{"who": 1}]}',
        b'{"asked": 1, "conditions": {}, "families": [], "callers": [], "more": 1}',
        b'{"asked": 1, "conditions": {}, "callers": [], "families": [{"name": "a", "readings": [{}]}]}',
        NO_NUMBER,
    ],
)
def test_what_is_no_state_is_none(text: bytes) -> None:
    assert decoded(text) is None


@pytest.mark.parametrize("conditions", [{}, {"listeners": False}, {"listeners": True, "staying": False}])
def test_a_worker_takes_no_connections_until_every_condition_holds(conditions: dict[str, bool]) -> None:
    assert not WorkerState(0, conditions).accepts
    assert WorkerState(0, {"listeners": True, "staying": True}).accepts
