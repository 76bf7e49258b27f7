"""Answers with a 200 that may hide a failure have to be read: what a client notices of that.

One connection, one call after the other: reading happens after the client has its answer, so that what it costs shows
in the next call. Beside it the same bytes under a path and a type nobody has to read, and whose links stay as they are.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Final

from bench.processes import running
from bench.speed.answers import EWS, EWS_PATH, GRAPH, soap
from bench.speed.client import Client, connected
from bench.speed.entrants import why403
from bench.speed.figure import Figure
from bench.speed.upstream import BATCH_PATH, UNREAD_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.speed.stage import Stage

_CALLS: Final = 100
_CALL: Final = b'{"requests":[{"id":"1","method":"GET","url":"/me"}]}'


def read_answers(stage: Stage) -> Sequence[Figure]:
    """Milliseconds more, for Graph's and for Exchange's kind of answer."""
    entrant = why403(stage.upstream)
    batch: list[float] = []
    ews: list[float] = []
    body = soap("FindItem").encode()
    with (
        running(entrant.command, entrant.port, stage.log_of(entrant)),
        connected(entrant.port, host_in_path=True) as client,
    ):
        _block(client, BATCH_PATH, GRAPH, _CALL)
        for _ in range(stage.rounds):
            unread = _block(client, UNREAD_PATH, GRAPH, _CALL)
            batch.append(_block(client, BATCH_PATH, GRAPH, _CALL) - unread)
            ews.append(_block(client, EWS_PATH, EWS, body) - unread)
    return tuple(
        Figure(
            key,
            round(statistics.median(values), 2),
            round(min(values), 2),
            round(max(values), 2),
            raw={"rounds": [round(value, 2) for value in values]},
        )
        for key, values in (("batch", batch), ("ews", ews))
    )


def _block(client: Client, path: str, host: str, body: bytes) -> float:
    """Milliseconds a call, the mean of so many: the mean sees what the median forgives."""
    began = time.perf_counter()
    for _ in range(_CALLS):
        client.ask("POST", path, host, body)
        client.read()
    return (time.perf_counter() - began) / _CALLS * 1000
