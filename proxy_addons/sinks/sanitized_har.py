"""Any recording as a HAR that is safe to send: every exchange redacted, nothing diagnosed.

The archive is built anew (HTTP Archive 1.2): pages, comments and members of the recorder's own are not copied. The
stand-ins are numbered in order of appearance, and the finished bytes are searched for everything that was taken out.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons import __version__
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pseudonyms import renumbering
from proxy_addons.redaction.record import redact_exchange
from proxy_addons.sinks.last_check import refuse_leaks, search_for, without_leaks

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping

    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.redaction.ledger import DroppedPart
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.redaction.record import CleanEntry

_BEGINNING: Final = '{"log":{"version":"1.2","creator":{"name":"why403","version":%s},"entries":[\n'
_ENDING: Final = "\n]}}\n"


@dataclass(frozen=True, slots=True)
class Sanitized:
    """A finished archive and what was removed for it: counts by kind, stand-ins by kind, parts left out whole.

    `removed_late` counts texts which only the whole recording told to be unsafe.
    """

    har: bytes
    entries: int
    removed: Mapping[str, int]
    stand_ins: Mapping[str, int]
    dropped: tuple[tuple[int, DroppedPart], ...]
    removed_late: int


def sanitize(exchanges: Iterable[Exchange], pseudonyms: Pseudonyms, file_name: str = "") -> Sanitized:
    """Redact exchanges into one archive; UnsafeExportError where something survived, in it or in the file's name."""
    entries: list[CleanEntry] = [redact_exchange(exchange, pseudonyms) for exchange in exchanges]
    search = search_for(entry.originals for entry in entries)
    removed: Counter[str] = Counter()
    removed_late = 0
    people = {known: shown for entry in entries for known, shown in entry.originals.object_ids.items()}

    def stand_in(match: re.Match[str]) -> str:
        return people.get(match[0].casefold(), match[0]).strip("<>")

    for entry in entries:
        for removal in entry.removals:
            removed[removal.kind.value] += removal.count
    texts = [GUID.sub(stand_in, _text(entry.har_entry)) for entry in entries]
    for number, text in enumerate(texts):
        if search.over(text.encode(errors="replace")):
            safe, count = without_leaks(json.loads(text), search)
            texts[number], removed_late = _text(safe), removed_late + count
    numbers = renumbering(texts, (pair for entry in entries for pair in sorted(entry.aliases)))
    body = ",\n".join(numbers.apply(text) for text in texts)
    har = f"{_BEGINNING % json.dumps(__version__)}{body}{_ENDING}".encode(errors="replace")
    refuse_leaks(file_name, {"the sanitized recording": har}, search, "file")
    return Sanitized(
        har,
        len(entries),
        dict(sorted(removed.items())),
        dict(sorted(numbers.count().items())),
        tuple((number, part) for number, entry in enumerate(entries) for part in entry.dropped),
        removed_late,
    )


def _text(entry: object) -> str:
    return json.dumps(entry, ensure_ascii=False, indent=1)
