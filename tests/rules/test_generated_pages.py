"""What is drawn from the rules and committed is what the rules say now; a failure's message says how to renew it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from proxy_addons.cli.rules import folders_of_causes
from proxy_addons.cli.rules_examination import examined
from proxy_addons.diagnosis.catalogue_coverage import CATALOGUE, coverage_page, gaps, read_catalogue
from proxy_addons.diagnosis.cause_pages import cause_pages
from proxy_addons.diagnosis.rule_schema import rule_schema
from proxy_addons.diagnosis.ruleset import EXAMPLES_SUFFIX, FOLDERS, read_yaml
from proxy_addons.intake.rule_files import read_rules, read_texts
from tests.infrastructure.tree import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

DOCS = REPOSITORY / "docs"
CAUSES = DOCS / "causes"
TEXTS = read_texts()
RULESET = read_rules()
FOLDER_OF = folders_of_causes(None, shipped=True)
CATALOGUE_READ = read_catalogue(CATALOGUE, TEXTS[CATALOGUE])


def committed(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def test_the_pages_of_the_causes_are_current() -> None:
    examination, _ = examined(None, RULESET)
    drawn = cause_pages({rule.id: rule for rule in RULESET.rules}, FOLDER_OF, examination)
    stale = [path for path, page in drawn.items() if committed(CAUSES / path) != page]

    assert stale == [], "renew them with: why403 rules docs docs/causes"


def test_no_page_is_left_of_a_cause_that_is_gone() -> None:
    pages = {path.relative_to(CAUSES).as_posix() for path in CAUSES.rglob("*.md")}

    assert pages == {"README.md", *(f"{folder}/{cause}.md" for cause, folder in FOLDER_OF.items())}


def test_the_published_schema_of_a_rule_is_current() -> None:
    published = json.loads(committed(DOCS / "rule.schema.json"))

    assert published == rule_schema(), "renew it with: why403 rules schema > docs/rule.schema.json"


def test_every_rule_that_ships_fits_the_published_schema() -> None:
    validator = Draft202012Validator(json.loads(committed(DOCS / "rule.schema.json")))
    found = []
    for path, text in TEXTS.items():
        if path.split("/")[0] in FOLDERS and not path.endswith(EXAMPLES_SUFFIX):
            # An editor hands a date over as its text.
            rule = json.loads(json.dumps(read_yaml(path, text), default=str))
            found += [f"{path}: {error.json_path}: {error.message}" for error in validator.iter_errors(rule)]

    assert found == []


def test_the_table_of_known_causes_is_current() -> None:
    drawn = coverage_page(CATALOGUE_READ, FOLDER_OF)

    assert committed(DOCS / "catalogue-coverage.md") == drawn, "why403 rules coverage > docs/catalogue-coverage.md"


def test_every_known_cause_has_a_rule_or_a_reason() -> None:
    assert gaps(CATALOGUE_READ, list(FOLDER_OF)) == ()


@pytest.mark.parametrize("cause", ["token-audience-graph", "mixed-batch", "entra-ca-blocked"])
def test_the_table_knows_causes_of_every_service(cause: str) -> None:
    assert cause in CATALOGUE_READ.causes


def test_every_rule_names_where_its_facts_come_from() -> None:
    assert [rule.id for rule in RULESET.rules if not rule.references] == []
