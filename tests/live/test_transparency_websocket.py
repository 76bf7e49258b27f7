"""Transparency of WebSockets: what is said in frames arrives as it was said.

Conversations are made up (fixed seed) and held over TLS: straight with the server, through the forward port, through
the reverse port, and through mitmproxy as it comes. Messages and control frames have to arrive through us as they do
straight; where a message is cut into frames, or a ping waits for its turn, mitmproxy alone decides.
"""

import contextlib
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from queue import Queue

import pytest
import trustme
from hypothesis import given, strategies as st

from tests.live.made_up import NAMES, TAIL, VALUE, drawn
from tests.live.proxy import running_proxy
from tests.live.raw_http import serving
from tests.live.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    Heard,
    Side,
    Step,
    WebSocketServer,
    client_talks,
)
from tests.live.stock_proxy import NAME, stock_proxy, straight, tunnel

EXAMPLES = int(os.environ.get("WHY403_EXAMPLES", "40"))
BEHIND = "raw.contoso.com"
"""What requests name; the same server as `NAME`."""


@dataclass(frozen=True)
class Conversation:
    """A handshake and what is said after it."""

    request: bytes
    answer: bytes
    steps: tuple[Step, ...]
    forgets: bool = False
    """Whether permessage-deflate begins anew with each message (`no_context_takeover`)."""


type Connect = Callable[[], contextlib.AbstractContextManager[ssl.SSLSocket]]


@dataclass(repr=False)
class Ways:
    """The four ways to one server; a WebSocket takes a connection of its own."""

    server: WebSocketServer
    direct: Connect
    ours: Connect
    reverse: Connect
    stock: Connect

    def hold(self, way: Connect, conversation: Conversation, patience: float = 60) -> tuple[Heard, Heard]:
        """What the server heard, and what the client heard."""
        self.server.answer, self.server.steps = conversation.answer, conversation.steps
        self.server.forgets = conversation.forgets
        self.server.heard = Queue()
        with way() as stream:
            client = client_talks(
                stream, conversation.request, conversation.steps, forgets=conversation.forgets, patience=patience
            )
        return self.server.heard.get(timeout=60), client


@pytest.fixture(scope="module")
def ways(
    tmp_path_factory: pytest.TempPathFactory, upstream_authority: trustme.CA, upstream_trust: Path
) -> Iterator[Ways]:
    folder = tmp_path_factory.mktemp("websocket")
    (folder / "stock").mkdir()
    server = WebSocketServer()
    with (
        serving(upstream_authority, (NAME, BEHIND), server.serve) as port,
        running_proxy(
            folder,
            *("--hosts", NAME, "--hosts", BEHIND, "--connect-to", f"{BEHIND}=127.0.0.1:{port}"),
            *("--upstream-ca", str(upstream_trust), "--store", "off", "--drain-limit", "1"),
        ) as ours,
        stock_proxy(folder / "stock", upstream_trust) as stock,
    ):
        yield Ways(
            server,
            partial(straight, port, ssl.create_default_context(cafile=str(upstream_trust))),
            partial(tunnel, ours.forward, port, ours.trust()),
            partial(straight, ours.reverse, ours.trust()),
            partial(tunnel, stock.forward, port, stock.trust()),
        )


LARGE = b"".join(sha256(b"%d" % number).digest() for number in range(2200))
WORDS = st.text(max_size=30).map(str.encode)
TEXTS = st.one_of(
    st.just(b""), WORDS, st.just("\N{SNOWMAN}".encode() * 22_000), st.just(b"a" * 125), st.just(b"a" * 126)
)
BYTES = st.one_of(st.just(b""), st.binary(max_size=30), st.just(LARGE), st.just(b"\0" * 65_536))
SIDES: st.SearchStrategy[Side] = st.sampled_from(["client", "server"])
CODES = st.sampled_from([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 3000, 4999])
FIELDS = st.lists(st.tuples(NAMES, VALUE.filter(lambda value: len(value) < 1000)), max_size=4).map(
    lambda fields: [b"%s: %s" % field for field in fields]
)


@st.composite
def said(draw: st.DrawFn, *, packing: bool) -> Step:
    """A message in any number of frames, with a ping between two of them now and then, or a control frame alone."""
    side, kind = draw(SIDES), draw(st.sampled_from([TEXT, BINARY, TEXT, BINARY, PING, PONG]))
    if kind in {PING, PONG}:
        return Step(side, (Frame(kind, draw(st.binary(max_size=125))),))
    payload = draw(TEXTS if kind == TEXT else BYTES)
    number = draw(st.sampled_from([1, 1, 2, 3, 7]))
    size = len(payload) // number + 1
    cut = [payload[size * at : size * (at + 1)] for at in range(number)]
    frames = [Frame(kind if at == 0 else CONTINUATION, part, at == number - 1) for at, part in enumerate(cut)]
    packed = packing and draw(st.booleans())
    if number > 1 and not packed and draw(st.sampled_from([True, False, False])):
        frames.insert(draw(st.integers(1, number - 1)), Frame(PING, b"between"))
    return Step(side, tuple(frames), packed)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """A handshake in odd words, some steps of either side, and a close by either."""
    packing = draw(st.sampled_from(["", "", "permessage-deflate", "forgetting"]))
    offered, agreed = [], []
    if packing or draw(st.booleans()):
        offered = [b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]
    if packing:
        agreed = [b"Sec-WebSocket-Extensions: permessage-deflate"]
    if packing == "forgetting":
        agreed[0] += b"; server_no_context_takeover; client_no_context_takeover"
    request = [
        b"GET /case/0%s HTTP/1.1" % draw(TAIL.filter(lambda tail: len(tail) < 1000)),
        b"Host: %s" % BEHIND.encode(),
        *draw(FIELDS),
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Version: 13",
        *offered,
    ]
    answer = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        *draw(FIELDS),
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        *agreed,
    ]
    steps = draw(st.lists(said(packing=bool(packing)), max_size=8))
    payload = draw(st.one_of(st.just(b""), st.tuples(CODES, WORDS).map(lambda told: told[0].to_bytes(2) + told[1])))
    closing = Step(draw(SIDES), (Frame(CLOSE, payload),))
    lines = [b"\r\n".join([*head, b"", b""]) for head in (request, answer)]
    return Conversation(lines[0], lines[1], (*steps, closing), packing == "forgetting")


def to_reverse(conversation: Conversation) -> Conversation:
    """The same for the reverse port, which finds the host in the path."""
    request = conversation.request.replace(b" /case", b" /%s/case" % BEHIND.encode(), 1)
    request = request.replace(b"Host: %s" % BEHIND.encode(), b"Host: 127.0.0.1", 1)
    return Conversation(request, conversation.answer, conversation.steps, conversation.forgets)


CUTS = {"server: frames", "client: frames"}
"""Where a message is cut, and what overtakes it while it is not whole."""


def differences(first: tuple[Heard, Heard], second: tuple[Heard, Heard]) -> set[str]:
    """In what both sides heard something else."""
    found = set()
    for side, heard, other in zip(("server", "client"), first, second, strict=True):
        for what in ("head", "messages", "control", "frames", "end"):
            if getattr(heard, what) != getattr(other, what):
                found.add(f"{side}: {what}")
    return found


@drawn(EXAMPLES)
@given(conversations())
def test_what_is_said_in_a_websocket_arrives_through_either_port_as_it_was_said(
    ways: Ways, conversation: Conversation
) -> None:
    direct = ways.hold(ways.direct, conversation)
    assert [heard.end for heard in direct] == ["closed", "closed"], direct
    ours = ways.hold(ways.ours, conversation)
    different = differences(direct, ours)
    assert different <= CUTS, (different, direct, ours)
    if different:
        assert differences(ways.hold(ways.stock, conversation), ours) == set()
    reverse = ways.hold(ways.reverse, to_reverse(conversation))
    assert differences(ours, reverse) == set(), (ours, reverse)


UPGRADE = (
    b"GET /case/0 HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % BEHIND.encode()
)
UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
HELLO = Step("client", (Frame(TEXT, b"hello"),))
DIFFERENT = {
    "the proxy answers a close itself": Step("client", (Frame(CLOSE, b"\x03\xe8bye"),), answer=b"\x03\xe9going"),
    "a client that leaves without a close": Step("client", ()),
    "a server that leaves without a close": Step("server", ()),
    "text that is no UTF-8": Step("server", (Frame(TEXT, b"\xff\xfe"),)),
    "a frame of no known kind": Step("client", (Frame(11, b"?"),)),
    "a bit nobody has agreed on": Step("server", (Frame(BINARY, b"?", packed=True),)),
    "a code that may not be sent": Step("client", (Frame(CLOSE, (1005).to_bytes(2)),)),
}
"""What mitmproxy makes of the end of a conversation, and of frames that are none."""


@pytest.mark.parametrize("difference", DIFFERENT)
def test_what_differs_in_a_websocket_differs_in_mitmproxy_itself(ways: Ways, difference: str) -> None:
    conversation = Conversation(UPGRADE, UPGRADED, (HELLO, DIFFERENT[difference]))
    stock = ways.hold(ways.stock, conversation)
    assert differences(stock, ways.hold(ways.ours, conversation)) == set()
