"""Why a client would not speak TLS with us, in one line with the remedy.

OpenSSL's and the clients' own words differ; what they have in common is the alert (RFC 8446, section 6.2). Whether the
same client accepted our certificate for another host tells pinning from a missing authority.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.guard import Guard

if TYPE_CHECKING:
    from mitmproxy.tls import TlsData

    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)

_KINDS_AT_MOST: Final = 256
_DISTRUST: Final = ("unknown ca", "bad certificate", "certificate unknown", "decrypt error", "certificate unobtainable")
_TOO_OLD: Final = (
    "unsupported protocol",
    "no shared cipher",
    "version too low",
    "no protocols available",
    "handshake failure",
)
_NOT_TLS: Final = ("wrong version number", "http request", "unknown protocol", "record layer failure")

_MITMPROXYS: Final = logging.getLogger("mitmproxy.proxy.server")


def _is_other_news(record: logging.LogRecord) -> bool:
    return "Client TLS handshake failed" not in record.getMessage()


class ClientTls:
    """Remembers which clients (by address) trust us, and says each trouble once per client and host."""

    name = "why403-client-tls"

    def __init__(self, metrics: Metrics) -> None:
        self._guard = Guard("client-tls", metrics)
        self._trusting: OrderedDict[str, None] = OrderedDict()
        self._told: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def load(self, _: object) -> None:
        """Say it in place of mitmproxy, whose line names no remedy."""
        _MITMPROXYS.addFilter(_is_other_news)

    def done(self) -> None:
        """Leave mitmproxy its words again."""
        _MITMPROXYS.removeFilter(_is_other_news)

    def tls_established_client(self, data: TlsData) -> None:
        """Note that this client accepts our certificates."""
        with self._guard:
            _note(self._trusting, _client(data))

    def tls_failed_client(self, data: TlsData) -> None:
        """Say why."""
        with self._guard:
            host = data.context.client.sni or "a host it did not name"
            told = explanation(data.conn.error or "", host, trusted_before=_client(data) in self._trusting)
            if _note(self._told, (_client(data), host, told)):
                _logger.warning("%s", told)


def explanation(error: str, host: str, *, trusted_before: bool) -> str:
    """One line: what happened, and the remedy. `error` is what the TLS library or mitmproxy says."""
    words = error.lower().replace("_", " ")
    if any(alert in words for alert in _TOO_OLD):
        return (
            f"the client and why403 share no version or cipher of TLS ({host}). "
            "Remedy: a client of this decade; TLS 1.2 is the least"
        )
    if any(sign in words for sign in _NOT_TLS):
        return f"the client spoke no TLS where TLS begins ({host}). Remedy: HTTPS_PROXY is http://..., not https://..."
    if trusted_before:
        return (
            f"a client at this address trusts why403, this one refused it for {host}: another program with a list of "
            "authorities of its own, or one that pins that host's certificate. Remedy: docs/clients for its runtime's "
            "list; against pinning nothing helps but another client"
        )
    if any(alert in words for alert in _DISTRUST):
        return (
            f"the client does not trust why403's authority ({host}). Remedy: why403 ca show tells where it lies and "
            "which stores hold it; one left over from earlier is stale: why403 ca remove, then why403 ca install"
        )
    return (
        f"the client hung up during the TLS handshake ({host}): it distrusts the authority without saying so, pins "
        "certificates, or gave up waiting. Remedy: why403 ca show; for Java and Node.js see docs/clients"
    )


def _client(data: TlsData) -> str:
    return str(data.context.client.peername[0])


def _note[Key](known: OrderedDict[Key, None], key: Key) -> bool:
    """Whether it is new; the oldest is forgotten where there are too many."""
    if key in known:
        return False
    known[key] = None
    if len(known) > _KINDS_AT_MOST:
        known.popitem(last=False)
    return True
