from __future__ import annotations

import pytest

from proxy_addons.diagnosis import condition
from proxy_addons.diagnosis.condition import OPERATORS
from proxy_addons.diagnosis.rule import Rule, parse_condition
from proxy_addons.diagnosis.rule_page import Surroundings, condition_lines, rule_page
from proxy_addons.intake.rule_files import read_rules

RULE = Rule.model_validate(
    {
        "id": "token-for-another",
        "title": "The token is for another API",
        "status": "stable",
        "verified": "2026-11-21",
        "gate": "audience",
        "services": ["graph"],
        "verdict": "The audience is {token.audience}.",
        "signatures": [
            {"certainty": "certain", "basis": "documented", "when": [{"token.audience_matches": False}]},
            {"certainty": "possible", "basis": "unverified", "when": [{"response.status": [401, 403]}]},
        ],
        "against": [{"when": [{"error.code": "X"}], "because": "The service named another reason."}],
        "outranks": ["something-else"],
        "deciding_test": "Decode the token.",
        "fix": [{"for": "developer", "do": "Ask for {service.audiences}.", "commands": ["Get-Token"]}],
        "propagation": "At once.",
        "references": ["https://example.com/page", "a talk"],
    }
)


def words(item: object) -> list[str]:
    return list(condition_lines(parse_condition(item)))


def test_a_page_tells_the_cause_its_proof_and_its_remedy() -> None:
    around = Surroundings(["a Graph token on Exchange"], ["the right audience"], ["token-of-another"])
    page = rule_page(RULE, around)

    assert page.startswith("# token-for-another\n\n**The token is for another API.**\n")
    assert "**Certain** (documented) when\n\n- `token.audience_matches` is no" in page
    assert "**Possible** (unverified) when\n\n- `response.status` is `401` or `403`" in page
    assert "- The service named another reason." in page
    assert "## What proves it\n\n- a Graph token on Exchange" in page
    assert "## False friends: what looks like it and is not\n\n- the right audience" in page
    assert "## Causes it is taken for, or found beside\n\n- `token-of-another`" in page
    assert "## It explains better than\n\n- `something-else`" in page
    assert "The rule is stable, last verified on 2026-11-21." in page
    assert "For the developer: Ask for <service.audiences>.\n\n```\nGet-Token\n```" in page
    assert "Takes effect: At once." in page
    assert "- <https://example.com/page>\n- a talk" in page


def test_a_page_without_a_remedy_ends_with_what_decides() -> None:
    plain = RULE.model_copy(update={"against": (), "outranks": (), "fix": (), "propagation": "", "references": ()})

    assert rule_page(plain).endswith("## What decides it\n\nDecode the token.\n")


def test_other_causes_are_linked_as_the_surroundings_want_it() -> None:
    around = Surroundings(look_alikes=["token-of-another"])

    page = rule_page(RULE, around, lambda cause: f"[{cause}]({cause}.md)")

    assert "- [token-of-another](token-of-another.md)" in page
    assert "- [something-else](something-else.md)" in page


def test_the_page_of_a_rule_that_replaces_others_names_them() -> None:
    page = rule_page(RULE.model_copy(update={"replaces": ("one", "two")}))

    assert "last verified on 2026-11-21.\nIt takes the place of `one`, `two`.\n" in page


def test_the_page_of_a_look_alike_says_so() -> None:
    assert "It only looks like authorization." in rule_page(RULE.model_copy(update={"lookalike": True}))


def test_alternatives_with_several_parts_are_seen_to_belong_together() -> None:
    item = {"any": [{"token.kind": "jwt"}, {"all": [{"token.kind": "jwe"}, {"error.code": {"present": False}}]}]}

    assert words(item) == [
        "- any of:",
        "  - `token.kind` is `jwt`",
        "  - all of:",
        "    - `token.kind` is `jwe`",
        "    - `error.code` is absent",
    ]


def test_what_must_not_hold_is_set_apart() -> None:
    assert words({"not": {"token.roles": {"empty": True}}}) == ["- not:", "  - `token.roles` holds nothing"]


def test_something_held_and_something_there_are_said_in_words() -> None:
    item = [{"token.roles": {"empty": False}}, {"error.code": {"present": True}}]

    assert words(item) == ["- `token.roles` holds something", "- `error.code` is there"]


def test_a_pattern_is_shown_as_it_was_written() -> None:
    assert words({"error.message": {"matches": "a|b"}}) == ["- `error.message` matches `a|b`"]


@pytest.mark.parametrize("operator", sorted(OPERATORS.keys() - {"present", "empty"}))
def test_every_test_has_words(operator: str) -> None:
    assert next(condition_lines(condition.Test("error.code", operator, "x"))).endswith("`x`")


def test_every_rule_has_a_page() -> None:
    assert all(rule_page(rule).count("\n") > 10 for rule in read_rules().rules)
