"""`why403 sanitize`: what is written, what is told, and when there is no file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.command import why403
from tests.cli.recorded import REFUSALS

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = ("adele@", "alex@", "Adele", "Kq8~made.up.for.this.recording", "eyJ")


def test_a_recording_is_written_without_secrets_and_told_about_on_standard_error(tmp_path: Path) -> None:
    target = tmp_path / "clean.har"

    ended = why403("sanitize", REFUSALS, target)

    text = target.read_text(encoding="utf-8")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.startswith(
        f"{target}: {len(json.loads(text)['log']['entries'])} exchanges, swept clean.\nTaken out: "
    )
    assert not [private for private in PRIVATE if private in text + ended.stderr]
    assert target.stat().st_mode & 0o777 == 0o600


def test_without_a_name_the_file_lies_beside_the_recording(tmp_path: Path) -> None:
    recording = tmp_path / "trace.har"
    recording.write_bytes(REFUSALS.read_bytes())

    assert why403("sanitize", recording).returncode == 0
    assert (tmp_path / "trace.sanitized.har").exists()


def test_standard_input_is_answered_on_standard_output() -> None:
    ended = why403("sanitize", "-", given=REFUSALS.read_bytes())

    assert json.loads(ended.stdout)["log"]["version"] == "1.2"
    assert ended.stderr.startswith("standard output: ")


def test_a_file_that_is_there_is_written_over_only_with_force(tmp_path: Path) -> None:
    target = tmp_path / "clean.har"
    target.write_text("mine")

    refused = why403("sanitize", REFUSALS, target)
    assert (refused.returncode, target.read_text()) == (2, "mine")
    assert "give --force" in refused.stderr

    assert why403("sanitize", REFUSALS, target, "--force").returncode == 0
    assert target.read_text() != "mine"


def test_the_recording_itself_is_never_written_over(tmp_path: Path) -> None:
    recording = tmp_path / "trace.har"
    recording.write_bytes(REFUSALS.read_bytes())

    ended = why403("sanitize", recording, recording, "--force")

    assert ended.returncode == 2
    assert recording.read_bytes() == REFUSALS.read_bytes()


def test_a_recording_that_breaks_off_is_refused_with_the_place_and_leaves_no_file(tmp_path: Path) -> None:
    recording = tmp_path / "trace.har"
    recording.write_bytes(REFUSALS.read_bytes()[:-400])

    ended = why403("sanitize", recording)

    assert ended.returncode == 2
    assert "log.entries[" in ended.stderr
    assert "Nothing was written" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["trace.har"]


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.har").write_text("just words")

    for named in (tmp_path / "notes.har", tmp_path / "none.har", tmp_path):
        assert why403("sanitize", named, tmp_path / "out.har").returncode == 2
    assert not (tmp_path / "out.har").exists()


def test_an_entry_nobody_can_read_is_named_and_left_out(tmp_path: Path) -> None:
    recording = json.loads(REFUSALS.read_bytes())
    recording["log"]["entries"].insert(0, {"request": 5})

    ended = why403("sanitize", "-", tmp_path / "out.har", given=json.dumps(recording))

    assert ended.returncode == 0
    assert "log.entries[0]: request: should be an object; left out" in ended.stderr


def test_a_file_name_that_tells_is_refused_with_exit_code_4(tmp_path: Path) -> None:
    entry = {
        "request": {"method": "GET", "url": "https://api.example/users/tove.lindqvist@osprey.example", "headers": []}
    }
    recording = json.dumps({"log": {"entries": [entry]}})

    ended = why403("sanitize", "-", tmp_path / "tove.lindqvist.har", given=recording)

    assert ended.returncode == 4
    assert "Choose another name for the file" in ended.stderr
    assert list(tmp_path.iterdir()) == []
