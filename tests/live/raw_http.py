"""HTTP/1 messages as they stand on the wire, and a server and clients that change nothing about them.

No library reads or writes here: one that corrects what it sees would hide the very differences that are looked for.
"""

import contextlib
import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import trustme

SECONDS = 60
_NUMBER = re.compile(rb"/case/(\d+)")
_BODYLESS = {b"204", b"304"}


class BrokenOffError(Exception):
    """The other side closed in the middle of a message."""


@dataclass(frozen=True)
class Message:
    """A request or response: its lines as they stood there, its body without its framing."""

    start: bytes
    headers: tuple[bytes, ...]
    framing: str
    body: bytes = b""
    trailers: tuple[bytes, ...] = ()

    def values(self, name: bytes) -> bytes:
        """Every value of a header, lower case, with commas between."""
        found = (line.split(b":", 1)[1] for line in self.headers if line.split(b":")[0].strip().lower() == name)
        return b",".join(found).strip().lower()


class Reader:
    """Bytes of a connection, or of a text at hand."""

    def __init__(self, more: Callable[[], bytes], first: bytes = b"") -> None:
        self._more = more
        self._bytes = first

    def until(self, mark: bytes) -> bytes:
        """Up to and without a mark."""
        while mark not in self._bytes:
            self._fetch()
        before, _, self._bytes = self._bytes.partition(mark)
        return before

    def exactly(self, length: int) -> bytes:
        """So many bytes."""
        while len(self._bytes) < length:
            self._fetch()
        taken, self._bytes = self._bytes[:length], self._bytes[length:]
        return taken

    def rest(self) -> bytes:
        """Up to the end of the connection."""
        with contextlib.suppress(OSError, BrokenOffError, ValueError):
            while True:
                self._fetch()
        taken, self._bytes = self._bytes, b""
        return taken

    def _fetch(self) -> None:
        more = self._more()
        if not more:
            raise BrokenOffError
        self._bytes += more

    def message(self, asked: bytes | None = None) -> Message:
        """The next message; a response needs to know the method that `asked` for it."""
        start, *headers = self.until(b"\r\n\r\n").split(b"\r\n")
        message = Message(start, tuple(headers), "none")
        status = start.split(b" ")[1] if asked is not None else b""
        if asked == b"HEAD" or status in _BODYLESS or status.startswith(b"1"):
            return message
        if b"chunked" in message.values(b"transfer-encoding"):
            body, trailers = self._chunks()
            return Message(start, message.headers, "chunked", body, trailers)
        length = message.values(b"content-length")
        if length:
            return Message(start, message.headers, "length", self.exactly(int(length)))
        return message if asked is None else Message(start, message.headers, "close", self.rest())

    def _chunks(self) -> tuple[bytes, tuple[bytes, ...]]:
        body = b""
        while size := int(self.until(b"\r\n").partition(b";")[0], 16):
            body += self.exactly(size)
            self.exactly(2)
        trailers: list[bytes] = []
        while line := self.until(b"\r\n"):
            trailers.append(line)
        return body, tuple(trailers)


def parsed(raw: bytes, asked: bytes | None = None) -> Message:
    """A message at hand; interim responses before it are left out."""
    reader = Reader(lambda: b"", raw)
    message = reader.message(asked)
    while asked is not None and message.start.split(b" ")[1].startswith(b"1"):
        message = reader.message(asked)
    return message


@dataclass
class RawServer:
    """Answers request number N with the bytes put down for it, and keeps what it saw."""

    port: int
    answers: dict[int, tuple[bytes, bool]] = field(default_factory=dict)
    seen: "queue.Queue[Message]" = field(default_factory=queue.Queue)

    def serve(self, stream: socket.socket) -> None:
        """One connection. An answer may say that the connection ends after it."""
        reader = Reader(lambda: stream.recv(65536))
        while True:
            message = reader.message()
            self.seen.put(message)
            number = _NUMBER.search(message.start)
            answer, closes = self.answers[int(number[1]) if number else 0]
            stream.sendall(answer)
            if closes:
                # The end of a body without a length; unwrap() would wait for an answer nobody owes.
                stream.shutdown(socket.SHUT_WR)
                return

    def last_seen(self) -> Message | None:
        """The one request that came for the last exchange, if any did."""
        with contextlib.suppress(queue.Empty):
            return self.seen.get_nowait()
        return None


@contextlib.contextmanager
def running_raw_server(authority: trustme.CA, *names: str) -> Iterator[RawServer]:
    """Serve over TLS on a free port."""
    server = RawServer(0)
    with serving(authority, names, server.serve) as server.port:
        yield server


@contextlib.contextmanager
def serving(
    authority: trustme.CA,
    names: Sequence[str],
    serve: Callable[[socket.socket], None],
    protocols: Sequence[str] = (),
) -> Iterator[int]:
    """Accept TLS connections on a free port, which it tells, and serve each in a thread of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def secure(plain: socket.socket) -> None:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with (
                contextlib.suppress(OSError, BrokenOffError, ValueError),
                context.wrap_socket(plain, server_side=True) as stream,
            ):
                serve(stream)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=secure, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Answered:
    """What a client saw: the status lines of interim responses, and the response; None where none came."""

    interim: tuple[bytes, ...]
    final: Message | None


class Lane:
    """One way to the server. Its connection is kept as long as both sides keep it."""

    def __init__(self, connect: Callable[[], contextlib.AbstractContextManager[socket.socket]]) -> None:
        self._connect = connect
        self._open: contextlib.ExitStack | None = None
        self._stream: socket.socket | None = None

    def ask(self, request: bytes, patience: float = SECONDS) -> Answered:
        """Send a request as it is, and see what comes within so many seconds."""
        if self._stream is None:
            self._open = contextlib.ExitStack()
            self._stream = self._open.enter_context(self._connect())
        stream = self._stream
        stream.settimeout(patience)
        reader = Reader(lambda: stream.recv(65536))
        interim: list[bytes] = []
        asked = request.partition(b" ")[0]
        try:
            stream.sendall(request)
            final = reader.message(asked)
            while final.start.split(b" ")[1].startswith(b"1"):
                interim.append(final.start)
                final = reader.message(asked)
        except (OSError, BrokenOffError):
            self.close()
            return Answered(tuple(interim), None)
        ends = parsed(request).values(b"connection") + final.values(b"connection")
        if b"close" in ends or final.framing == "close" or b"HTTP/1.0" in request.split(b"\r\n")[0] + final.start:
            self.close()
        return Answered(tuple(interim), final)

    def close(self) -> None:
        """Let go of the connection."""
        if self._open is not None:
            with contextlib.suppress(OSError):
                self._open.close()
        self._open = self._stream = None
