"""Transparency of HTTP/2: what is said on the streams of a connection arrives as it was said.

Conversations of several streams are made up (fixed seed) and held over TLS: straight with the server, through the
forward port, through the reverse port, and through mitmproxy as it comes. What both sides hear straight is what they
have to hear through us; what differs must be on a list, and then be what mitmproxy makes of it itself.
"""

import gzip
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import brotli
import pytest
import trustme
import zstandard
from hypothesis import given, strategies as st

from tests.live.http2_conversation import Conversation, Exchange, Fields, Heard, Said
from tests.live.made_up import BODY, NAMES, TAIL, TOKEN, VALUE, drawn
from tests.live.proxy import running_proxy
from tests.live.raw_http import serving
from tests.live.raw_http2 import Client, Http2Server
from tests.live.stock_proxy import NAME, stock_proxy, straight, tunnel

EXAMPLES = int(os.environ.get("WHY403_EXAMPLES", "40"))
BEHIND = b"raw.contoso.com"
"""What requests name; the same server as `NAME`."""
GRAPH = "graph.microsoft.com"
CANCEL = 8


@dataclass
class Sides:
    """What server and client heard, by the number of the exchange."""

    server: dict[int, Heard]
    client: dict[int, Heard]


@dataclass(repr=False)
class Ways:
    """The four ways to one server."""

    server: Http2Server
    direct: Client
    ours: Client
    reverse: Client
    stock: Client

    def hold(self, way: Client, conversation: Conversation) -> Sides:
        """Hold a conversation to its end on both sides."""
        under_way = self.server.begin(conversation)
        way.hold(under_way)
        under_way.wait(under_way.is_over)
        return Sides(dict(under_way.server), dict(under_way.client))


@pytest.fixture(scope="module")
def ways(
    tmp_path_factory: pytest.TempPathFactory, upstream_authority: trustme.CA, upstream_trust: Path
) -> Iterator[Ways]:
    folder = tmp_path_factory.mktemp("http2")
    (folder / "stock").mkdir()
    server = Http2Server()
    with (
        serving(upstream_authority, (NAME, BEHIND.decode(), GRAPH), server.serve, ["h2"]) as port,
        running_proxy(
            folder,
            *(part for name in (BEHIND.decode(), GRAPH) for part in ("--connect-to", f"{name}=127.0.0.1:{port}")),
            *("--hosts", NAME, "--hosts", BEHIND.decode(), "--hosts", GRAPH),
            *("--upstream-ca", str(upstream_trust), "--store", "off", "--drain-limit", "1"),
        ) as ours,
        stock_proxy(folder / "stock", upstream_trust) as stock,
    ):
        clients = [
            Client(partial(straight, port, ssl.create_default_context(cafile=str(upstream_trust)), ["h2"])),
            Client(partial(tunnel, ours.forward, port, ours.trust(), ["h2"])),
            Client(partial(straight, ours.reverse, ours.trust(), ["h2"])),
            Client(partial(tunnel, stock.forward, port, stock.trust(), ["h2"])),
        ]
        yield Ways(server, *clients)
        for client in clients:
            client.close()


LARGEST = 1000
"""What is larger is huge, and rare: HTTP/2 packs headers byte by byte, which takes its time in Python."""
SHORT = st.tuples(NAMES.map(bytes.lower), VALUE.filter(lambda value: len(value) < LARGEST))
HUGE: Fields = ((b"x-huge", b"0" * 17_000), (b"x-huge", b"\xff" * 300))
FIELDS = st.lists(SHORT, max_size=6).map(tuple)
BLOCKS = st.sampled_from([False] * 29 + [True]).flatmap(lambda huge: st.just(HUGE) if huge else FIELDS)
TAILS = TAIL.filter(lambda tail: len(tail) < LARGEST)
COOKIES = st.sampled_from([(), (), ((b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"cookie", b"a=1"))])
TRAILERS = st.one_of(st.just(()), st.just(()), FIELDS)
STATUS = [b"200", b"201", b"206", b"301", b"400", b"401", b"403", b"404", b"429", b"500", b"503", b"599"]
BODYLESS = [b"204", b"304"]


@st.composite
def pieces(draw: st.DrawFn) -> tuple[tuple[bytes, int], ...]:
    """A body in DATA frames, of which some are empty and some padded."""
    body, size = draw(BODY), draw(st.sampled_from([7, 1000, 16_000]))
    size = max(size, len(body) // 40)
    cut = [body[start : start + size] for start in range(0, len(body), size)]
    for place in draw(st.lists(st.integers(0, 3), max_size=2)):
        cut.insert(place, b"")
    return tuple((piece, draw(st.sampled_from([0, 0, 0, 1, 200]))) for piece in cut)


@st.composite
def messages(draw: st.DrawFn, pseudo: Fields, *, has_body: bool) -> Said:
    """Headers below these pseudo headers, with a body where there may be one."""
    fields = (*draw(BLOCKS), *draw(COOKIES))
    if not has_body:
        return Said((*pseudo, *fields), ends_in_headers=draw(st.booleans()))
    said = Said((), draw(pieces()), draw(TRAILERS), ends_in_headers=draw(st.booleans()))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(fields)))
        fields = (*fields[:place], (b"content-length", b"%d" % said.length), *fields[place:])
    return replace(said, headers=(*pseudo, *fields))


@st.composite
def exchanges(draw: st.DrawFn, number: int) -> Exchange:
    """A request and its answer, both whole."""
    method = draw(
        st.one_of(st.sampled_from([b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"]), TOKEN)
    )
    path = b"/case/%d%s" % (number, draw(TAILS))
    named: Fields = draw(
        st.sampled_from(
            [((b":authority", BEHIND),), ((b":authority", BEHIND), (b"host", BEHIND)), ((b"host", BEHIND),)]
        )
    )
    pseudo = ((b":method", method), (b":scheme", b"https"), (b":path", path), *named)
    request = draw(messages(pseudo, has_body=draw(st.booleans())))
    status = draw(st.sampled_from([*STATUS, *BODYLESS]))
    bodyless = method == b"HEAD" or status in BODYLESS
    answer = draw(messages(((b":status", status),), has_body=not bodyless))
    if bodyless and status != b"204":
        answer = replace(answer, headers=(*answer.headers, (b"content-length", b"5")), ends_in_headers=True)
    return Exchange(request, answer)


def in_two(message: Said) -> Said:
    """The same, but with a body of two pieces and no length or trailers that would say more than is sent."""
    headers = tuple(field for field in message.headers if field[0] != b"content-length")
    return replace(message, headers=headers, pieces=((b"first", 0), (b"second", 3)), trailers=())


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Streams side by side, of which one may not end the usual way."""
    asked = [draw(exchanges(number)) for number in range(draw(st.integers(1, 4)))]
    first = asked[0]
    way = draw(st.sampled_from(["", "", "early", "client resets", "server resets", "server resets early", "hang up"]))
    if way and dict(first.request.headers)[b":method"] != b"HEAD" and first.answer.headers[0][1] not in BODYLESS:
        early = way in {"early", "server resets early"}
        request = replace(in_two(first.request), code=CANCEL if way == "client resets" else None)
        code = CANCEL if way.startswith("server resets") else None
        answer = replace(in_two(first.answer), code=code, goes_on=way == "hang up")
        asked[0] = Exchange(
            request if early or way == "client resets" else first.request,
            answer if not early or answer.code else first.answer,
            early=early,
            hangs_up=CANCEL if way == "hang up" else None,
        )
    return Conversation(tuple(asked), tuple(draw(st.lists(st.integers(0, 11), min_size=1, max_size=20))))


def differences(straight: Sides, through: Sides) -> set[str]:
    """In what both sides hear something else than straight."""
    found = set()
    for side in ("server", "client"):
        heard, other = getattr(straight, side), getattr(through, side)
        if heard.keys() != other.keys():
            found.add(f"{side}: exchanges")
        for number in heard.keys() & other.keys():
            for what in ("pseudo", "fields", "body", "trailers", "interim", "end"):
                if getattr(heard[number], what) != getattr(other[number], what):
                    found.add(f"{side}: {what}")
    return found


def to_reverse(conversation: Conversation) -> Conversation:
    """The same for the reverse port, which finds the host in the path."""

    def led(field: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        if field[0] == b":path":
            return field[0], b"/" + BEHIND + field[1]
        return (field[0], b"127.0.0.1") if field[0] in {b":authority", b"host"} else field

    return replace(
        conversation,
        exchanges=tuple(
            replace(exchange, request=replace(exchange.request, headers=tuple(map(led, exchange.request.headers))))
            for exchange in conversation.exchanges
        ),
    )


def named_both_ways(sides: Sides) -> Sides:
    """What the server hears of the reverse port: the host it is meant to be, as `:authority` too."""
    added = ((b":authority", BEHIND),)
    server = {
        number: heard if b":authority" in dict(heard.headers) else replace(heard, headers=(*heard.headers, *added))
        for number, heard in sides.server.items()
    }
    return Sides(server, sides.client)


@drawn(EXAMPLES)
@given(conversations())
def test_what_is_said_in_http_2_arrives_through_either_port_as_it_was_said(
    ways: Ways, conversation: Conversation
) -> None:
    straight = ways.hold(ways.direct, conversation)
    for side in (straight.server, straight.client):
        assert len(side) == len(conversation.exchanges)
        assert all(heard.end in {"whole", "hung up", f"reset with {CANCEL}"} for heard in side.values()), straight
    ours = ways.hold(ways.ours, conversation)
    assert differences(straight, ours) == set(), (straight, ours)
    reverse = ways.hold(ways.reverse, to_reverse(conversation))
    assert differences(named_both_ways(straight), reverse) == set(), (straight, reverse)


GET = ((b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/case/0"), (b":authority", BEHIND))
PUT = ((b":method", b"PUT"), *GET[1:])
OK = Said(((b":status", b"200"),), ((b"ok", 0),))
SENT = ((b"first", 0), (b"second", 0))
REFUSED_STREAM = 7
DIFFERENT = {
    "103 Early Hints are swallowed": Exchange(
        Said(GET), replace(OK, interim=(((b":status", b"103"), (b"link", b"</a>")),))
    ),
    "Expect is answered by the proxy and not passed on": Exchange(Said((*PUT, (b"expect", b"100-continue")), SENT), OK),
    "the code of a client's reset": Exchange(Said(PUT, SENT, code=REFUSED_STREAM), OK),
    "the code of a server's reset": Exchange(Said(GET), replace(OK, code=REFUSED_STREAM)),
    "a reset in place of an answer becomes a 502": Exchange(Said(GET), Said((), code=REFUSED_STREAM)),
    "names in capitals end the connection": Exchange(Said((*GET, (b"X-Case", b"1"))), OK),
    "fields of a connection end it": Exchange(Said((*GET, (b"connection", b"close"))), OK),
    "headers of more than 64 KB end the connection": Exchange(
        Said((*GET, *[(b"x-%d" % number, b"0" * 10_000) for number in range(7)])), OK
    ),
}
"""Rare things mitmproxy changes or refuses; nothing of ours."""


@pytest.mark.parametrize("difference", DIFFERENT)
def test_what_differs_in_http_2_differs_in_mitmproxy_itself(ways: Ways, difference: str) -> None:
    conversation = Conversation((DIFFERENT[difference],))
    stock = ways.hold(ways.stock, conversation)
    assert differences(stock, ways.hold(ways.ours, conversation)) == set()


PAGE = b'{"value": [{"id": "%s"}], "@odata.nextLink": "%%s/v1.0/users?$skiptoken=x", "more": "\\u00e9"}' % (b"i" * 300)
THERE = PAGE % b"https://graph.microsoft.com"
BACK = PAGE % b"https://127.0.0.1/graph.microsoft.com"
CODINGS: dict[bytes, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    b"identity": (bytes, bytes),
    b"gzip": (gzip.compress, gzip.decompress),
    b"br": (brotli.compress, brotli.decompress),
    b"zstd": (zstandard.compress, lambda packed: zstandard.ZstdDecompressor().decompressobj().decompress(packed)),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("cut", ["before the body", "in the middle", "behind the body"])
@pytest.mark.parametrize("trailers", [(), ((b"x-sum", b"1"),)], ids=["no trailers", "trailers"])
def test_empty_frames_cost_an_answer_whose_links_lead_back_nothing(
    ways: Ways, coding: bytes, cut: str, trailers: Fields
) -> None:
    packed = CODINGS[coding][0](THERE)
    place = {"before the body": 0, "in the middle": len(packed) // 2, "behind the body": len(packed)}[cut]
    pieces = ((packed[:place], 0), (b"", 0), (b"", 5), (packed[place:], 0), (b"", 0))
    headers = ((b":status", b"200"), (b"content-type", b"application/json"), (b"content-encoding", coding))
    path = b"/%s/v1.0/users/case/0" % GRAPH.encode()
    request = Said((*GET[:2], (b":path", path), (b":authority", b"127.0.0.1")))

    sides = ways.hold(ways.reverse, Conversation((Exchange(request, Said(headers, pieces, trailers)),)))

    heard = sides.client[0]
    assert (heard.end, heard.trailers) == ("whole", trailers)
    assert CODINGS[coding][1](heard.body) == BACK
