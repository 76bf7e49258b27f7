"""The moments recorders write down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_EARLIEST: Final = 1990
"""No HTTP before; Fiddler writes the year 1 for what never happened."""


def seconds_since_epoch(moment: str) -> float | None:
    """An ISO 8601 time as seconds since the epoch; one without zone counts as UTC. None where it is no time."""
    try:
        parsed = datetime.fromisoformat(moment)
        # In UTC it may lie outside the calendar.
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp() if parsed.year >= _EARLIEST else None
    except (ValueError, OverflowError):
        return None
