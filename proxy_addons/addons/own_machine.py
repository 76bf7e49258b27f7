"""Keeps clients of other machines out of what listens for this machine alone.

Open to others (`--listen-host`), the forward port would lead them to 127.0.0.1: the admin pages, a database, the
metadata service of a cloud at 169.254.169.254. So where the client chose the destination and is not on this machine,
loopback and link-local addresses are no destination. A name is looked up by the connection itself; what it led to is
seen before a byte is sent.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx
from mitmproxy.net import server_spec
from mitmproxy.proxy.mode_specs import RegularMode, Socks5Mode

from proxy_addons.addons.guard import Guard

if TYPE_CHECKING:
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData

    from proxy_addons.addons.options import Options
    from proxy_addons.sinks.metrics import Metrics

WHY: Final = "clients of other machines do not reach this machine's own services"
_CHOSEN_BY_THE_CLIENT: Final = (RegularMode, Socks5Mode)
_OWN_NAME: Final = "localhost"


class OwnMachine:
    """Stands before the addon that replaces addresses: what the settings lead to this machine is wanted."""

    name = "why403-own-machine"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._guard = Guard("own-machine", metrics)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Refuse an address that is this machine's as it is written."""
        with self._guard:
            host = data.server.address[0] if data.server.address else ""
            if _from_elsewhere(data) and is_own(host) and not self._is_wanted(data):
                data.server.error = WHY

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Hang up on what a name led to."""
        with self._guard:
            reached = data.server.peername[0] if data.server.peername else ""
            if _from_elsewhere(data) and is_own(reached) and not self._is_wanted(data):
                handler = ctx.master.addons.get("proxyserver").connections[data.client.id]
                handler.transports[data.server].writer.transport.abort()

    def _is_wanted(self, data: ServerConnectionHookData) -> bool:
        settings = self._options.settings
        proxy = settings.upstream_proxy
        if data.server.address is None or (proxy and server_spec.parse(proxy.url, "http")[1] == data.server.address):
            return True
        host = data.server.address[0].lower()
        # Once connected the address is the replacement; as a destination of a client it was refused above.
        meant = {target.host for target in settings.connect_to}
        return host in meant or (data.server.connected and host in {target.address for target in settings.connect_to})


def is_own(host: str) -> bool:
    """Whether a host is an address, or the one name, that never leaves this machine or its link."""
    if host.lower().rstrip(".") == _OWN_NAME or host.lower().rstrip(".").endswith(f".{_OWN_NAME}"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_link_local or address.is_unspecified


def _from_elsewhere(data: ServerConnectionHookData) -> bool:
    chosen = isinstance(data.client.proxy_mode, _CHOSEN_BY_THE_CLIENT)
    return chosen and not is_own(str(data.client.peername[0]))
