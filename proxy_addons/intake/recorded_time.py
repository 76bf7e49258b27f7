"""The moments recorders write down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_EARLIEST: Final = 1990
"""No HTTP before; Fiddler writes the year 1 for what never happened."""
_CALENDAR: Final = range(253_402_300_800)
"""The seconds that can be written as a date again, up to the year 9999."""


def on_the_calendar(seconds: float | None) -> float | None:
    """Seconds since the epoch as recorded, None where they are no date: a damaged recording holds any number."""
    return seconds if seconds is not None and _CALENDAR.start <= seconds < _CALENDAR.stop else None


def seconds_since_epoch(moment: str) -> float | None:
    """An ISO 8601 time as seconds since the epoch; one without zone counts as UTC. None where it is no time."""
    try:
        parsed = datetime.fromisoformat(moment)
        # In UTC it may lie outside the calendar.
        seconds = parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()
        return on_the_calendar(seconds) if parsed.year >= _EARLIEST else None
    except (ValueError, OverflowError):
        return None
