"""Leaving without dropping what is under way.

mitmproxy ends at SIGTERM within moments, and whoever waits for an answer gets an empty reply. Behind a balancer that is
an error for somebody at every restart. Here SIGTERM begins an orderly end: /readyz says no, a while later (the balancer
has to notice) no new connection is taken, what is under way is answered, and then the proxy ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx

from proxy_addons.addons.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mitmproxy import http
    from mitmproxy.connection import Client

    from proxy_addons.addons.options import Options
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger("why403.drain")

_FIRST_ERROR: Final = 400
_HTTP_1_1: Final = "HTTP/1.1"
LAST_EVENTS_SECONDS: Final = 1.0
"""How long after its client left the last events of an exchange may come; mostly they come in the same moment."""


class Drain:
    """Counts what is under way from the first of our hooks on, and takes SIGTERM over from mitmproxy.

    A second SIGTERM ends at once, as Ctrl-C always does. Tunnels to hosts that are not decrypted and WebSockets are no
    exchanges with an end to wait for: they are cut when everything else is done.
    """

    name = "why403-drain"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._guard = Guard("drain", metrics)
        self._under_way: dict[str, str] = {}
        """The client of each exchange, by flow id."""
        self._quiet = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    @property
    def draining(self) -> bool:
        """Whether the end has begun."""
        return self._ending is not None

    def running(self) -> None:
        """Take the signal over. Where loops have no signals (Windows, or not the main thread) mitmproxy keeps it."""
        with self._guard, contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.begin)

    def begin(self) -> None:
        """Begin the orderly end, or end at once where it has begun already."""
        if self._ending is not None:
            ctx.master.shutdown()
            return
        self._metrics.draining.set(1)
        self._ending = asyncio.get_running_loop().create_task(self._end(), name="why403 drain")

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Something is under way."""
        self._under_way[flow.id] = flow.client_conn.id
        self._quiet.clear()

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """While leaving, tell HTTP/1.1 clients that this connection serves no further request.

        Not on an error: exchangelib takes `Connection: close` on a 401 for a server that is busy, and would lose the
        reason we are here for. Such a connection ends with the process, after its answer.
        """
        with self._guard:
            response = flow.response
            if not self.draining or response is None or response.status_code >= _FIRST_ERROR:
                return
            if flow.request.http_version == _HTTP_1_1:
                response.headers["connection"] = "close"

    def response(self, flow: http.HTTPFlow) -> None:
        """One is answered."""
        self._over(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """One has failed; that is an end too."""
        self._over(flow)

    def client_disconnected(self, client: Client) -> None:
        """Whatever this client had under way is over, even where mitmproxy has lost it and never says so."""
        with self._guard:
            if self._under_way:
                asyncio.get_running_loop().call_later(LAST_EVENTS_SECONDS, self._left, client.id)

    def _left(self, client: str) -> None:
        self._end_of([flow_id for flow_id, whose in self._under_way.items() if whose == client])

    def _over(self, flow: http.HTTPFlow) -> None:
        self._end_of([flow.id])

    def _end_of(self, flow_ids: Iterable[str]) -> None:
        for flow_id in flow_ids:
            self._under_way.pop(flow_id, None)
        if not self._under_way:
            self._quiet.set()

    async def _end(self) -> None:
        settings = self._options.settings
        try:
            _logger.info("draining, exchanges under way: %d", len(self._under_way))
            await asyncio.sleep(settings.drain_delay)
            # Closes the listeners and leaves connections alone.
            await ctx.master.addons.get("proxyserver").servers.update([])
            if self._under_way:
                async with asyncio.timeout(settings.drain_limit):
                    await self._quiet.wait()
        except TimeoutError:
            _logger.warning(
                "drain limit of %g s reached, exchanges cut off: %d", settings.drain_limit, len(self._under_way)
            )
        finally:
            ctx.master.shutdown()
