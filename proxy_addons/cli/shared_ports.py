"""Ports that several processes of one run share (SO_REUSEPORT), and nobody else.

The kernel lets any process of the same user share a port whose sockets allow it, without telling either. So the port is
first taken alone, as any proxy would take it: that fails where somebody has it already. From then on the socket of that
moment, which hears nothing, holds the port for the run.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

from proxy_addons.cli.proxy_ports import ProxyError, no_address, reason, taken

if TYPE_CHECKING:
    from proxy_addons.settings import Settings

_TRIES: Final = 20


def can_share() -> bool:
    """Whether this system spreads connections over processes that share a port.

    macOS and the BSDs know the option, and give every connection to the socket that came last; Windows knows none.
    """
    return sys.platform == "linux" and hasattr(socket, "SO_REUSEPORT")


def claim_proxy_ports(settings: Settings) -> tuple[socket.socket, socket.socket]:
    """What holds the reverse and the forward port; ProxyError where one is taken."""
    reverse = _claim("reverse", settings.reverse_port, settings.listen_host)
    try:
        return reverse, _claim("forward", settings.forward_port, settings.listen_host)
    except ProxyError:
        reverse.close()
        raise


def _claim(purpose: str, port: int, host: str) -> socket.socket:
    for left in reversed(range(_TRIES)):
        try:
            return claim(port or _free_port(host), host)
        except OSError as error:
            # A free port may be somebody else's a moment later; then there is another.
            if not port and left and error.errno == errno.EADDRINUSE:
                continue
            if not port:
                raise ProxyError(no_address(host, error)) from error
            raise ProxyError(taken(purpose, host, port, reason(error))) from error
    raise AssertionError("the last try ends the loop")


def claim(port: int, host: str) -> socket.socket:
    """A socket that holds a port for processes which share it. OSError where anybody has the port."""
    holder = _stream_socket(host)
    try:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, port))
        # Of two that bind at once, both allowing for connections of before, only one can listen.
        holder.listen(1)
        # It hears nothing any more and keeps the port, because it named the port itself.
        holder.shutdown(socket.SHUT_RDWR)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError:
        holder.close()
        raise
    return holder


def _free_port(host: str) -> int:
    with _stream_socket(host) as found:
        found.bind((host, 0))
        port: int = found.getsockname()[1]
        return port


def _stream_socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)


class SharingLoop(asyncio.SelectorEventLoop):
    """An event loop whose servers share their ports; mitmproxy, which opens them, cannot be told to."""

    async def create_server(self, *arguments: Any, **named: Any) -> asyncio.Server:  # noqa: ANN401  # handed on as is
        """As always, but for SO_REUSEPORT."""
        return await super().create_server(*arguments, **{**named, "reuse_port": True})
