from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, override

import pytest
from mitmproxy.connection import Server
from mitmproxy.master import Master
from mitmproxy.options import Options
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.proxy.server import ConnectionIO
from mitmproxy.test import tflow
from mitmproxy.utils.asyncio_utils import set_eager_task_factory

from proxy_addons.cli.connection_handler import ConnectionHandler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mitmproxy.proxy.context import Context


class Layer(layer.Layer):
    """Sends two pieces, asks a hook, sends a third, and then does what the test wants."""

    def __init__(self, context: Context, then: commands.Command | Exception | None) -> None:
        super().__init__(context)
        self.then = then

    @override
    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        yield commands.SendData(self.context.client, b"one ")
        yield commands.SendData(self.context.client, b"two ")
        yield HttpRequestHook(tflow.tflow())
        yield commands.SendData(self.context.client, b"three")
        if isinstance(self.then, Exception):
            raise self.then
        if self.then is not None:
            yield self.then


class Writer:
    """The writer of a connection, which tells how often it was written to."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.written: list[bytes] = []
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Note it, and write."""
        self.written.append(data)
        self._writer.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._writer, name)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[ConnectionHandler, Writer, asyncio.StreamReader]]:
    """A handler of one connection, what it writes with, and the client's end."""
    accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()
    server = await asyncio.start_server(lambda *pair: accepted.set_result(pair), "127.0.0.1", 0)
    async with server:
        reader, client = await asyncio.open_connection(*server.sockets[0].getsockname())
        incoming, outgoing = await accepted
        writer = Writer(outgoing)
        with set_eager_task_factory():
            options = Options()
            master = Master(options, asyncio.get_running_loop())
            yield ConnectionHandler(master, incoming, writer, options, ProxyMode.parse("regular")), writer, reader
        master._legacy_log_events.uninstall()
        outgoing.close()
        client.close()
        await client.wait_closed()


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_what_is_sent_until_nothing_is_left_to_do_is_one_write_and_datagrams_stay_what_they_are(protocol: str) -> None:
    async def run() -> list[bytes]:
        async with connected() as (handler, writer, _):
            handler.client.transport_protocol = protocol  # type: ignore[assignment]
            handler.layer = Layer(handler.layer.context, None)
            await handler.server_event(events.Start())
            return writer.written

    assert asyncio.run(run()) == {"tcp": [b"one two three"], "udp": [b"one ", b"two ", b"three"]}[protocol]


def test_what_is_sent_before_a_connection_is_closed_arrives() -> None:
    async def run() -> bytes:
        async with connected() as (handler, _, reader):
            handler.layer = Layer(handler.layer.context, commands.CloseTcpConnection(handler.client, half_close=True))
            await handler.server_event(events.Start())
            return await reader.read()

    assert asyncio.run(run()) == b"one two three"


def test_what_is_sent_before_a_layer_breaks_arrives_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> list[bytes]:
        async with connected() as (handler, writer, _):
            handler.layer = Layer(handler.layer.context, ValueError("broken"))
            await handler.server_event(events.Start())
            return writer.written

    assert asyncio.run(run()) == [b"one two three"]
    assert [record.getMessage().endswith("mitmproxy has crashed!") for record in caplog.records] == [True]


def test_what_is_no_data_is_logged_and_costs_no_other_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> list[bytes]:
        async with connected() as (handler, writer, _):
            handler.layer = Layer(handler.layer.context, None)
            other = Server(address=("192.0.2.1", 443))
            handler.transports[other] = ConnectionIO(writer=handler.transports[handler.client].writer)
            handler._to_send[other] = ["a stream function gave text"]  # type: ignore[list-item]
            await handler.server_event(events.Start())
            return writer.written

    assert asyncio.run(run()) == [b"one two three"]
    assert [record.getMessage().endswith("mitmproxy has crashed!") for record in caplog.records] == [True]


def test_what_is_sent_to_a_connection_that_is_gone_is_left_out() -> None:
    async def run() -> list[bytes]:
        async with connected() as (handler, writer, _):
            handler.layer = Layer(handler.layer.context, None)
            gone = handler.transports.pop(handler.client)
            await handler.server_event(events.Start())
            handler.transports[handler.client] = gone
            assert gone.writer is not None
            gone.writer.close()
            await handler.server_event(events.Start())
            return writer.written

    assert asyncio.run(run()) == []
