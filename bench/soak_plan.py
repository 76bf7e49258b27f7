"""When it storms in a soak, and who calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from bench.soak_clients import Crowd

_CONNECTIONS: Final = 1000


@dataclass(frozen=True)
class Plan:
    """How long, and which storm when: name, begin and end in seconds."""

    name: str
    seconds: float
    storms: tuple[tuple[str, float, float], ...]


STORMS: Final = ("one kind", "10,000 tokens", "10,000 users", "1,000 connections", "1,000 kinds")


def soak_plan(minutes: float) -> Plan:
    """Storms of half a minute, evenly over the time; the last one leaves a calm end."""
    count = max(1, int(minutes // 3))
    apart = 60 * minutes / (count + 0.5)
    length = min(30.0, apart / 3)
    begins = [apart * (number + 0.6) for number in range(count)]
    return Plan(
        "soak", 60 * minutes, tuple((STORMS[n % len(STORMS)], begin, begin + length) for n, begin in enumerate(begins))
    )


def storm_plan(minutes: float) -> Plan:
    """Every kind of storm once, as long as there is time."""
    each = 60 * minutes / (len(STORMS) + 0.5)
    storms = ((name, each * (n + 0.3), each * (n + 0.85)) for n, name in enumerate(STORMS))
    return Plan("storm", 60 * minutes, tuple(storms))


def callers(name: str, crowd: Crowd) -> list[Coroutine[None, None, None]]:
    """Who makes a storm."""
    match name:
        case "one kind":
            return [crowd.stormer(tokens=False) for _ in range(16)]
        case "10,000 tokens":
            return [crowd.stormer(kinds=40) for _ in range(16)]
        case "10,000 users":
            return [crowd.stormer(kinds=40, users=10_000) for _ in range(16)]
        case "1,000 connections":
            return [crowd.healthy(pause=2.0, every=3) for _ in range(_CONNECTIONS)]
        case _:
            return [crowd.stormer(kinds=1000) for _ in range(16)]


def calm_callers(crowd: Crowd) -> list[Coroutine[None, None, None]]:
    """Everyday traffic: about half of what the proxy can do."""
    return [
        *(crowd.healthy(pause=0.02) for _ in range(8)),
        *(crowd.newcomer(pause=0.2) for _ in range(2)),
        crowd.renewer(pause=0.05),
        crowd.batcher(pause=0.5),
        crowd.carrier(pause=2.0),
        crowd.leaver(pause=0.3),
        crowd.broken(pause=1.0),
        *(crowd.dawdler() for _ in range(10)),
    ]
