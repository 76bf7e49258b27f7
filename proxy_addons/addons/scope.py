"""Which hosts are decrypted and explained. Every other connection is passed on byte for byte."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final

from mitmproxy import ctx
from mitmproxy.proxy.mode_specs import ReverseMode

from proxy_addons.addons.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mitmproxy.connection import Client
    from mitmproxy.proxy.context import Context

    from proxy_addons.addons.options import Options
    from proxy_addons.sinks.metrics import Metrics

REVERSE_HOST: Final = "why403.invalid"
"""The target of the reverse port as mitmproxy knows it: a name that can never resolve (RFC 6761)."""


HELP_HOST: Final = "mitm.it"
"""mitmproxy's own page, which hands out its certificate authority for every kind of device."""


class HostPatterns:
    """Hosts and `*.` patterns; `*.` stands for one or more labels."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        self._exact = frozenset(pattern for pattern in patterns if not pattern.startswith("*."))
        self._suffixes = tuple(pattern[1:] for pattern in patterns if pattern.startswith("*."))

    def __contains__(self, host: object) -> bool:
        """Whether a host (lower case, no port) is meant by one of the patterns."""
        return isinstance(host, str) and (host in self._exact or host.endswith(self._suffixes))

    def as_allow_hosts(self) -> list[str]:
        """The patterns as mitmproxy's `allow_hosts` wants them: regular expressions over `host:port`."""
        named = (
            re.escape(pattern).replace(r"\*\.", r"(?:[^:]+\.)") for pattern in (*self.patterns, REVERSE_HOST, HELP_HOST)
        )
        return [rf"^{pattern}\.?:\d+$" for pattern in named]


class ConnectionOptions:
    """mitmproxy's options as one client connection sees them.

    `connection_strategy` follows the destination.
    A decrypted destination is connected to lazily, or an unreachable one would end in an empty reply instead of a 502.
    Any other is connected to eagerly: who says CONNECT to a dead host must hear so, and with protocols in which the
    server speaks first (SSH, SMTP) a lazy proxy would wait for a client that waits for the server.
    """

    def __init__(self, options: Any, context: Context, scope: Scope) -> None:  # noqa: ANN401 - mitmproxy builds option attributes at run time
        self._options = options
        self._context = context
        self._scope = scope

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - see __init__
        """Every other option is mitmproxy's."""
        return getattr(self._options, name)

    def __contains__(self, name: str) -> bool:
        """Whether mitmproxy knows an option."""
        return name in self._options

    @property
    def connection_strategy(self) -> str:
        """`lazy` or `eager`, by the destination known at this moment."""
        address = self._context.server.address
        decrypted = address is None or address[0] == REVERSE_HOST or address[0].lower() in self._scope
        return "lazy" if decrypted else "eager"

    @property
    def keep_host_header(self) -> bool:
        """Kept on our reverse port, where it may name the host that is meant, and where links have to lead back to."""
        mode = self._context.client.proxy_mode
        ours = isinstance(mode, ReverseMode) and mode.address[0] == REVERSE_HOST
        return ours or bool(self._options.keep_host_header)


class Scope:
    """Tells mitmproxy which hosts to decrypt, and the other addons which exchanges to look at."""

    name = "why403-scope"

    def __init__(self, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._guard = Guard("scope", metrics)
        self._hosts = HostPatterns(())
        self._written: list[str] = []

    def __contains__(self, host: object) -> bool:
        """Whether exchanges with a host (lower case, no port) are decrypted and explained."""
        return host in self._hosts

    def configure(self, updated: set[str]) -> None:
        """Translate the hosts into mitmproxy's own option, unless its user has filled that in himself."""
        if not {"why403_hosts", "mode"} & updated:
            return
        self._hosts = HostPatterns((*self._options.settings.hosts, *_reverse_targets(ctx.options.mode)))
        allowed = self._hosts.as_allow_hosts()
        if ctx.options.allow_hosts == self._written and not ctx.options.ignore_hosts and allowed != self._written:
            self._written = allowed
            ctx.options.update(allow_hosts=allowed)

    def client_connected(self, client: Client) -> None:
        """Let this connection's strategy follow its destination."""
        with self._guard:
            handler = ctx.master.addons.get("proxyserver").connections[client.id]
            context = handler.layer.context
            context.options = ConnectionOptions(context.options, context, self)


def _reverse_targets(modes: Sequence[str]) -> tuple[str, ...]:
    """Who opens `--mode reverse:https://mail.contoso.com@8500` wants that host looked at."""
    targets: list[str] = []
    for mode in modes:
        # A mode nobody can read is reported by mitmproxy itself, and better.
        with contextlib.suppress(ValueError):
            if mode.lower().startswith("reverse:"):
                targets.append(ReverseMode.parse(mode).address[0].lower())
    return tuple(host for host in targets if host != REVERSE_HOST)
