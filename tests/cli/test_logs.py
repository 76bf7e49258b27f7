"""`why403 logs` as a process of its own: against an admin port, and over a file somebody else writes and moves."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.admin.browser import site_in_a_thread
from tests.admin.pages import record
from tests.cli.command import COMMAND, environment, why403
from tests.sinks.store.stored import store_all
from tests.support.quiet_port import quiet_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 60


class Followed:
    """A running `why403 logs -f`; what it writes is taken as it comes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._kept = {1: b"", 2: b""}

    def until(self, text: str, stream: int = 1) -> str:
        """Everything one of its streams (1 or 2) said up to a text, which is not told again."""
        pipes = {1: self.process.stdout, 2: self.process.stderr}
        wanted, deadline = text.encode(), time.monotonic() + SECONDS
        while wanted not in self._kept[stream]:
            assert time.monotonic() < deadline, self._kept
            for number, pipe in pipes.items():
                assert pipe is not None
                if select.select([pipe], [], [], 0.05)[0]:
                    piece = os.read(pipe.fileno(), 65_536)
                    assert piece or number != stream, self._kept
                    self._kept[number] += piece
        before, _, self._kept[stream] = self._kept[stream].partition(wanted)
        return before.decode() + text

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


@contextmanager
def following(*arguments: str | Path) -> Iterator[Followed]:
    """Start it; it is gone afterwards."""
    with subprocess.Popen(
        [*COMMAND, "logs", "-f", *map(str, arguments)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield Followed(process)
        finally:
            if process.poll() is None:
                process.kill()


def line(number: int, **fields: Any) -> str:  # noqa: ANN401  # fields of a line, whatever their types
    """A line of the log."""
    told = {
        "@timestamp": "2026-11-21T12:00:00.000Z",
        "event.name": "why403.failure",
        "why403.id": f"f-{number:012x}",
        "why403.operation": "GET /users",
        "http.response.status_code": 403,
        "rule.id": "graph-scope-missing",
        "auth.certainty": "certain",
        **fields,
    }
    return json.dumps(told) + "\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "failures.sqlite"


def test_stored_failures_are_a_line_each_and_new_ones_follow(store: Path) -> None:
    store_all(str(store), record(1, 1), record(2, 2))
    with site_in_a_thread(store) as url, following("--url", url, "-n", "1") as log:
        shown = log.until("f-000000000002\n")
        assert "403  GET /users  graph-scope-missing (certain)" in shown
        store_all(str(store), record(3, 3))
        shown += log.until("f-000000000003\n")
        assert shown.count("\n") == 2
        assert log.interrupt() == 130
        assert log.process.stderr is not None
        assert log.process.stderr.read() == b""


def test_a_proxy_that_goes_away_is_waited_for_and_nothing_is_lost_or_told_twice(store: Path) -> None:
    store_all(str(store), record(1, 1))
    port = quiet_port()
    with ExitStack() as first:
        url = first.enter_context(site_in_a_thread(store, port))
        with following("--url", url) as log:
            log.until("f-000000000001\n")
            first.close()
            log.until("trying again until Ctrl-C\n", 2)
            store_all(str(store), record(2, 2))
            with site_in_a_thread(store, port):
                assert log.until("f-000000000002\n").count("f-0") == 1
                log.until("answers again\n", 2)
                assert log.interrupt() == 130


def test_what_is_only_counted_is_told_as_a_number(store: Path) -> None:
    store_all(str(store), record(1, 1))
    with site_in_a_thread(store) as url, following("--url", url) as log:
        log.until("f-000000000001\n")
        store_all(str(store), *(record(number, 1) for number in range(2, 42)))
        counted = 0
        # In one sum or in several, as the store was looked at in between.
        while counted < 21:
            counted += int(re.findall(r"(\d+) more refusals? ", log.until("only counted\n", 2))[0])
        assert counted == 21
        assert log.interrupt() == 130


def test_a_filter_and_the_json_form_go_together(store: Path) -> None:
    store_all(str(store), record(1, 1), record(2, 2, cause="token-expired"))
    with site_in_a_thread(store) as url:
        ended = why403("logs", "--url", url, "--cause", "token-expired", "--format", "json")

    assert (ended.returncode, ended.stderr) == (0, "")
    told = [json.loads(text) for text in ended.stdout.splitlines()]
    assert [(each["why403.id"], each["rule.id"]) for each in told] == [("f-000000000002", "token-expired")]
    assert told[0]["event.name"] == "why403.failure"


def test_a_file_is_read_from_its_last_lines_and_others_in_it_are_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ready = json.dumps({"event.name": "why403.ready"}) + "\n"
    log.write_text(f"{ready}no JSON\n{line(1)}{line(2)}[1]\n{line(3)}half of a l", encoding="utf-8")

    ended = why403("logs", "--file", log, "-n", "2")

    assert ended.returncode == 0
    assert [text.rpartition(" ")[2] for text in ended.stdout.splitlines()] == ["f-000000000002", "f-000000000003"]


@pytest.mark.parametrize(
    ("option", "value", "shown"),
    [
        ("--cause", "token-expired", [2]),
        ("--service", "graph", [1]),
        ("--app", "app-1", [1]),
        ("--group", "g1-2", [2]),
        ("--request-id", "request-2", [2]),
        ("--trace", "0AF7651916CD43DD8448EB211C80319C", [1]),
        ("--request-id", "request-3", [2]),
        ("--since", "2026-11-21T12:30", [2]),
    ],
)
def test_filters_choose_lines_of_a_file(tmp_path: Path, option: str, value: str, shown: list[int]) -> None:
    log = tmp_path / "log"
    traced = {"trace.id": "0af7651916cd43dd8448eb211c80319c"}
    one = line(1, **{"why403.service": "graph", "auth.token.app_id": "app-1", "why403.fingerprint": "g1-1"}, **traced)
    other = {"rule.id": "token-expired", "why403.fingerprint": "g1-2", "@timestamp": "2026-11-21T13:00:00Z"}
    ids = {"ms.request_id": "request-2", "ms.client_request_id": "request-3"}
    log.write_text(one + line(2, **other, **ids), encoding="utf-8")

    ended = why403("logs", "--file", log, option, value)

    assert [text.rpartition(" ")[2] for text in ended.stdout.splitlines()] == [f"f-{each:012x}" for each in shown]


def test_a_file_is_followed_when_it_is_moved_and_when_it_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(line(1), encoding="utf-8")
    with following("--file", path) as log:
        log.until("f-000000000001\n")
        with path.open("a", encoding="utf-8") as writer:
            path.rename(tmp_path / "log.1")
            # Its writer has not noticed yet.
            writer.write(line(2))
        path.write_text(line(3), encoding="utf-8")
        assert log.until("f-000000000003\n").count("f-000000000002") == 1
        log.until("was replaced; going on in the new one\n", 2)
        path.write_text("", encoding="utf-8")
        log.until("was emptied; going on at its beginning\n", 2)
        with path.open("a", encoding="utf-8") as writer:
            text = line(4)
            writer.write(text[:20])
            writer.flush()
            writer.write(text[20:])
        log.until("f-000000000004\n")
        path.unlink()
        log.until("is gone; waiting for a new one\n", 2)
        path.write_text(line(5), encoding="utf-8")
        log.until("f-000000000005\n")
        assert log.interrupt() == 130


def test_standard_input_is_shown_to_its_end() -> None:
    ended = why403("logs", "--file", "-", given=line(1) + line(2))

    assert (ended.returncode, ended.stdout.count("graph-scope-missing")) == (0, 2)


def test_a_line_of_somebody_elses_making_hijacks_no_terminal() -> None:
    hostile = line(1, **{"why403.operation": "\x1b[2J\x1b]0;x\x07\u202eGET\r\n" + "x" * 1_000_000, "rule.id": ["\x1b"]})

    shown = why403("logs", "--file", "-", given=hostile).stdout

    assert shown.count("\n") == 1
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown) < 1000


def test_a_field_of_another_kind_than_it_should_be_is_passed_over() -> None:
    odd = line(1, **{"rule.id": ["graph-scope-missing"]}) + line(2, **{"rule.id": {}}) + line(3)

    ended = why403("logs", "--file", "-", "--cause", "graph-scope-missing", given=odd)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [text.rpartition(" ")[2] for text in ended.stdout.splitlines()] == ["f-000000000003"]


def test_no_file_and_no_proxy_are_complaints(tmp_path: Path) -> None:
    missing = why403("logs", "--file", tmp_path / "none")
    away = why403("logs", "--url", "http://127.0.0.1:1")

    assert (missing.returncode, away.returncode) == (2, 2)
    assert "No such file or directory" in missing.stderr
    assert "no proxy answers at http://127.0.0.1:1" in away.stderr
