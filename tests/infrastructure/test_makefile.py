"""The menu of targets, and the documents that name them."""

import re
import shutil
import subprocess

import pytest

from tests.infrastructure.tree import REPOSITORY

TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)
NAMED = re.compile(r"`make ([a-z-]+)|^ *\$? ?make ([a-z-]+)", re.MULTILINE)


def targets() -> set[str]:
    return set(TARGETS.findall((REPOSITORY / "Makefile").read_text(encoding="utf-8")))


def test_make_alone_prints_every_target_on_a_line_of_its_own() -> None:
    make = shutil.which("make")
    assert make, "make is not installed"
    # --no-print-directory: under `make test` the inner make would announce the folder it works in.
    menu = subprocess.run(
        [make, "--no-print-directory"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )
    lines = [line.split(maxsplit=2) for line in menu.stdout.splitlines()]
    assert {target for _, target, _ in lines} == targets()
    assert all(len(line) <= 120 for line in menu.stdout.splitlines())


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_target_a_document_names_exists(document: str) -> None:
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    named = {first or second for first, second in NAMED.findall(text)}
    assert named <= targets()
    assert "test" in named
