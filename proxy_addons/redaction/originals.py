"""What was taken out, kept in memory for one purpose: to look for it in what is about to leave.

Nothing here is ever printed: `repr` shows how many there are and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.redaction.pseudonyms import Kind


@dataclass(frozen=True, slots=True)
class Originals:
    """Values that must not leave, with what they are, and the values that may: facts of the same exchange."""

    forbidden: Mapping[str, Kind] = field(default_factory=dict, repr=False)
    facts: frozenset[str] = field(default=frozenset(), repr=False)

    def __len__(self) -> int:
        """How many values must not leave."""
        return len(self.forbidden)

    def __or__(self, other: Originals) -> Originals:
        """The originals of two records; what is a fact in one of them may appear where it is not personal."""
        return Originals({**self.forbidden, **other.forbidden}, self.facts | other.facts)
