"""Whatever comes over the wire, the exchange goes through and the failure is recorded with what could be read."""

import socket
import struct
from pathlib import Path

from tests.live.proxy import RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream


def never(_: Received) -> None:
    """Give no answer."""


def test_a_token_of_a_megabyte_passes_and_its_refusal_is_recorded(proxy: RunningProxy, upstream: Upstream) -> None:
    token = "eyJ" + "a" * 1_000_000
    upstream.on("/long-token", lambda received: received.answer("401 Unauthorized"))
    with proxy.through_reverse() as client:
        reply = client.get("127.0.0.1", "/graph.microsoft.com/long-token", f"Authorization: Bearer {token}")
    assert reply.status == 401
    assert f"Authorization: Bearer {token}".encode() in upstream.request("/long-token").header_lines
    assert proxy.failure(client)["auth.token.kind"] == "malformed"


def test_headers_that_are_not_utf_8_pass_unchanged_both_ways(proxy: RunningProxy, upstream: Upstream) -> None:
    odd = b"X-Odd: \xff\xfe\x80 caf\xe9"

    def refuse(received: Received) -> None:
        received.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n" + odd + b"\r\n\r\n")

    upstream.on("/odd", refuse)
    with proxy.through_reverse() as client:
        trace = b"client-request-id: " + client.trace.encode()
        reply = client.ask(b"\r\n".join([b"GET /graph.microsoft.com/odd HTTP/1.1", b"Host: h", trace, odd, b"", b""]))
    assert odd in reply.header_lines
    assert odd in upstream.request("/odd").header_lines
    assert proxy.failure(client)["http.response.status_code"] == 403


def test_a_path_that_is_not_utf_8_passes_unchanged(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/\xff\xe9", lambda received: received.answer("403 Forbidden"))
    with proxy.through_reverse() as client:
        trace = b"client-request-id: " + client.trace.encode()
        lines = [b"GET /graph.microsoft.com/\xff\xe9 HTTP/1.1", b"Host: h", trace, b"", b""]
        assert client.ask(b"\r\n".join(lines)).status == 403
    assert upstream.request("/\xff\xe9").request_line == b"GET /\xff\xe9 HTTP/1.1"
    assert proxy.failure(client)["http.response.status_code"] == 403


def test_a_body_nobody_can_parse_costs_only_the_body(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on(
        "/garbage",
        lambda received: received.answer("403 Forbidden", b'{"error": \xff\x00', "Content-Type: application/json"),
    )
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com/garbage").body == b'{"error": \xff\x00'
    assert proxy.failure(client)["http.response.status_code"] == 403


def test_an_unreachable_upstream_gives_the_client_a_502_and_the_failure_says_so(
    tmp_path: Path, upstream_trust: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    dead = ["--connect-to", f"graph.microsoft.com=127.0.0.1:{port}", "--upstream-ca", str(upstream_trust)]
    with running_proxy(tmp_path, *dead) as proxy:
        with proxy.through_reverse() as client:
            reply = client.post("127.0.0.1", "/graph.microsoft.com/dead", b"x" * 100)
            assert (reply.status, (reply.header("server") or "").split()[0]) == (502, "mitmproxy")
        with proxy.through_forward("graph.microsoft.com") as client:
            assert client.get("graph.microsoft.com", "/dead").status == 502
        for _ in range(2):
            line = proxy.next_line("why403.failure")
            assert "http.response.status_code" not in line
            assert line["server.address"] == "graph.microsoft.com"
            assert "refused" in line["error.type"] or "Connect call failed" in line["error.type"]
        assert proxy.metric('why403_exchanges_total{outcome="no_response",service="graph"}') == 2
        assert proxy.metric('why403_upstream_errors_total{cause="connect"}') == 2


def test_an_upstream_with_an_untrusted_certificate_is_a_tls_failure(tmp_path: Path, upstream: Upstream) -> None:
    with running_proxy(tmp_path, "--connect-to", f"graph.microsoft.com=127.0.0.1:{upstream.port}") as proxy:
        with proxy.through_reverse() as client:
            assert client.get("127.0.0.1", "/graph.microsoft.com/untrusted").status == 502
        assert "ertificate" in proxy.failure(client)["error.type"]
        assert proxy.metric('why403_upstream_errors_total{cause="tls"}') == 1


def test_an_upstream_that_hangs_up_is_recorded_as_reset(proxy: RunningProxy, upstream: Upstream) -> None:
    def hang_up(received: Received) -> None:
        # SO_LINGER 0: a reset instead of an orderly end
        received.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        received.connection.close()

    upstream.on("/hang-up", hang_up)
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com/hang-up").status == 502
    assert "closed connection" in proxy.failure(client)["error.type"]


def test_a_client_that_leaves_is_counted_and_not_explained(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/left", never)
    before = proxy.metric('why403_exchanges_total{outcome="abandoned",service="graph"}')
    with proxy.through_reverse() as client:
        client.send(b"GET /graph.microsoft.com/left HTTP/1.1\r\nHost: h\r\n\r\n")
        upstream.request("/left")
    upstream.on("/after", lambda received: received.answer("403 Forbidden"))
    with proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com/after")
    assert proxy.next_line("why403.failure")["ms.client_request_id"] == client.trace
    assert proxy.metric('why403_exchanges_total{outcome="abandoned",service="graph"}') == before + 1


def test_a_client_that_leaves_in_the_middle_of_its_upload_is_no_failure_of_the_server(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    before = proxy.metric('why403_exchanges_total{outcome="abandoned",service="graph"}')
    with proxy.through_reverse() as client:
        client.send(b"PUT /graph.microsoft.com/half HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\n" + b"x" * 100)
        while upstream.begun.get(timeout=60) != b"PUT /half HTTP/1.1":
            pass
    upstream.on("/after", lambda received: received.answer("403 Forbidden"))
    with proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com/after")
    assert proxy.next_line("why403.failure")["ms.client_request_id"] == client.trace
    assert proxy.metric('why403_exchanges_total{outcome="abandoned",service="graph"}') == before + 1


def test_a_client_that_leaves_while_the_server_is_being_connected_to_is_no_failure_of_the_server(
    tmp_path: Path, upstream_trust: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to_silent = f"graph.microsoft.com=127.0.0.1:{silent.getsockname()[1]}"
        with running_proxy(tmp_path, "--connect-to", to_silent, "--upstream-ca", str(upstream_trust)) as proxy:
            with proxy.through_reverse() as client:
                client.send(b"GET /graph.microsoft.com/left HTTP/1.1\r\nHost: h\r\n\r\n")
                server, _ = silent.accept()
                assert server.recv(1), "the handshake has begun"
            proxy.wait_for(lambda: proxy.metric('why403_exchanges_total{outcome="abandoned",service="graph"}') == 1)
            server.close()
            assert proxy.metric('why403_exchanges_total{outcome="no_response",service="graph"}') == 0


def test_nothing_stays_in_flight(proxy: RunningProxy) -> None:
    assert proxy.metric("why403_exchanges_in_flight") == 0
