"""What one redaction has learnt about one exchange: who and what must not leave, what may, and what was removed where.

The only thing in this storey that changes while it is used. It lives for one exchange and is turned into frozen values
at the end.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.field_rules import RULES, fold
from proxy_addons.redaction.identity import (
    ADDRESS,
    MARKED,
    canonical_ip,
    canonical_name,
    folded_user,
    forms,
    is_nobody,
    plain_form,
)
from proxy_addons.redaction.lexicon import ALSO_NAMES, is_public_name, is_public_text, is_public_word
from proxy_addons.redaction.masks import GUID, length_class, mask
from proxy_addons.redaction.originals import Originals, may_appear
from proxy_addons.redaction.pseudonyms import Kind, Pseudonyms
from proxy_addons.redaction.wire_words import WireWords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST_SECRET: Final = 6
"""Secrets below this length are masked but not swept for: they would be found in any text."""
SHORTEST_TEXT: Final = 8
"""The same for values that are masked because nobody knows what they are."""
_SHORTEST_NAME: Final = 3
_GATHERED: Final = 65536
_WIRE_WORDS: Final = re.compile(r"[^\W_]+")
_WORDS: Final = re.compile(r"[^\W\d_]+")
_AROUND: Final = 128
_ADDRESSES_AT_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Removal:
    """How many values of one kind were removed at one place (`request header Authorization`, `response body`)."""

    kind: Kind
    place: str
    count: int


@dataclass(frozen=True, slots=True)
class DroppedPart:
    """A part nobody could read, left out whole: where, how large, and why."""

    place: str
    size: str
    reason: str


class Ledger:
    """Notes of one redaction. `place` names the part being read, for the counts."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self.pseudonyms = pseudonyms
        self.place = ""
        self.facts: set[str] = set()
        self.surfaces: dict[str, str] = {}  # every spelling of somebody, folded
        self.tokens: dict[str, Mapping[str, object]] = {}
        self.aliases: set[tuple[str, str]] = set()
        self.wire = WireWords()
        self.people: set[str] = set()  # words of the names of persons
        self._shared: set[str] = set()  # those which a domain has in its name as well
        self.phrases: dict[str, str] = {}  # those of more than one word
        self._users: dict[str, str] = {}
        self._forbidden: dict[str, Kind] = {}
        self._folded: dict[str, Kind] = {}
        self._counts: Counter[tuple[Kind, str]] = Counter()
        self._dropped: list[DroppedPart] = []
        self._names: dict[str, bool] = {}

    def see(self, raw: str) -> None:
        """Note what the wire said, in the forms a reader may have decoded it to, to tell its words from ours."""
        self.wire.add(raw)

    def fact(self, value: str) -> str:
        """Note a value that may leave wherever it appears again, and give it back."""
        self.facts.add(value.casefold())
        return value

    def user(self, raw: str) -> str:
        """A user in any spelling; gives the stand-in."""
        known = self._users.get(raw)
        if known is not None:
            self.count(Kind.USER)
            return known
        plain = plain_form(raw)
        canonical = folded_user(plain)
        if not canonical:
            return self.text(raw)
        if is_nobody(plain):
            return self._nobody(raw)
        shown = self._users[raw] = self._stand_in(Kind.USER, canonical)
        for form in forms(raw, plain):
            self._forbid(form, Kind.USER, shown, SHORTEST_SECRET)
        self._own_domain(plain)
        return shown

    def _nobody(self, raw: str) -> str:
        mailbox, at, domain = raw.partition("@")
        return f"{self.fact(mailbox)}{at}{self.domain(domain) if domain else ''}"

    def name(self, raw: str, *, person: bool = False) -> str:
        """A name somebody gave to something, or of a `person`: then no word of it may show in a host or a product."""
        if not raw.strip():
            return raw
        shown = self._stand_in(Kind.NAME, canonical_name(raw))
        self._forbid(raw.strip(), Kind.NAME, shown, SHORTEST_SECRET)
        for word in raw.casefold().replace(",", " ").split():
            if len(word) >= _SHORTEST_NAME and not is_public_text(word):
                self.surfaces.setdefault(word, shown)
                self.people |= {word} if person else set()
        self.gather(raw)
        return shown

    def ip(self, raw: str) -> str:
        """An IP address."""
        canonical = canonical_ip(raw) or raw.casefold()
        shown = self._stand_in(Kind.IP, canonical)
        for form in {raw.strip(), canonical}:
            self._forbid(form, Kind.IP, shown, SHORTEST_SECRET)
        return shown

    def domain(self, raw: str) -> str:
        """A domain of somebody's own; kept unless this installation hides domains or a person shows in it."""
        folded = raw.casefold()
        labels = set(_WIRE_WORDS.findall(folded))
        personal = any(word in labels or (len(word) >= SHORTEST_SECRET and word in folded) for word in self.people)
        if not self.pseudonyms.hide_domains and not personal:
            return self.fact(raw)
        return self.hidden_domain(raw)

    def hidden_domain(self, raw: str) -> str:
        """A domain nobody vouches for, or one this installation hides."""
        folded = raw.casefold()
        shown = self._stand_in(Kind.DOMAIN, folded)
        self._forbid(folded, Kind.DOMAIN, shown, SHORTEST_SECRET)
        return shown

    def _own_domain(self, plain: str) -> None:
        """The domain of an address is the organisation's and may be shown alone, unless it holds part of the name."""
        local, at, domain = plain.rpartition("@")
        words = {word for word in _WORDS.findall(local) if len(word) >= _SHORTEST_NAME and not is_public_word(word)}
        vain = {word for word in words if word in domain}
        self.people |= words
        self._shared |= vain
        if at and not self.pseudonyms.hide_domains and not vain:
            self.fact(domain)

    def opaque_id(self, raw: str) -> str:
        """An id whose form is nobody's business: mailbox and item ids carry addresses and GUIDs inside."""
        shown = self._stand_in(Kind.ID, raw)
        self._forbid(raw, Kind.ID, shown, SHORTEST_TEXT)
        return shown

    def token(self, raw: str) -> str:
        """A credential that is worth recognising when it is sent again."""
        shown = self._stand_in(Kind.TOKEN, raw)
        self._forbid(raw, Kind.TOKEN, shown, SHORTEST_SECRET)
        return shown

    def secret(self, raw: str) -> str:
        """A password, cookie, key or code."""
        return self._masked(Kind.SECRET, raw, SHORTEST_SECRET)

    def text(self, raw: str) -> str:
        """A value nobody vouches for."""
        self.gather(raw)
        return self._masked(Kind.TEXT, raw, SHORTEST_TEXT)

    def number(self) -> str:
        """A number nobody vouches for: a salary looks like a size."""
        self.count(Kind.NUMBER)
        return "<number>"

    def gather(self, raw: str) -> None:
        """Note every address in a text that is not shown, because other places may echo it."""
        for address in islice(_addresses(raw[:_GATHERED]), _ADDRESSES_AT_MOST):
            plain = plain_form(address)
            if is_nobody(plain):
                continue
            shown = self.pseudonyms.of(Kind.USER, folded_user(plain))
            for form in forms(address, plain):
                self._forbid(form, Kind.USER, shown, SHORTEST_SECRET)

    def drop(self, size: int, reason: str) -> None:
        """Note that the part being read is left out."""
        self.count(Kind.PART)
        self._dropped.append(DroppedPart(self.place, length_class(size), reason))

    def count(self, kind: Kind) -> None:
        """Count one removal at the current place."""
        self._counts[kind, self.place] += 1

    def is_public_name(self, name: str) -> bool:
        """Whether a name of a field may be shown; remembered, because bodies repeat their names."""
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = fold(name) in RULES or is_public_name(name)
        return known

    def survives_in(self, text: str) -> bool:
        """Whether a finished text still holds something forbidden as it was; the encodings are left to the sweep."""
        folded = text.casefold()
        if any(form in folded and not may_appear(form, kind, self.facts) for form, kind in self._folded.items()):
            return True
        return any(word in folded and _stands_in(word, folded) for word in self.people - self._shared)

    def originals(self) -> Originals:
        """What must not be found in the result."""
        object_ids = {
            form: self.surfaces[form]
            for form, kind in self._folded.items()
            if kind is Kind.USER and GUID.fullmatch(form)
        }
        return Originals(self._forbidden, frozenset(self.facts), object_ids)

    def removals(self) -> tuple[Removal, ...]:
        """What was removed, by kind and place."""
        return tuple(Removal(kind, place, count) for (kind, place), count in sorted(self._counts.items()))

    def dropped(self) -> tuple[DroppedPart, ...]:
        """The parts that were left out."""
        return tuple(self._dropped)

    def _stand_in(self, kind: Kind, canonical: str) -> str:
        self.count(kind)
        return self.pseudonyms.of(kind, canonical)

    def _masked(self, kind: Kind, raw: str, shortest: int) -> str:
        if raw:
            self.count(kind)
            public = is_public_word(raw) if kind is Kind.SECRET else is_public_text(raw)
            if len(raw) >= shortest and not public:
                self._remember(raw, kind)
        return mask(kind, raw)

    def _forbid(self, form: str, kind: Kind, shown: str, shortest: int) -> None:
        """Note a form that must not be found again; public words are exempt, or the word `Default` would be a user."""
        folded = form.casefold()
        if is_public_text(form) and not (kind is Kind.NAME and _reads_like_a_person(folded)):
            return
        if len(form) >= _SHORTEST_NAME:
            self.surfaces.setdefault(folded, shown)
            if not folded.isalnum():
                self.phrases.setdefault(folded, shown)
        if len(form) >= shortest:
            self._remember(form, kind)

    def _remember(self, form: str, kind: Kind) -> None:
        self._forbidden.setdefault(form, kind)
        self._folded.setdefault(form.casefold(), kind)


def _addresses(text: str) -> Iterator[str]:
    """Every address of a text, once; looked for around its marks only, because the pattern is slow on long texts."""
    seen: set[str] = set()
    for mark in ("@", "%40"):
        at = text.find(mark)
        while at >= 0:
            # A run of marks, of which a hostile body is made, is no reason to look around each of them.
            found = MARKED.match(text, at - 1) if at else None
            found = found and ADDRESS.search(text[max(0, at - _AROUND) : at + 4 * _AROUND])
            if found and found[0] not in seen:
                seen.add(found[0])
                yield found[0]
            at = text.find(mark, at + 1)


def _stands_in(word: str, folded: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", folded) is not None


def _reads_like_a_person(folded: str) -> bool:
    """Whether a name of public words is a person's all the same: two words, each of them a name as well."""
    words = folded.replace(",", " ").split()
    return len(words) > 1 and all(word in ALSO_NAMES for word in words)
