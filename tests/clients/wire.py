"""Both ends of the wire: what left the lab, and what reached the clients. Between them stands only the proxy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import httpx
    from starlette.responses import Response
    from urllib3 import HTTPResponse

    from proxy_addons.lab.asked import Asked

_FRAMING = ("content-length", "transfer-encoding")
MARK = "why403-tests-mark"
"""User-Agent of the calls the tests make for themselves; they are no client's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: header fields in order, with their spelling and their duplicates."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def as_seen_by(self, reader: str) -> Reply:
        """What is left of the header fields' order and spelling in a client's own representation.

        HTTP/2 has lower case only and no Connection; urllib3, below requests, puts fields of one name together.
        """
        fields = self.fields
        if reader == "HTTP/2":
            fields = tuple((name.lower(), value) for name, value in fields if name.lower() != "connection")
        if reader == "urllib3":
            names = [name.lower() for name, _ in fields]
            fields = tuple(sorted(fields, key=lambda field: names.index(field[0].lower())))
        return Reply(self.status, fields, self.body)

    def led_back(self, base: str) -> Reply:
        """The reply as it would be without a reverse port at `base`; the same where there is none.

        A rewritten body goes in chunks, for its length is known at its end only.
        """
        if not base:
            return self
        fields = tuple((name, value) for name, value in self.fields if name.lower() not in _FRAMING)
        return Reply(self.status, fields, self.body.replace(f"{base}/".encode(), b"https://"))


@dataclass(slots=True)
class Wire:
    """Every request the lab got and every answer it gave, every answer a client got; in order."""

    asked: list[Asked] = field(default_factory=list)
    left: list[Reply] = field(default_factory=list)
    arrived: list[tuple[str, Reply]] = field(default_factory=list)
    """With the reader: the version of HTTP, or the library that kept the fields."""
    everything: list[tuple[Asked, Reply]] = field(default_factory=list)
    """The whole run, the tests' own calls included."""

    def witness(self, asked: Asked, left: Response) -> None:
        """Take note of an answer of the lab; runs on the lab's thread, before the answer leaves."""
        fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in left.raw_headers)
        reply = Reply(left.status_code, fields, bytes(left.body))
        self.everything.append((asked, reply))
        if asked.headers.get("user-agent") != MARK:
            self.asked.append(asked)
            self.left.append(reply)

    def took(self, response: requests.Response) -> requests.Response:
        """Take note of an answer a client based on requests got: exchangelib, msal, azure-identity."""
        fields = tuple((str(name), str(value)) for name, value in response.raw.headers.items())
        self.arrived.append(("urllib3", Reply(response.status_code, fields, response.content)))
        return response

    def hook(self, response: httpx.Response) -> None:
        """The same for httpx, as an event hook."""
        response.read()
        self._note(response)

    async def hook_async(self, response: httpx.Response) -> None:
        """The same for the asynchronous client of msgraph-sdk."""
        await response.aread()
        self._note(response)

    def _note(self, response: httpx.Response) -> None:
        fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        self.arrived.append((response.http_version, Reply(response.status_code, fields, response.content)))

    def requests_to(self, host: str) -> list[Asked]:
        """What clients sent to a host since the test began."""
        return [asked for asked in self.asked if asked.host == host]

    def take_unmatched(self) -> list[Reply]:
        """Take the answers which came after the lab's last: they are not the lab's."""
        taken = [reply for _, reply in self.arrived[len(self.left) :]]
        del self.arrived[len(self.left) :]
        return taken

    def forget(self) -> None:
        """Begin a new test."""
        self.asked.clear()
        self.left.clear()
        self.arrived.clear()

    def assert_unchanged(self, base: str = "") -> None:
        """Every answer of the lab reached a client, and reached it as it was: status, header fields, body.

        `base` is the address of the reverse port, below which links have to lead; length and framing follow from that.
        """
        got = [reply.led_back(base) for _, reply in self.arrived]
        readers = [reader for reader, _ in self.arrived]
        left = [reply.led_back(base) for reply in self.left]
        assert [reply.status for reply in got] == [reply.status for reply in left]
        assert got == [reply.as_seen_by(reader) for reader, reply in zip(readers, left, strict=True)]


class NotingAdapter(HTTPAdapter):
    """The ordinary adapter of requests, which also takes note of what came back."""

    wire: Wire

    def build_response(self, req: requests.PreparedRequest, resp: HTTPResponse) -> requests.Response:
        """Build it as ever, and take note."""
        return self.wire.took(super().build_response(req, resp))


def noting_session(wire: Wire, session: requests.Session | None = None) -> requests.Session:
    """A session of requests whose answers are noted."""
    adapter = NotingAdapter()
    adapter.wire = wire
    session = session or requests.Session()
    session.mount("https://", adapter)
    return session
