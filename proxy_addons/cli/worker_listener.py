"""How several workers take connections from one listening socket, so that each has as many as the others.

Left alone, whoever wakes first takes all there are, and a socket for each (SO_REUSEPORT) is chosen by a hash, which of
few connections gives one worker twice as many as the other, and goes on giving to a worker that hangs. Here the worker
with the fewest connections takes the next one. One that has more than another waits for that one, and not for long.
"""

from __future__ import annotations

import asyncio
import errno
import select
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence

    from proxy_addons.cli.worker_loads import Share

PATIENCE_SECONDS: Final = 0.1
"""How long one that has more waits for a worker that has fewer: longer than a loop on a busy machine takes to turn."""
_GLANCE_SECONDS: Final = 0.001
_AT_ONCE: Final = 100
"""Connections taken before the loop turns to those that are open; asyncio has the same number."""
_WORN_OUT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_RECOVERY_SECONDS: Final = 1.0


class SharingServer:
    """What mitmproxy needs of an asyncio server, on a socket other processes accept from too."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listening: socket.socket,
        make_protocol: Callable[[], asyncio.BaseProtocol],
        share: Share,
    ) -> None:
        self.sockets: Sequence[socket.socket] = (listening,)
        self._loop = loop
        self._listening = listening
        self._make_protocol = make_protocol
        self._share = share
        self._waiting_since: float | None = None
        self._reads = False
        self._later: asyncio.TimerHandle | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self._asked = select.poll()
        self._asked.register(listening, select.POLLIN)

    def begin(self) -> None:
        """Take connections from now on."""
        self._watch()

    def close(self) -> None:
        """Take none any more; those that are open stay. A worker that closes one server leaves, and closes all."""
        self._share.end()
        self._pause()
        self.sockets = ()
        self._listening.close()

    def _watch(self) -> None:
        if not self._reads:
            self._reads = True
            self._loop.add_reader(self._listening, self._take)

    def _pause(self, seconds: float | None = None) -> None:
        """Hear nothing for so long, or for good."""
        if self._reads:
            self._reads = False
            self._loop.remove_reader(self._listening)
        if self._later is not None:
            self._later.cancel()
        self._later = None if seconds is None else self._loop.call_later(seconds, self._look_again)

    def _look_again(self) -> None:
        self._later = None
        if self._asked.poll(0):
            self._take()
        else:
            self._waiting_since = None
            self._watch()

    def _take(self) -> None:
        """Somebody waits to be let in, perhaps several."""
        for _ in range(_AT_ONCE):
            if self._is_for_another():
                self._pause(_GLANCE_SECONDS)
                return
            try:
                accepted, _address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                break
            except OSError as error:
                self._fail(error)
                return
            accepted.settimeout(0)
            connection = object()
            self._share.add(connection)
            task = self._loop.create_task(self._connect(accepted, connection), name="why403 accept")
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
        self._watch()

    def _is_for_another(self) -> bool:
        if not self._share.ahead:
            self._waiting_since = None
            return False
        now = self._loop.time()
        if self._waiting_since is None:
            self._waiting_since = now
        if now - self._waiting_since < PATIENCE_SECONDS:
            return True
        # The other does not come: one connection is taken in its place.
        self._waiting_since = None
        return False

    def _fail(self, error: OSError) -> None:
        if error.errno not in _WORN_OUT:
            # The process above has shut the port.
            self._pause()
            return
        self._loop.call_exception_handler({"message": "no connection can be accepted", "exception": error})
        self._pause(_RECOVERY_SECONDS)

    async def _connect(self, accepted: socket.socket, connection: object) -> None:
        def counted() -> asyncio.BaseProtocol:
            protocol = self._make_protocol()

            def lost(exc: Exception | None) -> None:
                self._share.remove(connection)
                # From here on as if nobody had listened in, and no cycle is left behind.
                del protocol.connection_lost
                protocol.connection_lost(exc)

            # asyncio's streams make their protocol themselves and tell nobody else when it ends.
            protocol.connection_lost = lost  # type: ignore[method-assign]
            return protocol

        try:
            await self._loop.connect_accepted_socket(counted, accepted)
        except OSError:
            self._share.remove(connection)
            accepted.close()


class SharingLoop(asyncio.SelectorEventLoop):
    """An event loop whose servers take connections by turns with other processes; mitmproxy cannot be told to."""

    def __init__(self) -> None:
        super().__init__()
        self._inherited: dict[int, socket.socket] = {}
        self._share: Share | None = None
        self._servers: list[SharingServer] = []

    def inherit(self, listening: Mapping[int, socket.socket], share: Share) -> None:
        """Use these sockets, by port, where a server is asked for."""
        self._inherited.update(listening)
        self._share = share

    def begin(self) -> None:
        """Let the servers there are take connections."""
        if self._share is not None:
            self._share.begin()
        for server in self._servers:
            if server.sockets:
                server.begin()

    async def create_server(  # type: ignore[override]  # nobody here needs more of a server
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | None = None,
        port: int = 0,
        **named: Any,  # noqa: ANN401  # handed on as is
    ) -> asyncio.Server | SharingServer:
        """A server on the inherited socket of a port, silent until `begin`; another one as always."""
        if self._share is None or port not in self._inherited:
            return await super().create_server(protocol_factory, host, port, **named)
        server = SharingServer(self, self._inherited.pop(port), protocol_factory, self._share)
        self._servers.append(server)
        return server
