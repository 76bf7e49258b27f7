from __future__ import annotations

from proxy_addons.diagnosis.cause_pages import INDEX, cause_pages, surroundings
from proxy_addons.diagnosis.examination import examine
from proxy_addons.diagnosis.examples import read_cases
from proxy_addons.diagnosis.ruleset import load
from tests.diagnosis.test_examination import TEXTS

RULES = {rule.id: rule for rule in load(TEXTS).rules}
EXAMINATION = examine(read_cases(TEXTS), load(TEXTS))
PAGES = cause_pages(RULES, {"one": "graph", "two": "graph", "six": "exchange"}, EXAMINATION)


def test_every_cause_has_its_page_and_all_have_an_index() -> None:
    assert sorted(PAGES) == [INDEX, "exchange/six.md", "graph/one.md", "graph/two.md"]


def test_a_page_links_the_causes_it_is_taken_for() -> None:
    assert "- [`one`](one.md): A refusal\n- [`six`](../exchange/six.md): A refusal\n" in PAGES["graph/two.md"]


def test_a_page_says_what_it_is_drawn_from() -> None:
    assert PAGES["graph/two.md"].endswith(
        "<!-- Drawn by `why403 rules docs` from rules/graph/two.yaml and its examples: changes belong there. -->\n"
    )


def test_a_page_names_the_examples_of_its_rule() -> None:
    around = surroundings(RULES["one"], EXAMINATION)

    assert (around.proofs, around.near_misses) == (["a", "fails"], ["b", "c", "d"])


def test_the_index_groups_by_service_and_leaves_out_what_is_empty() -> None:
    index = PAGES[INDEX]

    assert "## Exchange\n\n| cause |" in index
    assert "| [`one`](graph/one.md) | A refusal | permission | stable |\n" in index
    assert "## Entra ID" not in index


def test_a_look_alike_and_a_title_with_a_bar_fit_into_the_index() -> None:
    rule = RULES["one"].model_copy(update={"lookalike": True, "title": "This | that"})

    index = cause_pages({"one": rule}, {"one": "graph"}, EXAMINATION)[INDEX]

    assert "| This \\| that | looks like one only | stable |" in index


def test_a_cause_that_is_not_there_is_named_without_a_link() -> None:
    page = cause_pages({"two": RULES["two"]}, {"two": "graph"}, EXAMINATION)["graph/two.md"]

    assert "- `six`\n" in page
