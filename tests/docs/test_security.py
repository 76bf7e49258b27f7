"""SECURITY.md promises nothing without a proof, and every proof it names is there."""

import ast
import re

import pytest

from tests.infrastructure.tree import REPOSITORY

PAGE = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
PROOFS = sorted(set(re.findall(r"`(tests/\S+\.py)::(test_\w+)`", PAGE)))
ATTACKS = PAGE[PAGE.index("## What an attacker can do") : PAGE.index("## What leaves this machine")]


@pytest.mark.parametrize(("file", "name"), PROOFS)
def test_every_proof_is_a_test(file: str, name: str) -> None:
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_attempt_has_its_proof() -> None:
    rows = [line for line in ATTACKS.splitlines() if line.startswith("| ") and not line.startswith("| attempt")]
    assert len(rows) > 35
    assert [row for row in rows if not re.search(r"\| `tests/\S+::test_\w+` \|$", row)] == []


def test_the_modes_of_the_page_are_those_of_the_program() -> None:
    from proxy_addons.sinks import private_file  # noqa: PLC0415 - read where it is compared
    from proxy_addons.sinks.store import database  # noqa: PLC0415 - the same

    private = {oct(private_file._PRIVATE), oct(database._PRIVATE_FILE)}
    folders = {oct(private_file._PRIVATE_FOLDER), oct(database._PRIVATE_FOLDER)}
    assert (private, folders) == ({"0o600"}, {"0o700"})
    assert set(re.findall(r"\b\d00\b(?=[, |])", PAGE[PAGE.index("## Who may") : PAGE.index("## What an")])) == {
        "600",
        "700",
    }
