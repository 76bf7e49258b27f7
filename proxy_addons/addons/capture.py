"""Watches exchanges go by and hands those that were refused to the reporter.

Bodies are streamed: a tee keeps the beginning of the request, because the outcome is not known yet, and of the response
where it may tell why a call was refused or brings a token that later calls will carry. Nothing is held back and nothing
is changed, with one exception the user asks for: with --verdict-header a refused response waits until it is complete,
so that a header can say what is in it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx
from mitmproxy.connection import ConnectionState

from proxy_addons.addons.drain import LAST_EVENTS_SECONDS
from proxy_addons.addons.first_hops import FirstHops
from proxy_addons.addons.guard import Guard
from proxy_addons.evidence.exchange import Headers
from proxy_addons.evidence.first_hop import is_first_hop
from proxy_addons.evidence.hidden import hidden_failures, may_hide_failures, tells_failure
from proxy_addons.evidence.response_facts import transport_stage
from proxy_addons.evidence.services import identify
from proxy_addons.evidence.timeline import MAX_ANSWER
from proxy_addons.intake.body_tee import KEPT_BYTES, BodyTee
from proxy_addons.intake.flow import exchange_from_flow, meant_host
from proxy_addons.sinks.metrics import outcome_of

if TYPE_CHECKING:
    from mitmproxy import http
    from mitmproxy.connection import Client

    from proxy_addons.addons.options import Options
    from proxy_addons.addons.reporter import Reporter
    from proxy_addons.addons.scope import Scope
    from proxy_addons.admin.ews_callers import EwsCallers
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.services import Service
    from proxy_addons.sinks.metrics import Metrics

_FIRST_REFUSAL: Final = 400
_TOLD_BY_THE_BODY: Final = frozenset({"token-endpoint", "exo-powershell", "admin-api"})
"""Surfaces whose request bodies say what was asked, so that a success can be remembered as one of that."""
_SUCCESS: Final = range(200, 300)
_TELLING: Final = frozenset({b"location", b"x-owa-error"})
"""Without one of these no answer tells of a failure by its headers."""
_CLIENT_LEFT: Final = ("client disconnected", "by client", "connection killed.")
"""How mitmproxy's error messages begin or end when the client gave up: no fault of the server, nothing to explain."""


@dataclass(slots=True)
class _UnderWay:
    """What is kept of one exchange."""

    client: str
    service: Service
    request: BodyTee = field(default_factory=BodyTee)
    response: BodyTee | None = None


class Capture:
    """One entry per exchange in scope, from its request's headers to its end."""

    name = "why403-capture"

    def __init__(
        self, options: Options, scope: Scope, reporter: Reporter, metrics: Metrics, callers: EwsCallers
    ) -> None:
        self._options = options
        self._scope = scope
        self._reporter = reporter
        self._metrics = metrics
        self._callers = callers
        self._guard = Guard("capture", metrics)
        self._first_hops = FirstHops()
        self._under_way: dict[str, _UnderWay] = {}

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Begin, unless the host is none of ours."""
        with self._guard:
            host = meant_host(flow.request)
            if host not in self._scope:
                return
            service = identify(host, flow.request.path.partition("?")[0])
            kept = self._under_way[flow.id] = _UnderWay(flow.client_conn.id, service)
            flow.request.stream = kept.request
            self._metrics.in_flight.set(len(self._under_way))

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Decide whether this response is worth keeping a part of."""
        with self._guard:
            kept = self._under_way.get(flow.id)
            if kept is None or flow.response is None:
                return
            refused = flow.response.status_code >= _FIRST_REFUSAL
            if refused and self._options.settings.verdict_header and _fits(flow.response):
                flow.response.stream = False
                return
            surface = kept.service.surface
            if refused or _may_hide_failures(flow) or _tells_failure(flow.response):
                kept.response = flow.response.stream = BodyTee()
            elif surface == "token-endpoint":
                kept.response = flow.response.stream = BodyTee(MAX_ANSWER)
            else:
                flow.response.stream = True
                if surface not in _TOLD_BY_THE_BODY:
                    kept.request.forget()

    def response(self, flow: http.HTTPFlow) -> None:
        """Count an answered exchange and have a refusal explained, after the client has it."""
        with self._guard:
            kept = self._end(flow)
            if kept is None or flow.response is None:
                return
            self._count(flow, kept, outcome_of(flow.response.status_code))
            if kept.response is not None or flow.response.status_code >= _FIRST_REFUSAL:
                held_back = self._options.settings.verdict_header and not flow.response.stream
                self._have_explained(flow, kept, at_once=held_back)
            elif flow.response.status_code in _SUCCESS:
                asyncio.get_running_loop().call_soon(self._remember, flow, kept)

    def error(self, flow: http.HTTPFlow) -> None:
        """Count an exchange that broke, and have it explained where the client got no answer from upstream."""
        with self._guard:
            kept = self._end(flow)
            if kept is None or flow.error is None:
                return
            if _client_left(flow, flow.error.msg.lower()):
                self._count(flow, kept, "abandoned")
                return
            self._metrics.upstream_errors.labels(transport_stage(flow.error.msg)).inc()
            self._count(flow, kept, outcome_of(flow.response.status_code if flow.response else None))
            if flow.response is None or kept.response is not None:
                self._have_explained(flow, kept, at_once=False)

    def client_disconnected(self, client: Client) -> None:
        """Let go of what mitmproxy never ends: where it stumbles over a message itself, no further event comes."""
        with self._guard:
            if self._under_way:
                asyncio.get_running_loop().call_later(LAST_EVENTS_SECONDS, self._let_go, client.id)

    def _let_go(self, client: str) -> None:
        for flow_id in [flow_id for flow_id, kept in self._under_way.items() if kept.client == client]:
            del self._under_way[flow_id]
        self._metrics.in_flight.set(len(self._under_way))

    def done(self) -> None:
        """Report the first hops nobody has come back for."""
        with self._guard:
            self._first_hops.give_up()

    def _end(self, flow: http.HTTPFlow) -> _UnderWay | None:
        """Take the entry out; the second of `response` and `error` for one flow finds none."""
        kept = self._under_way.pop(flow.id, None)
        self._metrics.in_flight.set(len(self._under_way))
        return kept

    def _count(self, flow: http.HTTPFlow, kept: _UnderWay, outcome: str) -> None:
        service = kept.service
        trace = flow.request.headers.get("client-request-id", "")
        self._metrics.count_exchange(service.name, outcome, _waited(flow), trace)
        if service.surface == "ews":
            self._metrics.ews_exchanges.labels(outcome).inc()

    def _have_explained(self, flow: http.HTTPFlow, kept: _UnderWay, *, at_once: bool) -> None:
        """Explain after this event, so that the client does not wait for it, or at once where somebody else does.

        With `-w` mitmproxy writes the flow to a file within this very event; what came later would be missing there.
        """
        if at_once or ("save_stream_file" in ctx.options and ctx.options.save_stream_file):
            self._explain(flow, kept, may_wait=False)
        else:
            asyncio.get_running_loop().call_soon(partial(self._explain, flow, kept, may_wait=True))

    def _explain(self, flow: http.HTTPFlow, kept: _UnderWay, *, may_wait: bool) -> None:
        with self._guard:
            exchange = exchange_from_flow(flow, kept.request, kept.response)
            self._first_hops.settle(flow, exchange)
            self._count_caller(kept, exchange)
            redirected = flow.response is not None and _tells_failure(flow.response)
            if _succeeded(exchange) and not redirected and not hidden_failures(exchange):
                if exchange.response is not None and exchange.response.status in _SUCCESS:
                    self._reporter.remember(exchange)
            elif may_wait and is_first_hop(exchange):
                self._first_hops.hold(flow, exchange, partial(self._report, flow, kept, exchange))
            else:
                self._report(flow, kept, exchange, credentials_followed=None)

    def _count_caller(self, kept: _UnderWay, exchange: Exchange) -> None:
        """Remember who calls EWS; answers that ask for credentials first are no calls yet."""
        if kept.service.surface == "ews" and exchange.response is not None and not is_first_hop(exchange):
            self._callers.count(exchange, time.time(), refused=exchange.response.status >= _FIRST_REFUSAL)

    def _report(
        self, flow: http.HTTPFlow, kept: _UnderWay, exchange: Exchange, *, credentials_followed: bool | None
    ) -> None:
        with self._guard:
            if self._reporter.report(flow, exchange, credentials_followed=credentials_followed):
                _show_bodies(flow, kept)

    def _remember(self, flow: http.HTTPFlow, kept: _UnderWay) -> None:
        """Note a success; of its body nothing was kept."""
        with self._guard:
            if self._first_hops:
                self._first_hops.settle(flow, exchange_from_flow(flow, kept.request, None))
            self._reporter.remember_call(flow, kept.request)


def _client_left(flow: http.HTTPFlow, message: str) -> bool:
    """Whether an exchange broke because its client gave up.

    A client that goes in the middle of its upload, or while the connection to the server is being made, ends the
    exchange in the words of a server that went: there its connection tells.
    """
    gone = flow.response is None and not flow.client_conn.state & ConnectionState.CAN_READ
    return gone or any(words in message for words in _CLIENT_LEFT)


def _waited(flow: http.HTTPFlow) -> float | None:
    """Seconds from the end of the request to the first byte of its answer; a server may answer before that end."""
    if flow.response is None:
        return None
    # mitmproxy's moments are of the wall clock, which may be put back in between; a sum never goes back.
    return max(0.0, flow.response.timestamp_start - (flow.request.timestamp_end or flow.request.timestamp_start))


def _succeeded(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status < _FIRST_REFUSAL


def _fits(response: http.Response) -> bool:
    """Whether a response may be held back. One that tells no length may: stream_large_bodies ends the wait."""
    length = response.headers.get("content-length", "0")
    return not length.isdecimal() or int(length) <= KEPT_BYTES


def _may_hide_failures(flow: http.HTTPFlow) -> bool:
    return may_hide_failures(flow.request.method, meant_host(flow.request), flow.request.path.partition("?")[0])


def _tells_failure(response: http.Response) -> bool:
    if not any(name.lower() in _TELLING for name, _ in response.headers.fields):
        return False
    return tells_failure(response.status_code, Headers(tuple(response.headers.items(multi=True))))


def _show_bodies(flow: http.HTTPFlow, kept: _UnderWay) -> None:
    """Give complete bodies of an explained flow back to it: mitmproxy's interfaces have none of a streamed message."""
    for message, tee in ((flow.request, kept.request), (flow.response, kept.response)):
        if message is not None and tee is not None and tee.complete and message.raw_content is None:
            message.raw_content = tee.kept
