import hashlib
import json
import resource
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mitmproxy.io.har import request_to_flow

from proxy_addons.diagnosis.failure import Failure
from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import PSEUDONYM, Kind
from proxy_addons.redaction.record import Record, redact
from proxy_addons.sinks.bundle import MEMBERS, BundleResult, write_bundle
from proxy_addons.sinks.last_check import Leak, UnsafeExportError
from proxy_addons.sinks.private_file import FileNotWrittenError
from tests.redaction.corpus.every import CASES
from tests.redaction.encodings import spelled_in
from tests.redaction.finished import PSEUDONYMS
from tests.sinks.reports import REPORT

CREATED = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


def record(number: int) -> Record:
    """A case of the corpus as a record; its report speaks of another call, which is all the same here."""
    return redact(Failure(CASES[number].exchange, replace(REPORT, id=f"f-{number:012x}")), PSEUDONYMS)


def bundle(path: Path, *records: Record) -> BundleResult:
    """A bundle of these records, at a fixed moment."""
    return write_bundle(path, records or (record(0),), rules_revision="abc123", created=CREATED)


def leaking(text: str) -> Record:
    """A record whose report still holds a text its originals forbid, as after a mistake of ours."""
    forgotten = replace(REPORT, notes=(f"note {text}",))
    return Record(forgotten, {}, originals=Originals({"Zwiebelkuchen77": Kind.SECRET, "tove.lindqvist": Kind.USER}))


def unpacked(path: Path) -> dict[str, bytes]:
    """The members of a bundle."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_bundle_holds_summary_diagnosis_traffic_and_what_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    assert bundle(path).path == path
    assert list(unpacked(path)) == list(MEMBERS)


def test_the_manifest_names_every_member_with_its_digest(tmp_path: Path) -> None:
    result = bundle(tmp_path / "b.zip")
    members = unpacked(result.path)
    manifest = json.loads(members["manifest.json"])
    listed = {member["name"]: (member["sha256"], member["bytes"]) for member in manifest["members"]}
    held = {name: content for name, content in members.items() if name != "manifest.json"}
    assert listed == {name: (hashlib.sha256(text).hexdigest(), len(text)) for name, text in held.items()}
    assert {name: digest for name, (digest, _) in listed.items()} == result.members
    assert manifest["tool"].startswith("why403 ")
    assert (manifest["rules_revision"], manifest["created"]) == ("abc123", "2026-11-21T12:00:05Z")


def test_the_same_records_and_moment_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = bundle(tmp_path / "one.zip").path, bundle(tmp_path / "other.zip").path
    assert one.read_bytes() == other.read_bytes()


def test_only_the_owner_can_read_a_bundle(tmp_path: Path) -> None:
    path = bundle(tmp_path / "b.zip").path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_bundle_of_the_whole_corpus_holds_nothing_that_was_planted(tmp_path: Path) -> None:
    path = bundle(tmp_path / "b.zip", *map(record, range(len(CASES)))).path
    planted = {value for case in CASES for value in (*case.secrets, *case.personal)}
    leaks = {
        (name, value): found
        for name, content in unpacked(path).items()
        for value in planted
        if (found := spelled_in(value, content))
    }
    assert leaks == {}


def test_stand_ins_are_numbered_so_that_two_bundles_cannot_be_joined(tmp_path: Path) -> None:
    members = unpacked(bundle(tmp_path / "b.zip", record(1), record(2)).path)
    text = b"\n".join(members.values()).decode()
    assert PSEUDONYM.search(text) is None
    assert "<user:1>" in text


def test_one_person_has_one_number_throughout_a_bundle(tmp_path: Path) -> None:
    both = json.loads(unpacked(bundle(tmp_path / "b.zip", record(1), record(2)).path)["exchanges.har"])["log"][
        "entries"
    ]
    first, second = (next(iter(entry["_tokens"].values()))["claims"] for entry in both)
    assert first["upn"] == second["upn"] == first["oid"] == first["unique_name"]


def test_the_object_id_of_a_person_is_replaced_in_other_exchanges_too(tmp_path: Path) -> None:
    person = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"
    elsewhere = replace(record(0), report=replace(REPORT, notes=(f"Resource {person.upper()} does not exist",)))
    members = unpacked(bundle(tmp_path / "b.zip", elsewhere, record(1)).path)
    assert person.upper().encode() not in members["summary.md"]
    assert b"Resource user:" in members["summary.md"]


def test_the_traffic_opens_in_mitmproxy(tmp_path: Path) -> None:
    path = bundle(tmp_path / "b.zip", *map(record, range(len(CASES)))).path
    entries = json.loads(unpacked(path)["exchanges.har"])["log"]["entries"]
    flows = [request_to_flow(entry) for entry in entries]
    assert len(flows) == len(CASES)
    assert flows[0].response is not None
    assert flows[0].response.status_code == 403


def test_the_traffic_is_complete_as_http_archive_1_2_demands(tmp_path: Path) -> None:
    log = json.loads(unpacked(bundle(tmp_path / "b.zip").path)["exchanges.har"])["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "why403")
    (entry,) = log["entries"]
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
    sent = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
    assert sent <= set(entry["request"])
    received = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize"}
    assert received <= set(entry["response"])
    assert {"send", "wait", "receive"} <= set(entry["timings"])
    assert entry["_failure"] == "f-000000000000"


def test_the_diagnosis_is_the_report_others_build_on(tmp_path: Path) -> None:
    report = json.loads(unpacked(bundle(tmp_path / "b.zip", record(0), record(1)).path)["diagnosis.json"])
    assert report["schema"] == "why403.report/1"
    assert [failure["id"] for failure in report["failures"]] == ["f-000000000000", "f-000000000001"]


@pytest.mark.parametrize("text", ["Zwiebelkuchen77", "WndpZWJlbGt1Y2hlbjc3", "tove.lindqvist", "TOVE%2ELINDQVIST"])
def test_what_survived_redaction_keeps_the_bundle_from_being_written(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnsafeExportError) as caught:
        bundle(tmp_path / "b.zip", leaking(text))
    assert list(tmp_path.iterdir()) == []
    assert {leak.member for leak in caught.value.leaks} == {
        "summary.md",
        "support.md",
        "report.html",
        "diagnosis.json",
    }
    assert text not in str(caught.value)
    assert "in summary.md" in str(caught.value)


def test_the_name_of_the_file_is_checked_as_well(tmp_path: Path) -> None:
    with pytest.raises(UnsafeExportError) as caught:
        bundle(tmp_path / "tove.lindqvist.zip", leaking("harmless"))
    assert caught.value.leaks == (Leak("the names of files", "plain", "user"),)
    assert str(caught.value).endswith("Choose another name for the file.")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotWrittenError) as caught:
        bundle(tmp_path / "nowhere" / "b.zip")
    assert caught.value.filename == str(tmp_path / "nowhere" / "b.zip")
    assert caught.value.strerror == "No such file or directory; make the folder, or choose another place"


def test_a_file_in_the_place_of_a_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(FileNotWrittenError, match="what should be a folder is a file"):
        bundle(tmp_path / "file" / "b.zip")


def test_a_folder_in_the_place_of_the_bundle_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "b.zip").mkdir()
    with pytest.raises(FileNotWrittenError, match="there is a folder of that name"):
        bundle(tmp_path / "b.zip")
    assert list(tmp_path.iterdir()) == [tmp_path / "b.zip"]


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """A disk that is full after so many bytes: the kernel refuses every write beyond."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    with no_file_longer_than(1000), pytest.raises(FileNotWrittenError, match="choose another place"):
        bundle(tmp_path / "b.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_an_older_bundle_as_it_was(tmp_path: Path) -> None:
    path = bundle(tmp_path / "b.zip").path
    before = path.read_bytes()
    with no_file_longer_than(1000), pytest.raises(FileNotWrittenError):
        bundle(path, record(1))
    assert path.read_bytes() == before
