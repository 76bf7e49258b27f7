"""What is shipped is known: the bill of materials, the audit of the locks, the image."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.infrastructure.test_locks import hashes, pins
from tests.infrastructure.tree import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

CI = REPOSITORY / ".ci"
DOCKERFILE = (REPOSITORY / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")
BILL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import sbom
packages = sbom.read_lock(sbom.LOCK.read_text())
project = {"name": "why403", "version": "1.2.3", "description": "d", "license": "MIT"}
print(json.dumps([sbom.bill(packages, project), [each.name for each in packages if sbom.only_to_build(each)]]))
"""


@pytest.fixture(scope="module")
def bill_and_build() -> tuple[dict[str, Any], list[str]]:
    said = subprocess.run([sys.executable, "-c", BILL, str(CI)], capture_output=True, text=True, check=True, timeout=60)
    bill, only_to_build = json.loads(said.stdout)
    return bill, only_to_build


def test_the_bill_of_materials_names_every_package_of_the_image_with_all_its_hashes(
    bill_and_build: tuple[dict[str, Any], list[str]],
) -> None:
    bill, _ = bill_and_build
    listed = {part["name"]: part for part in bill["components"]}
    assert {name: part["version"] for name, part in listed.items()} == pins("image")
    counted = {name: len(part["externalReferences"][0]["hashes"]) for name, part in listed.items()}
    assert counted == hashes("image")


def test_the_bill_of_materials_tells_of_every_package_who_needs_it(
    bill_and_build: tuple[dict[str, Any], list[str]],
) -> None:
    bill, _ = bill_and_build
    needed = {reference for entry in bill["dependencies"] for reference in entry["dependsOn"]}
    assert {part["bom-ref"] for part in bill["components"]} == needed


def test_what_only_builds_the_wheel_leaves_the_image(bill_and_build: tuple[dict[str, Any], list[str]]) -> None:
    removed = re.search(r"/opt/why403/bin/pip uninstall --yes ([a-z -]+)$", DOCKERFILE, re.MULTILINE)
    assert removed
    assert set(removed[1].split()) == {*bill_and_build[1], "pip"}


def test_the_image_runs_as_a_user_without_a_shell_who_is_not_root() -> None:
    assert re.search(r"useradd --uid 10001 .*--shell /usr/sbin/nologin why403", DOCKERFILE)
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_nothing_in_the_image_is_started_through_a_shell() -> None:
    started = re.findall(r"^ *(?:ENTRYPOINT|CMD) (.*)$", DOCKERFILE, re.MULTILINE)
    assert len(started) == 3
    assert all(line.startswith("[") for line in started)


def test_every_base_image_is_named_by_its_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", base) for base in bases)


def audited(folder: Path, answers: str) -> subprocess.CompletedProcess[str]:
    """The audit with a pip-audit that says these words about every lock; without any it has no network."""
    (folder / "python").symlink_to(sys.executable)
    told = folder / "pip-audit"
    said = "echo 'cannot resolve the host' >&2; exit 1" if not answers else f"cat <<'END'\n{answers}\nEND"
    told.write_text(f"#!/bin/sh\n{said}\n")
    told.chmod(0o755)
    return subprocess.run(
        [str(folder / "python"), str(CI / "audit.py")], capture_output=True, text=True, check=False, timeout=60
    )


def test_an_audit_that_finds_nothing_ends_with_0(tmp_path: Path) -> None:
    clean = audited(tmp_path, '{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}')
    assert (clean.returncode, clean.stdout.count("1 packages, no known vulnerability")) == (0, 3)


def test_an_audit_that_finds_something_ends_with_1_and_names_it(tmp_path: Path) -> None:
    flaw = '{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}'
    found = audited(tmp_path, f'{{"dependencies": [{{"name": "a", "version": "1", "vulns": [{flaw}]}}]}}')
    assert found.returncode == 1
    assert "a 1: PYSEC-2026-1, fixed in 1.1" in found.stdout


def test_a_package_nobody_looked_up_is_not_called_clean(tmp_path: Path) -> None:
    # pip-audit itself ends with 0 and "No known vulnerabilities found" here.
    skipped = audited(
        tmp_path, '{"dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "?"}]}'
    )
    assert skipped.returncode == 3
    assert "not checked: the service knows not b" in skipped.stdout


def test_an_audit_without_a_network_says_so_with_a_code_of_its_own(tmp_path: Path) -> None:
    cut_off = audited(tmp_path, "")
    assert cut_off.returncode == 3
    assert "cannot be asked from here: cannot resolve the host" in cut_off.stdout
