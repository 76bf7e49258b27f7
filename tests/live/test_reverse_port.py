"""The reverse port: one address in front of every allowed host."""

import json

import pytest

from tests.live.proxy import RunningProxy
from tests.live.upstream import Received, Upstream


def test_a_request_reaches_the_host_its_path_names(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_reverse() as client:
        reply = client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me?$select=id")
    received = upstream.request("/v1.0/me")
    assert (reply.status, reply.body) == (200, b"ok")
    assert received.request_line == b"GET /v1.0/me?$select=id HTTP/1.1"
    assert b"Host: graph.microsoft.com" in received.header_lines
    assert received.name == "graph.microsoft.com"


def test_one_connection_reaches_several_hosts_in_turn(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_reverse() as client:
        for host in ("graph.microsoft.com", "outlook.office365.com", "graph.microsoft.com"):
            assert client.get("127.0.0.1", f"/{host}/in-turn").status == 200
            assert upstream.request("/in-turn").name == host


def test_a_kept_alive_client_uses_one_connection_upstream(proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        for _ in range(5):
            assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me").status == 200
    assert upstream.accepted == before + 1


def test_localhost_is_as_good_a_name_as_the_address(proxy: RunningProxy) -> None:
    with proxy.through_reverse("localhost") as client:
        assert client.get("localhost", "/graph.microsoft.com/").status == 200


def test_a_path_that_ends_with_the_host_means_its_root(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com:443?root=1")
        client.get("127.0.0.1", "/graph.microsoft.com/end")
        client.get("127.0.0.1", "/graph.microsoft.com")
    upstream.request("/end")
    assert upstream.request("/").path == "/"


def test_a_host_out_of_scope_is_refused_in_our_own_name(proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        reply = client.post("127.0.0.1", "/passes.example.org/secret", b"x" * 1000)
    told = json.loads(reply.body)
    assert (reply.status, reply.header("server")) == (421, "why403")
    assert told["error"]["code"] == "host-not-allowed"
    assert told["error"]["remedy"] == "Allow it: why403 run --hosts microsoft --hosts passes.example.org"
    assert upstream.accepted == before


def test_another_port_of_an_allowed_host_is_refused(proxy: RunningProxy) -> None:
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com:22/").status == 421


def test_a_path_without_a_host_is_answered_with_an_example(proxy: RunningProxy) -> None:
    with proxy.through_reverse() as client:
        told = json.loads(client.get("127.0.0.1", "/").body)
    assert told["error"] == {
        "code": "no-host",
        "message": "The path names no host.",
        "remedy": "Call /<host>/<path>, for example /graph.microsoft.com/v1.0/me",
    }


def test_a_refused_upload_is_not_waited_for(proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        client.send(
            b"POST /passes.example.org/x HTTP/1.1\r\nHost: h\r\nContent-Length: 900000000\r\n\r\n" + b"x" * 1000
        )
        assert client.read_reply().status == 502
    assert upstream.accepted == before


def test_what_microsoft_compares_arrives_exactly_as_sent(proxy: RunningProxy, upstream: Upstream) -> None:
    sent = [
        b"User-Agent: ExchangeServicesClient/15.20 (weird; \xe4\xf6\xfc)",
        b"Authorization: Bearer abc.def.ghi",
        b"X-AnchorMailbox: SMTP:Adele@contoso.com",
        b"Connection: keep-alive",
        b"x-lower-CASE: Kept",
        b"X-Twice: one",
        b"X-Twice: two",
    ]
    with proxy.through_reverse() as client:
        client.ask(b"\r\n".join([b"GET /outlook.office365.com/exactly HTTP/1.1", b"Host: 127.0.0.1", *sent, b"", b""]))
    assert upstream.request("/exactly").header_lines == [b"Host: outlook.office365.com", *sent]


def test_a_refusal_reaches_the_client_untouched_and_is_explained(proxy: RunningProxy, upstream: Upstream) -> None:
    body = json.dumps({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}).encode()

    def refuse(received: Received) -> None:
        received.answer(
            "403 Forbidden", body, "Content-Type: application/json", "request-id: 1-2-3", "Connection: close"
        )

    upstream.on("/v1.0/users", refuse)
    with proxy.through_reverse() as client:
        reply = client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users", "Authorization: Bearer opaque")
    assert (reply.status, reply.body) == (403, body)
    assert reply.header_lines == [
        f"Content-Length: {len(body)}".encode(),
        b"Content-Type: application/json",
        b"request-id: 1-2-3",
        b"Connection: close",
    ]
    line = proxy.failure(client)
    assert (line["http.response.status_code"], line["auth.error.code"]) == (403, "Authorization_RequestDenied")
    assert "403" in proxy.box(line["why403.id"])


TRICKS = [
    "/evil@passes.example.org/x",
    "/graph.microsoft.com@passes.example.org/x",
    "/graph.microsoft.com%2f@passes.example.org/x",
    "/graph.microsoft.com%2e%2e/x",
    "/passes.example.org./x",
    "/passes.example.org:443/x",
    "/../passes.example.org/x",
    "/./passes.example.org/x",
    "//passes.example.org/x",
    "/\\passes.example.org/x",
    "/[::1]/x",
    "/[::ffff:127.0.0.1]:443/x",
    "/127.0.0.1/x",
    "/https://passes.example.org/x",
    "/why403.invalid/x",
    "http://passes.example.org/x",
    "https://passes.example.org/x",
]


@pytest.mark.parametrize("target", TRICKS)
def test_no_spelling_of_a_host_out_of_scope_gets_through(target: str, proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        reply = client.get("127.0.0.1", target)
    assert (reply.status, reply.header("server")) == (421, "why403")
    assert json.loads(reply.body)["error"]["code"] in {"no-host", "host-not-allowed"}
    assert upstream.accepted == before


def test_dots_behind_the_host_stay_at_that_host(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com/../passes.example.org/dots")
    received = upstream.request("/../passes.example.org/dots")
    assert received.name == "graph.microsoft.com"


def test_a_trailing_dot_is_the_same_host(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com./dotted")
    assert b"Host: graph.microsoft.com" in upstream.request("/dotted").header_lines


def test_connect_is_no_way_through_the_reverse_port(proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        client.send(b"CONNECT passes.example.org:443 HTTP/1.1\r\nHost: passes.example.org:443\r\n\r\n")
        assert client.read_reply().status == 400
    assert upstream.accepted == before


def test_a_client_whose_dns_leads_here_names_the_host_in_its_header(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_reverse("graph.microsoft.com") as client:
        assert client.get("graph.microsoft.com", "/v1.0/by-name?x=1").status == 200
    received = upstream.request("/v1.0/by-name")
    assert (received.name, received.path) == ("graph.microsoft.com", "/v1.0/by-name?x=1")


def test_a_foreign_host_header_is_no_way_through_either(proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        assert client.get("passes.example.org", "/").status == 421
    assert upstream.accepted == before


def test_another_port_of_an_allowed_host_says_how_to_call_it(proxy: RunningProxy) -> None:
    with proxy.through_reverse() as client:
        told = json.loads(client.get("127.0.0.1", "/graph.microsoft.com:22/").body)["error"]
    assert (told["code"], told["remedy"]) == ("port-not-allowed", "Leave the port out: /graph.microsoft.com/<path>")
