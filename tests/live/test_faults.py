"""What breaks around the proxy: servers, the disk, descriptors, the process. It says so, goes on and recovers."""

import os
import resource
import signal
import socket
import sqlite3
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.live.proxy import SECONDS, RunningProxy, running_proxy
from tests.live.test_failure_store import COUNTED, PATH, STORED, ask, counted, refuse
from tests.live.upstream import Received, Upstream

CUT_OFF = "cut-off.contoso.com"
EXPIRED = "expired.contoso.com"
WRONG = "wrong.contoso.com"
NOWHERE = "nowhere.invalid"


def reset(received: Received) -> None:
    # SO_LINGER 0: a reset instead of an orderly end
    received.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    received.connection.close()


@contextmanager
def bad_server(context: ssl.SSLContext | None) -> Iterator[int]:
    """A server with a certificate nobody should accept, or one that leaves in the middle of the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    plain, _ = listener.accept()
                    with plain, suppress(OSError):
                        if context is None:
                            plain.recv(65536)
                        else:
                            context.wrap_socket(plain, server_side=True).close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(SECONDS)


@pytest.fixture(scope="module")
def among_bad_servers(
    tmp_path_factory: pytest.TempPathFactory, towards_upstream: list[str], upstream_authority: trustme.CA
) -> Iterator[RunningProxy]:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with ExitStack() as servers:
        options: list[str] = ["--hosts", "microsoft", "--hosts", NOWHERE]
        for host, certificate in (
            (EXPIRED, upstream_authority.issue_cert(EXPIRED, not_after=yesterday)),
            (WRONG, upstream_authority.issue_cert("other.contoso.com")),
            (CUT_OFF, None),
        ):
            context = None
            if certificate is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                certificate.configure_cert(context)
            port = servers.enter_context(bad_server(context))
            options += ["--hosts", host, "--connect-to", f"{host}=127.0.0.1:{port}"]
        yield servers.enter_context(
            running_proxy(tmp_path_factory.mktemp("bad"), *towards_upstream, *options, "--store", "off")
        )


@pytest.mark.parametrize(
    ("host", "cause", "words"),
    [
        (EXPIRED, "tls", "expired"),
        (WRONG, "tls", "ostname"),
        (CUT_OFF, "reset", ""),
        (NOWHERE, "dns", ""),
    ],
)
def test_an_upstream_that_cannot_be_trusted_or_reached_is_a_502_with_its_cause_and_others_are_served(
    among_bad_servers: RunningProxy, host: str, cause: str, words: str
) -> None:
    proxy = among_bad_servers
    sample = f'why403_upstream_errors_total{{cause="{cause}"}}'
    before = proxy.metric(sample)
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", f"/{host}/v1.0/me").status == 502
        line = proxy.failure(client)
    assert words in line["error.type"]
    assert proxy.metric(sample) == before + 1
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me").status == 200
    proxy.wait_for(lambda: proxy.metric("why403_exchanges_in_flight") == 0)


@pytest.mark.parametrize("framing", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_an_upstream_that_resets_in_mid_body_ends_the_clients_answer_there(
    proxy: RunningProxy, upstream: Upstream, framing: str
) -> None:
    first = b"5\r\nfirst\r\n" if "chunked" in framing else b"first"

    def break_off(received: Received) -> None:
        received.send(f"HTTP/1.1 403 Forbidden\r\n{framing}\r\n\r\n".encode() + first)
        assert client_has_it.wait(SECONDS)
        reset(received)

    client_has_it = threading.Event()
    upstream.on("/mid-body", break_off)
    before = proxy.metric('why403_upstream_errors_total{cause="reset"}')
    with proxy.through_reverse() as client:
        trace = f"client-request-id: {client.trace}"
        client.send(f"GET /graph.microsoft.com/mid-body HTTP/1.1\r\nHost: h\r\n{trace}\r\n\r\n".encode())
        assert b" 403 " in client.read_head()
        got = client.read_some()
        client_has_it.set()
        while True:
            try:
                piece = client.stream.recv(65536)
            except (ConnectionError, ssl.SSLError):
                break
            if not piece:
                break
            got += piece
        assert got == first
        # What came is explained all the same.
        assert proxy.failure(client)["http.response.status_code"] == 403
    assert proxy.metric('why403_upstream_errors_total{cause="reset"}') == before + 1
    assert proxy.metric("why403_exchanges_in_flight") == 0


@contextmanager
def limited(proxy: RunningProxy, what: int, soft: int) -> Iterator[None]:
    """Take something away from a running process, and give it back."""
    pid = proxy.process.pid
    before = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (soft, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, what, before)


def test_a_disk_that_is_full_costs_no_call_and_no_count(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--store", "x.sqlite", "--store-group-records", "1000") as proxy:
        ask(proxy, 5)
        proxy.wait_for(lambda: proxy.metric(COUNTED) == 5)
        with limited(proxy, resource.RLIMIT_FSIZE, 1):
            ask(proxy, 5)
            proxy.wait_for(lambda: proxy.metric("why403_store_up") == 0)
            ask(proxy, 5)
        proxy.wait_for(lambda: proxy.metric("why403_store_up") == 1)
        assert proxy.stop() == 0
    assert counted(tmp_path / "x.sqlite") == (15, 15)
    assert_sound(tmp_path / "x.sqlite")


def assert_sound(place: Path) -> None:
    with closing(sqlite3.connect(place)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_killed_proxy_has_stored_what_it_counted_and_goes_on_where_it_was(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    options = [*towards_upstream, "--store", str(tmp_path / "x.sqlite"), "--store-group-records", "1000"]
    with running_proxy(tmp_path, *options) as proxy:
        ask(proxy, 20)
        proxy.wait_for(lambda: proxy.metric(STORED) == 20)
        os.kill(proxy.process.pid, signal.SIGKILL)
        proxy.process.wait(SECONDS)
    assert_sound(tmp_path / "x.sqlite")
    assert counted(tmp_path / "x.sqlite") == (20, 20)
    with running_proxy(tmp_path, *options) as proxy:
        ask(proxy, 3)
        proxy.wait_for(lambda: proxy.metric(STORED) == 3)
        assert proxy.stop() == 0
    assert counted(tmp_path / "x.sqlite") == (23, 23)


def test_a_proxy_without_descriptors_keeps_its_connections_and_takes_new_ones_when_there_are_some(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--store", "off") as proxy, proxy.through_reverse() as client:
        assert client.get("127.0.0.1", PATH).status == 403
        open_now = len([*Path(f"/proc/{proxy.process.pid}/fd").iterdir()])
        with limited(proxy, resource.RLIMIT_NOFILE, open_now + 3), ExitStack() as crowd:
            for _ in range(20):
                crowd.enter_context(socket.create_connection(("127.0.0.1", proxy.reverse), timeout=SECONDS))
            proxy.wait_for(lambda: any("Too many open files" in line for line in proxy.errors))
            assert client.get("127.0.0.1", PATH).status == 403
        with proxy.through_reverse() as other:
            assert other.get("127.0.0.1", PATH).status == 403
        assert proxy.stop() == 0


CROWD = 1000


def test_a_thousand_clients_that_never_finish_their_request_keep_nobody_else_waiting(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--store", "off") as proxy, ExitStack() as crowd:
        ask(proxy, 3)
        before = memory(proxy)
        slow = [
            crowd.enter_context(socket.create_connection(("127.0.0.1", proxy.forward), timeout=SECONDS))
            for _ in range(CROWD)
        ]
        for each in slow:
            each.sendall(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\nX-Slow: ")
        proxy.wait_for(lambda: proxy.metric('why403_connections{side="client"}') >= CROWD)
        ask(proxy, 3)
        for each in slow:
            each.sendall(b"x")
        ask(proxy, 3)
        assert memory(proxy) - before < CROWD * 100 * 1024
        crowd.close()
        proxy.wait_for(lambda: proxy.metric('why403_connections{side="client"}') == 0)


def memory(proxy: RunningProxy) -> int:
    """Bytes of a process that are in memory."""
    pages = int(Path(f"/proc/{proxy.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_a_slow_upstream_keeps_only_those_waiting_who_asked_it(proxy: RunningProxy, upstream: Upstream) -> None:
    answer = threading.Event()

    def late(received: Received) -> None:
        assert answer.wait(SECONDS)
        received.answer("200 OK", b"late")

    upstream.on("/late", late)
    upstream.on("/v1.0/users", refuse)
    with ExitStack() as waiting:
        clients = [waiting.enter_context(proxy.through_reverse()) for _ in range(50)]
        for client in clients:
            client.send(b"GET /graph.microsoft.com/late HTTP/1.1\r\nHost: h\r\n\r\n")
        proxy.wait_for(lambda: proxy.metric("why403_exchanges_in_flight") == len(clients))
        ask(proxy, 5)
        answer.set()
        assert {client.read_reply().body for client in clients} == {b"late"}
    proxy.wait_for(lambda: proxy.metric("why403_exchanges_in_flight") == 0)


def test_an_exchange_mitmproxy_loses_is_let_go_when_its_client_leaves(proxy: RunningProxy, upstream: Upstream) -> None:
    """Trailers of HTTP/1 end the work of mitmproxy on a connection, without any further event."""

    def with_trailers(received: Received) -> None:
        received.send(b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nX-Late: 1\r\n\r\n")

    upstream.on("/trailers", with_trailers)
    with proxy.through_reverse() as client:
        client.send(b"GET /graph.microsoft.com/trailers HTTP/1.1\r\nHost: h\r\n\r\n")
        client.read_head()
        assert proxy.metric("why403_exchanges_in_flight") == 1
    proxy.wait_for(lambda: proxy.metric("why403_exchanges_in_flight") == 0)
