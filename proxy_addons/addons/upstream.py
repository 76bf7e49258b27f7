"""Where upstream connections go: `--connect-to HOST=ADDRESS[:PORT]`, and `--upstream-proxy`.

Name, SNI and certificate check stay those of the host in both cases.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from mitmproxy.net import server_spec

from proxy_addons.addons.guard import Guard

if TYPE_CHECKING:
    from mitmproxy.connection import Address
    from mitmproxy.http import HTTPFlow, Request
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData

    from proxy_addons.addons.options import Options
    from proxy_addons.setting_values import ConnectTo, UpstreamProxy
    from proxy_addons.sinks.metrics import Metrics

_AUTHORIZATION: Final = "Proxy-Authorization"


class Upstream:
    """Redirects connections on the level of addresses only."""

    name = "why403-upstream"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._guard = Guard("upstream", metrics)
        self._targets: dict[str, ConnectTo] = {}
        self._meant: dict[str, Address] = {}
        self._proxy: UpstreamProxy | None = None

    def configure(self, updated: set[str]) -> None:
        """Take over the table and the proxy."""
        if "why403_connect_to" in updated:
            self._targets = {target.host: target for target in self._options.settings.connect_to}
        if "why403_upstream_proxy" in updated:
            self._proxy = self._options.settings.upstream_proxy

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Let the connection for a request lead through the proxy, before mitmproxy makes or reuses one.

        For the reverse port only this does it; on the forward port mitmproxy's mode has done it already.
        """
        if self._proxy is None:
            return
        with self._guard:
            flow.server_conn.via = server_spec.parse(self._proxy.url, "http")
            if flow.request.data.scheme == b"http":
                # Without TLS there is no CONNECT that could say it.
                self._identify(flow.request)

    def http_connect_upstream(self, flow: HTTPFlow) -> None:
        """Tell the proxy the address that is meant, and who we are."""
        with self._guard:
            target = self._targets.get(flow.request.data.host.lower())
            if target is not None:
                flow.request.authority = f"{target.address}:{target.port or flow.request.data.port}"
            self._identify(flow.request)

    def _identify(self, request: Request) -> None:
        if self._proxy is not None and self._proxy.credentials:
            request.headers[_AUTHORIZATION] = f"Basic {b64encode(self._proxy.credentials.encode()).decode()}"

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Replace the address just before the connection is made."""
        with self._guard:
            address = data.server.address
            target = self._targets.get(address[0].lower()) if address else None
            if address and target:
                self._meant[data.server.id] = address
                data.server.address = (target.address, target.port or address[1])

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Put the address that was meant back: mitmproxy looks for a connection to reuse by it.

        Left replaced, every request of a kept-alive client would open a connection of its own. mitmproxy refuses to
        change the address of an open connection, to catch addons that mean to redirect it; this one does not.
        """
        with self._guard:
            meant = self._meant.pop(data.server.id, None)
            if meant is not None:
                object.__setattr__(data.server, "address", meant)

    def server_connect_error(self, data: ServerConnectionHookData) -> None:
        """The same when the connection failed, so that the failure names the host and not the address."""
        with self._guard:
            data.server.address = self._meant.pop(data.server.id, data.server.address)
