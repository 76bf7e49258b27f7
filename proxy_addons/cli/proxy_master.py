"""mitmproxy's main loop with our addons, and of its own only those a proxy needs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from typing import TYPE_CHECKING, Final

from mitmproxy import options as mitmproxy_options
from mitmproxy.addons import block, core, disable_h2c, dns_resolver, next_layer, onboarding, proxyserver, tlsconfig
from mitmproxy.master import Master

from proxy_addons.addons.scope import REVERSE_HOST
from proxy_addons.cli.cached_hooks import cache_hooks
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.mitmproxy_shortcuts import take_shortcuts
from proxy_addons.cli.proxy_ports import ProxyError, reason, taken

if TYPE_CHECKING:
    from proxy_addons.cli.proxy_ports import Ports

LISTENER_LOGGER: Final = logging.getLogger("mitmproxy.addons.proxyserver")
_REVERSE: Final = f"reverse:http://{REVERSE_HOST}@"
"""`http` only means that mitmproxy adds no UDP listener for HTTP/3; clients may speak TLS to it, and do."""
_FORWARD: Final = "regular@"
_CHAINED: Final = "upstream:"
"""Through the proxy `--upstream-proxy` names; tunnels that are not looked at go through it as well."""
_HANG_UP_SECONDS: Final = 2.0
_GLANCE_SECONDS: Final = 0.01
_SWITCH_SECONDS: Final = 0.0005
"""For so long a thread that stores or writes may hold the event loop up, which gives way to it at every send."""


class Listening(Master):
    """A master which ends with an error when a listener cannot be opened, and closes what is open in the end."""

    listeners: proxyserver.Proxyserver
    tls: tlsconfig.TlsConfig
    exit_code: ExitCode

    def listen(self) -> None:
        """Take hold of what a proxy consists of, once its addons are there."""
        self.listeners = self.addons.get("proxyserver")
        self.tls = self.addons.get("tlsconfig")
        self.exit_code = ExitCode.CLEAN

    async def running(self) -> None:
        """Check what mitmproxy only logs, before anybody is told that the proxy is ready."""
        for server in self.listeners.servers:
            if not server.is_running:
                raise ProxyError(_unopened(server.mode.full_spec, server.last_exception))
        LISTENER_LOGGER.setLevel(logging.WARNING)
        await super().running()

    async def hang_up(self) -> None:
        """Stop listening and close what is still open, so that no connection's task is left for the loop to kill."""
        await self.listeners.servers.update([])
        for handler in tuple(self.listeners.connections.values()):
            for transport in tuple(handler.transports.values()):
                if transport.writer is not None:
                    transport.writer.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HANG_UP_SECONDS):
                while self.listeners.connections:  # noqa: ASYNC110 - mitmproxy has no event for the last one gone
                    await asyncio.sleep(_GLANCE_SECONDS)

    def interrupted(self) -> None:
        """Leave because of Ctrl-C."""
        self.exit_code = ExitCode.INTERRUPTED
        self.shutdown()  # type: ignore[no-untyped-call]  # mitmproxy's master is untyped here


class ProxyMaster(Listening):
    """mitmproxy without its screens and without its terminal output."""

    def __init__(self, addons: list[object]) -> None:
        super().__init__(mitmproxy_options.Options(), with_termlog=False)
        cache_hooks(self)
        take_shortcuts()
        sys.setswitchinterval(_SWITCH_SECONDS)
        self.addons.add(
            *addons,
            core.Core(),
            block.Block(),
            disable_h2c.DisableH2C(),
            onboarding.Onboarding(),
            proxyserver.Proxyserver(),
            dns_resolver.DnsResolver(),
            next_layer.NextLayer(),
            tlsconfig.TlsConfig(),
        )
        self.listen()


def modes(ports: Ports) -> tuple[str, str]:
    """The two proxy ports as mitmproxy modes."""
    forward = f"{_CHAINED}{ports.beyond.url}@" if ports.beyond else _FORWARD
    return f"{_REVERSE}{ports.host}:{ports.reverse}", f"{forward}{ports.host}:{ports.forward}"


def _unopened(spec: str, error: Exception | None) -> str:
    for purpose, prefix in (("reverse", _REVERSE), ("forward", _FORWARD), ("forward", _CHAINED)):
        if spec.startswith(prefix):
            host, _, port = spec.rpartition("@")[2].rpartition(":")
            return taken(purpose, host, int(port), reason(error))
    return f"--mode {spec}: {reason(error)}. Remedy: give it another port, as in {spec.partition('@')[0]}@PORT"
