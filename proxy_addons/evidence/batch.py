"""The calls of a Graph $batch, each as the exchange it would be alone (learn.microsoft.com/graph/json-batching)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from proxy_addons.evidence.exchange import Body, Response
from proxy_addons.evidence.hidden import batch_items
from proxy_addons.evidence.services import identify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.evidence.exchange import Exchange


def batch_calls(exchange: Exchange) -> Iterator[Exchange]:
    """The calls inside a batch with the status each was answered with; any other exchange as it is."""
    request = exchange.request
    if identify(request.host, request.split_url.path).surface != "graph-batch" or exchange.response is None:
        yield exchange
        return
    for inner, status in batch_items(exchange):
        yield replace(exchange, request=inner, response=Response(status, exchange.response.headers, Body(b"")))
