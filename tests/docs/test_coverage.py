from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy_addons.intake.rule_files import read_rules

COVERAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
ROWS = [line for line in COVERAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "`" in line]


@pytest.fixture(scope="module")
def causes() -> frozenset[str]:
    return frozenset(rule.id for rule in read_rules().rules)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:60])
def test_every_statement_of_the_guidance_is_met_by_rules_that_exist(row: str, causes: frozenset[str]) -> None:
    named = re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+|undetermined)`", row.split("|")[2])

    assert named
    assert set(named) - {"undetermined"} <= causes
