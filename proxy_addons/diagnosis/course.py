"""A whole recording, exchange by exchange: every one is explained with what went before it.

A first hop (a call without credentials, made to be asked for them) is a failure only if the client does not come back,
and that only the exchanges behind it tell. So it waits for them, for a while, and failures behind it wait with it: they
come out in the order of the recording. What waits is bounded, whatever the recording holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.failure import Failure, explain, explain_next
from proxy_addons.evidence.first_hop import Return, is_first_hop, returned
from proxy_addons.evidence.timeline import NOTHING, Memory

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.exchange import Exchange

PATIENCE: Final = 24
"""Exchanges a first hop waits for its return; nothing else waits longer."""


@dataclass(frozen=True, slots=True)
class _FirstHop:
    """A challenge that may be none of the failures; `memory` is what was known when it came."""

    exchange: Exchange
    memory: Memory
    place: int


@dataclass(frozen=True, slots=True)
class Course:
    """How far a recording was told, and what still waits to be known."""

    memory: Memory = NOTHING
    told: int = 0
    waiting: tuple[_FirstHop | Failure, ...] = ()


def proceed(course: Course, exchange: Exchange, ruleset: Ruleset) -> tuple[Course, tuple[Failure, ...]]:
    """Tell the next exchange; the failures that are settled now come back, in order."""
    waiting = _settled(course.waiting, exchange, ruleset)
    memory = course.memory
    if is_first_hop(exchange, recorded=True):
        waiting = (*waiting, _FirstHop(exchange, memory, course.told))
    else:
        failures, memory = explain_next(exchange, ruleset, memory)
        waiting = (*waiting, *failures)
    ready: list[Failure] = []
    while waiting and not (isinstance(waiting[0], _FirstHop) and course.told - waiting[0].place < PATIENCE):
        first, *rest = waiting
        ready += _explained(first, ruleset, followed=False) if isinstance(first, _FirstHop) else [first]
        waiting = tuple(rest)
    return replace(course, memory=memory, told=course.told + 1, waiting=waiting), tuple(ready)


def conclude(course: Course, ruleset: Ruleset) -> tuple[Failure, ...]:
    """The failures that still waited when the recording ended. What follows a first hop there, nobody knows."""
    return tuple(
        failure
        for each in course.waiting
        for failure in (_explained(each, ruleset, followed=None) if isinstance(each, _FirstHop) else [each])
    )


def _settled(
    waiting: tuple[_FirstHop | Failure, ...], exchange: Exchange, ruleset: Ruleset
) -> tuple[_FirstHop | Failure, ...]:
    """What waits on, now that this exchange is known: a first hop whose client was admitted was no failure."""
    if not any(isinstance(each, _FirstHop) for each in waiting):
        return waiting
    left: list[_FirstHop | Failure] = []
    for each in waiting:
        came = returned(each.exchange, exchange) if isinstance(each, _FirstHop) else Return.UNRELATED
        if isinstance(each, _FirstHop) and came is Return.REFUSED:
            left += _explained(each, ruleset, followed=True)
        elif came is not Return.ADMITTED:
            left.append(each)
    return tuple(left)


def _explained(hop: _FirstHop, ruleset: Ruleset, *, followed: bool | None) -> list[Failure]:
    return [*explain(hop.exchange, ruleset, hop.memory, credentials_followed=followed)]
