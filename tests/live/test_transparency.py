"""Transparency: whatever a client and a server say to each other, what arrives is what was sent.

Requests and answers are made up by the thousand (fixed seed), sent as bytes over sockets through why403 and through
mitmproxy as it comes, and read as bytes on the other side. What differs must be on the list of differences, each of
which is mitmproxy's own, and then be exactly what mitmproxy makes of it.
"""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.live.made_up import BODY, NAMES, TAIL, TOKEN, VALUE
from tests.live.proxy import running_proxy
from tests.live.raw_http import Answered, Lane, Message, RawServer, parsed, running_raw_server
from tests.live.stock_proxy import NAME, stock_proxy, tunnel

EXAMPLES = int(os.environ.get("WHY403_EXAMPLES", "150"))
BEHIND = "raw.contoso.com"
"""The same server as the reverse port knows it, which goes to port 443 unless told otherwise."""


SPACING = "spacing"
"""The one difference of every day: mitmproxy writes one blank before a header's value and none behind it."""


class Ways:
    """Through why403 and through mitmproxy as it comes."""

    def __init__(
        self,
        server: RawServer,
        ours: Lane,
        stock: Lane,
        reverse: Lane,
    ) -> None:
        self.server = server
        self.ours = ours
        self.stock = stock
        self.reverse = reverse
        self._number = 0

    def through(self, lane: Lane, request: bytes, patience: float = 60) -> tuple[Message | None, Answered]:
        """What the server and the client saw."""
        answered = lane.ask(request, patience)
        return self.server.last_seen(), answered

    def next_case(self, answer: bytes, *, closes: bool) -> int:
        """Put an answer down, and give the number to ask for it by."""
        self._number += 1
        self.server.answers = {self._number: (answer, closes)}
        return self._number


@pytest.fixture(scope="module")
def ways(
    tmp_path_factory: pytest.TempPathFactory, upstream_authority: trustme.CA, upstream_trust: Path
) -> Iterator[Ways]:
    folder = tmp_path_factory.mktemp("transparency")
    (folder / "stock").mkdir()
    with (
        running_raw_server(upstream_authority, NAME, BEHIND) as server,
        running_proxy(
            folder,
            *("--hosts", NAME, "--hosts", BEHIND, "--connect-to", f"{BEHIND}=127.0.0.1:{server.port}"),
            *("--upstream-ca", str(upstream_trust), "--store", "off", "--drain-limit", "1"),
        ) as ours,
        stock_proxy(folder / "stock", upstream_trust) as stock,
    ):
        lanes = [
            Lane(lambda: tunnel(ours.forward, server.port, ours.trust())),
            Lane(lambda: tunnel(stock.forward, server.port, stock.trust())),
            Lane(lambda: socket.create_connection(("127.0.0.1", ours.reverse), timeout=60)),
        ]
        yield Ways(server, *lanes)
        for lane in lanes:
            lane.close()


SPACED = st.sampled_from([b": ", b": ", b": ", b":", b":  "])
HEADERS = st.lists(st.tuples(NAMES, SPACED, VALUE), max_size=5).map(
    lambda fields: [b"".join(field) for field in fields]
)
STATUS = [b"200 OK", b"201 Created", b"204 No Content", b"206 ", b"301 Moved", b"304 Not Modified", b"400 \xe9"]
STATUS += [b"401 Unauthorized", b"403 Forbidden", b"404 Not there", b"429 x", b"500 Oh", b"503 y", b"599 z"]


@dataclass(frozen=True)
class Exchange:
    """What a client sends and what a server answers; NUMBER stands for the case."""

    request: bytes
    answer: bytes
    closes: bool

    @property
    def method(self) -> bytes:
        """Decides whether an answer has a body."""
        return self.request.partition(b" ")[0]


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def framed(draw: st.DrawFn, headers: list[bytes], body: bytes, *ways: str) -> tuple[list[bytes], bytes]:
    """Headers and body in one of the ways a body may be sent; the framing stands anywhere among the headers."""
    way = draw(st.sampled_from(ways))
    place = draw(st.integers(0, len(headers)))
    if way == "length":
        name = draw(st.sampled_from([b"Content-Length", b"content-length", b"CONTENT-LENGTH"]))
        return [*headers[:place], b"%s: %d" % (name, len(body)), *headers[place:]], body
    if way == "chunked":
        return [*headers[:place], b"Transfer-Encoding: chunked", *headers[place:]], chunked(
            body, draw(st.sampled_from([7000, 50_000]))
        )
    return headers, body if way == "close" else b""


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Any exchange of HTTP/1 that says clearly where its messages end."""
    version = draw(st.sampled_from([b"1.1", b"1.1", b"1.1", b"1.0"]))
    method = draw(
        st.one_of(st.sampled_from([b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"]), TOKEN)
    )
    kinds = ("none", "length", "chunked") if version == b"1.1" else ("none", "length")
    headers, body = framed(draw, draw(HEADERS), draw(BODY), *kinds)
    connection = draw(st.sampled_from([[], [], [b"Connection: close"], [b"connection: keep-alive"], [b"TE: trailers"]]))
    head = [b"%s /case/NUMBER%s HTTP/%s" % (method, draw(TAIL), version), b"Host: localhost", *headers, *connection]
    request = b"\r\n".join([*head, b"", b""]) + body

    status = draw(st.sampled_from(STATUS))
    fields, content = draw(HEADERS), draw(BODY)
    ends = False
    if method == b"HEAD" or status[:3] in {b"204", b"304"}:
        if status[:3] != b"204" and draw(st.booleans()):
            fields, content = [*fields, b"Content-Length: 5"], b""
        else:
            content = b""
    else:
        fields, content = framed(draw, fields, content, "length", *(("chunked",) if version == b"1.1" else ()), "close")
        ends = not any(field.lower().startswith((b"content-length", b"transfer-encoding")) for field in fields)
        if ends:
            fields = [*fields, b"Connection: close"]
    answer = b"\r\n".join([b"HTTP/1.1 " + status, *fields, b"", b""]) + content
    return Exchange(request, answer, ends)


def tidy(line: bytes) -> bytes:
    """A header with the blanks mitmproxy writes."""
    name, _, value = line.partition(b":")
    return name + b": " + value.strip(b" \t")


def differences(sent: Message, seen: Message | None) -> set[str]:
    """In what a message that was seen is another one than was sent; how it was cut into chunks is nobody's business."""
    if seen is None:
        return {"lost"}
    found = {name for name in ("start", "framing", "body", "trailers") if getattr(sent, name) != getattr(seen, name)}
    if sent.headers != seen.headers:
        found.add("spacing" if tuple(map(tidy, sent.headers)) == tuple(map(tidy, seen.headers)) else "headers")
    return found


def to_reverse(request: bytes) -> bytes:
    """The same request for the reverse port, which finds the host in the path."""
    return request.replace(b" /case", b" /%s/case" % BEHIND.encode(), 1).replace(
        b"Host: localhost", b"Host: 127.0.0.1", 1
    )


def compare(ways: Ways, case: Exchange) -> None:
    number = b"%d" % ways.next_case(case.answer, closes=case.closes)
    request = case.request.replace(b"NUMBER", number, 1)
    asked, got = parsed(request), parsed(case.answer, case.method)
    saw, answered = ways.through(ways.ours, request)
    stock_saw, stock_answered = ways.through(ways.stock, request)
    there, back = differences(asked, saw), differences(got, answered.final)
    assert there | back <= {SPACING}, (there, back, asked, saw, got, answered)
    if there:
        assert saw == stock_saw
    if back or answered.interim:
        assert answered == stock_answered
    reverse_saw, reverse_answered = ways.through(ways.reverse, to_reverse(request))
    asked = parsed(request.replace(b"Host: localhost", b"Host: %s" % BEHIND.encode(), 1))
    there, back = differences(asked, reverse_saw), differences(got, reverse_answered.final)
    assert there | back <= {SPACING}, (there, back, asked, reverse_saw, got, reverse_answered)


@settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck])
@given(exchanges())
def test_what_is_said_through_either_port_arrives_as_it_was_said(ways: Ways, case: Exchange) -> None:
    compare(ways, case)


CONTENT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KNOWN = {
    "Expect is answered by the proxy and not passed on": Exchange(
        b"PUT /case/NUMBER HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        CONTENT,
        closes=False,
    ),
    "103 Early Hints end an exchange": Exchange(
        b"GET /case/NUMBER HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + CONTENT,
        closes=True,
    ),
    "trailers of a request end it": Exchange(
        b"PUT /case/NUMBER HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n"
        b"2\r\nhi\r\n0\r\nX-A: 1\r\n\r\n",
        CONTENT,
        closes=False,
    ),
    "trailers of a response end it": Exchange(
        b"GET /case/NUMBER HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n2\r\nok\r\n0\r\nX-A: 1\r\n\r\n",
        closes=True,
    ),
    "extensions of chunks are dropped": Exchange(
        b"PUT /case/NUMBER HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\n\r\n",
        CONTENT,
        closes=False,
    ),
}
"""Rare things mitmproxy changes or cannot do; nothing of ours."""


@pytest.mark.parametrize("difference", KNOWN)
def test_what_differs_differs_in_mitmproxy_itself(ways: Ways, difference: str) -> None:
    case = KNOWN[difference]
    request = case.request.replace(b"NUMBER", b"%d" % ways.next_case(case.answer, closes=case.closes), 1)
    patience = 0.5 if "end" in difference else 60
    there, ours = ways.through(ways.ours, request, patience)
    stock_there, stock = ways.through(ways.stock, request, patience)
    assert (there, ours) == (stock_there, stock)
