"""Keeps a client of the reverse port inside: addresses in answers lead back through it.

Only answers to requests of the reverse port, only those that can carry addresses, and only while the setting
`rewrite_links` is on. What is kept for the diagnosis is what the server sent, not what is made of it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.guard import Guard
from proxy_addons.addons.links_coding import behind, can_recode
from proxy_addons.addons.links_inside import Inside
from proxy_addons.addons.links_members import LINK_HEADERS, JsonLinks, link_members
from proxy_addons.addons.links_unread import UnreadUntilNamed
from proxy_addons.addons.links_xml import XmlLinkStream
from proxy_addons.addons.routing import CALLED_AS, CALLED_BY_NAME
from proxy_addons.intake.flow import meant_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mitmproxy import http

    from proxy_addons.addons.options import Options
    from proxy_addons.addons.scope import Scope
    from proxy_addons.sinks.metrics import Metrics

    type Fields = tuple[tuple[bytes, bytes], ...]
    type Stream = Callable[[bytes], Iterable[bytes] | bytes]

_HTTP_1_0: Final = "HTTP/1.0"
_HTTP_1_1: Final = "HTTP/1.1"
_DIGESTS: Final = frozenset({b"content-md5", b"digest", b"content-digest", b"repr-digest"})
_LINKS: Final = frozenset(name.lower().encode() for name in LINK_HEADERS)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_CHUNKED: Final = (b"transfer-encoding", b"chunked")
_BODYLESS: Final = frozenset({"HEAD", "CONNECT"})


class Links:
    """Comes after the capture, whose tee it puts in front of the rewriting."""

    name = "why403-links"

    def __init__(self, options: Options, scope: Scope, metrics: Metrics) -> None:
        self._options = options
        self._scope = scope
        self._guard = Guard("links", metrics)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Rewrite what stands in the headers, and have the body rewritten where it may hold addresses."""
        with self._guard:
            base = flow.metadata.get(CALLED_AS)
            if base is None or flow.response is None or not self._options.settings.rewrite_links:
                return
            inside = Inside(base, self._scope, flow.metadata.get(CALLED_BY_NAME, ""))
            named = _by_name(flow.response.headers)
            rewriter = _rewriter(flow, flow.response, named, inside, self._guard)
            sent = {} if named.keys().isdisjoint(_LINKS) else _rewrite_headers(flow.response.headers, inside)
            if rewriter is not None:
                # The length is known when the body has gone through, and the headers go first.
                flow.response.headers.fields = _of_unknown_length(
                    flow.response.headers.fields, flow.request.http_version
                )
            if rewriter is not None or sent:
                flow.response.stream = _Rewritten(flow.response, sent, flow.response.stream, rewriter)


class _Rewritten:
    """What mitmproxy streams a body through: first whoever looked at it before, then the rewriter.

    When the first piece comes the headers have left, and the flow gets back the addresses the server sent: reports and
    mitmproxy's own screens show what Microsoft said. The framing stays as it left, because mitmproxy goes by it.
    """

    def __init__(
        self, response: http.Response, sent: Mapping[str, list[str]], before: object, rewriter: Stream | None
    ) -> None:
        self._response = response
        self._sent = sent
        self._before: Stream | None = before if callable(before) else None
        self._rewriter = rewriter

    def __call__(self, piece: bytes) -> Iterator[bytes]:
        for name, values in self._sent.items():
            self._response.headers.set_all(name, values)
        self._sent = {}
        if self._before is not None:
            seen = self._before(piece)
            piece = seen if isinstance(seen, bytes) else b"".join(seen)
        out = piece if self._rewriter is None else self._rewriter(piece)
        # An empty chunk would end a chunked body.
        yield from filter(None, [out] if isinstance(out, bytes) else out)


def _by_name(headers: http.Headers) -> Mapping[bytes, str]:
    """All headers by their names in lower case: one pass costs less than one look-up of mitmproxy's."""
    found: dict[bytes, str] = {}
    for name, value in headers.fields:
        key, text = name.lower(), value.decode("utf-8", "surrogateescape")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _of_unknown_length(fields: Fields, version: str) -> Fields:
    """The same headers for a body whose length turns out when it has gone."""
    others = tuple(field for field in fields if field[0].lower() not in _FRAMING)
    return (*others, _CHUNKED) if version == _HTTP_1_1 else others


def _rewrite_headers(headers: http.Headers, inside: Inside) -> Mapping[str, list[str]]:
    """Rewrite addresses in headers; what stood there before, by name."""
    sent = {}
    for name in LINK_HEADERS:
        values = headers.get_all(name)
        led = [os.fsdecode(inside.address(os.fsencode(value))) for value in values]
        if led != values:
            sent[name] = values
            headers.set_all(name, led)
    return sent


def _rewriter(
    flow: http.HTTPFlow, response: http.Response, named: Mapping[bytes, str], inside: Inside, guard: Guard
) -> Stream | None:
    """What the body has to go through, or None where it passes as it is."""
    links = link_members(
        meant_host(flow.request), flow.request.path, response.status_code, named.get(b"content-type", "")
    )
    coding = named.get(b"content-encoding", "")
    passes = (
        links is None
        or not response.stream
        or flow.request.method in _BODYLESS
        or flow.request.http_version == _HTTP_1_0
        or named.get(b"content-length") == "0"
        or not named.keys().isdisjoint(_DIGESTS)
        or not can_recode(coding)
    )
    if passes or links is None:
        return None
    stream = UnreadUntilNamed(links, inside) if isinstance(links, JsonLinks) else XmlLinkStream(links, inside)
    return behind(coding, _Unbroken(stream, guard))


class _Unbroken:
    """A rewriter that gives up where it fails: what it held back and all that follows passes as the server sent it."""

    def __init__(self, stream: UnreadUntilNamed | XmlLinkStream, guard: Guard) -> None:
        self._stream: UnreadUntilNamed | XmlLinkStream | None = stream
        self._guard = guard

    def __call__(self, piece: bytes) -> bytes:
        """What to send for a piece; an empty piece is the end."""
        if self._stream is None:
            return piece
        held = self._stream.held
        with self._guard:
            # Joined, so that what is no bytes fails here and not in mitmproxy, where it would cost the connection.
            return b"".join((self._stream(piece),))
        self._stream = None
        return held + piece
