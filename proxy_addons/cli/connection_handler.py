"""mitmproxy's handler of one client's connections, which runs hooks where the stock one has to wait for them.

The stock handler starts a hook while it still holds the lock around its state, so every hook that has run waits for the
lock: a future, a callback and a turn of the event loop each, four times an exchange. Here hooks start when the lock is
free again, one after the other, and most are over before anything else happens. All hooks of mitmproxy 12 hold their
layer up until they are over, so nothing a layer does comes earlier or later for it.

What layers send until then goes out together: the head of an answer, a piece of its body and its end are one write of
the socket and not three. Nothing waits in between, and what comes before a connection is closed goes before.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from mitmproxy.proxy import commands, mode_servers
from mitmproxy.proxy.server import ConnectionIO
from mitmproxy.utils import asyncio_utils

if TYPE_CHECKING:
    from mitmproxy.connection import Connection
    from mitmproxy.proxy.events import Event


class ConnectionHandler(mode_servers.ProxyConnectionHandler):
    """One client, and the servers its calls go to."""

    _due: deque[commands.StartHook] | None = None
    """Hooks to be started by whoever is starting hooks already; None where nobody is."""

    def __init__(self, *made_of: Any) -> None:  # noqa: ANN401 - whatever mitmproxy makes its own handler of
        super().__init__(*made_of)  # type: ignore[no-untyped-call]  # untyped there
        self._to_send: dict[Connection, list[bytes]] = {}

    async def server_event(self, event: Event) -> None:
        """Have the layers handle an event and do what they want done. Nothing in here waits but for the lock."""
        hooks: list[commands.StartHook] = []
        async with self._server_event_lock:
            self.timeout_watchdog.register_activity()
            try:
                for command in self.layer.handle_event(event):
                    if isinstance(command, commands.StartHook):
                        hooks.append(command)
                    elif isinstance(command, commands.SendData):
                        self._to_send.setdefault(command.connection, []).append(command.data)
                    else:
                        if self._to_send and isinstance(command, commands.ConnectionCommand):
                            self._send()
                        self._do(command)
            except Exception:  # noqa: BLE001 - a layer that breaks must not cost the others their connections
                self.log("mitmproxy has crashed!", logging.ERROR, exc_info=True)
        if hooks:
            self._start(hooks)
        elif self._due is None:
            self._send()

    def _send(self) -> None:
        """Write what is to be sent. What cannot be written costs its own connection's data, as in the stock handler."""
        to_send, self._to_send = self._to_send, {}
        for connection, data in to_send.items():
            try:
                self._write(connection, data)
            except Exception:  # noqa: BLE001 - the same
                self.log("mitmproxy has crashed!", logging.ERROR, exc_info=True)

    def _write(self, connection: Connection, data: list[bytes]) -> None:
        """Write to a connection, unless it has been closed in the meantime."""
        transport = self.transports.get(connection)
        if transport is None:
            return
        assert transport.writer  # noqa: S101 - as in the stock handler, which logs it
        # Datagrams stay what they are, each for itself.
        for piece in [b"".join(data)] if connection.transport_protocol == "tcp" else data:
            if not transport.writer.is_closing():
                transport.writer.write(piece)

    def _do(self, command: commands.Command) -> None:
        if isinstance(command, commands.OpenConnection):
            assert command.connection not in self.transports  # noqa: S101 - as in the stock handler, which logs it
            handler = asyncio_utils.create_task(
                self.open_connection(command),
                name=f"server connection handler {command.connection.address}",
                keep_ref=False,
                client=self.client.peername,
            )
            self.transports[command.connection] = ConnectionIO(handler=handler)
        elif isinstance(command, commands.RequestWakeup):
            self.wakeup_timer.add(
                asyncio_utils.create_task(
                    self.wakeup(command),
                    name=f"wakeup timer ({command.delay:.1f}s)",
                    keep_ref=False,
                    client=self.client.peername,
                )
            )
        elif isinstance(command, commands.ConnectionCommand):
            self._do_with(command)
        elif isinstance(command, commands.Log):
            self.log(command.message, command.level)
        else:
            raise TypeError(f"Unexpected command: {command}")

    def _do_with(self, command: commands.ConnectionCommand) -> None:
        """What is done with a connection, unless that has been closed in the meantime."""
        transport = self.transports.get(command.connection)
        if transport is None:
            return
        if isinstance(command, commands.CloseTcpConnection):
            self.close_connection(command.connection, command.half_close)
        elif isinstance(command, commands.CloseConnection):
            self.close_connection(command.connection, half_close=False)
        else:
            raise TypeError(f"Unexpected command: {command}")

    def _start(self, hooks: list[commands.StartHook]) -> None:
        """Start hooks in turn. One that is over at once has its event handled within; what follows from that queues up.

        Without the queue a client that sends a thousand requests in one packet would make a stack of a thousand hooks.
        """
        if self._due is not None:
            self._due.extend(hooks)
            return
        self._due = deque(hooks)
        try:
            while self._due:
                hook = self._due.popleft()
                # mitmproxy runs its loop with eager tasks: this one begins here.
                task = asyncio.create_task(self.hook_task(hook))
                if not task.done():
                    _keep(task, hook, self.client.peername)
        finally:
            left, self._due = self._due, None
            self._send()
            if left:
                # Something was cut off here for taking too long: what it held up is not lost for it.
                asyncio.get_running_loop().call_soon(self._start, list(left))


_waiting: set[asyncio.Task[None]] = set()
"""The loop itself refers to tasks weakly only."""


def _keep(task: asyncio.Task[None], hook: commands.StartHook, client: tuple[str, int]) -> None:
    asyncio_utils.set_task_debug_info(task, name=f"handle_hook({hook.name})", client=client)
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)
