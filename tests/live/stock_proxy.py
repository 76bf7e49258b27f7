"""mitmproxy as it comes, to tell what it changes itself from what we change."""

import contextlib
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.live.proxy import SECONDS, RunningProxy, started
from tests.live.test_mitmproxy_tools import free_ports

NAME = "localhost"
"""A server of this machine under a name whose address nobody has to be told."""


@contextlib.contextmanager
def stock_proxy(folder: Path, trust: Path) -> Iterator[RunningProxy]:
    """The mitmdump of the same version, told to stream bodies."""
    (port,) = free_ports(1)
    options = {
        "confdir": folder / "conf",
        "ssl_verify_upstream_trusted_ca": trust,
        "stream_large_bodies": "1",
        "connection_strategy": "lazy",
    }
    chosen = [part for name, value in options.items() for part in ("--set", f"{name}={value}")]
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "--mode", f"regular@127.0.0.1:{port}", *chosen]
    with started(command, folder) as proxy:
        proxy.forward = port

        def listens() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=SECONDS):
                return proxy.authority.exists()
            return False

        proxy.wait_for(listens)
        yield proxy


@contextlib.contextmanager
def tunnel(port: int, target: int, trust: ssl.SSLContext, protocols: Sequence[str] = ()) -> Iterator[ssl.SSLSocket]:
    """TLS to a server of this machine, through the forward port of a proxy."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
        plain.sendall(f"CONNECT {NAME}:{target} HTTP/1.1\r\nHost: {NAME}:{target}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += plain.recv(4096)
        assert b" 200 " in head, head
        with secured(plain, trust, protocols) as stream:
            yield stream


@contextlib.contextmanager
def straight(port: int, trust: ssl.SSLContext, protocols: Sequence[str] = ()) -> Iterator[ssl.SSLSocket]:
    """TLS to a port of this machine."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain,
        secured(plain, trust, protocols) as stream,
    ):
        yield stream


@contextlib.contextmanager
def secured(plain: socket.socket, trust: ssl.SSLContext, protocols: Sequence[str]) -> Iterator[ssl.SSLSocket]:
    # Frames go out one by one, and the kernel would hold each back for the acknowledgement of the one before.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if protocols:
        trust.set_alpn_protocols(list(protocols))
    with trust.wrap_socket(plain, server_hostname=NAME) as stream:
        assert not protocols or stream.selected_alpn_protocol() in protocols
        yield stream
