"""The reverse port: `https://127.0.0.1:8403/<host>/<path>` goes to `<host>` over verified TLS.

A client whose DNS leads Microsoft's names here says the host in its Host header instead, and the path is the real one.

Only hosts in scope are reachable through it; it is no open relay. Whoever asks for another one gets a JSON answer that
says so, made by us and marked as ours: 421, which no Microsoft service uses for a refusal.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from mitmproxy import http
from mitmproxy.connection import Server
from mitmproxy.proxy.mode_specs import ReverseMode

from proxy_addons.addons.guard import Guard
from proxy_addons.addons.links_inside import called_as
from proxy_addons.addons.request_head import has_a_method, make_head_safe
from proxy_addons.addons.scope import REVERSE_HOST
from proxy_addons.addons.unframed_bodies import UnframedBodies

if TYPE_CHECKING:
    from mitmproxy.connection import Client
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData
    from mitmproxy.tls import ClientHelloData, TlsData

    from proxy_addons.addons.scope import Scope
    from proxy_addons.sinks.metrics import Metrics

SERVER_NAME: Final = "why403"
CALLED_AS: Final = "why403_called_as"
"""Where a flow's metadata says how its client called the reverse port: `https://127.0.0.1:8403`."""
CALLED_BY_NAME: Final = "why403_called_by_name"
"""Set beside it where the Host header named the host that was meant, not the path."""

_MISDIRECTED: Final = 421
_HTTP_1: Final = b"http/1.1"
_HTTPS: Final = "443"
_TARGET: Final = re.compile(rb"/(?P<host>[A-Za-z0-9_.-]{1,253})(?::443)?(?P<path>[/?].*)?\Z", re.DOTALL)
_BY_NAME: Final = re.compile(r"(?P<host>[A-Za-z0-9_.-]{1,253}?)\.?(?::(?P<port>\d{1,5}))?\Z")
_HOST: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\Z")
_SHOWN_AT_MOST: Final = 100
_EXAMPLE: Final = "Call /<host>/<path>, for example /graph.microsoft.com/v1.0/me"


class Routing:
    """Gives requests on the reverse port their destination, before the connection to it is made."""

    name = "why403-routing"

    def __init__(self, scope: Scope, metrics: Metrics) -> None:
        self._scope = scope
        self._guard = Guard("routing", metrics)
        self._unframed = UnframedBodies()

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
        """Rewrite host, port, scheme, path and Host header of a request that names an allowed host.

        On every port, what a request line or a header value may not hold is replaced first.
        """
        with self._guard:
            make_head_safe(flow.request)
            self._unframed.note(flow)
            if flow.request.data.host != REVERSE_HOST or not has_a_method(flow.request):
                return
            called = flow.request.host_header or ""
            named = _BY_NAME.match(called)
            if named is not None and named["host"].lower() in self._scope:
                self._note(flow, called, named["host"].lower(), named["port"] or _HTTPS)
                _send_to(flow, named["host"].lower(), flow.request.data.path)
                return
            target = _TARGET.match(flow.request.data.path)
            host = target["host"].decode().lower().rstrip(".") if target else ""
            if target is None or host not in self._scope:
                return
            self._note(flow, called)
            path: bytes = target["path"] or b"/"
            _send_to(flow, host, path if path.startswith(b"/") else b"/" + path)

    def _note(self, flow: http.HTTPFlow, called: str, by_name: str = "", port: str = "") -> None:
        # A request whose links stay as they are is better off than one that goes nowhere.
        with self._guard:
            _note_client(flow, called, by_name, port)

    def request(self, flow: http.HTTPFlow) -> None:
        """Answer a request that got no destination. Not earlier: mitmproxy cannot stream a body and have an answer."""
        with self._guard:
            if flow.request.data.host == REVERSE_HOST and flow.response is None:
                flow.response = refusal(flow.request.data.path)

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Frame what goes to a server without TLS, which speaks HTTP/1.1."""
        with self._guard:
            if not data.server.tls:
                self._unframed.connected(data.client, data.server)

    def tls_established_server(self, data: TlsData) -> None:
        """Frame what goes to a server that turned out to speak HTTP/1.1."""
        with self._guard:
            if isinstance(data.conn, Server):
                self._unframed.connected(data.context.client, data.conn)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Stop a request without a destination whose body is too large to wait for: it gets mitmproxy's 502."""
        with self._guard:
            if data.server.address and data.server.address[0] == REVERSE_HOST:
                data.server.error = "the path names no host that why403 may reach"


def _at_reverse_port(client: Client) -> bool:
    return isinstance(client.proxy_mode, ReverseMode) and client.proxy_mode.address[0] == REVERSE_HOST


def _send_to(flow: http.HTTPFlow, host: str, path: bytes) -> None:
    flow.request.data.host = host
    flow.request.data.port = 443
    flow.request.data.scheme = b"https"
    flow.request.data.path = path
    flow.request.host_header = host


def _note_client(flow: http.HTTPFlow, called: str, by_name: str = "", port: str = "") -> None:
    """Take down how the client called, for the links in the answer; with DNS and port 443 they lead here anyway."""
    if by_name and port == _HTTPS:
        return
    scheme = "https" if flow.client_conn.tls else "http"
    otherwise = f"127.0.0.1:{flow.client_conn.sockname[1]}"
    flow.metadata[CALLED_AS] = f"{scheme}://{called_as(called, otherwise)}"
    if by_name:
        flow.metadata[CALLED_BY_NAME] = by_name


def refusal(path: bytes) -> http.Response:
    """What a client gets for a path that names no host, or one out of scope."""
    named = (
        path.split(b"/")[1].split(b"?")[0].decode("ascii", errors="replace")[:_SHOWN_AT_MOST] if b"/" in path else ""
    )
    host, _, port = named.partition(":")
    if not named:
        code, message, remedy = "no-host", "The path names no host.", _EXAMPLE
    elif not _HOST.match(host) or (port and not port.isdecimal()):
        code, message, remedy = "no-host", f"The path names no host: {named!r} is none.", _EXAMPLE
    elif port not in {"", _HTTPS}:
        code, message = "port-not-allowed", f"why403 reaches {host!r} on port 443 only."
        remedy = f"Leave the port out: /{host}/<path>"
    else:
        code, message = "host-not-allowed", f"why403 does not forward to {host!r}."
        remedy = f"Allow it: why403 run --hosts microsoft --hosts {host}"
    content = json.dumps({"error": {"code": code, "message": message, "remedy": remedy}, "answered_by": SERVER_NAME})
    headers = {"Server": SERVER_NAME, "Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}
    return http.Response.make(_MISDIRECTED, content + "\n", headers)
