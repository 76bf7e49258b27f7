"""HTTP/2 as it stands on the wire: a client and a server that hold a conversation as it is written.

h2 keeps the state of the connection and the windows of its streams. All that would correct or refuse a header is off.
"""

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from tests.live.http2_conversation import CUT_OFF, SECONDS, Conversation, Heard, Round, Said

_CASE = re.compile(rb"/case/(\d+)")
_LARGEST_LIST = 1 << 20
_PIECE = 16_000
"""Fits into the frames everybody takes, with padding."""


class Peer:
    """One end of a connection. It is used by one thread, which reads whenever it has to wait for room to write."""

    def __init__(self, stream: socket.socket, note: Callable[[], None], *, client_side: bool) -> None:
        self.stream = stream
        self._note = note
        self.ended = False
        self.heard: dict[int, Heard] = {}
        """By stream."""
        settings = H2Configuration(
            client_side=client_side,
            header_encoding=False,
            validate_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_inbound_headers=False,
            normalize_outbound_headers=False,
        )
        self.connection = H2Connection(settings)
        self.connection.local_settings[SettingCodes.MAX_HEADER_LIST_SIZE] = _LARGEST_LIST
        # What is acknowledged is what the connection says of itself when it begins.
        self.connection.local_settings.acknowledge()
        self.connection.decoder.max_header_list_size = _LARGEST_LIST
        self.connection.initiate_connection()
        self.flush()

    def flush(self) -> None:
        """Send what is to be sent. A connection that has gone shows when it is read."""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            self.stream.sendall(self.connection.data_to_send())

    def listen(self) -> None:
        """Take in what comes next, or the end."""
        try:
            data = self.stream.recv(65536)
            events = self.connection.receive_data(data) if data else None
        except (ConnectionError, ssl.SSLError, ProtocolError):
            events = None
        if events is None:
            self._over(CUT_OFF)
            return
        for event in events:
            self._take(event)
        self.flush()
        self._note()

    def _over(self, how: str) -> None:
        self.ended = True
        for heard in self.heard.values():
            heard.end = heard.end or how
        self._note()

    def _take(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self._over(f"{CUT_OFF} with {int(event.error_code or 0)}")
            return
        stream = getattr(event, "stream_id", None)
        if not stream:
            return
        heard = self.heard.setdefault(stream, Heard())
        if isinstance(event, RequestReceived | ResponseReceived):
            heard.headers = tuple((bytes(name), bytes(value)) for name, value in event.headers)
        elif isinstance(event, InformationalResponseReceived):
            heard.interim += (tuple((bytes(name), bytes(value)) for name, value in event.headers),)
        elif isinstance(event, TrailersReceived):
            heard.trailers = tuple((bytes(name), bytes(value)) for name, value in event.headers)
        elif isinstance(event, DataReceived):
            heard.body += event.data
            if event.flow_controlled_length:
                self.connection.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, StreamEnded):
            heard.end = heard.end or "whole"
        elif isinstance(event, StreamReset):
            heard.end = heard.end or f"reset with {int(event.error_code or 0)}"

    def steps(self, stream: int, said: Said, before_reset: Callable[[], object]) -> Iterator[None]:
        """Say it frame by frame; the caller decides when the next frame is due. It stops where the stream has ended."""
        for interim in said.interim:
            self.connection.send_headers(stream, interim)
            yield
        ends = not said.trailers and said.code is None and not said.goes_on
        at_once = ends and not said.pieces and said.ends_in_headers
        if said.headers:
            self.connection.send_headers(stream, said.headers, end_stream=at_once)
            self.flush()
            yield
        for number, (data, padding) in enumerate(said.pieces):
            yield from self._data(stream, data, padding, last=ends and number == len(said.pieces) - 1)
        if said.code is not None:
            before_reset()
        if self._is_over(stream):
            return
        if said.code is not None:
            self.connection.reset_stream(stream, said.code)
        elif said.trailers:
            self.connection.send_headers(stream, said.trailers, end_stream=True)
        elif ends and not said.pieces and not at_once:
            self.connection.end_stream(stream)
        self.flush()

    def _data(self, stream: int, data: bytes, padding: int, *, last: bool) -> Iterator[None]:
        cuts = range(0, len(data), _PIECE) or [0]
        for start in cuts:
            part = data[start : start + _PIECE]
            while not self._is_over(stream) and self._room(stream) < len(part) + padding + 1:
                self.listen()
            if self._is_over(stream):
                return
            ends = last and start == cuts[-1]
            self.connection.send_data(stream, part, end_stream=ends, pad_length=padding or None)
            self.flush()
            yield

    def _room(self, stream: int) -> int:
        return self.connection.local_flow_control_window(stream)

    def _is_over(self, stream: int) -> bool:
        return self.ended or self.heard[stream].end.startswith("reset")


def by_turns(speakers: Sequence[Iterator[None]], turns: Sequence[int]) -> None:
    """Let everybody speak, a frame at a time, in an order that `turns` mixes up."""
    waiting = list(speakers)
    at = 0
    while waiting:
        chosen = waiting[turns[at % len(turns)] % len(waiting)]
        at += 1
        try:
            next(chosen)
        except StopIteration:
            waiting.remove(chosen)


class Client:
    """One way to the server. Its connection is kept as long as both sides keep it."""

    def __init__(self, connect: Callable[[], contextlib.AbstractContextManager[socket.socket]]) -> None:
        self._connect = connect
        self._open = contextlib.ExitStack()
        self._peer: Peer | None = None
        self._under_way: Round | None = None

    def _note(self) -> None:
        if self._under_way is not None:
            self._under_way.note()

    def hold(self, under_way: Round) -> None:
        """Say everything, and hear everything out."""
        if self._peer is None or self._peer.ended:
            self.close()
            self._peer = Peer(self._open.enter_context(self._connect()), self._note, client_side=True)
        self._under_way = under_way
        peer = self._peer
        peer.heard.clear()
        peer.stream.settimeout(SECONDS)
        exchanges = under_way.conversation.exchanges
        under_way.client.update({number: Heard() for number in range(len(exchanges))})
        speakers = [self._speak(peer, under_way, number) for number in range(len(exchanges))]
        by_turns(speakers, under_way.conversation.turns)
        while not all(heard.end for heard in under_way.client.values()):
            peer.listen()
            self._hang_up(peer, under_way)

    def _speak(self, peer: Peer, under_way: Round, number: int) -> Iterator[None]:
        exchange, heard = under_way.conversation.exchanges[number], under_way.client[number]
        said = exchange.request
        arrived = partial(under_way.wait, lambda: len(under_way.server.get(number, Heard()).body) >= said.length)
        # Numbered when it opens: a stream may not be opened after one with a higher number.
        stream = peer.connection.get_next_available_stream_id()
        peer.heard[stream] = heard
        speech = peer.steps(stream, said, arrived)
        yield next(speech)
        if exchange.early:
            yield next(speech)
            while not heard.end and not (heard.headers and exchange.answer.lacks_only_its_end(heard.body)):
                peer.listen()
        if not heard.end or heard.end == "whole":
            yield from speech
        if said.code is not None:
            heard.end = heard.end or "hung up"

    def _hang_up(self, peer: Peer, under_way: Round) -> None:
        heard_by_number = {id(heard): number for number, heard in under_way.client.items()}
        for stream, heard in peer.heard.items():
            exchange = under_way.conversation.exchanges[heard_by_number[id(heard)]]
            if exchange.hangs_up is not None and not heard.end and len(heard.body) >= exchange.answer.length:
                peer.connection.reset_stream(stream, exchange.hangs_up)
                peer.flush()
                heard.end = "hung up"

    def close(self) -> None:
        """Let go of the connection."""
        with contextlib.suppress(OSError):
            self._open.close()
        self._peer = None


@dataclass(repr=False)
class Http2Server:
    """Answers as the conversation under way says."""

    under_way: Round = field(default_factory=lambda: Round(Conversation(())))

    def _note(self) -> None:
        self.under_way.note()

    def begin(self, conversation: Conversation) -> Round:
        """What is asked from now on belongs to this conversation."""
        self.under_way = Round(conversation)
        return self.under_way

    def serve(self, stream: socket.socket) -> None:
        """One connection."""
        under_way = self.under_way
        peer = Peer(stream, self._note, client_side=False)
        numbers: dict[int, int] = {}
        while not peer.ended:
            peer.listen()
            if under_way is not self.under_way:
                under_way = self.under_way
                for stream_id in numbers:
                    peer.heard.pop(stream_id, None)
                numbers = {}
            due = True
            while due:
                self._know(peer, under_way, numbers)
                due = self._answer(peer, under_way, numbers)
            under_way.note()

    def _know(self, peer: Peer, under_way: Round, numbers: dict[int, int]) -> None:
        for stream, heard in peer.heard.items():
            if stream not in numbers and heard.headers:
                numbers[stream] = number_of(heard)
                under_way.server[numbers[stream]] = heard

    def _answer(self, peer: Peer, under_way: Round, numbers: dict[int, int]) -> bool:
        """Early answers at once; all others together, when the last request has been said. Whether there was any."""
        exchanges = under_way.conversation.exchanges
        all_asked = all(
            exchange.early or (number in under_way.server and under_way.server[number].end)
            for number, exchange in enumerate(exchanges)
        )
        due = [
            (stream, number)
            for stream, number in numbers.items()
            if number not in under_way.answered and number < len(exchanges)
            if (peer.heard[stream].body if exchanges[number].early else all_asked and peer.heard[stream].end == "whole")
        ]
        under_way.answered |= {number for _, number in due}
        speakers = [self._speak(peer, stream, under_way, number) for stream, number in due]
        by_turns(speakers, under_way.conversation.turns)
        return bool(due)

    def _speak(self, peer: Peer, stream: int, under_way: Round, number: int) -> Iterator[None]:
        said = under_way.conversation.exchanges[number].answer
        arrived = partial(under_way.wait, lambda: len(under_way.client[number].body) >= said.length)
        yield from peer.steps(stream, said, arrived)
        if said.code is not None:
            peer.heard[stream].end = peer.heard[stream].end or "hung up"


def number_of(heard: Heard) -> int:
    """The exchange a request belongs to."""
    found = _CASE.search(dict(heard.headers).get(b":path", b""))
    return int(found[1]) if found else 0
