"""redaction.json: what was taken out of a bundle, where, and what nobody looked at. Counts and places, never values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.ledger import SHORTEST_SECRET, SHORTEST_TEXT
from proxy_addons.redaction.sweep import ENCODINGS, WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.redaction.record import Record

SCHEMA: Final = "why403.redaction/1"
_LIMITS: Final = (
    f"secrets below {SHORTEST_SECRET} and other values below {SHORTEST_TEXT} characters are masked, not searched for",
    f"of secrets, every run of {WINDOW} characters is searched for; of people, the whole value in each spelling",
    "words of the public vocabulary (error messages, API names) are shown wherever they occur",
    "domains of organisations are shown unless the installation hides them",
)
_NOT_EXAMINED: Final = (
    "the contents of images, office documents and other binary bodies: they are left out whole",
    "what was never captured, such as the rest of a body that was cut off",
)


def redaction_report(records: Sequence[Record], *, stand_ins: Mapping[str, int], tool: str) -> dict[str, object]:
    """The report over all records of a bundle; `stand_ins` counts how many different ones of each kind it holds."""
    removed: Counter[tuple[str, str]] = Counter()
    for record in records:
        for removal in record.removals:
            removed[removal.place, removal.kind.value] += removal.count
    return {
        "schema": SCHEMA,
        "tool": tool,
        "removed": [{"place": place, "kind": kind, "count": count} for (place, kind), count in sorted(removed.items())],
        "stand_ins": dict(sorted(stand_ins.items())),
        "left_out": [
            {"failure": record.report.id, "place": part.place, "size": part.size, "reason": part.reason}
            for record in records
            for part in record.dropped
        ],
        "sweep": {
            "result": "clean",
            "searched_for": sum(len(record.originals) for record in records),
            "encodings": list(ENCODINGS),
            "limits": list(_LIMITS),
        },
        "not_examined": list(_NOT_EXAMINED),
    }
