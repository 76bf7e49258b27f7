"""`why403 bundle create`: what is in the file, and when there is none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cli.command import COMMAND, LONGEST_SECONDS, environment, why403
from tests.cli.recorded import ONLY_RULES, REFUSALS, example, har
from tests.sinks.test_bundle_seal import pair

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = {
    "summary.md",
    "developer.md",
    "admin.md",
    "support.md",
    "report.html",
    "exchanges.har",
    "diagnosis.json",
    "redaction.json",
    "manifest.json",
}


def texts(bundle: Path) -> dict[str, str]:
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The refusals of the committed recording, in one zip."""
    target = tmp_path_factory.mktemp("bundle") / "case.zip"
    ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, "--output", target)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{target}: 6 refusals, swept clean. Start with summary.md inside.\n"
    return target


def test_a_bundle_holds_traffic_diagnosis_summary_and_what_was_removed(bundle: Path) -> None:
    assert set(texts(bundle)) == MEMBERS


def test_the_manifest_holds_the_checksum_of_every_other_member(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        stated = {member["name"]: member["sha256"] for member in json.loads(archive.read("manifest.json"))["members"]}
        found = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in stated}

    assert stated == found
    assert set(stated) == MEMBERS - {"manifest.json"}


def test_every_refusal_is_in_traffic_diagnosis_and_summary(bundle: Path) -> None:
    inside = texts(bundle)

    ids = [failure["id"] for failure in json.loads(inside["diagnosis.json"])["failures"]]

    assert len(ids) == 6
    assert [entry["_failure"] for entry in json.loads(inside["exchanges.har"])["log"]["entries"]] == ids
    assert all(identity in inside["summary.md"] for identity in ids)


def test_no_member_holds_a_person_a_secret_or_a_token(bundle: Path) -> None:
    for content in texts(bundle).values():
        for private in ("adele@", "alex@", "Adele", "Kq8~made.up.for.this.recording", "eyJ"):
            assert private not in content


def test_a_bundle_is_for_its_owner_only(bundle: Path) -> None:
    assert bundle.stat().st_mode & 0o777 == 0o600


def test_a_bundle_without_a_name_gets_the_time_as_name(tmp_path: Path) -> None:
    ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, folder=tmp_path)

    (written,) = tmp_path.iterdir()
    assert re.fullmatch(r"why403-\d{8}T\d{6}Z\.zip", written.name)
    assert ended.stdout.startswith(f"{written.name}: 6 refusals")


def test_where_nothing_was_refused_no_file_is_written(tmp_path: Path) -> None:
    recording = har(example("nothing is wrong here"))

    ended = why403("bundle", "create", "-", *ONLY_RULES, given=recording, folder=tmp_path)

    assert ended.returncode == 0
    assert ended.stdout == "Nothing was refused in standard input (1 exchange): no bundle written.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_breaks_off_is_packed_as_far_as_it_goes(tmp_path: Path) -> None:
    broken = REFUSALS.read_text()[:-10]

    ended = why403("bundle", "create", "-", *ONLY_RULES, "-o", tmp_path / "case.zip", given=broken)

    assert ended.returncode == 2
    assert "the JSON breaks here" in ended.stderr
    assert set(texts(tmp_path / "case.zip")) == MEMBERS


def test_a_recording_that_is_none_leaves_no_file_and_a_usage_error(tmp_path: Path) -> None:
    ended = why403("bundle", "create", "-", *ONLY_RULES, given=b"no har", folder=tmp_path)

    assert ended.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_safe_to_send_is_not_written(tmp_path: Path) -> None:
    target = tmp_path / "alex@contoso.com.zip"

    ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, "--output", target)

    assert ended.returncode == 4
    assert ended.stdout == ""
    assert ended.stderr.startswith("why403: no bundle was written, because the last check found what redaction must")
    assert "a user in the names of files" in ended.stderr
    assert "alex" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("gone/case.zip", "No such file or directory; make the folder, or choose another place with --output"),
        ("folder", "Is a directory; there is a folder of that name, or choose another place with --output"),
        ("file/case.zip", "Not a directory; what should be a folder is a file, or choose another place with --output"),
    ],
)
def test_a_place_that_takes_no_file_is_named_with_the_remedy(tmp_path: Path, target: str, complaint: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, "--output", target, folder=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == f"why403: {target}: {complaint}\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, "--output", tmp_path / "case.zip")

    assert ended.returncode == 2
    assert "Permission denied; this user may not write there, or choose another place with --output" in ended.stderr


def test_a_file_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    create = [
        *COMMAND,
        "bundle",
        "create",
        str(REFUSALS),
        *map(str, ONLY_RULES),
        "--output",
        str(tmp_path / "case.zip"),
    ]

    ended = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *create],
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )

    assert ended.returncode == 2
    assert "File too large; choose another place with --output" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_preview_shows_every_member_and_writes_nothing(tmp_path: Path) -> None:
    ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, "--preview", folder=tmp_path)

    assert ended.returncode == 0
    assert all(f"==== {name} ====" in ended.stdout for name in MEMBERS)
    assert "nothing has been written yet" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_is_verified_by_whoever_receives_it(bundle: Path) -> None:
    ended = why403("bundle", "verify", bundle)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [line.split()[:2] for line in ended.stdout.splitlines()] == [
        ["members", "ok"],
        ["hashes", "ok"],
        ["contents", "ok"],
        ["sweep", "ok"],
    ]


def test_a_changed_bundle_is_not_to_be_relied_on(bundle: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(changed, "w") as archive:
        for name, text in texts(bundle).items():
            archive.writestr(name, text.replace("certain", "unsure"))

    ended = why403("bundle", "verify", changed)

    assert ended.returncode == 4
    assert "hashes      FAILED  changed since: " in ended.stdout
    assert "do not rely on this bundle" in ended.stderr


def test_a_bundle_is_told_about_for_a_person_and_as_json(bundle: Path) -> None:
    told = why403("bundle", "inspect", bundle).stdout
    assert "6 bytes" not in told.splitlines()[0]
    assert told.startswith("made 20")
    assert "Failures:" in told
    assert "Taken out:" in told
    assert set(json.loads(why403("bundle", "inspect", bundle, "--format", "json").stdout)) == {
        "manifest",
        "diagnosis",
        "redaction",
    }


def test_a_sealed_bundle_is_opened_by_its_recipient_and_held_against_its_signer(tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(str(identity))
    private, public = pair(Ed25519PrivateKey.generate())
    (tmp_path / "key").write_bytes(private)
    (tmp_path / "key.pub").write_bytes(public)
    target = tmp_path / "case.zip.age"

    made = why403(
        *("bundle", "create", REFUSALS, *ONLY_RULES, "--output", target),
        *("--sign", tmp_path / "key", "--encrypt-to", identity.to_public()),
    )
    checked = why403("bundle", "verify", target, "--key", tmp_path / "key.pub", "--identity", tmp_path / "identity")

    assert (
        made.stdout
        == f"{target}: 6 refusals, encrypted, swept clean. Start with summary.md inside. Signature: {target}.sig.\n"
    )
    assert checked.returncode == 0
    assert checked.stdout.startswith("signature   ok      good, by this key\nencryption  ok")


def test_what_cannot_be_opened_or_sealed_is_named_with_the_remedy(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "words.zip").write_text("words")
    assert "is no zip" in why403("bundle", "verify", tmp_path / "words.zip").stderr
    assert why403("bundle", "inspect", tmp_path / "none.zip").returncode == 2
    assert "Name a file that can be read" in why403("bundle", "verify", bundle, "--key", tmp_path / "none").stderr
    for option, value in (("--sign", tmp_path / "none"), ("--sign", bundle), ("--encrypt-to", "me")):
        ended = why403("bundle", "create", REFUSALS, *ONLY_RULES, option, value, folder=tmp_path)
        assert ended.returncode == 2
        assert "Name " in ended.stderr or "name " in ended.stderr
