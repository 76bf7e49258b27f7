"""The forward port: decrypts Microsoft's hosts, passes everything else on as it is."""

import contextlib
import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.live.proxy import SECONDS, Connection, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream


@contextlib.contextmanager
def plain_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server that speaks no TLS; the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


def test_a_microsoft_host_is_decrypted_and_its_refusal_explained(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/forward", lambda received: received.answer("403 Forbidden", b'{"error":{"code":"X"}}'))
    with proxy.through_forward("graph.microsoft.com") as client:
        assert client.get("graph.microsoft.com", "/v1.0/forward").status == 403
    assert upstream.request("/v1.0/forward").name == "graph.microsoft.com"
    assert proxy.failure(client)["url.full"] == "https://graph.microsoft.com/v1.0/forward"


def test_requests_of_one_tunnel_share_one_connection_upstream(proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_forward("outlook.office365.com") as client:
        for _ in range(3):
            assert client.get("outlook.office365.com", "/a").status == 200
    assert upstream.accepted == before + 1


def test_any_other_host_shows_its_own_certificate(
    proxy: RunningProxy, upstream: Upstream, upstream_authority: trustme.CA
) -> None:
    trust = ssl.create_default_context()
    upstream_authority.configure_trust(trust)
    before = proxy.metric('why403_exchanges_total{outcome="client_error",service="other"}')
    upstream.on("/private", lambda received: received.answer("403 Forbidden", b"no"))
    with proxy.through_forward("passes.example.org", trust) as client:
        assert client.get("passes.example.org", "/private").status == 403
    assert upstream.request("/private").name == "passes.example.org"
    assert proxy.metric('why403_exchanges_total{outcome="client_error",service="other"}') == before


def test_a_tunnel_without_tls_passes_byte_for_byte(proxy: RunningProxy) -> None:
    sent = bytes(range(256)) * 40
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        data = b""
        while len(data) < len(sent):
            data += connection.recv(65536)
        received.append(data)
        connection.sendall(data[::-1])

    with plain_server(serve) as port, proxy.tunnel("127.0.0.1", port) as client:
        client.send(sent)
        answer = b""
        while len(answer) < len(sent):
            answer += client.read_some()
    assert (received, answer) == ([sent], sent[::-1])


def test_a_protocol_in_which_the_server_speaks_first_passes(proxy: RunningProxy) -> None:
    greeting = b"SSH-2.0-OpenSSH_9.6\r\n"
    with (
        plain_server(lambda connection: connection.sendall(greeting)) as port,
        proxy.tunnel("127.0.0.1", port) as client,
    ):
        assert client.read_some() == greeting


def test_plain_http_inside_a_tunnel_out_of_scope_is_not_even_parsed(proxy: RunningProxy) -> None:
    sent = b"GET  /odd   HTTP/1.1\r\nhost :x\r\n\r\n"
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(connection.recv(65536))
        connection.sendall(b"bye")

    with plain_server(serve) as port, proxy.tunnel("127.0.0.1", port) as client:
        client.send(sent)
        assert client.read_some() == b"bye"
    assert received == [sent]


def test_connect_to_a_dead_host_out_of_scope_is_answered_502(proxy: RunningProxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with socket.create_connection(("127.0.0.1", proxy.forward), timeout=SECONDS) as plain:
        connection = Connection(plain)
        connection.send(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert b" 502 " in connection.read_head().split(b"\r\n")[0]


def test_plain_http_to_a_host_out_of_scope_streams(proxy: RunningProxy) -> None:
    first_seen = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        assert first_seen.wait(SECONDS)
        connection.sendall(b"-last")

    with (
        plain_server(serve) as port,
        socket.create_connection(("127.0.0.1", proxy.forward), timeout=SECONDS) as plain,
    ):
        client = Connection(plain)
        client.send(f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        client.read_head()
        assert client.read_some() == b"first"
        first_seen.set()
        assert client.read_some() == b"-last"


def test_a_client_that_offers_http_2_gets_what_upstream_speaks(proxy: RunningProxy) -> None:
    offered = proxy.trust()
    offered.set_alpn_protocols(["h2", "http/1.1"])
    with proxy.through_forward("graph.microsoft.com", offered) as client:
        assert isinstance(client.stream, ssl.SSLSocket)
        assert client.stream.selected_alpn_protocol() in {None, "http/1.1"}
        assert client.get("graph.microsoft.com", "/alpn").status == 200


def test_hosts_given_by_the_user_replace_the_default(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream, upstream_authority: trustme.CA
) -> None:
    trust = ssl.create_default_context()
    upstream_authority.configure_trust(trust)
    upstream.on("/mine", lambda received: received.answer("401 Unauthorized"))
    with running_proxy(tmp_path, *towards_upstream, "--hosts", "*.example.org") as proxy:
        with proxy.through_forward("graph.microsoft.com", trust) as client:
            assert client.get("graph.microsoft.com", "/theirs").status == 200
        with proxy.through_forward("passes.example.org") as client:
            assert client.get("passes.example.org", "/mine").status == 401
        assert proxy.failure(client)["server.address"] == "passes.example.org"


@pytest.mark.parametrize("body", [b"{}", b"x" * 300_000])
def test_a_request_body_arrives_whole(proxy: RunningProxy, upstream: Upstream, body: bytes) -> None:
    def digest(received: Received) -> None:
        received.answer("200 OK", hashlib.sha256(received.body).hexdigest().encode())

    upstream.on("/upload", digest)
    with proxy.through_forward("graph.microsoft.com") as client:
        assert client.post("graph.microsoft.com", "/upload", body).body.decode() == hashlib.sha256(body).hexdigest()
    assert upstream.request("/upload").body == body


def test_a_chunked_request_body_arrives_whole(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_forward("graph.microsoft.com") as client:
        reply = client.ask(
            b"POST /chunks HTTP/1.1\r\nHost: graph.microsoft.com\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
        )
    assert reply.status == 200
    assert upstream.request("/chunks").body == b"hello world"


def test_a_batch_item_refused_inside_a_200_is_explained(proxy: RunningProxy, upstream: Upstream) -> None:
    asked = {"requests": [{"id": "1", "method": "GET", "url": "/me"}, {"id": "2", "method": "GET", "url": "/users"}]}
    refused = {"id": "2", "status": 403, "body": {"error": {"code": "Authorization_RequestDenied", "message": "no"}}}
    answered = {"responses": [{"id": "1", "status": 200, "body": {}}, refused]}
    upstream.on("/v1.0/$batch", lambda received: received.answer("200 OK", json.dumps(answered).encode()))
    with proxy.through_forward("graph.microsoft.com") as client:
        assert client.post("graph.microsoft.com", "/v1.0/$batch", json.dumps(asked).encode()).status == 200
    line = proxy.failure(client)
    assert (line["url.full"], line["http.response.status_code"]) == ("https://graph.microsoft.com/v1.0/users", 403)
