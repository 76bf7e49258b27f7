"""A client that reads the clock: one connection with TLS to a proxy's reverse port or to the upstream itself."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from bench.processes import LOCAL, CannotMeasureError
from bench.speed.answers import GRAPH, token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

_PATIENCE: Final = 60.0
_PIECE: Final = 256 * 1024
_BLOCK: Final = bytes(_PIECE)


class Client:
    """Asks one thing after the other. `host_in_path`: the path begins with the host that is meant."""

    def __init__(self, connection: socket.socket, *, host_in_path: bool) -> None:
        self._connection = connection
        self._answers = cast("BufferedReader", connection.makefile("rb", buffering=_PIECE))
        self._buffer = memoryview(bytearray(_PIECE))
        self._host_in_path = host_in_path

    def ask(self, method: str, path: str, host: str = GRAPH, body: bytes = b"", *, length: int = 0) -> None:
        """Send a request; of a body that is made up while it is sent only the `length` is said."""
        named = f"/{host}{path}" if self._host_in_path else path
        head = [
            f"{method} {named} HTTP/1.1",
            f"Host: {LOCAL if self._host_in_path else host}",
            f"Authorization: Bearer {token(host, 0)}",
            *([f"Content-Length: {length or len(body)}"] if method != "GET" else []),
        ]
        self._connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        while length > 0:
            self._connection.sendall(_BLOCK[:length])
            length -= _PIECE

    def read(self) -> tuple[float, int]:
        """Read an answer whole: when its body's first byte came, and how long the body was."""
        status = self._answers.readline()
        if b" 200" not in status:
            raise CannotMeasureError(f"the answer was {status.decode(errors='replace').strip() or 'none'}")
        length: int | None = 0
        while line := self._answers.readline().strip().lower():
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                length = None
        if length is not None:
            if length:
                self._answers.peek(1)
            first = time.perf_counter()
            self._skip(length)
            return first, length
        self._answers.peek(1)
        first, total = time.perf_counter(), 0
        while size := int(self._answers.readline(), 16):
            self._skip(size)
            self._answers.readline()
            total += size
        self._answers.readline()
        return first, total

    def _skip(self, length: int) -> None:
        while length:
            got = self._answers.readinto(self._buffer[: min(length, _PIECE)])
            if not got:
                raise CannotMeasureError("the connection ended before the answer did")
            length -= got


@contextmanager
def connected(port: int, *, host_in_path: bool = False) -> Iterator[Client]:
    """A client with a connection."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((LOCAL, port), timeout=_PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=GRAPH) as connection,
    ):
        yield Client(connection, host_in_path=host_in_path)
