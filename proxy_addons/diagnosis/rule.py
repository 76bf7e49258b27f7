"""One rule as data: what a YAML file under `rules/` must look like, checked word by word.

The models are strict: an unknown key, a fact outside the vocabulary, a test that does not fit the fact's kind, or a
placeholder nobody can fill is an error of the file, found at load and never in traffic.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from proxy_addons.diagnosis.condition import All, AnyOf, Condition, Not, Test
from proxy_addons.diagnosis.pattern import compile_pattern
from proxy_addons.diagnosis.verdict import Certainty, Gate, Helper
from proxy_addons.evidence.vocabulary import Kind, word_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.diagnosis.condition import Operand

PLACEHOLDER: Final = re.compile(r"\{([a-z][\w.\-]*\.[\w.\-]+)\}")
"""A fact to be filled into a sentence: `{token.audience}`. Other braces (PowerShell's) are left alone."""

_TEXT_TESTS: Final = frozenset(
    [
        "is",
        "not_in",
        "matches",
        "contains",
        "starts_with",
        "ends_with",
        "folds_to",
        "same_as",
        "differs_from",
        "from",
        "before",
        "present",
    ]
)
_NUMBER_TESTS: Final = frozenset(
    ["is", "not_in", "at_least", "at_most", "above", "below", "same_as", "differs_from", "present"]
)
_NAMES_TESTS: Final = frozenset(
    ["has", "has_any", "has_all", "lacks", "lacks_all", "only", "empty", "some_match", "none_match", "present"]
)
TESTS: Final = {
    Kind.TEXT: _TEXT_TESTS,
    Kind.NUMBER: _NUMBER_TESTS,
    Kind.FLAG: frozenset({"is", "present"}),
    Kind.NAMES: _NAMES_TESTS,
}
LIST_TESTS: Final = frozenset({"is", "not_in", "folds_to", "has_any", "has_all", "lacks_all", "only"})
DAY_TESTS: Final = frozenset({"from", "before"})
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
REGEX_TESTS: Final = frozenset({"matches", "some_match", "none_match"})


class Basis(StrEnum):
    """Where a signature comes from."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    CLAIMS = "claims"
    UNVERIFIED = "unverified"


class Status(StrEnum):
    """How far a rule may be relied on."""

    STABLE = "stable"
    EXPERIMENTAL = "experimental"


class ConditionError(ValueError):
    """A condition nobody can hold against facts; `place` is the key path to the mistake inside `when`."""

    def __init__(self, problem: str, place: tuple[str | int, ...]) -> None:
        super().__init__(problem)
        self.place = place


def _parse_at[Parsed](place: str | int, parse: Callable[[], Parsed]) -> Parsed:
    try:
        return parse()
    except ConditionError as error:
        raise ConditionError(str(error), (place, *error.place)) from None
    except ValueError as error:
        raise ConditionError(str(error), (place,)) from None


def parse_condition(item: object) -> Condition:
    """Turn one item of `when` (or a list of them) into a condition; ValueError says what is wrong with it."""
    if isinstance(item, list):
        parts = tuple(_parse_at(index, partial(parse_condition, part)) for index, part in enumerate(item))
        if not parts:
            raise ValueError("an empty list of conditions holds for everything: name at least one")
        return parts[0] if len(parts) == 1 else All(parts)
    if not isinstance(item, dict):
        raise ValueError(  # noqa: TRY004  # pydantic gives a place only to a ValueError
            f"a condition is `fact: test`, not {item!r}"
        )
    conditions = tuple(_parse_at(key, partial(_parse_entry, str(key), value)) for key, value in item.items())
    if not conditions:
        raise ValueError("an empty condition holds for everything: name a fact")
    return conditions[0] if len(conditions) == 1 else All(conditions)


def _parse_entry(key: str, value: object) -> Condition:
    if key in {"any", "all"}:
        if not isinstance(value, list):
            raise ValueError(f"`{key}` takes a list of conditions")
        if not value:
            raise ValueError(f"`{key}` has nothing to choose from: name at least one condition")
        parts = tuple(parse_condition(part) for part in value)
        return AnyOf(parts) if key == "any" else All(parts)
    if key == "not":
        return Not(parse_condition(value))
    word = word_for(key)
    if word is None:
        raise ValueError(f"there is no fact `{key}`; `why403 rules facts` prints those there are")
    tests = value if isinstance(value, dict) else {"is": value}
    if word.kind is Kind.NAMES and not isinstance(value, dict):
        raise ValueError(f"`{key}` is a list of names: say {{has: ...}}, {{lacks: ...}} or another of its tests")
    if not tests:
        raise ValueError(f"`{key}` has no test and so would hold for everything: name one")
    parts = tuple(
        _parse_at(operator, partial(_parse_test, key, word.kind, str(operator), operand))
        for operator, operand in tests.items()
    )
    return parts[0] if len(parts) == 1 else All(parts)


def _parse_test(fact: str, kind: Kind, operator: str, operand: object) -> Test:
    allowed = TESTS[kind]
    if operator not in allowed:
        raise ValueError(f"`{fact}` holds {kind}: its tests are {', '.join(sorted(allowed))}, not `{operator}`")
    if operator in {"same_as", "differs_from"}:
        if word_for(str(operand)) is None:
            raise ValueError(f"there is no fact `{operand}` to compare `{fact}` with")
        return Test(fact, operator, str(operand))
    return Test(fact, operator, _parse_operand(fact, kind, operator, operand))


def _parse_operand(fact: str, kind: Kind, operator: str, operand: object) -> Operand:
    if operator in {"present", "empty"} or kind is Kind.FLAG:
        if not isinstance(operand, bool):
            raise ValueError(f"`{fact}: {operator}` takes true or false, not {operand!r}")
        return operand
    if isinstance(operand, list) and operator not in LIST_TESTS:
        raise ValueError(f"`{fact}: {operator}` takes one value, not a list")
    if operator in REGEX_TESTS:
        try:
            return compile_pattern(operand if isinstance(operand, str) else str(operand))
        except ValueError as error:
            raise ValueError(f"`{fact}: {operator}` {error}") from None
    if operator in DAY_TESTS and not _DAY.fullmatch(str(operand)):
        raise ValueError(f"`{fact}: {operator}` takes a day as 2026-10-01, not {operand!r}")
    listed = operand if isinstance(operand, list) else [operand]
    if kind is Kind.NUMBER:
        if not listed or not all(isinstance(item, int) and not isinstance(item, bool) for item in listed):
            raise ValueError(f"`{fact}` is a number; {operand!r} is not")
        return tuple(listed) if isinstance(operand, list) else int(str(operand))
    if not listed or any(isinstance(item, dict | list | bool) or item is None for item in listed):
        raise ValueError(f"`{fact}: {operator}` takes text or a list of texts, not {operand!r}")
    return tuple(str(item) for item in listed) if isinstance(operand, list) else str(operand)


def _fillable(sentence: str) -> str:
    for name in PLACEHOLDER.findall(sentence):
        if word_for(name) is None:
            raise ValueError(f"there is no fact `{name}` to fill into {{{name}}}")
    return sentence


def _several(value: object) -> object:
    """One name, or a list of them."""
    return (value,) if isinstance(value, str) else value


ParsedCondition = Annotated[Condition, BeforeValidator(parse_condition), WithJsonSchema({})]
Sentence = Annotated[str, AfterValidator(_fillable)]
"""Text that facts may be filled into."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, str_strip_whitespace=True)


class Signature(_Strict):
    """One way a cause shows itself, and how sure that makes us."""

    certainty: Certainty
    basis: Basis
    when: ParsedCondition

    @model_validator(mode="after")
    def _unverified_is_only_possible(self) -> Self:
        if self.basis is Basis.UNVERIFIED and self.certainty is not Certainty.POSSIBLE:
            raise ValueError(f"an unverified signature may only say `possible`, not `{self.certainty}`")
        return self


class Objection(_Strict):
    """What speaks against a cause although its signature matched."""

    when: ParsedCondition
    because: str = Field(min_length=1)


class RuleFix(_Strict):
    """What to do, for whom."""

    helper: Helper = Field(alias="for")
    do: Sentence = Field(min_length=1)
    commands: tuple[Sentence, ...] = ()


class Rule(_Strict):
    """One cause."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=1, max_length=110)
    status: Status
    verified: date
    gate: Gate
    verdict: Sentence = Field(min_length=1)
    signatures: tuple[Signature, ...] = Field(min_length=1)
    services: tuple[Literal["exchange", "graph", "entra", "sharepoint", "other"], ...] = ()
    lookalike: bool = False
    against: tuple[Objection, ...] = ()
    outranks: tuple[str, ...] = ()
    replaces: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    deciding_test: Sentence = Field(min_length=1)
    fix: tuple[RuleFix, ...] = ()
    propagation: str = ""
    references: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.lookalike and self.gate not in {Gate.NONE, Gate.NETWORK}:
            raise ValueError(f"a look-alike has the gate `none` or `network`, not `{self.gate}`")
        if not self.lookalike and self.gate is Gate.NONE:
            raise ValueError("only a look-alike has the gate `none`: say `lookalike: true` or name the gate")
        self._keeps_its_status()
        order = [signature.certainty.weakness for signature in self.signatures]
        if order != sorted(order):
            raise ValueError("the signatures stand strongest first: certain, likely, possible")
        return self

    def _keeps_its_status(self) -> None:
        sure = any(signature.certainty is not Certainty.POSSIBLE for signature in self.signatures)
        sourced = any(signature.basis is not Basis.UNVERIFIED for signature in self.signatures)
        if self.status is Status.EXPERIMENTAL and sure:
            raise ValueError("an experimental rule may only say `possible`: lower its signatures or call it stable")
        if self.status is Status.STABLE and not sourced:
            raise ValueError("a stable rule has a signature somebody has documented or seen; call it experimental")

    def sentences(self) -> tuple[str, ...]:
        """Every text a fact may be filled into."""
        steps = (text for step in self.fix for text in (step.do, *step.commands))
        return (self.verdict, self.deciding_test, *steps)
