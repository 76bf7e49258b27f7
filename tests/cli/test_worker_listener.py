"""Several servers that take connections from one socket by turns."""

import asyncio
import errno
import math
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from proxy_addons.cli import worker_listener, worker_loads
from proxy_addons.cli.shared_ports import SharedPorts, can_share, claim_proxy_ports
from proxy_addons.cli.worker_listener import SharingLoop, SharingServer
from proxy_addons.cli.worker_loads import Loads, Share, new_loads
from proxy_addons.settings import read_settings

pytestmark = pytest.mark.skipif(not can_share(), reason=f"ports cannot be shared on {sys.platform}")

type Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Worker(asyncio.Protocol):
    """Says its name to whoever comes."""

    def __init__(self, name: bytes) -> None:
        self._name = name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say it."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._name)


class Crew:
    """Servers of several workers in one loop, which makes their turns certain."""

    def __init__(self, ports: SharedPorts, memory: int) -> None:
        self.ports = ports
        self.loads = Loads(memory)
        self.shares: list[Share] = []
        self.servers: list[SharingServer] = []
        self._talks: list[Talk] = []

    def add(self, name: bytes) -> None:
        """Another worker."""
        loop = asyncio.get_running_loop()
        listening = self.ports.reverse.dup()
        share = Share(self.loads, len(self.shares), loop)
        self.shares.append(share)
        self.servers.append(SharingServer(loop, listening, lambda: Worker(name), share))

    def begin(self) -> None:
        """Let all take connections."""
        for share, server in zip(self.shares, self.servers, strict=True):
            share.begin()
            server.begin()

    async def call(self, times: int) -> list[tuple[bytes, Talk]]:
        """So many connections at once, and who took each."""
        talks = [await asyncio.open_connection("127.0.0.1", self.ports.numbers[0]) for _ in range(times)]
        self._talks += talks
        return [(await reader.readexactly(1), (reader, writer)) for reader, writer in talks]

    async def call_in_turn(self, times: int) -> Counter[bytes]:
        """So many connections, each when the one before has been answered."""
        return Counter([(await self.call(1))[0][0] for _ in range(times)])

    async def end(self) -> None:
        """Close everything."""
        for _, writer in self._talks:
            writer.close()
        for server in self.servers:
            server.close()


type Story[T] = Callable[[Crew], Coroutine[Any, Any, T]]


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    # What a busy machine does to a test decides no turn.
    monkeypatch.setattr(worker_listener, "PATIENCE_SECONDS", math.inf)
    monkeypatch.setattr(worker_loads, "STALE_SECONDS", math.inf)
    with ExitStack() as cleanup:
        memory = new_loads(4)
        cleanup.callback(os.close, memory)
        ports = claim_proxy_ports(read_settings({"reverse_port": "0", "forward_port": "0"}, {}))
        cleanup.callback(ports.close)
        ports.open()
        yield Crew(ports, memory)


def told[T](crew: Crew, story: Story[T]) -> T:
    async def tell() -> T:
        try:
            return await story(crew)
        finally:
            await crew.end()

    return asyncio.run(tell())


@pytest.mark.parametrize("workers", [2, 4])
def test_connections_that_come_at_once_are_spread_evenly(crew: Crew, workers: int) -> None:
    async def story(crew: Crew) -> list[int]:
        for number in range(workers):
            crew.add(b"%d" % number)
        crew.begin()
        return [*Counter(name for name, _ in await crew.call(16)).values()]

    assert told(crew, story) == [16 // workers] * workers


def test_connections_that_come_one_by_one_are_spread_evenly(crew: Crew) -> None:
    async def story(crew: Crew) -> Counter[bytes]:
        crew.add(b"a")
        crew.add(b"b")
        crew.begin()
        return await crew.call_in_turn(16)

    assert told(crew, story) == {b"a": 8, b"b": 8}


def test_one_whose_connections_have_ended_takes_the_next_ones(crew: Crew) -> None:
    async def story(crew: Crew) -> Counter[bytes]:
        crew.add(b"a")
        crew.add(b"b")
        crew.begin()
        for name, (_, writer) in await crew.call(16):
            if name == b"b":
                writer.close()
        while crew.loads.least_beside(0):  # noqa: ASYNC110 - the other side of a connection ends when it is told
            await asyncio.sleep(0)
        return await crew.call_in_turn(8)

    assert told(crew, story) == {b"b": 8}


def test_one_that_joins_later_catches_up_first(crew: Crew) -> None:
    async def story(crew: Crew) -> Counter[bytes]:
        crew.add(b"a")
        crew.begin()
        await crew.call(8)
        crew.add(b"b")
        crew.begin()
        return await crew.call_in_turn(8)

    assert told(crew, story) == {b"b": 8}


def test_a_worker_that_is_there_and_does_not_come_is_waited_for_only_a_moment(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_listener, "PATIENCE_SECONDS", 0.01)

    async def story(crew: Crew) -> Counter[bytes]:
        crew.add(b"a")
        crew.begin()
        busy = Share(crew.loads, 1, asyncio.get_running_loop())
        busy.begin()
        found = await crew.call_in_turn(3)
        busy.end()
        return found

    assert told(crew, story) == {b"a": 3}


def test_one_that_closes_leaves_the_rest_to_the_others(crew: Crew) -> None:
    async def story(crew: Crew) -> Counter[bytes]:
        crew.add(b"a")
        crew.add(b"b")
        crew.begin()
        await crew.call(4)
        crew.servers[0].close()
        return await crew.call_in_turn(4)

    assert told(crew, story) == {b"b": 4}


def test_nobody_is_served_before_the_loop_begins_and_then_all_who_wait(crew: Crew) -> None:
    async def story(loop: SharingLoop) -> list[bytes]:
        port = crew.ports.numbers[0]
        loop.inherit({port: crew.ports.reverse.dup()}, Share(crew.loads, 0, loop))
        server = await loop.create_server(lambda: Worker(b"a"), "127.0.0.1", port)
        assert [each.getsockname()[1] for each in server.sockets] == [port]
        talks = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert crew.loads.least_beside(1) > 0
        loop.begin()
        try:
            return [await reader.readexactly(1) for reader, _ in talks]
        finally:
            for _, writer in talks:
                writer.close()
            server.close()

    loop = SharingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(story(loop)) == [b"a"] * 3


def test_a_server_on_another_port_is_opened_as_always() -> None:
    async def story() -> bytes:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            found = await reader.read()
            writer.close()
            return found

    with asyncio.Runner(loop_factory=SharingLoop) as runner:
        assert runner.run(story()) == b""


def test_a_port_that_is_shut_is_no_error_of_a_worker(crew: Crew) -> None:
    async def story(crew: Crew) -> list[str]:
        complaints: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
        crew.add(b"a")
        crew.begin()
        await crew.call(1)
        crew.ports.refuse()
        for _ in range(3):
            await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", crew.ports.numbers[0])
        return complaints

    assert told(crew, story) == []


class Exhausted(socket.socket):
    """A socket of a process that has no descriptors left, once."""

    spent = False

    def accept(self) -> tuple[socket.socket, Any]:
        """Fail the first time."""
        if not Exhausted.spent:
            Exhausted.spent = True
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


def test_one_without_descriptors_says_so_and_goes_on_later(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_listener, "_RECOVERY_SECONDS", 0.0)

    async def story(crew: Crew) -> tuple[Counter[bytes], list[str]]:
        complaints: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))
        share = Share(crew.loads, 0, loop)
        exhausted = Exhausted(fileno=crew.ports.reverse.dup().detach())
        crew.shares.append(share)
        crew.servers.append(SharingServer(loop, exhausted, lambda: Worker(b"a"), share))
        crew.begin()
        return await crew.call_in_turn(2), complaints

    assert told(crew, story) == ({b"a": 2}, ["no connection can be accepted"])
