"""JSON rebuilt member by member: names that are public, values by the rule of their name.

Duplicate names are kept as sent, because a server and a client may each have read another one. Numbers nobody can hold
and constants JSON does not have (`NaN`) are masked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.field_rules import Treatment, fold, rule_for
from proxy_addons.redaction.fields import treat
from proxy_addons.redaction.header_rules import clean_header
from proxy_addons.redaction.pieces import Pieces, escaped, in_json
from proxy_addons.redaction.scope import DEEPEST, UnreadableError

if TYPE_CHECKING:
    from proxy_addons.redaction.ledger import Ledger
    from proxy_addons.redaction.scope import Scope

_NODES_AT_MOST: Final = 600
_LONGEST_NUMBER: Final = 20
_ERROR_MEMBERS: Final = frozenset(
    "error errors innererror innerexception internalexception odataerror fault exception details innererrors".split()
)
_REFUSED: Final = 400
_HANDED_DOWN: Final = frozenset(
    {Treatment.SECRET, Treatment.TOKEN, Treatment.NAME, Treatment.PERSON, Treatment.USER, Treatment.PROSE}
)


@dataclass(frozen=True, slots=True)
class _Object:
    members: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class _Unheld:
    """A number or constant no JSON reader can be trusted with."""


def clean_json(text: str, scope: Scope, ledger: Ledger) -> Pieces:
    """A JSON document as it may be shown; `UnreadableError` where it is none."""
    try:
        tree: object = json.loads(
            text,
            object_pairs_hook=lambda members: _Object(tuple(members)),
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=lambda _: _Unheld(),
        )
    except RecursionError as error:
        raise UnreadableError("JSON nested too deep") from error
    except ValueError as error:
        raise UnreadableError("no JSON") from error
    writer = _Writer(ledger)
    writer.value(tree, None, scope, "")
    return writer.out


def _integer(digits: str) -> int | _Unheld:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else _Unheld()


def _fraction(digits: str) -> float | _Unheld:
    return float(digits) if len(digits) <= _LONGEST_NUMBER else _Unheld()


@dataclass(slots=True)
class _Writer:
    ledger: Ledger
    out: Pieces = field(default_factory=list)
    left: int = _NODES_AT_MOST

    def value(self, value: object, rule: Treatment | None, scope: Scope, name: str) -> None:
        if isinstance(value, _Object):
            self._object(value, rule, scope, name)
        elif isinstance(value, list):
            self._list(value, rule, scope, name)
        elif isinstance(value, str):
            self.out += ['"', *escaped(self._text(value, rule, scope), in_json), '"']
        elif value is None or isinstance(value, bool):
            self.out.append(json.dumps(value))
        else:
            self._number(value, rule)

    def _object(self, value: _Object, rule: Treatment | None, scope: Scope, name: str) -> None:
        self.out.append("{")
        inner = scope.inside(in_error=scope.in_error or _refused(value))
        first = True
        for member, content in value.members:
            if not self._room(scope):
                break
            self.out.append("" if first else ",")
            first = False
            public = self.ledger.is_public_name(member)
            shown = self.ledger.fact(member) if public else self._unknown_name(member)
            self.out.append(f'"{in_json(shown)}":')
            if fold(name) == "headers" and isinstance(content, str):
                pieces = clean_header(member, content, self.ledger)
                self.out += ['"', *escaped(pieces, in_json), '"']
                continue
            self._member(member, content, rule, inner)
        self.out.append("}")

    def _member(self, member: str, content: object, above: Treatment | None, scope: Scope) -> None:
        rule = rule_for(member, in_error=scope.in_error)
        if rule in {None, Treatment.PROSE} and above in _HANDED_DOWN:
            rule = above
        within = scope.inside(in_error=scope.in_error or fold(member) in _ERROR_MEMBERS)
        self.value(content, rule, within, member)

    def _unknown_name(self, member: str) -> str:
        pieces = treat(Treatment.CONTENT, member, self.ledger)
        return "".join(piece if isinstance(piece, str) else self.ledger.opaque_id(piece.text) for piece in pieces)

    def _list(self, value: list[object], rule: Treatment | None, scope: Scope, name: str) -> None:
        self.out.append("[")
        for number, item in enumerate(value):
            if not self._room(scope):
                break
            self.out.append("," if number else "")
            self.value(item, rule, scope.inside(in_error=scope.in_error), name)
        self.out.append("]")

    def _room(self, scope: Scope) -> bool:
        """Whether more may be shown; what is left out is counted as text that was removed."""
        self.left -= 1
        return self.left > 0 and scope.depth < DEEPEST

    def _number(self, value: object, rule: Treatment | None) -> None:
        plain = isinstance(value, int | float) and rule in _NUMBERS
        if plain:
            self.ledger.fact(str(value))
        self.out.append(json.dumps(value) if plain else f'"{self.ledger.number()}"')

    def _text(self, value: str, rule: Treatment | None, scope: Scope) -> Pieces:
        if rule not in _NOT_DOCUMENTS:
            embedded = scope.embedded(value, scope, self.ledger)
            if embedded is not None:
                return embedded
        return treat(rule or Treatment.CONTENT, value, self.ledger)


_NUMBERS: Final = frozenset({Treatment.NUMBER, Treatment.TIME, Treatment.CODE, Treatment.FACT_ID})
_NOT_DOCUMENTS: Final = frozenset(
    {
        Treatment.SECRET,
        Treatment.TOKEN,
        Treatment.USER,
        Treatment.NAME,
        Treatment.PERSON,
        Treatment.OPAQUE_ID,
        Treatment.CLAIMS,
    }
)


def _refused(value: _Object) -> bool:
    """Whether an object describes a refused answer: an item of a $batch with a status of 400 or more."""
    return any(
        name.casefold() in {"status", "statuscode"} and isinstance(content, int) and content >= _REFUSED
        for name, content in value.members
    )
