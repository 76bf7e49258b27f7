"""What was taken out, kept in memory for one purpose: to look for it in what is about to leave.

Nothing here is ever printed: `repr` shows how many there are and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pseudonyms import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class Originals:
    """Values that must not leave, with what they are, and the values that may: facts of the same exchange.

    `object_ids` are the ids of people (GUIDs, folded) with their stand-ins: in another exchange such an id may stand
    where nothing tells that it is a person's.
    """

    forbidden: Mapping[str, Kind] = field(default_factory=dict, repr=False)
    facts: frozenset[str] = field(default=frozenset(), repr=False)
    object_ids: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """How many values must not leave."""
        return len(self.forbidden)

    def __or__(self, other: Originals) -> Originals:
        """The originals of two records; what is a fact in one of them may appear where it is not personal."""
        return Originals(
            {**self.forbidden, **other.forbidden},
            self.facts | other.facts,
            {**self.object_ids, **other.object_ids},
        )


def may_appear(value: str, kind: Kind, facts: Collection[str]) -> bool:
    """Whether a forbidden value (folded) may appear all the same, because it is a fact that was not known as one.

    That holds for what was masked for want of a rule, and for ids: a client that sends its own id as secret has none.
    """
    unknown = kind in {Kind.TEXT, Kind.ID, Kind.DOMAIN} or (kind is Kind.SECRET and GUID.fullmatch(value) is not None)
    return unknown and value in facts
