"""An upstream that reads as RFC 9112 says, and notes of every connection what it saw."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from queue import Queue
from typing import TYPE_CHECKING, Final

import h11

from tests.live.upstream import HOSTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

SECONDS: Final = 60


@dataclass
class Seen:
    """One connection: its bytes, the requests that were whole, and what was wrong with the last one."""

    raw: bytes = b""
    requests: list[tuple[bytes, bytes]] = field(default_factory=list)
    broken: str = ""
    cut_off: bool = False
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass
class StrictServer:
    """Its port, and its connections in the order in which they were accepted."""

    port: int
    accepted: Queue[Seen] = field(default_factory=Queue)

    def until(self, target: bytes) -> list[Seen]:
        """Every connection up to the one on which this target was asked for, each to its end."""
        found: list[Seen] = []
        while not found or all(asked != target for asked, _ in found[-1].requests):
            found.append(self.accepted.get(timeout=SECONDS))
            assert found[-1].ended.wait(SECONDS)
        return found


@contextlib.contextmanager
def strict_server(authority: trustme.CA) -> Iterator[StrictServer]:
    """Serve on a free port of 127.0.0.1 with a certificate for HOSTS; every request is answered with 200."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = StrictServer(listener.getsockname()[1])

        def serve(plain: socket.socket, seen: Seen) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                _read(connection, seen)
            seen.ended.set()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    plain, _ = listener.accept()
                    seen = Seen()
                    server.accepted.put(seen)
                    threading.Thread(target=serve, args=(plain, seen), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server


def _read(connection: socket.socket, seen: Seen) -> None:
    reader, target, body = h11.Connection(h11.SERVER), b"", b""
    try:
        while True:
            event = reader.next_event()
            if event is h11.NEED_DATA:
                piece = connection.recv(65536)
                seen.raw += piece
                seen.cut_off = not piece and bool(target)
                reader.receive_data(piece)
            elif isinstance(event, h11.Request):
                target, body = event.target, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                seen.requests.append((target, body))
                target = b""
                _answer(connection, reader)
            else:
                return
    except h11.RemoteProtocolError as error:
        seen.broken = "" if seen.cut_off else str(error)


def _answer(connection: socket.socket, reader: h11.Connection) -> None:
    head = reader.send(h11.Response(status_code=200, headers=[("Content-Length", "2")])) or b""
    connection.sendall(head + (reader.send(h11.Data(data=b"ok")) or b"") + (reader.send(h11.EndOfMessage()) or b""))
    if reader.our_state is h11.DONE and reader.their_state is h11.DONE:
        reader.start_next_cycle()
