"""One seed, one recording: planted, sanitized as `why403 sanitize` does it, and examined in every reading."""

import io
import json
import random
import re
from dataclasses import dataclass, field

from proxy_addons.evidence.exchange import Exchange
from proxy_addons.intake.har import read_har
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.sinks.last_check import UnsafeExportError
from proxy_addons.sinks.sanitized_har import sanitize
from tests.redaction.proof.kinds import Cast
from tests.redaction.proof.places import SCENES
from tests.redaction.proof.spelling import folded, readings

_KEY = b"a key of thirty-two bytes, invent"
_SHORTEST = 4
_WORD = 6


@dataclass
class Outcome:
    """What became of one recording. `survivors` and `lost` name scene, kind and value."""

    planted: int = 0
    facts: int = 0
    refused: bool = False
    survivors: list[tuple[str, str, str]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)


def prove(seed: int, scenes: int = 2) -> Outcome:
    """Plant, sanitize, examine."""
    rng = random.Random(seed)  # noqa: S311  # a repeatable choice, no key
    drawn = [(name, SCENES[name](Cast(rng))) for name in rng.choices(sorted(SCENES), k=scenes)]
    archive = {
        "log": {
            "version": "1.2",
            "creator": {"name": "x"},
            "pages": [{"title": "p"}],
            "entries": [entry.har() for _, entry in drawn],
        }
    }
    read = [item for item in read_har(io.BytesIO(json.dumps(archive).encode())) if isinstance(item, Exchange)]
    assert len(read) == scenes
    try:
        data = sanitize(read, Pseudonyms(_KEY)).har
    except UnsafeExportError:
        return Outcome(refused=True)
    found = "\n".join(map(folded, readings(data)))
    entries = json.loads(data)["log"]["entries"]
    outcome = Outcome()
    for (name, entry), shown in zip(drawn, entries, strict=True):
        text = _words(shown)
        outcome.planted += len(entry.cast.planted)
        outcome.facts += len(entry.cast.facts)
        outcome.survivors += [
            (name, kind, value)
            for value, kind in entry.cast.planted.items()
            if len(value) >= _SHORTEST and _is_in(folded(value), found)
        ]
        outcome.lost += [(name, fact) for fact in entry.cast.facts if fact not in text]
    return outcome


def _is_in(value: str, text: str) -> bool:
    """Whether a value stands in a text; a short one as a word, for `ines` stands in every list of lines."""
    if value not in text:
        return False
    return len(value) > _WORD or re.search(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", text) is not None


def _words(value: object) -> str:
    """Every text of an entry with escapes of JSON and markup inside of texts undone."""
    if isinstance(value, dict):
        return "\n".join(f"{name}\n{_words(item)}" for name, item in value.items())
    if isinstance(value, list):
        return "\n".join(map(_words, value))
    text = str(value)
    return f"{text}\n{text.replace(chr(92) + chr(34), chr(34)).replace('&lt;', '<').replace('&gt;', '>').replace('&quot;', chr(34))}"
