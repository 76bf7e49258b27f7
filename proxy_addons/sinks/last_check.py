"""The last check before anything leaves: finished bytes, file names included, searched for all that was taken out.

Before it, parts in which something survived are taken out one by one: an exchange may echo what only another exchange
of the same file tells to be somebody's name, and that must cost the part it stands in and not the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.sweep import prepare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from proxy_addons.redaction.har_entry import Json
    from proxy_addons.redaction.pseudonyms import Kind
    from proxy_addons.redaction.sweep import Sweep

NAMES: Final = "the names of files"
REMOVED: Final = "<removed>"


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that must not leave, found in a finished member. Names the place, never the value."""

    member: str
    encoding: str
    kind: str


class UnsafeExportError(Exception):
    """A finished file still held something that must not leave; none was written. `what`: bundle, file."""

    def __init__(self, leaks: Sequence[Leak], what: str = "bundle") -> None:
        self.leaks = tuple(leaks)
        places = "; ".join(sorted({f"a {leak.kind} in {leak.member} ({leak.encoding})" for leak in leaks}))
        remedy = "Please report these places; the exchange itself is not needed for that."
        if all(leak.member == NAMES for leak in leaks):
            remedy = "Choose another name for the file."
        super().__init__(
            f"no {what} was written, because the last check found what redaction must remove: {places}. {remedy}"
        )


def search_for(originals: Iterable[Originals]) -> Sweep:
    """One search for everything that was taken out of several exchanges."""
    forbidden: dict[str, Kind] = {}
    facts: set[str] = set()
    for one in originals:
        forbidden.update(one.forbidden)
        facts |= one.facts
    return prepare(Originals(forbidden, frozenset(facts)))


def refuse_leaks(file_name: str, members: Mapping[str, bytes], search: Sweep, what: str = "bundle") -> None:
    """Search finished members and every name; UnsafeExportError where anything is found."""
    names = "\n".join((file_name, *members)).encode(errors="replace")
    finished = {**members, NAMES: names}
    leaks = [Leak(name, hit.encoding, hit.kind) for name, content in finished.items() for hit in search.over(content)]
    if leaks:
        raise UnsafeExportError(leaks, what)


def without_leaks(value: Json, search: Sweep) -> tuple[Json, int]:
    """A tree of JSON in which no text holds anything searched for, and how many texts had to go."""
    if isinstance(value, str):
        return (REMOVED, 1) if search.over(value.encode(errors="replace")) else (value, 0)
    if isinstance(value, list):
        items = [without_leaks(item, search) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    if isinstance(value, dict):
        members = {name: without_leaks(item, search) for name, item in value.items()}
        safe = {name: item for name, (item, _) in members.items() if not search.over(name.encode(errors="replace"))}
        return safe, sum(count for _, count in members.values()) + len(members) - len(safe)
    return value, 0
