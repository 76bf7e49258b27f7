"""Calls a second and latency under load, against stock mitmdump."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.processes import CannotMeasureError
from bench.speed.entrants import STOCK, US, mitmdump, peer, why403, why403_plain
from bench.speed.load import Load, Traffic
from bench.speed.stage import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.speed.figure import Figure
    from bench.speed.stage import Stage

_PAIR = (US, STOCK)


def _per_second(load: Load) -> float:
    return load.per_second


def _p99(load: Load) -> float:
    return load.p99


def plain(stage: Stage) -> Sequence[Figure]:
    """Healthy calls without TLS; a proxy that looks at nothing beside them, where it is installed."""
    entrants = [why403_plain(stage.upstream), mitmdump(stage.upstream, plain=True)]
    try:
        entrants.append(peer(stage.upstream))
    except CannotMeasureError as error:
        stage.say(str(error))
    runs = stage.contest(entrants, Traffic())
    return ratio("plain", runs, _PAIR, _per_second, "/s"), ratio("plain-p99", runs, _PAIR, _p99, " ms")


def tls(stage: Stage) -> Sequence[Figure]:
    """Healthy calls with TLS on both sides."""
    runs = stage.contest([why403(stage.upstream), mitmdump(stage.upstream)], Traffic())
    return ratio("tls", runs, _PAIR, _per_second, "/s"), ratio("tls-p99", runs, _PAIR, _p99, " ms")


def _one(stage: Stage, key: str, traffic: Traffic) -> Sequence[Figure]:
    runs = stage.contest([why403(stage.upstream), mitmdump(stage.upstream)], traffic)
    return (ratio(key, runs, _PAIR, _per_second, "/s"),)


TRAFFIC = {
    "plain": Traffic(),
    "tls": Traffic(),
    "some-refused": Traffic(every=20, kinds=1000),
    "thousand-kinds": Traffic(every=1, kinds=1000),
    "one-kind": Traffic(every=1, kinds=1),
    "connections": Traffic(closing=True),
}
"""What each measurement of this module sends."""


def some_refused(stage: Stage) -> Sequence[Figure]:
    """One call in twenty is refused, in as many ways as there are."""
    return _one(stage, "some-refused", TRAFFIC["some-refused"])


def thousand_kinds(stage: Stage) -> Sequence[Figure]:
    """Everything is refused, in a thousand ways."""
    return _one(stage, "thousand-kinds", TRAFFIC["thousand-kinds"])


def one_kind(stage: Stage) -> Sequence[Figure]:
    """Everything is refused in the same way, as when a grant is missing."""
    return _one(stage, "one-kind", TRAFFIC["one-kind"])


def connections(stage: Stage) -> Sequence[Figure]:
    """Each call on a connection of its own, to the client and to the upstream."""
    return _one(stage, "connections", TRAFFIC["connections"])
