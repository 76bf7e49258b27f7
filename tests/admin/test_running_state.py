import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from proxy_addons.admin.counted import Counted
from proxy_addons.admin.page_parts import PageParts
from proxy_addons.admin.running_state import running_state, running_state_route
from proxy_addons.sinks.metrics import Metrics
from tests.admin.pages import NOON, Site, record, with_site
from tests.sinks.store.stored import store_all

READY = {"listeners": True, "rules": True, "staying": True}
DAY = 86_400


def told(metrics: Metrics) -> Any:  # noqa: ANN401  # JSON
    return running_state(Counted.of(metrics.registry.collect()), NOON)


@pytest.fixture
def metrics() -> Metrics:
    counted = Metrics()
    counted.store_up.set(1)
    counted.note_rules(NOON)
    counted.certificate_end.labels("ca").set(NOON + 100 * DAY)
    return counted


def asked(metrics: Metrics, conditions: dict[str, bool], trouble: str = "") -> Any:  # noqa: ANN401  # JSON
    """What `/status` answers under these conditions, at a proxy without a store."""

    async def ask() -> Any:  # noqa: ANN401  # JSON
        route = running_state_route(PageParts(rules_trouble=lambda: trouble), metrics.registry, lambda: conditions)
        transport = httpx.ASGITransport(Starlette(routes=[route]))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get("/status")).json()

    return asyncio.run(ask())


def test_services_that_were_called_are_told_with_what_became_of_the_calls(metrics: Metrics) -> None:
    metrics.count_exchange("graph", "ok")
    metrics.count_exchange("graph", "no_response")
    metrics.failures.labels("graph", "undetermined").inc()
    metrics.failures.labels("graph", "certain").inc(3)

    state = told(metrics)

    assert state["exchanges"]["by_service"] == {"graph": {"exchanges": 2, "failures": 4, "no_answer": 1}}
    assert state["failures"] == {"total": 4, "unexplained": 1, "unexplained_share": 0.25}


def test_nothing_refused_has_no_share_of_unexplained(metrics: Metrics) -> None:
    assert told(metrics)["failures"]["unexplained_share"] is None


@pytest.mark.parametrize(
    ("waits", "told_as"),
    [
        ([], {"observed": 0, "p99_within_seconds": None}),
        ([0.004] * 99 + [0.5], {"observed": 100, "p99_within_seconds": 0.005}),
        ([60.0], {"observed": 1, "p99_within_seconds": None}),
    ],
)
def test_the_slowest_is_told_no_better_than_the_buckets_know(
    metrics: Metrics, waits: list[float], told_as: dict[str, object]
) -> None:
    for wait in waits:
        metrics.overhead_seconds.observe(wait)
    assert told(metrics)["overhead"] == {**told_as, "measured_to_seconds": 1.0}


def test_all_well_is_ready_without_a_trouble(metrics: Metrics) -> None:
    state = asked(metrics, READY)
    assert (state["state"], state["store"], state["last_hour"]["stored"]) == ("ready", {"state": "off"}, 0)
    # The authority of the fixture ends by a fixed clock; this machine's runs on.
    assert [each for each in state["troubles"] if "authority" not in each["what"]] == []


def test_what_does_not_hold_is_named_with_a_remedy(metrics: Metrics) -> None:
    metrics.count_rules_reload(None)
    metrics.certificate_end.labels("ca").set(1)
    state = asked(metrics, {**READY, "staying": False, "another": False}, trouble="mine.yaml:3:1: no YAML")

    what = [each["what"] for each in state["troubles"]]
    assert state["state"] == "leaving"
    assert what == [
        "it is leaving and takes no new connection",
        "a condition does not hold",
        "the proxy's authority has ended",
        "the rule files cannot be used, the rules before stay: mine.yaml:3:1: no YAML",
    ]
    assert all(each["remedy"] for each in state["troubles"])


def test_one_that_knows_nothing_yet_is_not_ready(metrics: Metrics) -> None:
    state = asked(metrics, {})
    assert state["state"] == "not ready"
    assert "does not know yet" in state["troubles"][0]["what"]


def test_causes_of_the_hour_are_those_of_all_that_share_the_store(tmp_path: Path) -> None:

    store = tmp_path / "failures.sqlite"
    store_all(str(store), record(1, 1, cause="token-expired"), now=time.time() - 7200)
    store_all(str(store), record(2, 2), record(3, 3), record(4, 4, cause="token-expired"), now=time.time())

    async def check(site: Site) -> None:
        hour = (await site.client.get("/status")).json()["last_hour"]
        assert hour["stored"] == 3
        assert [(each["cause"], each["stored"]) for each in hour["causes"]] == [
            ("graph-scope-missing", 2),
            ("token-expired", 1),
        ]
        assert hour["causes"][1]["title"] == "The access token had expired"

    with_site(check, store)


def test_a_store_nobody_can_read_is_a_trouble_and_no_error(tmp_path: Path) -> None:
    store = tmp_path / "failures.sqlite"
    store.write_bytes(b"no database" * 1000)

    async def check(site: Site) -> None:
        site.metrics.store_up.set(0)
        state = (await site.client.get("/status")).json()
        assert state["last_hour"]["unread"] is True
        assert state["store"]["state"] == "unusable"
        assert "the failure store cannot be used" in [each["what"] for each in state["troubles"]]

    with_site(check, store)
