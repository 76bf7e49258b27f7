"""docs/bundles.md says what a bundle really holds, docs/redaction.md what it never does."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.bundle_writer import IN_ONE_RUN_AT_MOST
from proxy_addons.redaction.pseudonyms import Kind
from proxy_addons.redaction.sweep import ENCODINGS
from tests.cli.command import why403
from tests.cli.recorded import ONLY_RULES, REFUSALS
from tests.infrastructure.tree import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = (REPOSITORY / "docs" / "bundles.md").read_text(encoding="utf-8")

REDACTION: Final = (REPOSITORY / "docs" / "redaction.md").read_text(encoding="utf-8")


def rows(table: str, page: str = PAGE) -> list[str]:
    """The first cell of every row of the table that begins with this heading."""
    body = page[page.index(f"| {table} |") :].partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE)


def test_every_member_has_its_row_and_no_row_is_left_over(tmp_path: Path) -> None:
    why403("bundle", "create", REFUSALS, *ONLY_RULES, "--output", tmp_path / "case.zip")

    with zipfile.ZipFile(tmp_path / "case.zip") as bundle:
        assert rows("member") == bundle.namelist()


def test_every_kind_of_removal_has_its_row() -> None:
    assert sorted(rows("kind", REDACTION)) == sorted(Kind)


def test_the_encodings_of_the_last_check_are_named() -> None:
    section = PAGE[PAGE.index("## The last check") :]

    assert re.findall(r"`([a-z0-9-]+)`", section.partition(", file names")[0]) == list(ENCODINGS)


def test_the_limits_of_one_run_are_named() -> None:
    assert f"One run of the proxy writes at most {IN_ONE_RUN_AT_MOST} bundles" in PAGE
