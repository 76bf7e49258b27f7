"""An HTTPS server that answers byte for byte what a test wants, in the tempo the test wants."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import trustme

PREFERS_HTTP_2 = "login.microsoftonline.com"
"""This host would choose HTTP/2 if it were offered; it does not really speak it."""

HOSTS = ("graph.microsoft.com", "outlook.office365.com", "login.microsoftonline.com", "passes.example.org")


@dataclass
class Received:
    """One request as it arrived, and the way to answer it."""

    connection: ssl.SSLSocket
    name: str
    head: bytes
    body: bytes

    @property
    def request_line(self) -> bytes:
        """The first line."""
        return self.head.split(b"\r\n")[0]

    @property
    def path(self) -> str:
        """The target as sent."""
        return self.request_line.split(b" ")[1].decode("latin-1")

    @property
    def header_lines(self) -> list[bytes]:
        """Everything between the first line and the body."""
        return self.head.split(b"\r\n")[1:]

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def answer(self, status: str, body: bytes = b"", *headers: str) -> None:
        """Send a whole response."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)


Responder = Callable[[Received], None]


def ok(received: Received) -> None:
    received.answer("200 OK", b"ok", "Content-Type: text/plain")


@dataclass
class Upstream:
    """Answers by path; `received` holds every request in order, `begun` the first line of each as soon as it came."""

    port: int
    responders: dict[str, Responder] = field(default_factory=dict)
    received: "Queue[Received]" = field(default_factory=Queue)
    begun: "Queue[bytes]" = field(default_factory=Queue)
    accepted: int = 0

    def on(self, path: str, responder: Responder) -> None:
        """Answer a path this way from now on."""
        self.responders[path] = responder

    def request(self, path: str) -> Received:
        """Wait for the request for a path (without its query); earlier ones are another test's and dropped."""
        while True:
            received = self.received.get(timeout=60)
            if received.path.partition("?")[0] == path:
                return received


def read_until(connection: socket.socket, mark: bytes, buffer: bytes = b"") -> tuple[bytes, bytes]:
    """Everything up to and with a mark, and what came after it; ConnectionError where it never comes."""
    while mark not in buffer:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError(f"closed after {buffer!r}")
        buffer += piece
    before, _, after = buffer.partition(mark)
    return before + mark, after


def read_body(connection: socket.socket, head: bytes, buffer: bytes) -> tuple[bytes, bytes]:
    """A message's body by its framing, and what came after it."""
    fields = dict(line.lower().split(b": ", 1) for line in head.strip().split(b"\r\n")[1:] if b": " in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        body = b""
        while True:
            size_line, buffer = read_until(connection, b"\r\n", buffer)
            size = int(size_line, 16)
            while len(buffer) < size + 2:
                buffer += connection.recv(65536)
            body, buffer = body + buffer[:size], buffer[size + 2 :]
            if size == 0:
                return body, buffer
    length = int(fields.get(b"content-length", b"0"))
    pieces, missing = [buffer[:length]], length - len(buffer)
    while missing > 0 and (piece := connection.recv(min(missing, 1 << 20))):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces), buffer[length:]


@contextlib.contextmanager
def running_upstream(authority: trustme.CA) -> Iterator[Upstream]:
    """Serve on a free port of 127.0.0.1 with a certificate for HOSTS."""
    certificate = authority.issue_cert(*HOSTS)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    upstream = Upstream(listener.getsockname()[1])

    def serve(plain: socket.socket) -> None:
        names: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        modern = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(modern)
        modern.set_alpn_protocols(["h2", "http/1.1"])

        def asked_for(stream: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            names.append(name or "")
            if name == PREFERS_HTTP_2:
                stream.context = modern

        context.sni_callback = asked_for
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            buffer = b""
            while True:
                head, buffer = read_until(connection, b"\r\n\r\n", buffer)
                upstream.begun.put(head.partition(b"\r\n")[0])
                body, buffer = read_body(connection, head, buffer)
                received = Received(connection, names[0], head.removesuffix(b"\r\n\r\n"), body)
                upstream.received.put(received)
                upstream.responders.get(received.path.partition("?")[0], ok)(received)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = listener.accept()
                upstream.accepted += 1
                threading.Thread(target=serve, args=(plain,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield upstream
    finally:
        listener.close()


def write_authority(authority: trustme.CA, path: Path) -> Path:
    """The authority's certificate as a file."""
    authority.cert_pem.write_to_path(str(path))
    return path
