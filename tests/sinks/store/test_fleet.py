"""Two proxies with one PostgreSQL store: whichever is asked shows what both refused, and counts it once."""

import asyncio

from tests.admin.pages import SECONDS, Site, record, site
from tests.sinks.store.postgresql import Server
from tests.sinks.store.stored import store_all


def with_two_sites(place: str) -> None:
    async def main() -> None:
        async with site(place) as one, site(place) as other:
            await asyncio.gather(_store(place, 1), _store(place, 2))
            for each in (one, other):
                await _shows_both(each)
            await _notices(one, place)

    asyncio.run(main())


async def _store(place: str, proxy: int) -> None:
    """What one proxy refuses: a kind that the other meets as well, and one of its own, at the same moment."""
    of_its_own = [record(100 * proxy, 10 + proxy, cause="token-expired")]
    shared = [record(100 * proxy + number, 1) for number in range(1, 31)]
    await asyncio.to_thread(store_all, place, *of_its_own, *shared)


async def _shows_both(shown: Site) -> None:
    page = await shown.text("/")
    assert 'aria-label="60 times: history"' in page
    assert all(f'data-group="g1-{group:016x}"' in page for group in (1, 11, 12))
    history = await shown.text("/groups/g1-0000000000000001")
    assert "60" in history
    for proxy in (1, 2):
        identifier = f"f-{100 * proxy:012x}"
        assert identifier in await shown.text(f"/failures/{identifier}")
    told = (await shown.client.get("/lines?after=0")).json()
    # Twenty an hour of the shared kind, whoever met it, and one of each proxy's own.
    assert (len(told["lines"]), told["counted"]) == (22, 62)
    stored = (await shown.client.get("/status")).json()["last_hour"]["stored"]
    assert stored in {0, 22}


async def _notices(shown: Site, place: str) -> None:
    """An open page hears of what another proxy stores."""
    async with shown.client.stream("GET", "/events") as stream, asyncio.timeout(SECONDS):
        storing: asyncio.Task[None] | None = None
        async for line in stream.aiter_lines():
            if line.startswith("retry"):
                storing = asyncio.create_task(_store_until_seen(place))
            if line == "event: changed":
                break
        assert storing is not None
        storing.cancel()


async def _store_until_seen(place: str) -> None:
    number = 1000
    while True:
        await asyncio.to_thread(store_all, place, record(number, number))
        number += 1


def test_either_page_shows_what_both_proxies_refused_with_true_counts(postgresql: Server) -> None:
    with_two_sites(postgresql.database())
