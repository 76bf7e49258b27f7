"""WebSocket frames as they stand on the wire (RFC 6455), and two sides that hold a conversation of them.

Written here and not left to a library, so that what is odd is sent as it is and nothing that comes is put right.
"""

import contextlib
import queue
import socket
import ssl
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.live.raw_http import BrokenOffError, Message, Reader

type Side = Literal["client", "server"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_MASK = b"\x37\xfa\x21\x3d"
_END_OF_BLOCK = b"\0\0\xff\xff"
"""What every compressed message would end with, and is left out (RFC 7692 section 7.2.1)."""


@dataclass(frozen=True)
class Frame:
    """One frame, unmasked. `packed` is the bit of permessage-deflate."""

    opcode: int
    payload: bytes = b""
    last: bool = True
    packed: bool = False

    def encoded(self, *, masked: bool) -> bytes:
        """As it is sent."""
        first = self.opcode | (0x80 if self.last else 0) | (0x40 if self.packed else 0)
        length, bit = len(self.payload), 0x80 if masked else 0
        if length < 126:
            head = bytes([first, length | bit])
        elif length < 1 << 16:
            head = bytes([first, 126 | bit]) + length.to_bytes(2)
        else:
            head = bytes([first, 127 | bit]) + length.to_bytes(8)
        return head + (_MASK + _masked(self.payload, _MASK) if masked else self.payload)


def _masked(payload: bytes, mask: bytes) -> bytes:
    stream = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(stream)).to_bytes(len(payload))


def read_frame(reader: Reader) -> Frame:
    """The next frame; BrokenOffError where there is none."""
    first, second = reader.exactly(2)
    length = second & 0x7F
    if length >= 126:
        length = int.from_bytes(reader.exactly(2 if length == 126 else 8))
    mask = reader.exactly(4) if second & 0x80 else b""
    payload = reader.exactly(length)
    return Frame(first & 0x0F, _masked(payload, mask) if mask else payload, bool(first & 0x80), bool(first & 0x40))


@dataclass(frozen=True)
class Step:
    """What one side sends in one go."""

    side: Side
    frames: tuple[Frame, ...]
    packed: bool = False
    """As a message of permessage-deflate: the frames are cuts of what the payload is packed to."""

    answer: bytes | None = None
    """What a close is answered with, where it is not what it says itself."""

    def answered(self, frame: Frame) -> Frame:
        """The answer to the last frame that was heard."""
        return frame if self.answer is None else Frame(frame.opcode, self.answer)

    @property
    def ends(self) -> int:
        """How many messages and control frames this is."""
        return sum(frame.last for frame in self.frames)


@dataclass
class Heard:
    """What one side saw: the frames in the order they came, those of a packed message as one, and how it ended."""

    head: Message | None = None
    frames: list[Frame] = field(default_factory=list)
    end: str = ""

    @property
    def messages(self) -> list[tuple[int, bytes]]:
        """What was said, however it was cut into frames."""
        found: list[tuple[int, bytes]] = []
        for frame in self.frames:
            if frame.opcode in {TEXT, BINARY}:
                found.append((frame.opcode, frame.payload))
            elif frame.opcode == CONTINUATION and found:
                found[-1] = (found[-1][0], found[-1][1] + frame.payload)
        return found

    @property
    def control(self) -> list[Frame]:
        """Pings, pongs and the end."""
        return [frame for frame in self.frames if frame.opcode >= CLOSE]


class Talker:
    """One side of a conversation, from the end of the handshake on."""

    def __init__(self, side: Side, stream: socket.socket, reader: Reader, heard: Heard, *, forgets: bool) -> None:
        self._side = side
        self._stream = stream
        self._reader = reader
        self._heard = heard
        self._forgets = forgets
        self._packer = zlib.compressobj(wbits=-15)
        self._unpacker = zlib.decompressobj(wbits=-15)

    def talk(self, steps: Sequence[Step]) -> None:
        """Send and hear, step by step. What is heard last is answered; a last step without frames is a hang-up."""
        try:
            for step in steps[:-1]:
                if step.side == self._side:
                    self._send(step)
                else:
                    self._hear(step.ends)
            closing = steps[-1]
            if closing.side != self._side:
                self._hear(1)
                self._send(Step(self._side, tuple(map(closing.answered, self._heard.frames[-1:]))))
            elif closing.frames:
                self._send(closing)
                self._hear(1)
            self._heard.end = "closed"
        except BrokenOffError:
            self._heard.end = "broken off"
        except (ConnectionError, ssl.SSLError):
            # Whoever is told the end need not be there any more to be answered.
            self._heard.end = "closed" if self._closed else "broken off"
        except TimeoutError:
            self._heard.end = "silence"

    @property
    def _closed(self) -> bool:
        return any(frame.opcode == CLOSE for frame in self._heard.frames)

    def _send(self, step: Step) -> None:
        frames = self._packed(step.frames) if step.packed else step.frames
        masked = self._side == "client"
        self._stream.sendall(b"".join(frame.encoded(masked=masked) for frame in frames))

    def _packed(self, frames: Sequence[Frame]) -> list[Frame]:
        """The same message packed, cut into as many frames."""
        if self._forgets:
            self._packer = zlib.compressobj(wbits=-15)
        payload = b"".join(frame.payload for frame in frames)
        packed = self._packer.compress(payload) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        packed = packed.removesuffix(_END_OF_BLOCK)
        size = len(packed) // len(frames) + 1
        cut = [packed[start : start + size] for start in range(0, len(packed), size)] or [b""]
        return [
            Frame(frames[0].opcode if at == 0 else CONTINUATION, part, at == len(cut) - 1, packed=at == 0)
            for at, part in enumerate(cut)
        ]

    def _hear(self, ends: int) -> None:
        """As many messages and control frames as that, or all up to a close."""
        packed: Frame | None = None
        while ends:
            frame = read_frame(self._reader)
            if frame.packed:
                packed = Frame(frame.opcode, b"", last=False)
            if packed is not None and frame.opcode < CLOSE:
                packed = Frame(packed.opcode, packed.payload + frame.payload, frame.last)
                if not frame.last:
                    continue
                frame, packed = Frame(packed.opcode, self._unpacked(packed.payload)), None
            self._heard.frames.append(frame)
            if frame.opcode == CLOSE:
                return
            ends -= frame.last

    def _unpacked(self, packed: bytes) -> bytes:
        if self._forgets:
            self._unpacker = zlib.decompressobj(wbits=-15)
        return self._unpacker.decompress(packed + _END_OF_BLOCK)


def client_talks(
    stream: socket.socket, request: bytes, steps: Sequence[Step], *, forgets: bool, patience: float
) -> Heard:
    """Ask for a WebSocket and hold a conversation on it."""
    heard = Heard()
    stream.settimeout(patience)
    reader = Reader(lambda: stream.recv(65536))
    with contextlib.suppress(OSError, BrokenOffError):
        stream.sendall(request)
        heard.head = reader.message(b"GET")
        if b" 101 " in heard.head.start:
            Talker("client", stream, reader, heard, forgets=forgets).talk(steps)
    return heard


@dataclass
class WebSocketServer:
    """Answers the handshake with the head put down for it, and holds its side of the conversation."""

    answer: bytes = b""
    steps: tuple[Step, ...] = ()
    forgets: bool = False
    heard: "queue.Queue[Heard]" = field(default_factory=queue.Queue)

    def serve(self, stream: socket.socket) -> None:
        """One connection."""
        heard, told = Heard(), self.heard
        reader = Reader(lambda: stream.recv(65536))
        with contextlib.suppress(OSError, BrokenOffError):
            heard.head = reader.message()
            stream.sendall(self.answer)
            Talker("server", stream, reader, heard, forgets=self.forgets).talk(self.steps)
        told.put(heard)
