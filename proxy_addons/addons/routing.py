"""The reverse port: `https://127.0.0.1:8403/<host>/<path>` goes to `<host>` over verified TLS.

Only hosts in scope are reachable through it; it is no open relay. Whoever asks for another one gets a JSON answer that
says so, made by us and marked as ours: 421, which no Microsoft service uses for a refusal.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from proxy_addons.addons.guard import Guard
from proxy_addons.addons.scope import REVERSE_HOST

if TYPE_CHECKING:
    from mitmproxy.connection import Client
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData
    from mitmproxy.tls import ClientHelloData, TlsData

    from proxy_addons.addons.scope import Scope
    from proxy_addons.sinks.metrics import Metrics

SERVER_NAME: Final = "why403"
_MISDIRECTED: Final = 421
_HTTP_1: Final = b"http/1.1"
_TARGET: Final = re.compile(rb"/(?P<host>[A-Za-z0-9_.-]{1,253})(?::443)?(?P<path>[/?].*)?\Z", re.DOTALL)
_SHOWN_AT_MOST: Final = 100


class Routing:
    """Gives requests on the reverse port their destination, before the connection to it is made."""

    name = "why403-routing"

    def __init__(self, scope: Scope, metrics: Metrics) -> None:
        self._scope = scope
        self._guard = Guard("routing", metrics)

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """Speak HTTP/1.1 with whoever can: only then does a request arrive upstream as it was sent.

        The upstream server is not known yet, so its choice cannot be mirrored; and between two versions of HTTP header
        names lose their case, `Connection` goes, and an HTTP/2 body without a length loses its framing.
        """
        with self._guard:
            if _at_reverse_port(data.context.client) and _HTTP_1 in data.client_hello.alpn_protocols:
                data.context.client.alpn = _HTTP_1

    def tls_start_server(self, data: TlsData) -> None:
        """Offer the server what the client speaks, and nothing else."""
        with self._guard:
            client = data.context.client
            if _at_reverse_port(client) and client.alpn and not data.conn.alpn_offers:
                data.conn.alpn_offers = [client.alpn]

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Rewrite host, port, scheme, path and Host header of a request whose path names an allowed host."""
        with self._guard:
            if flow.request.data.host != REVERSE_HOST:
                return
            target = _TARGET.match(flow.request.data.path)
            host = target["host"].decode().lower().rstrip(".") if target else ""
            if target is None or host not in self._scope:
                return
            path: bytes = target["path"] or b"/"
            flow.request.data.host = host
            flow.request.data.port = 443
            flow.request.data.scheme = b"https"
            flow.request.data.path = path if path.startswith(b"/") else b"/" + path
            flow.request.host_header = host

    def request(self, flow: http.HTTPFlow) -> None:
        """Answer a request that got no destination. Not earlier: mitmproxy cannot stream a body and have an answer."""
        with self._guard:
            if flow.request.data.host == REVERSE_HOST and flow.response is None:
                flow.response = refusal(flow.request.data.path)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Stop a request without a destination whose body is too large to wait for: it gets mitmproxy's 502."""
        with self._guard:
            if data.server.address and data.server.address[0] == REVERSE_HOST:
                data.server.error = "the path names no host that why403 may reach"


def _at_reverse_port(client: Client) -> bool:
    return isinstance(client.proxy_mode, ReverseMode) and client.proxy_mode.address[0] == REVERSE_HOST


def refusal(path: bytes) -> http.Response:
    """What a client gets for a path that names no host, or one out of scope."""
    named = (
        path.split(b"/")[1].split(b"?")[0].decode("ascii", errors="replace")[:_SHOWN_AT_MOST] if b"/" in path else ""
    )
    if named:
        code, message = "host-not-allowed", f"why403 does not forward to {named!r}."
        remedy = f"Allow it: why403 run --hosts microsoft --hosts {named}"
    else:
        code, message = "no-host", "The path names no host."
        remedy = "Call /<host>/<path>, for example /graph.microsoft.com/v1.0/me"
    content = json.dumps({"error": {"code": code, "message": message, "remedy": remedy}, "answered_by": SERVER_NAME})
    headers = {"Server": SERVER_NAME, "Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}
    return http.Response.make(_MISDIRECTED, content + "\n", headers)
