"""Ports of which several processes of one run take connections, and nobody else.

The process above the workers opens them, and the workers inherit the sockets: a connection waits for the run, not for
one of its processes, so none is lost with a worker that ends before it has taken it. A port is claimed before there is
a worker, refuses connections until there is one, and does so again when there is none.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.cli.proxy_ports import ProxyError, no_address, reason, taken

if TYPE_CHECKING:
    from proxy_addons.settings import Settings

_TRIES: Final = 20
_WAITING: Final = 1024
"""Connections the system keeps for us until a worker takes them; it may allow fewer (`net.core.somaxconn`)."""


def can_share() -> bool:
    """Whether workers can share ports on this system: what they tell each other needs memory without a name."""
    return sys.platform == "linux" and hasattr(os, "memfd_create")


@dataclass(frozen=True, slots=True)
class SharedPorts:
    """The two proxy ports, claimed; `open` and `refuse` may follow each other as often as there is need."""

    reverse: socket.socket
    forward: socket.socket

    @property
    def numbers(self) -> tuple[int, int]:
        """The reverse and the forward port."""
        return self.reverse.getsockname()[1], self.forward.getsockname()[1]

    def open(self) -> None:
        """Let connections come; they wait until a worker takes them."""
        for listening in (self.reverse, self.forward):
            listening.listen(_WAITING)
            # Connections have it from here. Without it those that linger would keep the next run from the port.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def refuse(self) -> None:
        """Let no connection come, in any process, and keep the ports."""
        for listening in (self.reverse, self.forward):
            if listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                _hold(listening)

    def close(self) -> None:
        """Give the ports up, as far as this process is concerned."""
        self.reverse.close()
        self.forward.close()


def claim_proxy_ports(settings: Settings) -> SharedPorts:
    """Take hold of the reverse and the forward port; ProxyError where one is taken."""
    reverse = _claim("reverse", settings.reverse_port, settings.listen_host)
    try:
        return SharedPorts(reverse, _claim("forward", settings.forward_port, settings.listen_host))
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
    """A socket that holds a port and refuses connections. OSError where anybody has the port."""
    holder = _stream_socket(host)
    try:
        holder.settimeout(0)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, port))
        # Of two that bind at once, both allowing for connections of before, only one can listen.
        holder.listen(1)
        _hold(holder)
    except OSError:
        holder.close()
        raise
    return holder


def _hold(listening: socket.socket) -> None:
    # In this order: a socket that does not listen keeps its port to itself only without the option.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    # It hears nothing any more and keeps the port, because it named the port itself.
    listening.shutdown(socket.SHUT_RDWR)


def _free_port(host: str) -> int:
    with _stream_socket(host) as found:
        found.bind((host, 0))
        port: int = found.getsockname()[1]
        return port


def _stream_socket(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if family == socket.AF_INET6:
        # As asyncio does it for one process.
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return made
