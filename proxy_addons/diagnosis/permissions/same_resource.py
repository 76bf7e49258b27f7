"""Other addresses of the same resource, for tables that name only one of them.

The reference pages list these addresses side by side for one operation and one set of permissions; a table often holds
but one. Whoever uses a rewritten path says so, because the table did not name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.operation_path import KEY, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.permissions.operation_path import Segments

_PROJECTIONS: Final = frozenset({"$ref", "$count", "$value"})
_OWNERS_OF_DRIVES: Final = frozenset({"users", "groups", "sites"})
_NESTED: Final = (
    ("mailfolders", "childfolders"),
    ("contactfolders", "childfolders"),
)
_LISTED_UNDER: Final = {
    "messages": ("mailfolders",),
    "events": ("calendars",),
    "contacts": ("contactfolders",),
    "calendars": ("calendargroups",),
}
"""Collections a resource is also listed under: a message of a folder is a message of the mailbox."""


def other_addresses(reading: Reading) -> Iterator[Reading]:
    """Other ways to write a path that ask for the same, nearest first; each shorter or more general than the last."""
    seen = {reading.segments}
    waiting = [reading.segments]
    while waiting:
        segments = waiting.pop(0)
        for other in _rewritten(segments):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
                yield Reading(other, _fixed(other))


def _fixed(segments: Segments) -> frozenset[int]:
    return frozenset(place for place, segment in enumerate(segments) if segment.startswith("$"))


def _rewritten(segments: Segments) -> Iterator[Segments]:
    if segments[-1:] and segments[-1] in _PROJECTIONS and len(segments) > 1:
        yield segments[:-1]
    yield from _drives(segments)
    yield from _folders(segments)
    if segments[:1] == ("me",) and len(segments) > 1:
        yield ("users", KEY, *segments[1:])


def _drives(segments: Segments) -> Iterator[Segments]:
    """A drive under its owner, and the root of a drive, which is an item like any other."""
    match segments:
        case ("drive", *rest):
            yield ("me", "drive", *rest)
        case ("me", "drive", *rest) | ("me", "drives", _, *rest):
            yield ("drives", KEY, *rest)
        case (owner, _, "drive", *rest) | (owner, _, "drives", _, *rest) if owner in _OWNERS_OF_DRIVES:
            yield ("drives", KEY, *rest)
        case _:
            pass
    if "root" in segments[1:]:
        place = segments.index("root", 1)
        if segments[place - 1] == "drive" or segments[max(0, place - 2)] == "drives":
            yield (*segments[:place], "items", KEY, *segments[place + 1 :])


def _folders(segments: Segments) -> Iterator[Segments]:
    for parent, child in _NESTED:
        for place in range(len(segments) - 3):
            if segments[place] == parent and segments[place + 2] == child:
                yield (*segments[: place + 2], *segments[place + 4 :])
                break
    for place in range(2, len(segments) - 1):
        if segments[place - 2] in _LISTED_UNDER.get(segments[place], ()):
            yield (*segments[: place - 2], *segments[place:])
