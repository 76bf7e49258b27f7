"""The proxy's own health: is its one loop free, do connections leak, does TLS work, how long is its authority valid."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx

from proxy_addons.addons.guard import Guard
from proxy_addons.addons.memory_return import Crowd, find_trim, settle

if TYPE_CHECKING:
    from mitmproxy import connection
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData
    from mitmproxy.tls import TlsData

    from proxy_addons.sinks.metrics import Metrics

_BETWEEN_LOOKS: Final = 0.5
"""Seconds. A hook that holds the loop for less than this between two looks is still seen by a share of its length."""
_LAST_CLOSED: Final = 2.0
"""Seconds after a crowd has gone until its connections to servers are closed as well."""


class VitalSigns:
    """Counts connections and failed handshakes, measures the loop from inside the loop, and gives memory back."""

    name = "why403-vital-signs"

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._guard = Guard("health", metrics)
        self._clients = metrics.connections.labels("client")
        self._servers = metrics.connections.labels("server")
        self._looking: asyncio.Task[None] | None = None
        self._crowd = Crowd()
        self._trim = find_trim()
        self._trimming: asyncio.Future[int] | None = None

    def running(self) -> None:
        """Begin to look, and read the authority's last day."""
        with self._guard:
            self._looking = asyncio.get_running_loop().create_task(self._look(), name="why403 vital signs")
            authority = ctx.master.addons.get("tlsconfig").certstore.default_ca
            self._metrics.certificate_end.labels("ca").set(authority.notafter.timestamp())
            settle()

    def done(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def client_connected(self, _: connection.Client) -> None:
        """A client came."""
        self._clients.inc()
        self._crowd.came()

    def client_disconnected(self, _: connection.Client) -> None:
        """A client left."""
        self._clients.dec()
        if self._crowd.left():
            asyncio.get_running_loop().call_later(_LAST_CLOSED, self._give_back)

    def server_connected(self, _: ServerConnectionHookData) -> None:
        """A server was reached."""
        self._servers.inc()

    def server_disconnected(self, _: ServerConnectionHookData) -> None:
        """A connection to a server ended."""
        self._servers.dec()

    def tls_failed_client(self, _: TlsData) -> None:
        """A client would not shake hands; most often it does not trust our authority."""
        self._metrics.tls_handshake_failures.labels("client").inc()

    def tls_failed_server(self, _: TlsData) -> None:
        """A server's certificate did not hold, or it spoke no TLS we know."""
        self._metrics.tls_handshake_failures.labels("server").inc()

    def _give_back(self) -> None:
        """Free what the connections of a crowd were, and return it to the system off the loop."""
        with self._guard:
            gc.collect()
            if self._trim is not None:
                self._trimming = asyncio.get_running_loop().run_in_executor(None, self._trim, 0)

    async def _look(self) -> None:
        while True:
            due = time.monotonic() + _BETWEEN_LOOKS
            await asyncio.sleep(_BETWEEN_LOOKS)
            self._metrics.event_loop_lag_seconds.observe(max(0.0, time.monotonic() - due))
