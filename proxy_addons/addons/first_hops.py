"""Calls without credentials wait here until their client comes back with them, or does not.

Only the report waits: the client has had its answer. A first hop whose client is let in soon after was no failure, and
nobody hears of it. What nobody comes back for is reported after a few seconds.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from proxy_addons.evidence.first_hop import Return, returned

if TYPE_CHECKING:
    from mitmproxy import http

    from proxy_addons.evidence.exchange import Exchange

SECONDS: Final = 2.0
"""How long a report waits: clients answer a challenge at once, and a person waits for the box on the terminal."""
MAX_HELD: Final = 64


class Report(Protocol):
    """What is done with a first hop that was a failure; None: nobody knows whether credentials followed."""

    def __call__(self, *, credentials_followed: bool | None) -> None:
        """Report it."""


@dataclass(frozen=True, slots=True)
class _Held:
    exchange: Exchange
    client: str
    report: Report
    timer: asyncio.TimerHandle


class FirstHops:
    """The first hops whose end is not known yet, by flow id, oldest first."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def __bool__(self) -> bool:
        """Whether any waits."""
        return bool(self._held)

    def hold(self, flow: http.HTTPFlow, exchange: Exchange, report: Report) -> None:
        """Wait for the client of a first hop; where too many wait, the oldest waits no longer."""
        if len(self._held) >= MAX_HELD:
            self._give_up(next(iter(self._held)))
        timer = asyncio.get_running_loop().call_later(SECONDS, self._give_up, flow.id)
        self._held[flow.id] = _Held(exchange, _client(flow), report, timer)

    def settle(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Let a later exchange decide about the first hops it answers."""
        client = _client(flow)
        for flow_id, held in [*self._held.items()]:
            came = returned(held.exchange, exchange) if held.client == client else Return.UNRELATED
            if came in {Return.ADMITTED, Return.REFUSED}:
                self._take(flow_id)
            if came is Return.REFUSED:
                held.report(credentials_followed=True)

    def give_up(self) -> None:
        """Report whatever still waits; nothing follows any more."""
        for flow_id in [*self._held]:
            self._give_up(flow_id)

    def _give_up(self, flow_id: str) -> None:
        self._take(flow_id).report(credentials_followed=None)

    def _take(self, flow_id: str) -> _Held:
        held = self._held.pop(flow_id)
        held.timer.cancel()
        return held


def _client(flow: http.HTTPFlow) -> str:
    """Who calls: an address, because a client may answer on another connection."""
    return str(flow.client_conn.peername[0])
