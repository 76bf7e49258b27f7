"""A page in slices is, byte for byte, the page in one go."""

import asyncio

import pytest
from prometheus_client.exposition import choose_encoder

from proxy_addons.admin.metrics_page import SLICE, metrics_page
from proxy_addons.sinks.metrics import Metrics

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
