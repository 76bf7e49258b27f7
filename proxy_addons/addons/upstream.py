"""`--connect-to HOST=ADDRESS[:PORT]`: another address for a host, while its name, SNI and certificate check stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_addons.addons.guard import Guard

if TYPE_CHECKING:
    from mitmproxy.connection import Address
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData

    from proxy_addons.addons.options import Options
    from proxy_addons.setting_values import ConnectTo
    from proxy_addons.sinks.metrics import Metrics


class Upstream:
    """Redirects connections on the level of addresses only."""

    name = "why403-upstream"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._guard = Guard("upstream", metrics)
        self._targets: dict[str, ConnectTo] = {}
        self._meant: dict[str, Address] = {}

    def configure(self, updated: set[str]) -> None:
        """Take over the table."""
        if "why403_connect_to" in updated:
            self._targets = {target.host: target for target in self._options.settings.connect_to}

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
