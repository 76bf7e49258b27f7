"""The page `/groups/{fingerprint}`: when one kind of failure occurred, and those that are stored whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from proxy_addons.admin.failure_groups import titles_of
from proxy_addons.admin.page_templates import page
from proxy_addons.sinks.failure_filters import Filters
from proxy_addons.sinks.store.browsing import browse_groups, seen_times
from proxy_addons.sinks.store.reading import list_failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from proxy_addons.admin.page_parts import PageParts
    from proxy_addons.admin.store_reader import StoreReader
    from proxy_addons.sinks.store.browsing import BrowsedGroup
    from proxy_addons.sinks.store.database import Database
    from proxy_addons.sinks.store.reading import StoredFailure

ROWS: Final = 50
_TIMES_AT_MOST: Final = 5000
_BARS: Final = 24
_CHART_WIDTH: Final = 720
_CHART_HEIGHT: Final = 96
_STEPS: Final = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86_400, 7 * 86_400)


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of time: when it began (milliseconds since 1970), how many, and where it is drawn."""

    begins: int
    count: int
    left: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts over time. `step` is the length of a stretch in words."""

    bars: Sequence[Bar]
    step: str
    highest: int
    width: int = _CHART_WIDTH
    height: int = _CHART_HEIGHT

    def top_of(self, bar: Bar) -> float:
        """Where a bar begins, from above."""
        return self.height - bar.height


@dataclass(frozen=True, slots=True)
class _Found:
    group: BrowsedGroup
    failures: list[StoredFailure]
    times: list[int]


def chart_of(times: Sequence[int]) -> Chart | None:
    """Two dozen stretches of equal length that end with the latest; None for nothing."""
    if not times:
        return None
    first, last = min(times) // 1000, max(times) // 1000
    step = next(
        (length for length in _STEPS if (last // length - first // length) < _BARS), (last - first) // (_BARS - 2) + 1
    )
    begin = last - last % step - step * (_BARS - 1)
    counts = [0] * _BARS
    for seen in times:
        counts[(seen // 1000 - begin) // step] += 1
    highest, wide = max(counts), _CHART_WIDTH / _BARS
    bars = [
        Bar(
            (begin + index * step) * 1000,
            count,
            round(index * wide, 1),
            round(wide - 2, 1),
            round((_CHART_HEIGHT - 4) * count / highest, 1),
        )
        for index, count in enumerate(counts)
    ]
    return Chart(bars, _in_words(step), highest)


def group_history_route(parts: PageParts) -> Route:
    """The page."""

    async def answer(store: StoreReader, request: Request) -> Response:
        fingerprint = request.path_params["fingerprint"]
        before = request.query_params.get("before", "")
        number = int(before) if before.isdecimal() and before.isascii() and len(before) < len(str(2**63)) else None

        def look(database: Database) -> _Found | None:
            groups = browse_groups(database, Filters(group=fingerprint), 1)
            if not groups:
                return None
            failures = list_failures(database, Filters(group=fingerprint), ROWS + 1, number)
            return _Found(groups[0], failures, seen_times(database, fingerprint, _TIMES_AT_MOST))

        found = await store.ask(look)
        if found is None:
            return parts.missing("failures", "No such kind of failure is stored", "It may have expired. See `/`.")
        failures = found.failures[:ROWS]
        cause = found.group.group.cause
        values = {
            "group": found.group.group,
            "latest": found.group.latest,
            "title": titles_of(parts.rules()).get(cause, cause),
            "failures": failures,
            "more": failures[-1].number if len(found.failures) > ROWS else None,
            "chart": chart_of(found.times),
            "stored": len(found.times),
        }
        return page("group_history.html", {**parts.values("failures"), **values})

    return Route("/groups/{fingerprint}", parts.guarded("failures", answer), methods=["GET"])


def _in_words(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"
