import asyncio
import socket
from pathlib import Path

from proxy_addons.admin.event_stream import QUEUED_AT_MOST, READERS_AT_MOST, Feed
from tests.admin.pages import SECONDS, Site, record, with_site
from tests.sinks.store.stored import store_all


def readers(site: Site) -> float:
    return site.metrics.registry.get_sample_value("why403_page_readers") or 0


def test_a_failure_stored_by_another_process_is_announced(tmp_path: Path) -> None:
    store = tmp_path / "failures.sqlite"
    store_all(str(store), record(1))

    async def check(site: Site) -> None:
        async with site.client.stream("GET", "/events") as stream, asyncio.timeout(SECONDS):
            assert stream.headers["content-type"].startswith("text/event-stream")
            number = 2
            storing = None
            async for line in stream.aiter_lines():
                if line.startswith("retry"):
                    # The watch has to have looked once before it can see a change; more may come in the meantime.
                    storing = asyncio.create_task(_store_until_seen(store, number))
                if line == "event: changed":
                    break
            assert storing is not None
            storing.cancel()

    with_site(check, store)


async def _store_until_seen(store: Path, number: int) -> None:
    while True:
        await asyncio.to_thread(store_all, str(store), record(number, number))
        number += 1


def test_the_two_hundred_and_first_page_is_told_to_come_back() -> None:
    async def check(site: Site) -> None:
        for _ in range(READERS_AT_MOST):
            assert site.feed.join() is not None
        answer = await site.client.get("/events")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await site.client.get("/livez")).status_code == 200

    with_site(check)


def test_a_reader_that_takes_nothing_is_let_go_and_counted() -> None:
    async def check(site: Site) -> None:
        with socket.create_connection(("127.0.0.1", site.server.port)) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with asyncio.timeout(SECONDS):
                await site.feed.joined.wait()
                while readers(site):
                    site.feed.publish("changed", "x" * 65_536)
                    await asyncio.sleep(0)
        assert site.metrics.registry.get_sample_value("why403_page_readers_dropped_total") == 1

    with_site(check)


def test_two_hundred_readers_get_every_event_and_leave_when_they_like() -> None:
    async def check(site: Site) -> None:
        connections = [await asyncio.open_connection("127.0.0.1", site.server.port) for _ in range(READERS_AT_MOST)]
        for _, writer in connections:
            writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(SECONDS):
            for reader, _ in connections:
                await reader.readuntil(b"retry: 3000\n\n")
            site.feed.publish("changed", "1")
            for reader, _ in connections:
                await reader.readuntil(b"event: changed\ndata: 1\n\n")
            for _, writer in connections:
                writer.close()
            while readers(site):  # noqa: ASYNC110 - that a connection has gone is announced by nothing else
                await asyncio.sleep(0)

    with_site(check)


def test_a_queue_is_bounded_and_its_reader_gone_when_it_is_full() -> None:
    async def main() -> None:
        dropped: list[bool] = []
        feed = Feed(dropped=lambda: dropped.append(True))
        reader = feed.join()
        assert reader is not None
        for number in range(QUEUED_AT_MOST + 5):
            feed.publish("changed", str(number))
        assert (reader.gone.is_set(), reader.queue.qsize(), dropped) == (True, QUEUED_AT_MOST, [True])

    asyncio.run(main())


def test_streams_end_with_the_server() -> None:
    async def check(site: Site) -> None:
        async with site.client.stream("GET", "/events") as stream:
            pieces = stream.aiter_bytes()
            assert await anext(pieces)
            site.server.stop()
            async with asyncio.timeout(SECONDS):
                await site.server.stopped()

    with_site(check)
