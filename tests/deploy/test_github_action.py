"""The GitHub Action runs as GitHub runs it: its scripts, with its inputs as variables."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.infrastructure.tree import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "github-action"
ACTION: Any = YAML(typ="safe").load((FOLDER / "action.yml").read_text(encoding="utf-8"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_every_input_has_its_row_in_the_readme() -> None:
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", README, re.MULTILINE) == list(ACTION["inputs"])


def test_no_input_becomes_text_of_a_script() -> None:
    assert [step["name"] for step in ACTION["runs"]["steps"] if "${{" in step["run"]] == []


def test_a_step_runs_its_command_and_leaves_with_its_code(tmp_path: Path) -> None:
    home = tmp_path / "why403"
    (home / "bin").mkdir(parents=True)
    command = home / "bin" / "why403"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m proxy_addons.cli "$@"\n')
    command.chmod(0o755)
    output = tmp_path / "output"
    (step,) = (each for each in ACTION["runs"]["steps"] if each.get("id") == "run")
    variables = {
        "WHY403_COMMAND": "false | true\necho never",
        "WHY403_STEP_FAIL_ON": "likely",
        "WHY403_STEP_BUNDLES": str(tmp_path / "bundles"),
        "WHY403_STEP_OPTIONS": "--hosts microsoft --quiet",
        "HOME_OF_WHY403": str(home),
        "GITHUB_OUTPUT": str(output),
        "PYTHONPATH": str(REPOSITORY),
    }
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607 - as GitHub starts it
        env={**os.environ, **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    assert output.read_text() == f"bundles={tmp_path / 'bundles'}\n"
