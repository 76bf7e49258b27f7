"""The ports of a run, and what is said where one cannot be opened. Knows nothing of mitmproxy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy_addons.admin.server import bind
from proxy_addons.setting_values import LOOPBACK

if TYPE_CHECKING:
    import socket

    from proxy_addons.setting_values import UpstreamProxy
    from proxy_addons.settings import Settings


class ProxyError(Exception):
    """The proxy cannot start; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports in use, the address of the two proxy ports, and the proxy beyond them."""

    reverse: int
    forward: int
    admin: int
    host: str = LOOPBACK
    beyond: UpstreamProxy | None = None


def choose_ports(settings: Settings) -> tuple[Ports, socket.socket]:
    """The ports to use and the admin port's socket, bound already; ProxyError where that is taken.

    Port 0 is resolved here, because mitmproxy takes two listeners on port 0 for the same one.
    """
    admin = bind_admin(settings)
    held = _two_free(settings.listen_host)
    free = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    ports = Ports(
        settings.reverse_port or free[0],
        settings.forward_port or free[1],
        admin.getsockname()[1],
        settings.listen_host,
        settings.upstream_proxy,
    )
    return ports, admin


def bind_admin(settings: Settings) -> socket.socket:
    """The admin port's socket; ProxyError where it is taken."""
    try:
        return bind(settings.admin_port, settings.admin_host)
    except OSError as error:
        raise ProxyError(taken("admin", settings.admin_host, settings.admin_port, reason(error))) from error


def _two_free(host: str) -> list[socket.socket]:
    try:
        return [bind(0, host), bind(0, host)]
    except OSError as error:
        raise ProxyError(no_address(host, error)) from error


def no_address(host: str, error: OSError) -> str:
    """What is said where the proxy ports' address is none of this machine's."""
    return f"--listen-host {host}: {reason(error)}. Remedy: give an address of this machine, or leave it out"


def reason(error: Exception | None) -> str:
    """Why a port was not opened, in the system's words where it has some."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error or "it did not start")


def taken(purpose: str, host: str, port: int, because: str) -> str:
    """What is said where a port cannot be opened."""
    return (
        f"the {purpose} port {port} on {host} cannot be opened: {because}. "
        f"Remedy: stop what uses it, or choose another with --{purpose}-port (0 takes a free one)"
    )
