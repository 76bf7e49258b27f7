"""How long a change may take to count, read from the sentence a rule says about it."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_NUMBERS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "thirty": 30, "sixty": 60, "several": 6, "few": 3}
_SPAN: Final = re.compile(r"\b(?:(\d+)|([a-z]+))?\s*(second|minute|hour|day)s?\b", re.IGNORECASE)
_FEW_MINUTES: Final = 10


def longest_wait(sentence: str) -> int:
    """The longest time named, in seconds; 0 where the sentence names none. `Minutes` alone are taken for ten."""
    return max((_seconds(match) for match in _SPAN.finditer(sentence)), default=0)


def _seconds(match: re.Match[str]) -> int:
    digits, word, unit = match[1], (match[2] or "").lower(), match[3].lower()
    plain = _FEW_MINUTES if unit == "minute" else 6 if unit == "hour" else 1
    count = int(digits) if digits else _NUMBERS.get(word, plain)
    return count * _UNITS[unit]
