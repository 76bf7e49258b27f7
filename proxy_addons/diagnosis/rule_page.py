"""A rule as a page for people: what it says, how it is proved, what looks like it, how it is put right.

Drawn from the rule and its examples alone, so that the page cannot say anything the rule does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.condition import All, AnyOf, Test
from proxy_addons.diagnosis.rule import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from proxy_addons.diagnosis.condition import Condition, Operand
    from proxy_addons.diagnosis.rule import Rule

_PEOPLE: Final = {
    "developer": "the developer",
    "entra-admin": "the Entra admin",
    "exchange-admin": "the Exchange admin",
    "network": "the network team",
    "tenant-admin": "the tenant admin",
}
_VERBS: Final = {
    "is": "is",
    "not_in": "is not",
    "matches": "matches",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "folds_to": "reads (letters and digits only)",
    "same_as": "is the same as",
    "differs_from": "differs from",
    "from": "is on or after",
    "before": "is before",
    "at_least": "is at least",
    "at_most": "is at most",
    "above": "is above",
    "below": "is below",
    "has": "has",
    "has_any": "has any of",
    "has_all": "has all of",
    "lacks": "lacks",
    "lacks_all": "lacks all of",
    "only": "has nothing but",
    "some_match": "has one that matches",
    "none_match": "has none that matches",
}


def _code(text: str) -> str:
    return f"`{text}`"


def condition_lines(condition: Condition, depth: int = 0) -> Iterator[str]:
    """A condition as nested list items in words."""
    indent = "  " * depth
    if isinstance(condition, Test):
        yield f"{indent}- {_test_in_words(condition)}"
    elif isinstance(condition, All):
        for part in condition.parts:
            yield from condition_lines(part, depth)
    elif isinstance(condition, AnyOf):
        yield f"{indent}- any of:"
        for part in condition.parts:
            yield from _group(part, depth + 1)
    else:
        yield f"{indent}- not:"
        yield from condition_lines(condition.part, depth + 1)


def _group(part: Condition, depth: int) -> Iterator[str]:
    """One alternative: a list of its own where it has several parts, so that they are seen to belong together."""
    if isinstance(part, All):
        yield f"{'  ' * depth}- all of:"
        yield from condition_lines(part, depth + 1)
    else:
        yield from condition_lines(part, depth)


def _test_in_words(test: Test) -> str:
    fact = f"`{test.fact}`"
    if test.operator == "present":
        return f"{fact} is {'there' if test.operand else 'absent'}"
    if test.operator == "empty":
        return f"{fact} {'holds nothing' if test.operand else 'holds something'}"
    return f"{fact} {_VERBS[test.operator]} {_operand_in_words(test.operand)}"


def _operand_in_words(operand: Operand) -> str:
    if isinstance(operand, bool):
        return "yes" if operand else "no"
    if isinstance(operand, tuple):
        return " or ".join(f"`{item}`" for item in operand)
    return f"`{operand.pattern if isinstance(operand, re.Pattern) else operand}`"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule's examples add to its page: their names, and the causes it may be taken for."""

    proofs: Sequence[str] = ()
    near_misses: Sequence[str] = ()
    look_alikes: Sequence[str] = ()


def rule_page(rule: Rule, around: Surroundings | None = None, link: Callable[[str], str] = _code) -> str:
    """The page of one cause as Markdown; `link` writes the name of another cause."""
    return "\n".join(_lines(rule, around or Surroundings(), link)) + "\n"


def _lines(rule: Rule, around: Surroundings, link: Callable[[str], str]) -> Iterator[str]:
    yield f"# {rule.id}"
    yield ""
    yield f"**{rule.title}.**"
    yield ""
    yield _in_general(rule.verdict)
    yield ""
    services = ", ".join(rule.services)
    kind = "It only looks like authorization" if rule.lookalike else f"The gate that refuses is {rule.gate.value}"
    yield f"{kind}. Seen with: {services}."
    yield ""
    yield f"The rule is {rule.status.value}, last verified on {rule.verified.isoformat()}."
    if rule.replaces:
        yield f"It takes the place of {', '.join(map(_code, rule.replaces))}."
    yield ""
    yield "## How it shows"
    for signature in rule.signatures:
        yield ""
        yield f"**{signature.certainty.value.capitalize()}** ({signature.basis.value}) when"
        yield ""
        yield from condition_lines(signature.when)
    if rule.against:
        yield ""
        yield "## What speaks against it"
        yield ""
        for objection in rule.against:
            yield f"- {objection.because}"
    yield from _section("What proves it", around.proofs)
    yield from _section("False friends: what looks like it and is not", around.near_misses)
    yield from _section("Causes it is taken for, or found beside", [link(cause) for cause in around.look_alikes])
    yield from _section("It explains better than", [link(cause) for cause in rule.outranks])
    yield from _remedy(rule)


def _section(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {item}" for item in items)


def _remedy(rule: Rule) -> Iterator[str]:
    yield ""
    yield "## What decides it"
    yield ""
    yield _in_general(rule.deciding_test)
    if rule.fix:
        yield ""
        yield "## What to do"
    for step in rule.fix:
        yield ""
        yield f"For {_PEOPLE[step.helper.value]}: {_in_general(step.do)}"
        if step.commands:
            yield ""
            yield "```"
            yield from (_in_general(command) for command in step.commands)
            yield "```"
    if rule.propagation:
        yield ""
        yield f"Takes effect: {rule.propagation}"
    yield from _section("Sources", [f"<{text}>" if text.startswith("https://") else text for text in rule.references])


def _in_general(sentence: str) -> str:
    """A sentence without an exchange to fill it from: placeholders read `<token.audience>`."""
    return PLACEHOLDER.sub(lambda match: f"<{match[1]}>", sentence.strip())
