import gzip

import pytest
from mitmproxy import http
from mitmproxy.flow import Error
from mitmproxy.test import tflow

from proxy_addons.intake.body_tee import KEPT_BYTES, BodyTee
from proxy_addons.intake.flow import exchange_from_flow, meant_host, requested_url


def flow_to(host: str = "graph.microsoft.com", port: int = 443, path: bytes = b"/v1.0/me") -> http.HTTPFlow:
    flow = tflow.tflow(resp=True)
    flow.request.data.host = host
    flow.request.data.port = port
    flow.request.data.scheme = b"https"
    flow.request.data.path = path
    flow.request.headers["Host"] = host
    return flow


def streamed(*pieces: bytes, ended: bool = True) -> BodyTee:
    tee = BodyTee()
    for piece in (*pieces, *([b""] if ended else [])):
        tee(piece)
    return tee


def test_an_exchange_says_what_the_flow_says() -> None:
    flow = flow_to()
    flow.request.headers = http.Headers([(b"host", b"graph.microsoft.com"), (b"X-A", b"1"), (b"x-a", b"2")])
    assert flow.response
    flow.response.status_code = 403
    flow.response.reason = "Forbidden"
    exchange = exchange_from_flow(flow, None, None)
    assert (exchange.request.method, exchange.request.url) == ("GET", "https://graph.microsoft.com/v1.0/me")
    assert exchange.request.headers.fields == (("host", "graph.microsoft.com"), ("X-A", "1"), ("x-a", "2"))
    assert exchange.response
    assert (exchange.response.status, exchange.response.reason, exchange.response.body.content) == (
        403,
        "Forbidden",
        b"message",
    )
    assert (exchange.started, exchange.transport_error) == (flow.request.timestamp_start, "")


def test_streamed_bodies_come_from_their_tees() -> None:
    flow = flow_to()
    assert flow.response
    flow.request.raw_content = flow.response.raw_content = None
    exchange = exchange_from_flow(flow, streamed(b"asked"), streamed(b"ans", ended=False))
    assert exchange.response
    assert (exchange.request.body.content, exchange.request.body.truncated) == (b"asked", False)
    assert (exchange.response.body.content, exchange.response.body.truncated) == (b"ans", True)


def test_a_body_that_was_streamed_without_a_tee_is_absent_and_not_empty() -> None:
    flow = flow_to()
    assert flow.response
    flow.response.raw_content = None
    exchange = exchange_from_flow(flow, None, None)
    assert exchange.response
    assert exchange.response.body.content is None
    assert exchange.response.body.problem == "the body was forwarded without being kept"


def test_a_request_without_a_body_has_an_empty_one() -> None:
    flow = flow_to()
    flow.request.raw_content = b""
    body = exchange_from_flow(flow, BodyTee(), None).request.body
    assert (body.content, body.truncated) == (b"", False)


def test_a_body_mitmproxy_kept_is_cut_to_the_same_bound() -> None:
    flow = flow_to()
    assert flow.response
    flow.response.raw_content = b"x" * (KEPT_BYTES + 1)
    body = exchange_from_flow(flow, None, None).response
    assert body
    assert (len(body.body.content or b""), body.body.truncated) == (KEPT_BYTES, True)


def test_a_packed_body_is_unpacked_on_the_copy_only() -> None:
    flow = flow_to()
    assert flow.response
    packed = gzip.compress(b"hello")
    flow.response.raw_content = packed
    flow.response.headers["content-encoding"] = "gzip"
    exchange = exchange_from_flow(flow, None, None)
    assert exchange.response
    assert exchange.response.body.content == b"hello"
    assert flow.response.raw_content == packed


def test_bytes_that_are_not_utf_8_are_read_as_latin_1() -> None:
    flow = flow_to(path=b"/caf\xe9")
    flow.request.headers = http.Headers([(b"X-Odd", b"caf\xe9")])
    exchange = exchange_from_flow(flow, None, None)
    assert exchange.request.url == "https://graph.microsoft.com/caf\xe9"
    assert exchange.request.headers.get("x-odd") == "caf\xe9"


def test_a_flow_without_a_response_says_why() -> None:
    flow = flow_to()
    flow.response = None
    flow.error = Error("Connect call failed")
    exchange = exchange_from_flow(flow, None, None)
    assert (exchange.response, exchange.transport_error) == (None, "Connect call failed")


def test_an_answer_that_broke_off_is_an_answer() -> None:
    flow = flow_to()
    flow.error = Error("server closed connection")
    exchange = exchange_from_flow(flow, None, None)
    assert exchange.response is not None
    assert exchange.transport_error == ""


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("graph.microsoft.com", 443, "https://graph.microsoft.com/v1.0/me"),
        ("mail.contoso.com", 8443, "https://mail.contoso.com:8443/v1.0/me"),
        ("Graph.Microsoft.com.", 443, "https://graph.microsoft.com/v1.0/me"),
    ],
)
def test_the_url_names_host_and_unusual_port(host: str, port: int, url: str) -> None:
    assert requested_url(flow_to(host, port).request) == url


def test_where_only_an_address_is_known_the_host_header_names_the_host() -> None:
    request = flow_to("52.96.0.1").request
    request.headers["Host"] = "outlook.office365.com"
    assert meant_host(request) == "outlook.office365.com"


def test_an_ipv6_address_is_bracketed() -> None:
    request = flow_to("::1").request
    del request.headers["Host"]
    assert requested_url(request) == "https://[::1]/v1.0/me"
