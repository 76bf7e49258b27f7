"""Clients that speak HTTP/2, and doors the user opens besides the two ports."""

import json
import socket
import ssl
import uuid
from pathlib import Path

import httpx
import trustme
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded

from tests.live.proxy import SECONDS, Connection, RunningProxy, running_proxy
from tests.live.upstream import PREFERS_HTTP_2, Upstream


def post_with_http_2(proxy: RunningProxy, path: str, body: bytes, trace: str) -> tuple[int, bytes]:
    """Ask the reverse port in HTTP/2 and nothing else; httpx would offer HTTP/1.1 first."""
    trust = proxy.trust()
    trust.set_alpn_protocols(["h2"])
    plain = socket.create_connection(("127.0.0.1", proxy.reverse), timeout=SECONDS)
    with trust.wrap_socket(plain, server_hostname="127.0.0.1") as stream:
        assert stream.selected_alpn_protocol() == "h2"
        connection = H2Connection()
        connection.initiate_connection()
        names = {":method": "POST", ":scheme": "https", ":authority": "127.0.0.1", ":path": path}
        connection.send_headers(1, [*names.items(), ("client-request-id", trace), ("content-length", str(len(body)))])
        connection.send_data(1, body, end_stream=True)
        status, content = 0, b""
        while True:
            stream.sendall(connection.data_to_send())
            for event in connection.receive_data(stream.recv(65536)):
                if isinstance(event, ResponseReceived):
                    status = int(dict(event.headers)[b":status"])
                if isinstance(event, DataReceived):
                    content += event.data
                if isinstance(event, StreamEnded):
                    return status, content


def test_a_client_that_speaks_only_http_2_is_served_on_the_reverse_port(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    refusal = json.dumps({"error": {"code": "Authorization_RequestDenied", "message": "no"}}).encode()
    upstream.on("/v1.0/users", lambda received: received.answer("403 Forbidden", refusal))
    trace = str(uuid.uuid4())
    assert post_with_http_2(proxy, "/graph.microsoft.com/v1.0/users", b"asked", trace) == (403, refusal)
    received = upstream.request("/v1.0/users")
    assert (received.name, received.body) == ("graph.microsoft.com", b"asked")
    assert b"Host: graph.microsoft.com" in received.header_lines
    line = proxy.next_line("why403.failure")
    assert (line["ms.client_request_id"], line["auth.error.code"]) == (trace, "Authorization_RequestDenied")


def test_a_client_that_speaks_both_gets_http_1_through_and_through(proxy: RunningProxy, upstream: Upstream) -> None:
    trust = proxy.trust()
    trust.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", proxy.reverse), timeout=SECONDS)
    with trust.wrap_socket(plain, server_hostname="127.0.0.1") as stream:
        assert stream.selected_alpn_protocol() == "http/1.1"
        sent = [b"Host: x", b"X-Kept-Case: 1", b"Connection: keep-alive"]
        request = [f"GET /{PREFERS_HTTP_2}/versions HTTP/1.1".encode(), *sent, b"", b""]
        assert Connection(stream).ask(b"\r\n".join(request)).status == 200
    received = upstream.request("/versions")
    assert received.connection.selected_alpn_protocol() == "http/1.1"
    assert received.header_lines[1:] == sent[1:]


def test_a_client_of_the_forward_port_speaks_what_upstream_speaks(proxy: RunningProxy) -> None:
    through = httpx.Proxy(f"http://127.0.0.1:{proxy.forward}")
    with httpx.Client(http2=True, proxy=through, verify=proxy.trust(), trust_env=False, timeout=SECONDS) as client:
        answer = client.get("https://graph.microsoft.com/v1.0/me")
    assert (answer.http_version, answer.status_code) == ("HTTP/1.1", 200)


def socks_tunnel(port: int, host: str) -> socket.socket:
    """A connection to a host through a SOCKS5 proxy (RFC 1928)."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    stream.sendall(b"\x05\x01\x00")
    assert stream.recv(2) == b"\x05\x00"
    stream.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + (443).to_bytes(2))
    assert stream.recv(10)[:2] == b"\x05\x00"
    return stream


def test_a_mode_of_mitmproxy_opens_a_third_door(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream, upstream_authority: trustme.CA
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    upstream.on("/v1.0/groups", lambda received: received.answer("403 Forbidden"))
    public = ssl.create_default_context()
    upstream_authority.configure_trust(public)
    with running_proxy(tmp_path, *towards_upstream, "--mode", f"socks5@127.0.0.1:{port}") as proxy:
        name = "graph.microsoft.com"
        with proxy.trust().wrap_socket(socks_tunnel(port, name), server_hostname=name) as stream:
            client = Connection(stream)
            assert client.get(name, "/v1.0/groups").status == 403
        assert proxy.failure(client)["server.address"] == name
        name = "passes.example.org"
        with public.wrap_socket(socks_tunnel(port, name), server_hostname=name) as stream:
            assert Connection(stream).get(name, "/").status == 200
