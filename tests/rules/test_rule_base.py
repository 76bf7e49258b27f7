"""Every example of the shipped rule base is run; a case is named by its file and its own sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy_addons.diagnosis.examination import NOBODY, examine, leaders
from proxy_addons.diagnosis.examples import Held, missing_examples, read_cases
from proxy_addons.diagnosis.ruleset import EXAMPLES_SUFFIX, FOLDERS, load
from proxy_addons.diagnosis.verdict import Certainty
from proxy_addons.intake.rule_files import read_texts

TEXTS = read_texts()
RULESET = load(TEXTS)
EXAMINATION = examine(read_cases(TEXTS), RULESET)


@pytest.mark.parametrize(
    "held", EXAMINATION.held, ids=[f"{each.case.path}: {each.case.example.name}" for each in EXAMINATION.held]
)
def test_an_example_proves_what_it_says(held: Held) -> None:
    assert held.problem == ""


def test_no_healthy_exchange_is_called_a_failure() -> None:
    assert EXAMINATION.healthy
    assert [cell for cell in leaders(EXAMINATION.healthy) if cell != ("healthy", NOBODY)] == []


def test_no_rule_leads_in_a_near_miss_of_its_own() -> None:
    assert [(cause, leader) for cause, leader in leaders(EXAMINATION.near_misses) if cause == leader] == []


def test_another_cause_leads_in_a_proof_only_where_the_example_says_so() -> None:
    confused = [
        f"{each.case.path}: {each.case.example.name}: {each.leader}"
        for each in EXAMINATION.proofs
        if each.leader != (each.case.example.top or each.case.cause) and each.case.example.leads
    ]

    assert confused == []


def test_a_cause_that_never_leads_is_named_with_the_reason() -> None:
    page = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")
    section = page.partition("## Causes that never stand first")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    named = sorted(cause for row in rows for cause in re.findall(r"`([a-z0-9-]+)`", row))

    assert named == list(EXAMINATION.never_leading)
    assert f"These {len(named)} rules lead in none of their own examples" in section


def test_every_cause_is_proved() -> None:
    assert missing_examples(TEXTS, RULESET) == ()


def test_every_file_below_the_rules_is_a_rule_its_examples_a_table_or_the_healthy_corpus() -> None:
    strays = [path for path in TEXTS if path.split("/")[0] not in {*FOLDERS, "healthy", "permissions", "reference"}]

    assert strays == []


def test_every_examples_file_stands_beside_its_rule() -> None:
    examples = [path for path in TEXTS if path.endswith(EXAMPLES_SUFFIX)]

    assert [path for path in examples if f"{path.removesuffix(EXAMPLES_SUFFIX)}.yaml" not in TEXTS] == []


def test_certainty_rests_on_something_somebody_has_seen_or_written_down() -> None:
    unverified = [
        rule.id
        for rule in RULESET.rules
        for signature in rule.signatures
        if signature.basis.value == "unverified" and signature.certainty is not Certainty.POSSIBLE
    ]

    assert unverified == []


def test_whoever_can_only_guess_says_what_decides() -> None:
    assert [rule.id for rule in RULESET.rules if not rule.deciding_test.strip()] == []


@pytest.mark.parametrize(("folder", "prefixes"), [("entra", ("entra-",)), ("graph", ("graph-", "lookalike-"))])
def test_a_cause_is_named_after_its_folder(folder: str, prefixes: tuple[str, ...]) -> None:
    inside = [path.removeprefix(f"{folder}/") for path in TEXTS if path.startswith(f"{folder}/")]
    outside = [path.rpartition("/")[2] for path in TEXTS if path.startswith("exchange/")]

    assert [name for name in inside if not name.startswith(prefixes)] == []
    assert [name for name in outside if name.startswith(prefixes)] == []
