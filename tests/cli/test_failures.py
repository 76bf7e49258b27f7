"""`why403 failures`, `why403 bundle create` from the store: what was stored is found, shown and taken out."""

import json
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from proxy_addons.diagnosis.failure import Failure
from proxy_addons.intake.pseudonym_key import read_pseudonym_key
from proxy_addons.redaction.pseudonyms import PSEUDONYM, Pseudonyms
from proxy_addons.redaction.record import Record, redact
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.writer import StoreWriter
from tests.cli.command import why403
from tests.redaction.corpus.every import CASES
from tests.sinks.reports import assert_golden
from tests.sinks.store.stored import NOON, SECONDS, record

GOLDEN = Path(__file__).parent / "golden"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def write(place: Path, *records: Record, now: float = NOON) -> None:
    writer = StoreWriter(str(place), Limits(days=36_500), Metrics(), lambda: now)
    for one in records:
        writer.offer(one, "r1")
    assert writer.close(SECONDS)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one storm and two single failures."""
    place = tmp_path_factory.mktemp("store") / "failures.sqlite"
    write(place, *(record(number) for number in range(30)))
    write(place, record(100, group=1, operation="GET /me/messages", service="exchange"), now=NOON + 60)
    ids = {"request_id": "55555555-5555-5555-5555-555555555555", "trace_id": TRACE}
    write(place, record(101, group=2, **ids), now=NOON + 120)
    return place


def test_the_list_is_a_table_of_the_latest(store: Path) -> None:
    ended = why403("failures", "list", "--store", store, "--limit", "4")

    assert ended.returncode == 0
    assert_golden(GOLDEN / "failures.txt", ended.stdout)


def test_groups_show_true_counts_and_their_parts(store: Path) -> None:
    ended = why403("failures", "groups", "--store", store)

    assert_golden(GOLDEN / "failure_groups.txt", ended.stdout)
    counts = {group["fingerprint"][-1]: group["occurrences"] for group in _json("groups", "--store", store)["groups"]}
    assert counts == {"0": 30, "1": 1, "2": 1}


def _json(*arguments: str | Path) -> dict[str, Any]:
    ended = why403("failures", *arguments, "--format", "json")
    assert ended.returncode == 0, ended.stderr
    content: dict[str, Any] = json.loads(ended.stdout)
    return content


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--group", "g1-0000000000000001"), ["f-000000000064"]),
        (("--service", "exchange"), ["f-000000000064"]),
        (("--request-id", "55555555-5555-5555-5555-555555555555"), ["f-000000000065"]),
        (("--trace", TRACE), ["f-000000000065"]),
        (("--trace", f"00-{TRACE}-00f067aa0ba902b7-01"), ["f-000000000065"]),
        (("--trace", "1" * 32), []),
        (("--since", "2026-11-21T12:02"), ["f-000000000065"]),
        (("--cause", "no-such-cause"), []),
        (("--before", "f-000000000064", "--limit", "1"), ["f-000000000013"]),
    ],
    ids=str,
)
def test_filters_and_pages_choose(store: Path, arguments: tuple[str, ...], found: list[str]) -> None:
    page = _json("list", "--store", store, *arguments)

    assert [failure["id"] for failure in page["failures"]] == found


def test_a_page_names_where_the_next_begins(store: Path) -> None:
    assert _json("list", "--store", store, "--limit", "2")["next"] == "f-000000000064"
    assert _json("list", "--store", store)["next"] is None


def test_one_failure_is_shown_as_the_proxy_showed_it(store: Path) -> None:
    ended = why403("failures", "show", "f-000000000064", "--store", store)

    assert "GET /me/messages" in ended.stdout
    assert "The token lacks the delegated permission this call needs" in ended.stdout
    assert "f-000000000064" in ended.stdout


def test_an_id_that_is_not_there_is_a_usage_error(store: Path) -> None:
    for verb in (("failures", "show"), ("bundle", "create")):
        ended = why403(*verb, "f-aaaaaaaaaaaa", "--store", store)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "the store holds no f-aaaaaaaaaaaa. `why403 failures list` shows what it holds" in ended.stderr


def test_an_export_is_a_failure_a_line(store: Path) -> None:
    ended = why403("failures", "export", "--store", store, "--since", "2026-11-21T12:01")

    assert [json.loads(line)["id"] for line in ended.stdout.splitlines()] == ["f-000000000065", "f-000000000064"]


def test_an_export_as_json_is_one_report_in_a_private_file(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "failures.json"
    ended = why403("failures", "export", "--store", store, "--format", "json", "-o", target)

    report = json.loads(target.read_text())
    assert ended.returncode == 0
    assert (report["schema"], report["rules"], len(report["failures"])) == ("why403.report/1", {"revision": "r1"}, 22)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_the_store_is_found_in_the_environment_and_in_the_users_folder(store: Path, tmp_path: Path) -> None:
    write(tmp_path / "why403" / "failures.sqlite", record(7))

    named = why403("failures", "list", "--format", "json", "--limit", "1", WHY403_STORE=str(store))
    usual = why403("failures", "list", "--format", "json", XDG_STATE_HOME=str(tmp_path))

    assert json.loads(named.stdout)["failures"][0]["id"] == "f-000000000065"
    assert [each["id"] for each in json.loads(usual.stdout)["failures"]] == ["f-000000000007"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--store", "nowhere.sqlite"), "no failure has been stored yet: there is no "),
        (("--store", "off"), "the failure store is off"),
        (("--store", "mysql://adele:not-shown@host/db"), "--store mysql://...@host/db: no store can be kept there."),
        (("--since", "yesterday", "--store", "x"), "--since yesterday: is no time. Write 30m, 2h, 7d, or"),
        (("--trace", "4bf9", "--store", "x"), "--trace 4bf9: is no trace id. Write its 32 hexadecimal digits"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named_with_the_remedy(
    arguments: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    ended = why403("failures", "list", *arguments, folder=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"why403: {complaint}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("no database at all, just some text that goes on for a while" * 20)

    ended = why403("failures", "list", "--store", tmp_path / "x.sqlite")

    assert ended.returncode == 2
    assert ended.stderr.endswith("is no failure store. Remedy: move the file away, or choose another one.\n")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A store of redacted exchanges of the corpus, under the installation's key."""
    pseudonyms = Pseudonyms(read_pseudonym_key(tmp_path / "conf"))
    records = [
        redact(Failure(CASES[number].exchange, record(number, group=number).report), pseudonyms) for number in (0, 1, 2)
    ]
    place = tmp_path / "failures.sqlite"
    write(place, *records)
    return place


def bundled(real: Path, *arguments: str) -> str:
    """The text of every member of a bundle out of the store."""
    target = real.with_name("case.zip")
    conf = str(real.with_name("conf"))
    ended = why403("bundle", "create", *arguments, "--store", real, "-o", target, WHY403_CONFDIR=conf)
    assert ended.returncode == 0, ended.stderr
    with zipfile.ZipFile(target) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def test_stored_failures_are_packed_by_id(real: Path) -> None:
    text = bundled(real, "f-000000000002", "f-000000000001")

    assert set(re.findall(r"f-0{11}\d", text)) == {"f-000000000002", "f-000000000001"}
    assert PSEUDONYM.search(text) is None


def test_stored_failures_are_packed_by_group_and_by_time(real: Path) -> None:
    assert set(re.findall(r"f-0{11}\d", bundled(real, "--group", "g1-0000000000000001"))) == {"f-000000000001"}
    assert len(set(re.findall(r"f-0{11}\d", bundled(real, "--since", "2026-11-21T11:00")))) == 3


def test_a_group_nobody_has_seen_makes_no_bundle(real: Path, tmp_path: Path) -> None:
    ended = why403("bundle", "create", "--group", "g1-none", "--store", real, "-o", tmp_path / "none.zip")

    assert ended.returncode == 0
    assert "no bundle written" in ended.stdout
    assert not (tmp_path / "none.zip").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "nothing is named to pack. Name recordings, ids of stored failures, --group or --since"),
        (("f-000000000001", "a.har"), "ids of stored failures stand alone"),
        (("a.har", "--group", "g"), "--group and --since choose from the failure store: leave out the recordings"),
    ],
    ids=str,
)
def test_recordings_and_the_store_are_not_mixed(arguments: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    ended = why403("bundle", "create", *arguments, folder=tmp_path)

    assert ended.returncode == 2
    assert complaint in ended.stderr
