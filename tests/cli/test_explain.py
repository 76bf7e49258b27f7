"""`why403 explain`: what it prints, and what it leaves with."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from proxy_addons import __version__
from proxy_addons.diagnosis.example_exchange import RequestExample, ResponseExample
from proxy_addons.diagnosis.examples import Example
from tests.cli.command import COMMAND, LONGEST_SECONDS, environment, on_a_terminal, why403
from tests.cli.recorded import ONLY_RULES, REFUSALS, REPORT_RULES, example, examples, har
from tests.sinks.reports import assert_golden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

GOLDEN: Final = Path(__file__).parent / "golden"
SECRET: Final = "Kq8~made.up.for.this.recording"


def refused_with(code: str, **inner: str) -> Example:
    """A Graph call refused with one of the codes the small rule base knows."""
    extra: Mapping[str, JsonValue] = {"graph_error": {"code": code, "message": "No.", "inner": dict(inner)}}
    return Example(
        name=code,
        request=RequestExample(url="https://graph.microsoft.com/v1.0/users", token={"like": "graph-user"}),
        response=ResponseExample.model_validate({"like": "graph-gateway", "status": 403, **extra}),
    )


def steady(printed: str) -> str:
    """Output without what changes with every release of the tool or the rules."""
    return re.sub(r'("revision": )"\w+"', r'\1"REVISION"', printed).replace(f'"{__version__}"', '"VERSION"')


@pytest.fixture(scope="module")
def printed() -> Mapping[str, str]:
    """The committed recording in every format."""
    shown = {}
    for form in ("text", "json", "markdown"):
        ended = why403("explain", REFUSALS, "--no-shipped-rules", "--rules", REPORT_RULES, "--format", form)
        assert (ended.returncode, ended.stderr) == (0, "")
        shown[form] = ended.stdout
    return shown


def test_the_committed_recording_holds_the_examples_it_is_made_of() -> None:
    assert_golden(REFUSALS, har(*examples()))


def test_the_text_report_shows_a_box_per_refusal_and_counts_them(printed: Mapping[str, str]) -> None:
    assert_golden(GOLDEN / "refusals.txt", steady(printed["text"]))


def test_the_json_report_keeps_its_form(printed: Mapping[str, str]) -> None:
    assert_golden(GOLDEN / "refusals.json", steady(printed["json"]))


def test_the_markdown_report_keeps_its_form(printed: Mapping[str, str]) -> None:
    assert_golden(GOLDEN / "refusals.md", steady(printed["markdown"]))


def test_the_rules_that_ship_know_every_refusal_but_those_nobody_can_know() -> None:
    report = json.loads(why403("explain", REFUSALS, "--format", "json").stdout)

    leading = [failure["findings"][0] for failure in report["failures"]]
    assert [(finding["cause"], finding["certainty"]) for finding in leading] == [
        ("token-audience-graph", "certain"),
        ("graph-permission-missing-app", "certain"),
        ("graph-permission-missing-delegated", "likely"),
        ("ews-send-as-denied", "certain"),
        ("undetermined", "possible"),
        ("entra-secret-wrong", "certain"),
        ("undetermined", "possible"),
    ]


def test_every_format_finds_the_same_refusals(printed: Mapping[str, str]) -> None:
    found = [failure["id"] for failure in json.loads(printed["json"])["failures"]]

    assert len(found) == 7
    assert all(identity in printed["text"] and identity in printed["markdown"] for identity in found)


def test_a_refusal_inside_a_batch_is_told_apart_from_the_batch(printed: Mapping[str, str]) -> None:
    hidden = [
        failure for failure in json.loads(printed["json"])["failures"] if failure["exchange"]["hidden_in_success"]
    ]

    assert [(failure["exchange"]["operation"], failure["exchange"]["status"]) for failure in hidden] == [
        ("GET /users/{id}/messages", 403),
        ("EWS CreateItem", 200),
    ]


def test_a_cause_nobody_knows_is_called_undetermined_and_only_possible(printed: Mapping[str, str]) -> None:
    failures = {f["exchange"]["error_code"]: f["findings"] for f in json.loads(printed["json"])["failures"]}

    assert [(f["cause"], f["certainty"]) for f in failures["ComputerSaysNo"]] == [("undetermined", "possible")]


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_no_format_prints_an_address_a_secret_or_a_token(printed: Mapping[str, str], form: str) -> None:
    for private in ("adele@", "alex@", SECRET, "eyJ"):
        assert private not in printed[form]


def test_the_same_recording_always_reads_the_same() -> None:
    once, again = (why403("explain", REFUSALS, *ONLY_RULES, "--format", "json").stdout for _ in range(2))

    assert "<user:1>" in once
    assert once == again


def test_the_same_person_has_the_same_number_in_every_report() -> None:
    user = refused_with("CertainRefusal", user="adele@contoso.com")

    report = why403("explain", "-", *ONLY_RULES, "--format", "json", given=har(user, user)).stdout

    assert "user:2" not in report


def test_nothing_refused_is_an_empty_report() -> None:
    ended = why403("explain", "-", *ONLY_RULES, "--format", "json", given=har(example("nothing is wrong here")))

    assert ended.returncode == 0
    assert json.loads(ended.stdout)["failures"] == []
    assert json.loads(ended.stdout)["exchanges"] == 1


@pytest.mark.parametrize(
    ("code", "level", "status"),
    [
        ("CertainRefusal", "certain", 3),
        ("CertainRefusal", "possible", 3),
        ("LikelyRefusal", "certain", 0),
        ("LikelyRefusal", "likely", 3),
        ("PossibleRefusal", "likely", 0),
        ("PossibleRefusal", "possible", 3),
        ("NobodyKnowsThisRefusal", "possible", 3),
    ],
)
def test_fail_on_counts_causes_at_least_as_sure_as_it_says(code: str, level: str, status: int) -> None:
    ended = why403("explain", "-", *ONLY_RULES, "--fail-on", level, given=har(refused_with(code)))

    assert ended.returncode == status
    assert "1 refused of 1 exchange " in ended.stdout


def test_without_fail_on_findings_are_no_failure_of_the_command() -> None:
    assert why403("explain", "-", *ONLY_RULES, given=har(refused_with("CertainRefusal"))).returncode == 0


def test_fail_on_is_content_where_nothing_was_refused() -> None:
    healthy = har(example("nothing is wrong here"))

    assert why403("explain", "-", *ONLY_RULES, "--fail-on", "possible", given=healthy).returncode == 0


def test_a_recording_that_breaks_off_is_explained_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = har(refused_with("CertainRefusal"), refused_with("LikelyRefusal"))
    (tmp_path / "cut.har").write_text(whole[: whole.index("LikelyRefusal")])

    ended = why403("explain", tmp_path / "cut.har", *ONLY_RULES)

    assert ended.returncode == 2
    assert "says-certain" in ended.stdout
    assert ended.stderr.startswith("why403: cut.har: log.entries[1]: the JSON breaks here")
    assert "Save the recording again" in ended.stderr


def test_a_broken_recording_is_a_usage_error_even_where_fail_on_would_speak() -> None:
    whole = har(refused_with("CertainRefusal"))

    assert why403("explain", "-", *ONLY_RULES, "--fail-on", "certain", given=whole[:-4]).returncode == 2


def test_a_broken_recording_still_gives_whole_json() -> None:
    whole = har(refused_with("CertainRefusal"))

    ended = why403("explain", "-", *ONLY_RULES, "--format", "json", given=whole[:-4])

    assert len(json.loads(ended.stdout)["failures"]) == 1


def test_an_entry_nobody_can_read_costs_only_itself() -> None:
    broken = {"request": {"method": "GET"}, "response": {"status": 403}}

    ended = why403("explain", "-", *ONLY_RULES, given=har(broken, refused_with("CertainRefusal")))

    assert ended.returncode == 0
    assert ended.stderr == "why403: standard input: log.entries[0]: request.url: field required; left out\n"
    assert "1 refused of 2 exchanges in standard input" in ended.stdout


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"hello": 1}', "no `log.entries`"),
        (b"PK\x03\x04 a zip", "the archive is broken"),
        (b"\x1f\x8b\x08 packed", "is packed"),
        (b"\x89PNG", "is no recording"),
        (b"", "is empty"),
        (b'{"log": {"entries": [{"request": "\xff\xfe"}]}}', "is no UTF-8"),
        ('{"log": {"entries": [}}'.encode("utf-16"), "the JSON breaks here"),
        (b"[" * 5_000, "the JSON breaks here"),
    ],
    ids=["other JSON", "broken zip", "gzip", "picture", "nothing", "no UTF-8", "UTF-16", "nested without end"],
)
def test_what_is_no_recording_is_refused_with_the_remedy(content: bytes, complaint: str) -> None:
    ended = why403("explain", "-", *ONLY_RULES, given=content)

    assert ended.returncode == 2
    assert ended.stderr.startswith("why403: standard input: ")
    assert complaint in ended.stderr
    assert ". Save the" in ended.stderr or ". Copy the" in ended.stderr or ": unpack it" in ended.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    ended = why403("explain", "gone.har", *ONLY_RULES)

    assert ended.returncode == 2
    assert ended.stderr == "why403: gone.har: No such file or directory. Name a recording, or - for standard input\n"
    assert ended.stdout == ""


def test_a_folder_without_files_is_no_recording(tmp_path: Path) -> None:
    ended = why403("explain", tmp_path, *ONLY_RULES)

    assert ended.returncode == 2
    assert ended.stderr == f"why403: {tmp_path}: holds no files that can be read. Name a folder of recordings\n"


def test_a_closed_standard_input_is_said_to_be_closed() -> None:
    shell = ["sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, "explain", "-", *map(str, ONLY_RULES)]

    ended = subprocess.run(
        shell, env=environment(), capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )

    assert ended.returncode == 2
    assert ended.stderr == "why403: standard input: is closed. Name a recording, or give one on standard input\n"


def test_a_bad_rule_base_is_named_with_file_line_and_column(tmp_path: Path) -> None:
    rule = tmp_path / "graph" / "says-nothing.yaml"
    rule.parent.mkdir()
    rule.write_text("id: says-nothing\ntitle: [\n")

    ended = why403("explain", REFUSALS, "--no-shipped-rules", "--rules", tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"why403: {rule}:3:1: this is no YAML")
    assert ended.stdout == ""


def test_unredacted_is_refused_where_no_person_looks() -> None:
    ended = why403("explain", REFUSALS, "--unredacted", *ONLY_RULES)

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "why403: --unredacted shows tokens' owners and addresses, so it prints to a terminal only. "
        "Leave it out: the redacted report names the same causes\n"
    )


def test_unredacted_shows_what_was_sent_on_a_terminal() -> None:
    status, shown = on_a_terminal("explain", REFUSALS, *ONLY_RULES, "--unredacted", "--format", "json")

    assert status == 0
    assert "alex@contoso.com" in shown


def test_a_terminal_alone_does_not_lift_redaction() -> None:
    status, shown = on_a_terminal("explain", REFUSALS, *ONLY_RULES, "--format", "json")

    assert status == 0
    assert "alex@contoso.com" not in shown


def test_ctrl_c_leaves_with_130_and_no_traceback() -> None:
    process = subprocess.Popen(
        [*COMMAND, "explain", "-", *map(str, ONLY_RULES)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        # More than a pipe holds: when this returns, the command is reading.
        process.stdin.write(har(*[refused_with("CertainRefusal")] * 100).encode()[:-10])
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=LONGEST_SECONDS)

    assert process.returncode == 130
    assert complaint == b""


def test_an_error_of_our_own_names_its_place_and_quotes_no_traffic(tmp_path: Path) -> None:
    (tmp_path / "ijson.py").write_text(
        "class JSONError(Exception): pass\ndef items(stream, *_, **__):\n    raise ZeroDivisionError(stream.read())\n"
    )

    ended = why403("explain", REFUSALS, *ONLY_RULES, PYTHONPATH=str(tmp_path))

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"why403: an error of why403 itself: ZeroDivisionError at {tmp_path}/ijson.py:3. "
        "Please report it with these two; the message is withheld because it may quote traffic.\n"
    )


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run(
        [*COMMAND, "explain", str(REFUSALS), *map(str, ONLY_RULES), "--fail-on", "possible"],
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (3, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full to stand for a full disk")
def test_a_full_disk_is_named_as_what_it_is() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*COMMAND, "explain", str(REFUSALS), *map(str, ONLY_RULES)],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    assert ended.returncode == 2
    assert ended.stderr == b"why403: standard output: No space left on device. Send it somewhere with room\n"


def test_a_terminal_without_our_characters_gets_the_report_all_the_same() -> None:
    ended = why403("explain", REFUSALS, *ONLY_RULES, PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert ended.returncode == 0
    assert "not determined" in ended.stdout
    assert ended.stdout.isascii()


def test_json_is_utf_8_whatever_the_terminal_speaks() -> None:
    ended = why403(
        *("explain", "-", *ONLY_RULES, "--format", "json"),
        given=har(refused_with("CertainRefusal", location="Zürich")),
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    )

    assert ended.returncode == 0
    assert json.loads(ended.stdout)["failures"]


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_text_that_is_no_unicode_is_shown_as_far_as_it_is(form: str) -> None:
    entry = json.loads(har(refused_with("CertainRefusal")))["log"]["entries"][0]
    entry["request"]["headers"].append({"name": "User-Agent", "value": "half \ud83d a smile"})
    entry["response"]["headers"].append({"name": "x-ms-diagnostics", "value": "\udcff"})
    entry["request"]["url"] += "/\ud800"

    ended = why403("explain", "-", *ONLY_RULES, "--format", form, given=har(entry))

    assert ended.returncode == 0
    assert "says-certain" in ended.stdout
