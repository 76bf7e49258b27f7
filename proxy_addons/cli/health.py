"""One line of `why403 doctor`: what was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Health:
    """A finding. `remedy` is empty where nothing needs doing."""

    name: str
    state: State
    told: str
    remedy: str = ""
