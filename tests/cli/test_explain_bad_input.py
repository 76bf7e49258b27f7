"""`why403 explain` with what no recorder should have written: what is wrong is named, and all else is explained."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import warnings
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.command import COMMAND, environment, why403
from tests.cli.recorded import ONLY_RULES, har
from tests.cli.test_explain import refused_with

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSAL: Final = json.dumps(json.loads(har(refused_with("CertainRefusal")))["log"]["entries"][0])
BOMB: Final = (
    b'<!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b']><Session BitFlags="1">&l;</Session>'
)
ASKED: Final = b"GET https://graph.microsoft.com/v1.0/me HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n"
ODD_VERSIONS: Final[tuple[object, ...]] = ("HTTP/9.9", "", "\x1b[31m", 7, None, {})
REFUSED: Final = (
    b"HTTP/7.7 403 Forbidden\r\nContent-Type: application/json\r\nrequest-id: 1\r\n\r\n"
    b'{"error": {"code": "CertainRefusal", "message": "No."}}'
)


def entries(*texts: str) -> bytes:
    return f'{{"log": {{"entries": [{", ".join(texts)}]}}}}'.encode(errors="surrogatepass")


def changed(**parts: dict[str, object]) -> str:
    """The refusal with members of its request or response replaced."""
    entry: dict[str, Any] = json.loads(REFUSAL)
    for part, members in parts.items():
        entry[part] |= members
    return json.dumps(entry)


def dated(moment: object) -> str:
    return json.dumps(json.loads(REFUSAL) | {"startedDateTime": moment})


def saz(**files: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, content in {"raw/1_c.txt": ASKED, "raw/1_s.txt": REFUSED, **files}.items():
            archive.writestr(name, content)
    return raw.getvalue()


FILES: Final[Mapping[str, tuple[bytes, int, tuple[str, ...]]]] = {
    "base64.har": (entries(changed(response={"content": {"text": "!", "encoding": "base64"}}), REFUSAL), 2, ()),
    "binary.har": (
        entries(changed(request={"postData": {"text": b64encode(bytes(range(256))).decode(), "encoding": "base64"}})),
        1,
        (),
    ),
    "big-numbers.har": (entries(REFUSAL.replace('"time": 12', f'"time": {"9" * 5000}'), REFUSAL), 2, ()),
    "dates.har": (entries(*map(dated, ["9999-12-31T23:59:59-12:00", "0001-01-01", "9" * 9000, 5, None])), 5, ()),
    "deep.har": (entries(f'{REFUSAL[:-1]}, "_x": {"[" * 100_000}{"]" * 100_000}}}', REFUSAL), 2, ()),
    "deep-body.har": (
        entries(
            REFUSAL, changed(response={"content": {"text": '{"error":' * 100_000, "mimeType": "application/json"}})
        ),
        2,
        (),
    ),
    "duplicate-keys.har": (entries(REFUSAL.replace('"status": 403', '"status": 200, "status": 403')), 1, ()),
    "empty.har": (b"", 0, ("is empty. Save the recording again; skipped",)),
    "entities.saz": (
        saz(**{"raw/1_m.xml": BOMB, "raw/2_c.txt": ASKED, "raw/2_s.txt": REFUSED}),
        2,
        ("raw/1_m.xml: is no XML of Fiddler's, so the session has no time",),
    ),
    "gzipped.har": (gzip.compress(entries(REFUSAL)), 0, ("is packed: unpack it; skipped",)),
    "missing.har": (
        entries("{}", '{"request": {"method": "GET"}}', REFUSAL),
        1,
        (
            "log.entries[0]: request: field required; left out",
            "log.entries[1]: request.url: field required; left out",
        ),
    ),
    "nan.har": (entries(REFUSAL.replace('"time": 12', '"time": NaN'), REFUSAL), 2, ()),
    "surrogates.har": (
        entries(changed(request={"url": "https://graph.microsoft.com/v1.0/\ud800"}), f'{{"x": "\ud800", {REFUSAL[1:]}'),
        2,
        (": is no UTF-8; it and others like it are read as U+FFFD",),
    ),
    "traversal.saz": (saz(**{"../../../pwned": b"x", "/pwned": b"x", "raw/../../9_c.txt": ASKED}), 1, ()),
    "truncated.har": (
        entries(REFUSAL, REFUSAL)[:-400],
        1,
        (
            (
                "log.entries[1]: the JSON breaks here; everything before it was read. "
                "Save the recording again, complete and unedited"
            ),
        ),
    ),
    "utf-16.har": (entries(REFUSAL).decode().encode("utf-16"), 1, ()),
    "versions.har": (
        entries(*(changed(response={"httpVersion": each}) for each in ODD_VERSIONS)),
        6,
        (),
    ),
    "wrong-types.har": (
        entries("1", "null", changed(request={"url": ["a"]}), changed(response={"headers": {"a": "b"}}), REFUSAL),
        1,
        (
            "log.entries[0]: entry: should be an object; left out",
            "log.entries[1]: entry: should be an object; left out",
            "log.entries[2]: request.url: input should be a valid string; left out",
            "log.entries[3]: response.headers: should be a list; left out",
        ),
    ),
}
"""By name: the content, the refusals to be found in it, and what is said of it on standard error."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mixed")
    for name, (content, _, _) in FILES.items():
        (path / name).write_bytes(content)
    return path


@pytest.fixture(scope="module")
def explained(folder: Path) -> subprocess.CompletedProcess[str]:
    return why403("explain", folder, *ONLY_RULES, "--format", "json")


@pytest.mark.parametrize("name", FILES)
def test_everything_readable_of_a_bad_recording_is_explained(
    name: str, explained: subprocess.CompletedProcess[str], folder: Path
) -> None:
    failures = json.loads(explained.stdout)["failures"]

    assert sum(failure["source"] == f"{folder.name}/{name}" for failure in failures) == FILES[name][1]


@pytest.mark.parametrize("name", FILES)
def test_what_cannot_be_read_is_named_with_file_and_place(
    name: str, explained: subprocess.CompletedProcess[str], folder: Path
) -> None:
    lines = [line for line in explained.stderr.splitlines() if line.startswith(f"why403: {folder.name}/{name}: ")]
    told = [line for line in lines if " without the token " not in line]

    assert len(told) == len(FILES[name][2])
    assert all(line.endswith(expected) for line, expected in zip(told, FILES[name][2], strict=True))


def test_one_recording_that_breaks_off_decides_the_exit_code_of_the_folder(
    explained: subprocess.CompletedProcess[str],
) -> None:
    assert explained.returncode == 2


def test_an_archive_puts_nothing_beside_itself(explained: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert explained.stdout
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert not (folder.parent / "pwned").exists()


WEIGHED = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""
"""Runs a command and says what it took at most. A child inherits its parent's peak, and that of these tests is high."""


def test_a_body_of_a_hundred_megabytes_is_explained_in_bounded_memory(tmp_path: Path) -> None:
    body = changed(response={"content": {"text": "@", "mimeType": "application/json"}})
    before, after = entries(body, REFUSAL).split(b"@")
    with (tmp_path / "long.har").open("wb") as file:
        file.write(before)
        for _ in range(100):
            file.write(b"x" * 1024 * 1024)
        file.write(after)
    command = [*COMMAND, "explain", str(tmp_path / "long.har"), *map(str, ONLY_RULES), "--format", "json"]
    weighed = [sys.executable, "-c", WEIGHED, *command]
    ended = subprocess.run(weighed, check=False, env=environment(), capture_output=True, text=True)

    assert ended.returncode == 0
    assert len(json.loads(ended.stdout)["failures"]) == 2
    assert int(ended.stderr.splitlines()[-1]) < 300 * (1024**2 if sys.platform == "darwin" else 1024)


def test_a_pattern_that_would_explode_is_refused_with_its_place(tmp_path: Path) -> None:
    rule = Path(ONLY_RULES[2]) / "graph" / "says-certain.yaml"
    text = rule.read_text(encoding="utf-8")
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / rule.name).write_text(
        text.replace("error.code: CertainRefusal", "error.code: {matches: (a+)+$}")
    )

    ended = why403("explain", "-", "--no-shipped-rules", "--rules", tmp_path, given=entries(REFUSAL))

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"why403: {tmp_path / 'graph' / rule.name}:")
    assert "may take for ever" in ended.stderr
