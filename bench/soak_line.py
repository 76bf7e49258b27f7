"""A client's connection in the soak: raw HTTP/1.1 over TLS, to the reverse port or through the forward port."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.soak_upstream import GRAPH

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

_PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Doors:
    """The proxy's ports and a client's trust in it."""

    reverse: int
    forward: int
    admin: int
    trust: ssl.SSLContext


class Line:
    """A connection to the reverse port, or through the forward port to a host."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, reverse: bool) -> None:
        self.reader, self.writer, self._reverse = reader, writer, reverse

    def ask(self, method: str, path: str, token: str, body: bytes = b"", *more: str, length: int | None = None) -> None:
        """Send a request to Graph, or to the host in `//host/path`; its beginning where `length` announces more."""
        framing = [f"Content-Length: {len(body) if length is None else length}"] if method != "GET" else []
        authorization = [f"Authorization: Bearer {token}"] if token else []
        place = path.removeprefix("/") if path.startswith("//") else f"/{GRAPH}{path}"
        target, host = (place, "127.0.0.1") if self._reverse else _apart(place)
        lines = [
            f"{method} {target} HTTP/1.1",
            f"Host: {host}",
            "User-Agent: soak/1.0",
            *authorization,
            *framing,
            *more,
        ]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self) -> tuple[int, bytes]:
        """A whole answer: status and body. Raises OSError or EOFError where it does not come whole."""
        async with asyncio.timeout(_PATIENCE):
            status, length = await self.head()
            if length is not None:
                return status, await self.reader.readexactly(length)
            body = b""
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
            return status, body

    async def head(self) -> tuple[int, int | None]:
        """Status and length of an answer; the length is None where it is chunked."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), None)
        return int(head.split(b" ", 2)[1]), length


def _apart(place: str) -> tuple[str, str]:
    host, _, path = place.removeprefix("/").partition("/")
    return f"/{path}", host


@contextlib.asynccontextmanager
async def opened(doors: Doors, host: str = "") -> AsyncIterator[Line]:
    """A connection: to the reverse port, or to `host` through the forward port. It ends without a farewell."""
    if host:
        reader, writer = await asyncio.open_connection("127.0.0.1", doors.forward)
        writer.write(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await writer.start_tls(doors.trust, server_hostname=host)
    else:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", doors.reverse, ssl=doors.trust, server_hostname="127.0.0.1"
        )
    try:
        yield Line(reader, writer, reverse=not host)
    finally:
        writer.transport.abort()
