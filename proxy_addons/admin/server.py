"""The admin port's server, as a guest on mitmproxy's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 64


class _Guest(uvicorn.Server):
    """uvicorn without its signal handlers: how the process ends is mitmproxy's decision."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class AdminServer:
    """Serves an application on 127.0.0.1 from `start` until `stop`."""

    def __init__(self, application: Starlette, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _Guest(
            uvicorn.Config(
                application,
                http="h11",
                ws="none",
                lifespan="off",
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                limit_concurrency=_BACKLOG,
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
        for server in getattr(self._server, "servers", ()):
            server.close()
        self._listener.close()

    async def stopped(self) -> None:
        """Wait until the last connection has ended."""
        if self._task is not None:
            await self._task


def bind(port: int) -> socket.socket:
    """Bind the port, 0 for a free one; OSError where it is taken or not allowed."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise
    return listener
