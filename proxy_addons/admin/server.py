"""The admin port's server, as a guest on mitmproxy's event loop."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Final

from proxy_addons.setting_values import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

BACKLOG: Final = 64
_CONNECTIONS: Final = 400
"""More than the pages' readers take together, so that probes and scrapes always find a place."""
_SILENT_MS: Final = 30_000
"""After so many milliseconds a peer that takes nothing of what was sent to it is let go of by the kernel."""


class AdminServer:
    """Serves an application on a bound socket from `start` until `stop`; `stopping` then ends what would never end."""

    def __init__(
        self, application: ASGIApp, listener: socket.socket, stopping: Callable[[], None] = lambda: None
    ) -> None:
        # A large library, which whoever only wants to bind a port does without.
        import uvicorn

        from proxy_addons.admin.guest_server import GuestServer

        self._stopping = stopping
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        self._listener = listener
        self._server = GuestServer(
            uvicorn.Config(
                application,
                http="h11",
                ws="none",
                lifespan="off",
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=1,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port in use."""
        port: int = self._listener.getsockname()[1]
        return port

    def start(self) -> None:
        """Serve on the running loop."""
        self._task = asyncio.get_running_loop().create_task(
            self._server.serve([self._listener]), name="why403 admin port"
        )

    def stop(self) -> None:
        """Stop listening at once, so that a successor can take the port; connections end within moments."""
        self._server.should_exit = True
        self._stopping()
        for server in getattr(self._server, "servers", ()):
            server.close()
        self._listener.close()

    async def stopped(self) -> None:
        """Wait until the last connection has ended."""
        if self._task is not None:
            await self._task


def _is_news(record: logging.LogRecord) -> bool:
    """Uvicorn calls it an error that a reader who takes nothing is let go in the middle."""
    return "without completing response" not in record.getMessage()


def bind(port: int, host: str = LOOPBACK) -> socket.socket:
    """Bind the port, 0 for a free one; OSError where it is taken, not allowed, or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it every answer waits some 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MS)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
