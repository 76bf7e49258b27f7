"""Requests two readers could take apart differently: upstream gets what we understood, well formed, or nothing."""

from __future__ import annotations

import contextlib
import re
import socket
import uuid
from typing import TYPE_CHECKING, Final

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event, ResponseReceived, StreamEnded, StreamReset

from tests.live.proxy import SECONDS, RunningProxy, running_proxy
from tests.live.strict_server import Seen, StrictServer, strict_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import trustme

POST: Final = b"POST /graph.microsoft.com/asked HTTP/1.1\r\nHost: h\r\n"
HIDDEN: Final = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
"""Names no host of ours: as a request of its own it is answered here, so upstream may never see it as one."""
LAST: Final = b"GET /graph.microsoft.com/last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
"""Ends the client's connection, however many requests were found before it."""
LENGTH: Final = b"%d" % len(HIDDEN)
EMPTY: Final = b"Content-Length: 0\r\n\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
END: Final = b"0\r\n\r\n"
LINE_BREAKS: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n|\r\n[ \t]|\0")

REFUSED: Final = {
    "a length and chunks": POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n" + END,
    "chunks and a length": POST + CHUNKED + b"Content-Length: 5\r\n\r\n" + END,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n\r\n",
    "two equal lengths": POST + b"Content-Length: 0\r\n" + EMPTY,
    "a list of lengths": POST + b"Content-Length: 0, " + LENGTH + b"\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +" + LENGTH + b"\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length with an underscore": POST + b"Content-Length: 3_5\r\n\r\n",
    "an empty length": POST + b"Content-Length: \r\n\r\n",
    "a length in hexadecimal": POST + b"Content-Length: 0x23\r\n\r\n",
    "a folded length": POST + b"Content-Length:\r\n " + LENGTH + b"\r\n\r\n",
    "a blank before a colon": POST + b"Content-Length : " + LENGTH + b"\r\n\r\n",
    "chunks twice": POST + CHUNKED + CHUNKED + b"\r\n" + END,
    "chunks and identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + END,
    "chunks of another name": POST + b"Transfer-Encoding: xchunked\r\n" + EMPTY,
    "chunks in quotes": POST + b'Transfer-Encoding: "chunked"\r\n' + EMPTY,
    "chunks behind a control character": POST + b"Transfer-Encoding: \x0bchunked\r\n" + EMPTY,
    "chunks in a folded line": POST + b"Transfer-Encoding:\r\n chunked\r\n" + EMPTY,
    "chunks behind a bare LF": POST + b"X-A: b\nTransfer-Encoding: chunked\r\n" + EMPTY,
    "chunks in HTTP/1.0": POST.replace(b"/1.1", b"/1.0") + CHUNKED + b"\r\n" + END,
    "a name with CR": POST + b"X\rTransfer-Encoding: chunked\r\n" + EMPTY,
    "a line without colon": POST + b"Transfer-Encoding chunked\r\n" + EMPTY,
    "a line without name": POST + b": chunked\r\n" + EMPTY,
    "a CR in the target": b"GET /graph.microsoft.com/asked\rGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
    "a folded first line": POST.replace(b"Host", b" X: y\r\nHost") + EMPTY,
    "two versions": b"GET /graph.microsoft.com/asked HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n",
}
"""Refused, and nobody upstream hears of it."""

UNDERSTOOD: Final = {
    "a folded line": (POST + b"X-A: b\r\n c: d\r\n" + EMPTY, b""),
    "only LF": ((POST + EMPTY).replace(b"\r\n", b"\n"), b""),
    "a bare CR": (POST + b"X-A: b\rTransfer-Encoding: chunked\r\n" + EMPTY, b""),
    "a NUL": (POST + b"X-A: b\0c\r\n" + EMPTY, b""),
    "extensions of chunks": (POST + CHUNKED + b'\r\n2;x="y"\r\nhi\r\n0;a\r\n\r\n', b"hi"),
    "a blank behind a chunk's size": (POST + CHUNKED + b"\r\n2 \r\nhi\r\n" + END, b"hi"),
    "a GET with a body": (POST.replace(b"POST", b"GET") + b"Content-Length: " + LENGTH + b"\r\n\r\n" + HIDDEN, HIDDEN),
    "a length called hop by hop": (POST + b"Connection: Content-Length\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    "two hosts": (POST + b"Host: graph.microsoft.com\r\n" + EMPTY, b""),
    "an upgrade": (POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n" + EMPTY, b""),
    "blanks in the first line": (b"GET  /graph.microsoft.com/asked  HTTP/1.1\r\nHost: h\r\n\r\n", b""),
}
"""Passed on as the one request it is, with this body."""

BROKEN_OFF: Final = {
    "an extension with LF": b"2;\nxx\r\nhi\r\n" + END,
    "a size in hexadecimal notation": b"0x2\r\nhi\r\n" + END,
    "a negative size": b"-2\r\nhi\r\n" + END,
    "a size with an underscore": b"0_2\r\nhi\r\n" + END,
    "a size without end": b"F" * 40 + b"\r\nhi\r\n" + END,
    "a chunk longer than its size": b"2\r\nhixx" + END,
}
"""Chunks nobody can read: the connection ends there."""


@pytest.fixture(scope="module")
def server(upstream_authority: trustme.CA) -> Iterator[StrictServer]:
    with strict_server(upstream_authority) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(
    tmp_path_factory: pytest.TempPathFactory, server: StrictServer, upstream_trust: Path
) -> Iterator[RunningProxy]:
    towards = ["--connect-to", f"graph.microsoft.com=127.0.0.1:{server.port}", "--upstream-ca", str(upstream_trust)]
    with running_proxy(tmp_path_factory.mktemp("smuggling"), *towards) as running:
        yield running


def sent(proxy: RunningProxy, raw: bytes) -> bytes:
    """All that comes back for some bytes."""
    got = b""
    with proxy.through_reverse() as client, contextlib.suppress(ConnectionError):
        client.send(raw)
        while piece := client.stream.recv(65536):
            got += piece
    return got


def upstream_saw(proxy: RunningProxy, server: StrictServer) -> list[Seen]:
    """Every connection upstream until now; one more request, made for this, shows that none is still to come."""
    mark = f"/mark/{uuid.uuid4()}"
    sent(proxy, f"GET /graph.microsoft.com{mark} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
    return server.until(mark.encode())[:-1]


def test_what_is_well_formed_arrives_request_by_request(proxy: RunningProxy, server: StrictServer) -> None:
    sent(proxy, POST + b"Content-Length: 2\r\n\r\nhi" + HIDDEN + LAST)

    (seen,) = upstream_saw(proxy, server)
    assert seen.requests == [(b"/asked", b"hi"), (b"/last", b"")]


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_two_readings_is_refused(case: str, proxy: RunningProxy, server: StrictServer) -> None:
    got = sent(proxy, REFUSED[case] + HIDDEN + LAST)

    # What a client has sent beyond the refusal may cost it the words of the refusal: closing resets then.
    assert got == b"" or got.startswith(b"HTTP/1.1 400 ")
    assert upstream_saw(proxy, server) == []


@pytest.mark.parametrize("case", UNDERSTOOD)
def test_what_has_one_reading_arrives_as_that(case: str, proxy: RunningProxy, server: StrictServer) -> None:
    raw, body = UNDERSTOOD[case]

    sent(proxy, raw + HIDDEN + LAST)

    (seen,) = upstream_saw(proxy, server)
    assert (seen.requests, seen.broken) == ([(b"/asked", body), (b"/last", b"")], "")
    assert not LINE_BREAKS.search(seen.raw)


@pytest.mark.parametrize("case", BROKEN_OFF)
def test_chunks_nobody_can_read_end_the_connection(case: str, proxy: RunningProxy, server: StrictServer) -> None:
    sent(proxy, POST + CHUNKED + b"\r\n" + BROKEN_OFF[case] + HIDDEN + LAST)

    for seen in upstream_saw(proxy, server):
        assert (seen.requests, seen.broken) == ([], "")


def in_http_2(proxy: RunningProxy, changes: dict[str, str], body: bytes) -> list[Event]:
    """What comes back for a request in HTTP/2, sent without any of the checks of an honest client."""
    names = {":method": "POST", ":scheme": "https", ":authority": "h", ":path": "/graph.microsoft.com/asked"}
    connection = H2Connection(H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False))
    connection.initiate_connection()
    connection.send_headers(1, list((names | changes).items()))
    connection.send_data(1, body, end_stream=True)
    trust = proxy.trust()
    trust.set_alpn_protocols(["h2"])
    events: list[Event] = []
    with (
        socket.create_connection(("127.0.0.1", proxy.reverse), timeout=SECONDS) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as stream,
        contextlib.suppress(ConnectionError),
    ):
        stream.sendall(connection.data_to_send())
        while not any(isinstance(event, StreamEnded | StreamReset | ConnectionTerminated) for event in events):
            piece = stream.recv(65536)
            if not piece:
                break
            events += connection.receive_data(piece)
            stream.sendall(connection.data_to_send())
    return events


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_body_of_http_2_without_a_length_arrives_as_a_body(
    method: str, proxy: RunningProxy, server: StrictServer
) -> None:
    in_http_2(proxy, {":method": method}, HIDDEN)

    (seen,) = upstream_saw(proxy, server)
    assert (seen.requests, seen.broken) == ([(b"/asked", HIDDEN)], "")


@pytest.mark.parametrize("inside", [" HTTP/1.1", "\tx"])
def test_a_path_of_http_2_stays_one_word_of_the_request_line(
    inside: str, proxy: RunningProxy, server: StrictServer
) -> None:
    in_http_2(proxy, {":path": f"/graph.microsoft.com/asked{inside}", "content-length": "2"}, b"hi")

    (seen,) = upstream_saw(proxy, server)
    assert [body for _, body in seen.requests] == [b"hi"]
    assert seen.requests[0][0].startswith(b"/asked%")


@pytest.mark.parametrize(
    "changes",
    [
        {":method": "GET /smuggled"},
        {":method": "GET /smuggled HTTP/1.1\r\nX: y\r\n\r\nPOST"},
        {":path": "/graph.microsoft.com/asked HTTP/1.1\r\nX: y"},
        {":authority": "h\r\nX: y"},
        {":scheme": "https://graph.microsoft.com/smuggled?"},
        {"x-a": "b\r\nx: y"},
        {"x-a": "b\nx: y"},
        {"x-a": "b\rx: y"},
        {"x-a: b\r\nx": "y"},
        {"transfer-encoding": "chunked"},
        {"content-length": "0"},
    ],
    ids=str,
)
def test_what_http_1_could_not_say_is_refused(
    changes: dict[str, str], proxy: RunningProxy, server: StrictServer
) -> None:
    events = in_http_2(proxy, changes, HIDDEN)

    answered = [dict(event.headers)[b":status"] for event in events if isinstance(event, ResponseReceived)]
    assert answered in ([], [b"400"], [b"421"])
    assert upstream_saw(proxy, server) == []
