"""How far the recorder's clock is from the servers': without it, times of a log cannot be laid beside Microsoft's."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.redaction.har_entry import Json


def clock_offset(entries: Sequence[Mapping[str, Json]]) -> dict[str, float | int] | None:
    """Seconds the servers' Date is ahead of the recorder's clock: median, and over how many answers; None for none.

    A Date has whole seconds and comes a round trip later, so a second or two mean nothing.
    """
    offsets = [offset for entry in entries if (offset := _offset(entry)) is not None]
    return {"median_seconds": round(statistics.median(offsets), 1), "answers": len(offsets)} if offsets else None


def _offset(entry: Mapping[str, Json]) -> float | None:
    response = entry.get("response")
    headers = response.get("headers") if isinstance(response, dict) else None
    dates = [
        str(header["value"])
        for header in (headers if isinstance(headers, list) else ())
        if isinstance(header, dict) and str(header.get("name")).casefold() == "date"
    ]
    if not dates:
        return None
    try:
        started = datetime.fromisoformat(str(entry.get("startedDateTime")))
        date = parsedate_to_datetime(dates[0])
    except ValueError:
        return None
    if started.timestamp() == 0:
        return None
    return (date.replace(tzinfo=date.tzinfo or UTC) - started).total_seconds()
