"""The proxies that are compared, and how a client speaks to each.

why403 runs with everything that is on by default: store, log, metrics, admin port. mitmdump is the stock one of the
same version, `-q`, without an addon. proxy.py stands for a proxy in Python that looks at nothing.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import LOCAL, CannotMeasureError, free_port
from bench.speed.answers import EWS, GRAPH

if TYPE_CHECKING:
    from bench.speed.upstream import Upstream

PEER: Final = Path(__file__).parents[2] / ".venv-bench" / "bin" / "python"
US: Final = "why403"
STOCK: Final = "mitmdump"
PEER_NAME: Final = "proxy.py"
_numbers: Final = count()


_READY: Final = b"why403.ready"


@dataclass(frozen=True)
class Entrant:
    """A proxy to start, and where and how it is spoken to.

    `host_in_path`: the path begins with the host that is meant. `before` stands before a path. `announced` is what it
    says when all of it is ready.
    """

    name: str
    command: tuple[str, ...]
    port: int
    scheme: str = "https"
    host_in_path: bool = False
    before: str = ""
    announced: bytes = b""

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://{LOCAL}:{self.port}"


def why403(
    upstream: Upstream, *more: str, scheme: str = "https", python: tuple[str, ...] = (), forward: bool = False
) -> Entrant:
    """`why403 run`, spoken to at its reverse port, upstream always over TLS. `python`: how to start it otherwise."""
    reverse, forward_port = free_port(), free_port()
    command = _why403_command(upstream, upstream.tls, reverse, forward_port, *more, python=python)
    if forward:
        return Entrant(US, command, forward_port, "http")
    return Entrant(US, command, reverse, scheme, host_in_path=True, announced=_READY)


def why403_plain(upstream: Upstream, *, python: tuple[str, ...] = ()) -> Entrant:
    """The same with a further port that leads to Graph without TLS on either side."""
    port = free_port()
    mode = f"reverse:http://{GRAPH}:80@{LOCAL}:{port}"
    command = _why403_command(upstream, upstream.plain, free_port(), free_port(), "--mode", mode, python=python)
    return Entrant(US, command, port, "http")


def _why403_command(
    upstream: Upstream, target: int, reverse: int, forward: int, *more: str, python: tuple[str, ...]
) -> tuple[str, ...]:
    return (
        *(python or (sys.executable, "-m", "proxy_addons.cli")),
        *("run", "--quiet", "--log-format", "json"),
        *("--reverse-port", str(reverse), "--forward-port", str(forward), "--admin-port", str(free_port())),
        *("--confdir", str(upstream.directory / "conf"), "--upstream-ca", str(upstream.authority)),
        *("--store", str(upstream.directory / f"store-{os.getpid()}-{next(_numbers)}.sqlite")),
        *("--connect-to", f"{GRAPH}={LOCAL}:{target}", "--connect-to", f"{EWS}={LOCAL}:{target}"),
        *more,
    )


def mitmdump(upstream: Upstream, *, plain: bool = False) -> Entrant:
    """Stock mitmdump as a reverse proxy, saying nothing."""
    port = free_port()
    target = f"http://{LOCAL}:{upstream.plain}" if plain else f"https://{LOCAL}:{upstream.tls}"
    command = _mitmdump_command(upstream, f"reverse:{target}@{LOCAL}:{port}")
    return Entrant(STOCK, command, port, "http" if plain else "https")


def mitmdump_forward(upstream: Upstream) -> Entrant:
    """Stock mitmdump as clients set it in HTTPS_PROXY."""
    port = free_port()
    return Entrant(STOCK, _mitmdump_command(upstream, f"regular@{LOCAL}:{port}"), port, "http")


def _mitmdump_command(upstream: Upstream, mode: str) -> tuple[str, ...]:
    return (
        str(Path(sys.executable).with_name("mitmdump")),
        *("-q", "--mode", mode, "--set", f"confdir={upstream.directory / 'stock'}"),
        *("--set", f"ssl_verify_upstream_trusted_ca={upstream.authority}", "--set", "keep_host_header=true"),
    )


def peer(upstream: Upstream) -> Entrant:
    """proxy.py as a forward proxy without TLS, with one worker.

    With TLS on both sides it cannot be driven like the others: as a reverse proxy its worker dies of the second call
    on a connection (2.4.10), and its forward proxy wants CONNECT, which wrk does not say.
    Raises CannotMeasureError where it is not installed.
    """
    if not PEER.exists():
        raise CannotMeasureError("proxy.py is not installed: .ci/setup bench")
    port = free_port()
    command = (
        *(str(PEER), "-m", "proxy", "--hostname", LOCAL, "--port", str(port), "--log-level", "ERROR"),
        *("--num-workers", "1", "--num-acceptors", "1", "--timeout", "120"),
        *("--data-dir", str(upstream.directory / "peer")),
    )
    return Entrant(PEER_NAME, command, port, "http", before=f"http://{LOCAL}:{upstream.plain}")


def versions() -> dict[str, str]:
    """The versions of all that is compared."""
    return {STOCK: version("mitmproxy"), PEER_NAME: _peer_version()}


def _peer_version() -> str:
    found = sorted(PEER.parents[1].glob("lib/python*/site-packages/proxy?py-*.dist-info"))
    return found[0].name.partition("-")[2].removesuffix(".dist-info") if found else "not installed"
