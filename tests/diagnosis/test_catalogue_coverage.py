from __future__ import annotations

import pytest

from proxy_addons.diagnosis.catalogue_coverage import Because, coverage_page, gaps, read_catalogue
from proxy_addons.diagnosis.ruleset import RuleError

TEXT = """\
sections:
  - title: Tokens
    causes: [a, b]
  - title: Mail
    causes: [c]
without_rule:
  b: {because: merged, reason: It is the same., rules: [a]}
  c: {because: invisible, reason: It is no HTTP.}
"""
CATALOGUE = read_catalogue("x.yaml", TEXT)


def test_a_catalogue_lists_its_causes_in_order() -> None:
    assert CATALOGUE.causes == ("a", "b", "c")


def test_the_table_links_rules_and_tells_reasons() -> None:
    page = coverage_page(CATALOGUE, {"a": "graph"})

    assert "3 causes are known; 1 have a rule under their own id" in page
    assert "| `a` | [a](causes/graph/a.md) | |\n" in page
    assert "| `b` | no | under another id: It is the same. See [a](causes/graph/a.md). |\n" in page
    assert "| `c` | no | not visible in HTTP: It is no HTTP. |\n" in page


def test_a_cause_without_rule_and_reason_is_shown_as_undecided() -> None:
    page = coverage_page(read_catalogue("x.yaml", TEXT.replace("  c:", "  d:")), {})

    assert "| `c` | **no** | not decided |" in page
    assert "See `a`." in page


@pytest.mark.parametrize("because", Because)
def test_every_kind_of_reason_has_words(because: Because) -> None:
    page = coverage_page(read_catalogue("x.yaml", TEXT.replace("invisible", because)), {"a": "graph"})

    assert ": It is no HTTP. |" in page


def test_an_honest_table_has_no_gaps() -> None:
    assert gaps(CATALOGUE, ["a"]) == ()


@pytest.mark.parametrize(
    ("text", "rules", "gap"),
    [
        (TEXT.replace("  c:", "  b2:"), ["a"], "c has neither a rule nor a reason"),
        (TEXT, ["a", "c"], "c has a rule and a reason to have none"),
        (TEXT.replace("  c:", "  d:"), ["a", "c"], "d is in no section"),
        (TEXT.replace("rules: [a]", "rules: [z]"), ["a"], "b names the rule z, which is not there"),
        (TEXT, ["a", "z"], "the rule z is in no section"),
    ],
)
def test_every_gap_is_told(text: str, rules: list[str], gap: str) -> None:
    assert gap in gaps(read_catalogue("x.yaml", text), rules)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (TEXT.replace("[c]", "[a]"), "x.yaml:5:14: `a` is listed already: a cause has one section"),
        (TEXT.replace("merged", "lost"), "x.yaml:7:7: without_rule.b.because: input should be 'merged'"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(RuleError) as raised:
        read_catalogue("x.yaml", text)

    assert str(raised.value).startswith(complaint)
