"""Our own requests to Microsoft: sent exactly as given, and kept as exchanges like anybody else's.

The standard library's client is used because it adds nothing: header order, spelling and duplicates reach the wire as
they stand in the request, which a repeated call depends on.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import certifi

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proxy_addons.setting_values import ConnectTo

KEPT_BYTES: Final = 4 * 1024 * 1024
"""How much of an answer is read; what is longer is marked as truncated."""
_SECONDS: Final = 30.0
_HTTPS_PORT: Final = 443
_LEFT_OUT: Final = frozenset({"content-length", "transfer-encoding", "accept-encoding", "expect", "host"})
"""Headers of a request that are written anew: they belong to one transmission, not to the call."""


class UnusableRouteError(Exception):
    """A route that cannot work; the text says what and the remedy."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way our requests take: addresses in place of hosts, authorities to trust, a proxy (`http://host:port`)."""

    connect_to: tuple[ConnectTo, ...] = ()
    trusted: Path | None = None
    proxy: str = ""
    seconds: float = _SECONDS

    def address(self, host: str, port: int) -> tuple[str, int]:
        """Where a connection meant for a host goes."""
        for pair in self.connect_to:
            if pair.host == host:
                return pair.address, pair.port or port
        return host, port

    def trust(self) -> ssl.SSLContext:
        """TLS settings that trust the public authorities and the one added. Raises UnusableRouteError."""
        context = ssl.create_default_context(cafile=certifi.where())
        if self.trusted is not None:
            try:
                context.load_verify_locations(cafile=self.trusted)
            except (OSError, ssl.SSLError) as error:
                reason = "holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
                raise UnusableRouteError(
                    f"{self.trusted}: {reason}. Give a file with certificates in PEM form"
                ) from None
        return context


def send(request: Request, route: Route) -> Exchange:
    """Send a request and read its answer; what went wrong on the way is the exchange's transport error.

    The answer is asked for without compression. Nothing is followed and nothing is repeated.
    """
    started = time.time()
    context = route.trust()
    try:
        with closing(_connected(request, route, context)) as connection:
            _write(connection, request)
            response = _read(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Exchange(request, None, started, _described(error), ended=time.time())
    return Exchange(request, response, started, ended=time.time())


def certificate_issuer(host: str, route: Route) -> str:
    """Which organisation signed the certificate a host shows us; empty where no connection comes about."""
    try:
        request = Request("HEAD", f"https://{host}/")
        with closing(_connected(request, route, route.trust())) as connection:
            certificate = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    issuer = certificate.get("issuer", ()) if certificate else ()
    names = dict(pair for part in issuer for pair in part if isinstance(pair, tuple))
    return str(names.get("organizationName") or names.get("commonName") or "")


def _described(error: Exception) -> str:
    """What went wrong, in the words the readers of transport errors know; never what was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS handshake failed: certificate verify failed: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, socket.gaierror):
        return "getaddrinfo failed: the name is not known"
    if isinstance(error, ssl.SSLError):
        return f"TLS handshake failed: {error.reason or 'no reason given'}"
    if isinstance(error, OSError):
        return error.strerror or "connection failed"
    return f"the answer is no HTTP ({type(error).__name__})"


def _connected(request: Request, route: Route, context: ssl.SSLContext) -> http.client.HTTPConnection:
    url = request.split_url
    port = url.port or _HTTPS_PORT
    host, target = request.host, route.address(request.host, port)
    if route.proxy:
        proxy = urlsplit(route.proxy)
        connection = http.client.HTTPConnection(proxy.hostname or "", proxy.port or 8080, timeout=route.seconds)
        connection.set_tunnel(*target, headers=_proxy_credentials(proxy.username, proxy.password))
    else:
        connection = http.client.HTTPConnection(*target, timeout=route.seconds)
    try:
        connection.connect()
        if url.scheme == "https":
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
    except BaseException:
        connection.close()
        raise
    return connection


def _proxy_credentials(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _write(connection: http.client.HTTPConnection, request: Request) -> None:
    url = request.split_url
    target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    body = request.body.content or b""
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", url.netloc.rpartition("@")[2])
    for name, value in _own_headers(request.headers):
        connection.putheader(name, value.encode("utf-8"))
    connection.putheader("Accept-Encoding", "identity")
    if body or request.method not in {"GET", "HEAD"}:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)


def _own_headers(headers: Headers) -> Iterator[tuple[str, str]]:
    """The headers of the call itself; HTTP/2's pseudo headers are parts of the request line here."""
    return ((name, value) for name, value in headers.fields if name.lower() not in _LEFT_OUT and name[:1] != ":")


def _read(answer: http.client.HTTPResponse) -> Response:
    content = answer.read(KEPT_BYTES + 1)
    return Response(
        answer.status,
        Headers(tuple(answer.getheaders())),
        Body(content[:KEPT_BYTES], truncated=len(content) > KEPT_BYTES),
        answer.reason,
        "HTTP/1.1" if answer.version == 11 else "HTTP/1.0",  # noqa: PLR2004  # how http.client writes versions
    )
