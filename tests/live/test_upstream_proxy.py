"""`--upstream-proxy`: a network whose only way out is a proxy that wants to know who calls."""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import pytest

from tests.live.proxy import SECONDS, Connection, RunningProxy, running_proxy
from tests.live.upstream import Upstream, read_until

USER = "adele:a%20secret"
CREDENTIALS = base64.b64encode(b"adele:a secret").decode()


@dataclass
class WayOut:
    """A proxy that lets through whoever names USER; every tunnel ends at one server."""

    port: int
    behind: int
    asked: "Queue[tuple[str, str]]" = field(default_factory=Queue)

    @property
    def url(self) -> str:
        """As somebody writes it down, with the password."""
        return f"http://{USER}@127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        """Take one tunnel or one request on."""
        with connection, contextlib.suppress(OSError):
            head, rest = read_until(connection, b"\r\n\r\n", b"")
            lines = head.decode().split("\r\n")
            shown = next((line.rpartition(" ")[2] for line in lines if line.startswith("Proxy-Authorization: ")), "")
            self.asked.put((lines[0], shown))
            if shown != CREDENTIALS:
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self.behind), timeout=SECONDS) as server:
                if lines[0].startswith("CONNECT "):
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    server.sendall(head + rest)
                back = threading.Thread(target=pump, args=(server, connection))
                back.start()
                pump(connection, server)
                back.join(SECONDS)


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def way_out(behind: int) -> Iterator[WayOut]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = WayOut(listener.getsockname()[1], behind)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=found.serve, args=(listener.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(SECONDS)


@pytest.fixture(scope="module")
def beyond(upstream: Upstream) -> Iterator[WayOut]:
    with way_out(upstream.port) as found:
        yield found


@pytest.fixture(scope="module")
def chained(beyond: WayOut, upstream_trust: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    """A proxy for which everything lies beyond another one."""
    moved = ["--connect-to", "login.microsoftonline.com=192.0.2.7:8443"]
    environment = {"WHY403_UPSTREAM_PROXY": beyond.url}
    directory = tmp_path_factory.mktemp("chained")
    with running_proxy(directory, *moved, "--upstream-ca", str(upstream_trust), environment=environment) as running:
        yield running


def test_a_client_of_the_forward_port_leaves_through_it(chained: RunningProxy, beyond: WayOut) -> None:
    with chained.through_forward("graph.microsoft.com") as client:
        assert client.get("graph.microsoft.com", "/v1.0/me").status == 200
        assert client.get("graph.microsoft.com", "/v1.0/me").status == 200
    assert beyond.asked.get(timeout=SECONDS) == ("CONNECT graph.microsoft.com:443 HTTP/1.1", CREDENTIALS)
    assert list(beyond.asked.queue) == [], "the second call takes the same connection"


def test_a_client_of_the_reverse_port_leaves_through_it(chained: RunningProxy, beyond: WayOut) -> None:
    with chained.through_reverse() as client:
        assert client.get("127.0.0.1", "/outlook.office365.com/EWS/Exchange.asmx").status == 200
    assert beyond.asked.get(timeout=SECONDS) == ("CONNECT outlook.office365.com:443 HTTP/1.1", CREDENTIALS)


def test_a_tunnel_that_is_not_looked_at_leaves_through_it(chained: RunningProxy, beyond: WayOut) -> None:
    with chained.tunnel("passes.example.org", 8443) as client:
        client.send(b"EHLO mail.contoso.com\r\n")
        assert beyond.asked.get(timeout=SECONDS) == ("CONNECT passes.example.org:8443 HTTP/1.1", CREDENTIALS)


def test_a_call_without_tls_leaves_through_it(chained: RunningProxy, beyond: WayOut) -> None:
    with socket.create_connection(("127.0.0.1", chained.forward), timeout=SECONDS) as plain:
        Connection(plain).send(b"GET http://passes.example.org/ HTTP/1.1\r\nHost: passes.example.org\r\n\r\n")
        assert beyond.asked.get(timeout=SECONDS) == ("GET http://passes.example.org/ HTTP/1.1", CREDENTIALS)


def test_an_address_of_its_own_is_asked_for_through_it(chained: RunningProxy, beyond: WayOut) -> None:
    with chained.through_forward("login.microsoftonline.com") as client:
        assert client.get("login.microsoftonline.com", "/common/oauth2/v2.0/token").status == 200
    assert beyond.asked.get(timeout=SECONDS) == ("CONNECT 192.0.2.7:8443 HTTP/1.1", CREDENTIALS)


def test_a_proxy_that_turns_us_away_is_named_and_its_password_is_not(upstream: Upstream, tmp_path: Path) -> None:
    with (
        way_out(upstream.port) as beyond,
        running_proxy(
            tmp_path, "--upstream-proxy", f"http://megan:not-to-be-shown@127.0.0.1:{beyond.port}", rules=None
        ) as chained,
    ):
        with chained.through_forward("graph.microsoft.com") as client:
            assert client.get("graph.microsoft.com", "/v1.0/me").status == 502
            line = chained.failure(client)
        shown = chained.box(line["why403.id"])
        assert "not-to-be-shown" not in str((line, shown, chained.errors))
    assert "407 Proxy Authentication Required" in shown
    assert line["error.type"].startswith("Upstream proxy <ip:")
