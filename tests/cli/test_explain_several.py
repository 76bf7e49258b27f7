"""`why403 explain` with recordings of several kinds, several at once, folders, and long ones."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Final

from tests.cli.command import COMMAND, LONGEST_SECONDS, environment, why403
from tests.cli.recorded import ONLY_RULES, example, har
from tests.cli.test_explain import refused_with

FIDDLER: Final = Path(__file__).parents[1] / "intake" / "recordings" / "fiddler.saz"
CERTAIN: Final = har(refused_with("CertainRefusal"))
LIKELY: Final = har(refused_with("LikelyRefusal"))


def recordings(folder: Path) -> Path:
    (folder / "a.har").write_text(CERTAIN)
    (folder / "b.har").write_text(LIKELY)
    return folder


def refused_to_read(user: str) -> object:
    """An entry of a HAR: a refused call for somebody's account."""
    entry = json.loads(CERTAIN)["log"]["entries"][0]
    entry["request"]["url"] = f"https://graph.microsoft.com/v1.0/users/{user}@contoso.com"
    return entry


def test_several_recordings_are_one_report_in_which_each_failure_names_its_own(tmp_path: Path) -> None:
    recordings(tmp_path)

    ended = why403("explain", tmp_path / "b.har", tmp_path / "a.har", *ONLY_RULES, "--format", "json")

    report = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (report["source"], report["exchanges"]) == ("b.har, a.har", 2)
    assert [failure["source"] for failure in report["failures"]] == ["b.har", "a.har"]


def test_a_single_recording_need_not_be_named_again(tmp_path: Path) -> None:
    ended = why403("explain", recordings(tmp_path) / "a.har", *ONLY_RULES, "--format", "json")

    assert [failure["source"] for failure in json.loads(ended.stdout)["failures"]] == [""]


def test_text_and_markdown_put_the_name_above_what_a_recording_holds(tmp_path: Path) -> None:
    names = [f"{tmp_path.name}/a.har", f"{tmp_path.name}/b.har"]

    text = why403("explain", recordings(tmp_path), *ONLY_RULES).stdout
    markdown = why403("explain", tmp_path, *ONLY_RULES, "--format", "markdown").stdout

    assert [line for line in text.splitlines() if line in names] == names
    assert [line for line in markdown.splitlines() if line.startswith("In ")] == [f"In `{name}`:" for name in names]
    assert text.endswith(f"2 refused of 2 exchanges in {', '.join(names)}\n")


def test_many_recordings_are_counted(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.har").write_text(CERTAIN)

    assert "4 refused of 4 exchanges in 4 recordings" in why403("explain", tmp_path, *ONLY_RULES).stdout


def test_the_same_person_has_the_same_number_in_every_recording(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_text(har(refused_to_read("adele")))
    (tmp_path / "b.har").write_text(har(refused_to_read("alex"), refused_to_read("adele")))

    report = json.loads(why403("explain", tmp_path, *ONLY_RULES, "--format", "json").stdout)

    asked = [failure["exchange"]["url"].partition("/users/")[2] for failure in report["failures"]]
    assert asked == ["<user:1>", "<user:2>", "<user:1>"]


def test_what_a_folder_happens_to_hold_is_told_and_costs_nothing(tmp_path: Path) -> None:
    (recordings(tmp_path) / "notes.txt").write_text("Tuesday")

    ended = why403("explain", tmp_path, *ONLY_RULES)

    assert ended.returncode == 0
    assert ended.stderr == (
        f"why403: {tmp_path.name}/notes.txt: is no recording. "
        "Save the traffic as HAR, as SAZ (Fiddler) or as a flow file (mitmproxy), and name that; skipped\n"
    )


def test_one_broken_recording_of_several_costs_only_itself_and_the_exit_code(tmp_path: Path) -> None:
    (recordings(tmp_path) / "a.har").write_text(CERTAIN[:-9])

    ended = why403("explain", tmp_path / "gone.har", tmp_path, *ONLY_RULES)

    assert ended.returncode == 2
    assert "says-certain" in ended.stdout
    assert "says-likely" in ended.stdout
    assert f"why403: {tmp_path}/gone.har: No such file or directory" in ended.stderr
    assert "a.har: log.entries[1]: the JSON breaks here" in ended.stderr


def test_a_thousand_unreadable_entries_are_twenty_lines_and_a_count() -> None:
    ended = why403("explain", "-", *ONLY_RULES, given=har(*["no entry"] * 1000, refused_with("CertainRefusal")))

    assert ended.returncode == 0
    assert len(ended.stderr.splitlines()) == 21
    assert ended.stderr.endswith("why403: standard input: 980 more parts cannot be read\n")
    assert "1 refused of 1001 exchanges" in ended.stdout


def test_a_har_without_the_token_that_was_sent_is_said_to_lack_it() -> None:
    entry = json.loads(CERTAIN)["log"]["entries"][0]
    headers = entry["request"]["headers"]
    entry["request"]["headers"] = [header for header in headers if header["name"].lower() != "authorization"]

    ended = why403("explain", "-", *ONLY_RULES, given=har(entry))

    assert ended.returncode == 0
    assert ended.stderr.startswith("why403: standard input: 1 refusal without the token that must have been sent. Brow")


def test_a_saz_is_explained_as_a_har_is() -> None:
    ended = why403("explain", FIDDLER, *ONLY_RULES, "--format", "json")

    report = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert (report["source"], report["exchanges"]) == ("fiddler.saz", 5)
    assert {failure["exchange"]["error_code"] for failure in report["failures"]} >= {"Authorization_RequestDenied"}


def test_a_bundle_takes_in_several_recordings(tmp_path: Path) -> None:
    bundle = tmp_path / "evidence.zip"

    ended = why403("bundle", "create", recordings(tmp_path), "--output", bundle, *ONLY_RULES)

    assert ended.returncode == 0
    assert ended.stdout == f"{bundle}: 2 refusals, swept clean. Start with summary.md inside.\n"


def test_the_html_report_is_one_page_in_utf_8_whatever_the_terminal_speaks(tmp_path: Path) -> None:
    (recordings(tmp_path) / "c.har").write_text("{")

    ended = why403("explain", tmp_path, *ONLY_RULES, "--format", "html", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert ended.returncode == 0
    assert ended.stdout.startswith("<!DOCTYPE html>")
    assert ended.stdout.endswith("</html>\n")
    assert "2 refused of 2 exchanges" in ended.stdout
    assert "✗" in ended.stdout
    assert "What could not be read" in ended.stdout


def test_no_format_says_more_of_a_person_than_another(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_text(har(refused_to_read("adele")))

    page = why403("explain", tmp_path / "a.har", *ONLY_RULES, "--format", "html").stdout

    assert "adele" not in page
    assert "eyJ" not in page


def test_more_reports_than_fit_into_memory_are_the_same_reports(tmp_path: Path) -> None:
    (tmp_path / "long.har").write_text(har(*[refused_to_read(f"user{number % 7}") for number in range(1200)]))

    report = json.loads(why403("explain", tmp_path / "long.har", *ONLY_RULES, "--format", "json").stdout)

    assert len(report["failures"]) == 1200
    assert "<user:7>" in json.dumps(report)
    assert "<user:8>" not in json.dumps(report)


def seen_on_standard_error(*arguments: str | Path, **variables: str) -> tuple[str, str]:
    """What a person at a terminal sees on standard error, and what went to standard output, which is a file."""
    controller, terminal = pty.openpty()
    command = [*COMMAND, *map(str, arguments)]
    with subprocess.Popen(
        command,
        env=environment(TERM="xterm", **variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        seen = b""
        # The other side of a terminal ends with an error on Linux and with nothing elsewhere.
        with contextlib.suppress(OSError):
            while chunk := os.read(controller, 65536):
                seen += chunk
        printed, _ = process.communicate(timeout=LONGEST_SECONDS)
    os.close(controller)
    return seen.decode(), printed.decode()


def test_long_recordings_show_how_far_reading_has_come(tmp_path: Path) -> None:
    entry = json.loads(har(example("nothing is wrong here")))["log"]["entries"][0]
    entry["response"]["content"]["text"] = "x" * 17 * 1024 * 1024
    (tmp_path / "long.har").write_text(har(entry, refused_with("CertainRefusal")))

    seen, printed = seen_on_standard_error("explain", tmp_path / "long.har", *ONLY_RULES)

    assert "long.har" in seen
    assert "MB" in seen
    assert printed.endswith("1 refused of 2 exchanges in long.har\n")


def test_a_build_server_with_a_terminal_is_spared_the_bar(tmp_path: Path) -> None:
    entry = json.loads(har(example("nothing is wrong here")))["log"]["entries"][0]
    entry["response"]["content"]["text"] = "x" * 17 * 1024 * 1024
    (tmp_path / "long.har").write_text(har(entry))

    seen, _ = seen_on_standard_error("explain", tmp_path / "long.har", *ONLY_RULES, CI="true")

    assert seen == ""


def test_short_recordings_show_nothing_on_the_way(tmp_path: Path) -> None:
    seen, _ = seen_on_standard_error("explain", recordings(tmp_path) / "a.har", *ONLY_RULES)

    assert seen == ""
