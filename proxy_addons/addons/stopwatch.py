"""How long our own hooks hold an exchange up: the part of its latency that is our fault."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mitmproxy import http

    from proxy_addons.sinks.metrics import Metrics

_MOST_UNDER_WAY: Final = 10_000
"""Entries of exchanges whose end never came must not pile up; past this the oldest goes uncounted."""


class Stopwatch:
    """Two addons around all others. Our hooks never wait, so nothing else runs between the two."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._began = 0.0
        self._held: dict[str, float] = {}
        self.first = _First(self)
        self.last = _Last(self)

    def start(self) -> None:
        """The first hook of an event."""
        self._began = time.perf_counter()

    def pause(self, flow: http.HTTPFlow) -> None:
        """The last hook of an event."""
        held = self._held
        held[flow.id] = held.pop(flow.id, 0.0) + time.perf_counter() - self._began
        if len(held) > _MOST_UNDER_WAY:
            del held[next(iter(held))]

    def stop(self, flow: http.HTTPFlow) -> None:
        """The last hook of the last event; of `response` and `error` for one flow the second finds nothing."""
        held = self._held.pop(flow.id, None)
        if held is not None:
            self._metrics.overhead_seconds.observe(held + time.perf_counter() - self._began)


class _First:
    name = "why403-stopwatch-start"

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch

    def requestheaders(self, _: http.HTTPFlow) -> None:
        """Start."""
        self._watch.start()

    request = responseheaders = response = error = requestheaders


class _Last:
    name = "why403-stopwatch-stop"

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Note what this event took."""
        self._watch.pause(flow)

    request = responseheaders = requestheaders

    def response(self, flow: http.HTTPFlow) -> None:
        """Note what all took."""
        self._watch.stop(flow)

    error = response
