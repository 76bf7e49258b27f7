"""Stand-ins for people, addresses and tokens: the same value, the same stand-in, and no way back without the key.

A plain hash of a mail address is no protection, because addresses can be guessed; so the stand-ins are keyed (HMAC, RFC
2104) with a key that never leaves the installation. A bundle renumbers them, so that two bundles cannot be joined.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIGITS: Final = 12


class Kind(StrEnum):
    """What was removed. The first six leave a stand-in that can be recognised again, the others only a mask."""

    USER = "user"
    NAME = "name"
    IP = "ip"
    DOMAIN = "domain"
    ID = "id"
    TOKEN = "token"  # noqa: S105  # the kind, not one of them
    SECRET = "secret"  # noqa: S105  # the same
    TEXT = "text"
    NUMBER = "number"
    PART = "part"


_RECOGNISABLE: Final = "user|name|ip|domain|id|token"
PSEUDONYM: Final = re.compile(rf"\b(?P<kind>{_RECOGNISABLE}):(?P<digits>[0-9a-f]{{{_DIGITS}}})\b")
"""A stand-in as stored: `user:` and twelve hex digits. Written between angle brackets, which some formats escape."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes the stand-ins of one installation. `key` is at least 16 random bytes, kept by the edge, never printed."""

    key: bytes = field(repr=False)
    hide_domains: bool = False

    def of(self, kind: Kind, canonical: str) -> str:
        """The stand-in for a value in its canonical form: `<user:0f3a...>`."""
        digest = hmac.new(self.key, f"{kind}\0{canonical}".encode(errors="replace"), hashlib.sha256).hexdigest()
        return f"<{kind}:{digest[:_DIGITS]}>"


@dataclass(frozen=True, slots=True)
class Renumbering:
    """Stand-ins as a reader gets them: `<user:1>`, `<user:2>` in order of appearance."""

    numbers: Mapping[str, str]

    def apply(self, text: str) -> str:
        """The text with every stand-in renumbered."""
        return PSEUDONYM.sub(lambda match: self.numbers.get(match[0], match[0]), text)

    def count(self) -> Mapping[str, int]:
        """How many different stand-ins of each kind there are."""
        return Counter(number.partition(":")[0] for number in set(self.numbers.values()))


def renumbering(texts: Iterable[str], aliases: Iterable[tuple[str, str]]) -> Renumbering:
    """Number the stand-ins of these texts in order; `aliases` are pairs of stand-ins which mean the same person."""
    same: dict[str, str] = {}
    for one, other in aliases:
        root, leaf = _root(same, one.strip("<>")), _root(same, other.strip("<>"))
        if root != leaf:
            same[leaf] = root
    numbers: dict[str, str] = {}
    used: dict[str, int] = {}
    for text in texts:
        for match in PSEUDONYM.finditer(text):
            root = _root(same, match[0])
            if root not in numbers:
                kind = match["kind"]
                used[kind] = used.get(kind, 0) + 1
                numbers[root] = f"{kind}:{used[kind]}"
            numbers[match[0]] = numbers[root]
    return Renumbering(numbers)


def _root(same: Mapping[str, str], name: str) -> str:
    while name in same:
        name = same[name]
    return name
