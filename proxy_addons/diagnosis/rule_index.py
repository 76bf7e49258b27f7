"""Which rules need to be asked about an exchange: by service, surface and status, so that most never are.

Nothing in a rule says where it belongs. Each signature is asked once with only those three facts known; where that is
enough for "no match", no other fact can change it, for in three-valued logic what is learnt later never turns a
decision around. Everything else stays, so that what the index leaves out could have said nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.condition import Outcome
from proxy_addons.evidence.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.diagnosis.rule import Rule, Signature

_BY: Final = ("service.name", "service.surface", "response.status")
_MOST: Final = 512
"""Combinations kept. A server may make up status codes; what comes after so many is worked out each time."""

Candidates = tuple[tuple["Rule", tuple["Signature", ...]], ...]
"""Rules with those of their signatures that may still match."""


@dataclass(frozen=True, slots=True)
class RuleIndex:
    """The rules of a rule base by what may be asked of them; each answer is worked out once and kept."""

    rules: tuple[Rule, ...]
    by_id: Mapping[str, Rule] = field(init=False, repr=False)
    _candidates: dict[tuple[object, ...], Candidates] = field(init=False, repr=False, default_factory=dict)
    _outranked: dict[str, frozenset[str]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out the rules by id."""
        object.__setattr__(self, "by_id", MappingProxyType({rule.id: rule for rule in self.rules}))

    def candidates(self, facts: Facts) -> Candidates:
        """The rules of the exchange's service that may match or remain open, in the order of the rule base."""
        known = tuple(fact for name in _BY if (fact := facts.by_name.get(name)) is not None)
        key = tuple((fact.name, fact.value) for fact in known)
        found = self._candidates.get(key)
        if found is None:
            found = self._selected(facts.text("service.name"), Facts({fact.name: fact for fact in known}))
            if len(self._candidates) < _MOST:
                self._candidates[key] = found
        return found

    def _selected(self, service: str, known: Facts) -> Candidates:
        asked = (
            (rule, tuple(each for each in rule.signatures if each.when.ask(known) is not Outcome.NO_MATCH))
            for rule in self.rules
            if service in rule.services
        )
        return tuple((rule, signatures) for rule, signatures in asked if signatures)

    def outranked(self, cause: str) -> frozenset[str]:
        """Every cause that comes after this one, directly or through others."""
        found = self._outranked.get(cause)
        if found is None:
            found = self._outranked[cause] = outranked(self.by_id, cause)
        return found


def outranked(rules: Mapping[str, Rule], cause: str) -> frozenset[str]:
    """Every cause that comes after this one, directly or through others; empty for one nobody knows."""
    found: set[str] = set()
    waiting = list(rules[cause].outranks) if cause in rules else []
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting.extend(rules[other].outranks if other in rules else ())
    return frozenset(found)
