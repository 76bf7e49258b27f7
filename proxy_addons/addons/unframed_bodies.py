"""Bodies of HTTP/2 without a length, on their way to a server that speaks HTTP/1.1 only.

HTTP/2 marks the end of a body itself. mitmproxy writes such a body behind a head of HTTP/1.1 that says nothing of it,
and the server would read it as the next request. So it is sent in chunks (RFC 9112 section 7.1). Which protocol the
server speaks is known when it is connected, which is after the request was seen and before its head is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakSet

if TYPE_CHECKING:
    from mitmproxy.connection import Client, Server
    from mitmproxy.http import HTTPFlow

_BINARY: Final = frozenset({b"h2", b"h3"})


class UnframedBodies:
    """Requests that may have a body and do not say how long it is. Holds none that has ended."""

    def __init__(self) -> None:
        self._waiting: WeakSet[HTTPFlow] = WeakSet()

    def note(self, flow: HTTPFlow) -> None:
        """Remember a request whose headers have come, if it is one of these."""
        request = flow.request
        if (request.is_http2 or request.is_http3) and "content-length" not in request.headers:
            self._waiting.add(flow)

    def connected(self, client: Client, server: Server) -> None:
        """Frame what a client is about to send to this server."""
        hosts = {server.address[0] if server.address else None, server.sni}
        for flow in tuple(self._waiting):
            if flow.client_conn is client and flow.request.data.host in hosts:
                self._waiting.discard(flow)
                if server.alpn not in _BINARY:
                    flow.request.headers["Transfer-Encoding"] = "chunked"
