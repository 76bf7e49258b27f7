"""Our own requests on a real wire: as they stand, along the route, and what is left when it breaks."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from proxy_addons.entra.outbound import Route, UnusableRouteError, certificate_issuer, send
from proxy_addons.evidence.exchange import Body, Headers, Request
from proxy_addons.setting_values import ConnectTo
from tests.support.our_own_calls import GROUPS, OurOwn

if TYPE_CHECKING:
    from pathlib import Path


def _overheard(answer: bytes, request: Request, route: Route | None = None) -> tuple[bytes, object]:
    """What a plain server hears of a request, and what came back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        heard: list[bytes] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                said = b""
                # A request's head and its body may come in two pieces.
                while b"\r\n\r\n" not in said or (b"Content-Length: 4" in said and not said.endswith(b"body")):
                    said += connection.recv(65536)
                heard.append(said)
                connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        way = route or Route((ConnectTo("mail.contoso.com", "127.0.0.1", port),), seconds=10)
        way = Route(way.connect_to, way.trusted, way.proxy.replace("PORT", str(port)), way.seconds)
        exchange = send(request, way)
        server.join()
    return heard[0], exchange


OK = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nX-One: 2\r\nContent-Length: 2\r\n\r\nhi"


def test_a_request_reaches_the_wire_as_it_stands() -> None:
    fields = (("x-Odd-Case", "a"), ("X-Twice", "1"), ("X-Twice", "2"), (":authority", "x"), ("Accept-Encoding", "gzip"))
    request = Request("POST", "http://mail.contoso.com/EWS/?a=b%20c", Headers(fields), Body(b"body"))

    heard, exchange = _overheard(OK, request)

    assert heard == (
        b"POST /EWS/?a=b%20c HTTP/1.1\r\nHost: mail.contoso.com\r\nx-Odd-Case: a\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
        b"Accept-Encoding: identity\r\nContent-Length: 4\r\n\r\nbody"
    )
    assert getattr(exchange, "response").headers.get_all("x-one") == ("1", "2")  # noqa: B009  # the helper tells no type


def test_a_get_carries_no_length() -> None:
    heard, _ = _overheard(OK, Request("GET", "http://mail.contoso.com"))

    assert heard == b"GET / HTTP/1.1\r\nHost: mail.contoso.com\r\nAccept-Encoding: identity\r\n\r\n"


def test_a_proxy_is_asked_for_a_tunnel_with_its_own_credentials() -> None:
    route = Route(proxy="http://user:p%40ss@127.0.0.1:PORT", seconds=10)

    heard, exchange = _overheard(b"HTTP/1.1 407 No\r\n\r\n", Request("GET", "https://graph.microsoft.com/"), route)

    assert heard.startswith(b"CONNECT graph.microsoft.com:443 HTTP/1.")
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz" in heard
    assert getattr(exchange, "response") is None  # noqa: B009  # the same


def test_what_is_no_http_is_told_as_such() -> None:
    _, exchange = _overheard(b"SSH-2.0-OpenSSH\r\n", Request("GET", "http://mail.contoso.com/"))

    assert getattr(exchange, "transport_error") == "the answer is no HTTP (BadStatusLine)"  # noqa: B009  # the same


def test_nobody_there_is_an_exchange_without_answer() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        route = Route((ConnectTo("graph.microsoft.com", "127.0.0.1", bound.getsockname()[1]),))
        exchange = send(Request("GET", GROUPS), route)

    assert exchange.response is None
    assert exchange.transport_error == "Connection refused"


def test_a_certificate_of_nobody_we_trust_ends_the_call(own: OurOwn) -> None:
    exchange = send(Request("GET", GROUPS), Route(own.route.connect_to))

    assert exchange.response is None
    assert exchange.transport_error.startswith("TLS handshake failed: certificate verify failed")


def test_the_issuer_of_a_certificate_is_told_by_its_organisation(own: OurOwn) -> None:
    assert "lab" in certificate_issuer("graph.microsoft.com", own.route).lower()
    assert certificate_issuer("graph.microsoft.com", Route(own.route.connect_to)) == ""


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "other text"])
def test_an_authority_that_cannot_be_read_names_the_file(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content, encoding="ascii")

    with pytest.raises(UnusableRouteError, match=r"authority\.pem: .+ Give a file"):
        send(Request("GET", GROUPS), Route(trusted=file))
