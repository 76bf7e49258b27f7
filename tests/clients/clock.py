"""The clock of the simulated tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from proxy_addons.lab.tenant import wall_clock


@dataclass(slots=True)
class Clock:
    """Real time, plus what a test added."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        """Now, as the tenant sees it."""
        return wall_clock() + self.ahead

    def advance(self, **span: float) -> None:
        """Let time pass: `hours=2`."""
        self.ahead += timedelta(**span)

    def reset(self) -> None:
        """Back to real time."""
        self.ahead = timedelta()
