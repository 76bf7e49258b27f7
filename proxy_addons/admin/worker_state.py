"""What a worker tells the process that started it: what it counts, who calls EWS, whether it can take connections.

Nothing in it comes from the wire but what the metrics page and the page `/ews` show anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from proxy_addons.admin.ews_callers import EwsCaller
from proxy_addons.sinks.metric_sums import Family, Reading, Traced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One moment of one worker.

    `asked` is the number of the latest question this answers, `strongest` the certainty of what was explained most
    surely, `rules_trouble` why changed rules were not taken up; both are empty where there is nothing to say.
    """

    asked: int
    conditions: Mapping[str, bool]
    rules_revision: str = ""
    strongest: str = ""
    rules_trouble: str = ""
    families: Sequence[Family] = field(default_factory=tuple)
    callers: Sequence[EwsCaller] = field(default_factory=tuple)

    @property
    def accepts(self) -> bool:
        """Whether it takes connections and stays."""
        return bool(self.conditions) and all(self.conditions.values())


def encoded(state: WorkerState) -> bytes:
    """As JSON."""
    return orjson.dumps(state)


def decoded(text: bytes) -> WorkerState | None:
    """From JSON; None where it is none of this version's states."""
    try:
        told = orjson.loads(text)
        families = [Family(**{**each, "readings": [*map(_reading, each["readings"])]}) for each in told["families"]]
        callers = [EwsCaller(**each) for each in told["callers"]]
        return WorkerState(**{**told, "families": families, "callers": callers})
    except (ValueError, TypeError, KeyError):
        return None


def _reading(told: Mapping[str, object]) -> Reading:
    name, labels, value, traced = told["name"], told["labels"], told["value"], told["traced"]
    if not isinstance(name, str) or not isinstance(labels, dict) or not isinstance(value, int | float):
        raise TypeError("is no reading")
    return Reading(name, labels, float(value), Traced(**traced) if isinstance(traced, dict) else None)
