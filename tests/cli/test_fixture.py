"""`why403 fixture`: a refusal as a test of somebody's own, and the test runs."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.recorded import REFUSALS, example, har
from tests.support.our_own_calls import run_here

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.our_own_calls import Ended


def _fixture(folder: Path, *arguments: str) -> Ended:
    (folder / "one.har").write_text(har(example("Teams prints the roles it needs")), encoding="utf-8")
    return run_here("fixture", "one.har", *arguments, folder=folder)


def test_the_pytest_file_runs_and_replays_the_refusal(tmp_path: Path) -> None:
    ended = _fixture(tmp_path)

    (file,) = tmp_path.glob("test_refusal_f_*.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:anyio", file.name]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    text = file.read_text(encoding="utf-8")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "STATUS = 403" in text
    assert "Channel.ReadBasic.All" in text
    assert "eyJ" not in text


@pytest.mark.parametrize("form", ["mitm", "har"])
def test_the_recordings_explain_like_the_original(tmp_path: Path, form: str) -> None:
    ended = _fixture(tmp_path, "--as", form, "--output", f"out.{form}")

    cause = ended.stdout.rsplit(", ", 1)[1].strip()
    explained = run_here("explain", f"out.{form}", folder=tmp_path).stdout
    assert ended.returncode == 0
    assert re.search(rf"└─ {cause} · f-", explained)


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    _fixture(tmp_path, "--output", "mine.py")

    assert stat.S_IMODE((tmp_path / "mine.py").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((str(REFUSALS),), "Choose one with --failure: f-"),
        (("one.har", "--failure", "f-000000000000"), "holds no failure f-000000000000"),
        (("one.har", "--output", "no/such/folder.py"), "No such file"),
    ],
    ids=["several", "unknown", "folder"],
)
def test_what_cannot_be_written_is_one_line(tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    _fixture(tmp_path)

    ended = run_here("fixture", *arguments, folder=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert complaint in ended.stderr


def test_stored_failures_become_fixtures_too(tmp_path: Path) -> None:
    (tmp_path / "no").mkdir()
    where = {"WHY403_STORE": str(tmp_path / "none.sqlite")}

    nothing = run_here("failures", "export", "--as", "pytest", folder=tmp_path, **where)
    unknown = run_here("fixture", "f-000000000000", folder=tmp_path, **where)

    assert [ended.returncode for ended in (nothing, unknown)] == [2, 2]
    assert "no failure has been stored yet" in nothing.stderr
    assert "no failure has been stored yet" in unknown.stderr
