"""A page in slices is, byte for byte, the page in one go."""

import asyncio

import pytest
from prometheus_client import parser as classic
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics import parser as openmetrics

from proxy_addons.admin.metrics_page import SLICE, metrics_page
from proxy_addons.sinks.metrics import Metrics
from tests.sinks.reports import REPORT

FORMS = ["", "application/openmetrics-text; version=1.0.0", "text/plain"]


@pytest.fixture
def metrics() -> Metrics:
    metrics = Metrics()
    metrics.announce_rules("r1", [f"cause-{number}" for number in range(3 * SLICE + 1)])
    metrics.count_exchange("graph", "ok", 0.2, "7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e")
    # Changes with every reading.
    metrics.registry.unregister(metrics.process)
    return metrics


@pytest.mark.parametrize("accept", FORMS)
def test_slices_together_are_the_whole_page(metrics: Metrics, accept: str) -> None:
    page, content_type = asyncio.run(metrics_page(metrics.registry, accept))
    encode, expected_type = choose_encoder(accept)
    assert page == encode(metrics.registry)
    assert content_type == expected_type


def test_others_on_the_loop_have_their_turn_between_slices(metrics: Metrics) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def scrape() -> None:
        running = asyncio.create_task(other())
        await metrics_page(metrics.registry, "")
        running.cancel()

    asyncio.run(scrape())
    assert turns > 3 * SLICE / SLICE + len(list(metrics.registry.collect())) - 2


def parsed(page: bytes, content_type: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of a page as Prometheus reads it."""
    reader = openmetrics if content_type.startswith("application/openmetrics") else classic
    families = reader.text_string_to_metric_families(page.decode())
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


FAILURES = ("why403_failures_total", frozenset({("service", "graph"), ("certainty", "certain")}))


@pytest.mark.parametrize("accept", FORMS)
def test_a_scrape_amid_ten_thousand_failures_is_whole_and_the_next_one_counts_them_all(
    metrics: Metrics, accept: str
) -> None:
    async def scrape_amid() -> tuple[tuple[bytes, str], tuple[bytes, str]]:
        async def storm() -> None:
            for _ in range(100):
                for _ in range(100):
                    metrics.count_failure(REPORT, {"token": 1})
                await asyncio.sleep(0)

        storming = asyncio.create_task(storm())
        await asyncio.sleep(0)
        amid = await metrics_page(metrics.registry, accept)
        await storming
        return amid, await metrics_page(metrics.registry, accept)

    amid, after = (parsed(*page) for page in asyncio.run(scrape_amid()))
    assert 0 < amid[FAILURES] <= after[FAILURES] == 10_000
    assert amid.keys() == after.keys()


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("cause", ['a"} 1\nwhy403_forged 1', "a\\", "\x1b[31m", "</script>", "\u202ecause"])
def test_a_cause_of_any_name_is_a_label_and_nothing_more(cause: str, accept: str) -> None:
    metrics = Metrics()
    metrics.announce_rules("r1", [cause])
    found = parsed(*asyncio.run(metrics_page(metrics.registry, accept)))
    assert found["why403_causes_total", frozenset({("cause", cause)})] == 0
    assert not any("forged" in name for name, _ in found)
