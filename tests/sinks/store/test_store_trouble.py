"""What a store goes through in the field: locked, damaged, full, gone. Nothing raises, and what is lost is counted."""

import logging
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from proxy_addons.sinks.failure_filters import Filters
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.database import open_store
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.migrations import MIGRATIONS
from proxy_addons.sinks.store.reading import list_failures, list_groups
from proxy_addons.sinks.store.trouble import StoreError
from proxy_addons.sinks.store.writer import StoreWriter, rests_after
from tests.sinks.store.postgresql import Server
from tests.sinks.store.stored import SECONDS, opened, record, store_all, value, wait_for

ALL = Filters()
REPOSITORY = Path(__file__).parents[3]
WRITE_ON = """
import itertools, sys
from tests.sinks.store.stored import record
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.limits import Limits
from proxy_addons.sinks.store.writer import StoreWriter
place, start, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
writer = StoreWriter(place, Limits(), metrics := Metrics())
for number in range(start, start + count):
    writer.offer(record(number, group=number), "r1")
print("offered", flush=True)
sys.stdin.readline()
sys.exit(not writer.close(60))
"""


class Running:
    """A writer, its metrics and what it logged."""

    def __init__(self, place: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING, "proxy_addons.sinks.store")
        self.metrics = Metrics()
        self.writer = StoreWriter(place, Limits(), self.metrics)
        self._caplog = caplog

    def offer(self, *numbers: int) -> None:
        """Store records, each of a group of its own."""
        for number in numbers:
            self.writer.offer(record(number, group=number), "r1")

    def wait_until_up(self, state: int) -> None:
        """Wait until the metric says so."""
        wait_for(lambda: value(self.metrics, "store_up") == state)

    def wait_for_line(self, words: str) -> None:
        """Wait until a line with these words was logged."""
        wait_for(lambda: any(words in line for line in self.lines))

    @property
    def lines(self) -> list[str]:
        """The log so far."""
        return [each.getMessage() for each in self._caplog.records]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store" / "failures.sqlite"


def stored(place: str) -> tuple[int, int]:
    """How many records a store holds, and how many failures it counted."""
    with opened(place) as database:
        counted = sum(group.occurrences for group in list_groups(database, ALL, 10_000))
        return len(list_failures(database, ALL, 10_000)), counted


def test_writing_leaves_the_core_alone_for_longer_than_it_took_it_and_never_for_long() -> None:
    assert rests_after(0.0) == (0.0, 0.0, 0.0)
    assert rests_after(0.01) == pytest.approx((0.09, 0.1, 0.1))
    assert rests_after(100.0) == (2.5, 2.5, 2.5)


def test_the_store_is_for_its_owner_only(file: Path) -> None:
    with opened(str(file)) as database, database.writing():
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (file.parent, *file.parent.iterdir())}
    assert modes.pop("store") == 0o700
    assert set(modes) >= {"failures.sqlite", "failures.sqlite-wal"}
    assert set(modes.values()) == {0o600}


def test_a_file_others_could_read_is_shut(file: Path) -> None:
    open_store(str(file)).close()
    file.chmod(0o644)
    open_store(str(file)).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_locked_store_is_told_once_and_takes_everything_when_it_is_free(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_store(str(file)).close()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        running = Running(str(file), caplog)
        running.offer(*range(10))
        running.wait_for_line("is locked by another program")
        running.offer(*range(10, 20))
        other.execute("ROLLBACK")
    running.wait_until_up(1)
    assert running.writer.close(SECONDS)
    assert stored(str(file)) == (20, 20)
    assert len(running.lines) == 2
    assert running.lines[1] == "the store works again"


@pytest.mark.parametrize(("damage", "words"), [("whole", "is no failure store"), ("middle", "is damaged")])
def test_a_damaged_store_is_told_and_a_new_one_made_when_it_is_moved_away(
    file: Path, damage: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    store_all(str(file), *(record(number, group=number) for number in range(50)))
    content = bytearray(file.read_bytes())
    start = 0 if damage == "whole" else 4096
    content[start:] = b"?" * (len(content) - start)
    file.write_bytes(content)

    running = Running(str(file), caplog)
    running.offer(1, 2)
    running.wait_for_line(words)
    file.rename(file.with_name("damaged"))
    running.wait_until_up(1)
    assert running.writer.close(SECONDS)
    assert stored(str(file)) == (2, 2)
    assert "Remedy: move the file away" in running.lines[0]
    assert "?" not in running.lines[0]


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """A disk that is full after so many bytes: the kernel refuses every write beyond."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_what_waits_is_stored_when_there_is_room(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store_all(str(file), *(record(number, group=number) for number in range(100)))
    with no_file_longer_than(file.stat().st_size):
        running = Running(str(file), caplog)
        running.offer(*range(100, 400))
        running.wait_for_line("the store")
    running.wait_until_up(1)
    assert running.writer.close(SECONDS)
    assert stored(str(file)) == (400, 400)
    assert "Remedy: " in running.lines[0]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="not a directory"):
        open_store(str(tmp_path / "file" / "failures.sqlite"))


def test_a_newer_store_is_left_alone_and_told_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_store(str(file), (*MIGRATIONS, lambda _: None)).close()
    before = file.read_bytes()
    running = Running(str(file), caplog)
    running.offer(1)
    running.wait_for_line("was written by a newer why403")
    assert running.writer.close(SECONDS)
    assert [line for line in running.lines if "newer" in line] == running.lines[:1]
    assert value(running.metrics, "store_dropped_total", reason="store_error") == 1
    assert file.read_bytes() == before


def test_counts_outlive_a_queue_that_is_full(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.parent.mkdir()
    file.write_bytes(b"not a database, and long enough to be looked at as one" * 100)
    running = Running(str(file), caplog)
    running.offer(0)
    running.wait_for_line("is no failure store")
    running.offer(*range(1, 1500))
    dropped = value(running.metrics, "store_dropped_total", reason="queue_full")
    file.unlink()
    running.wait_until_up(1)
    assert running.writer.close(SECONDS)
    assert dropped == 500
    assert stored(str(file)) == (1000, 1500)


def test_two_processes_write_one_file(file: Path) -> None:
    writers = [_writer(file, start, 300) for start in (0, 1000)]
    for writer in writers:
        writer.communicate(b"\n", SECONDS)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert stored(str(file)) == (600, 600)


def test_a_process_killed_while_it_writes_leaves_nothing_half_written(file: Path) -> None:
    store_all(str(file), *(record(number, group=number) for number in range(20)))
    writer = _writer(file, 1000, 900)
    try:
        wait_for(lambda: file.with_name("failures.sqlite-wal").exists() and _records(file) > 20)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=SECONDS)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        orphans = "SELECT count(*) FROM why403_failures LEFT JOIN why403_records USING (number) WHERE body IS NULL"
        assert connection.execute(orphans).fetchone() == (0,)
    records, counted = stored(str(file))
    assert 20 < records == counted - _unkept(file)
    store_all(str(file), record(5000, group=5000))
    assert stored(str(file))[0] == records + 1


def _writer(file: Path, start: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITE_ON, str(file), str(start), str(count)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _records(file: Path) -> int:
    with closing(sqlite3.connect(file, timeout=SECONDS)) as connection:
        return int(connection.execute("SELECT count(*) FROM why403_failures").fetchone()[0])


def _unkept(file: Path) -> int:
    """Failures that were counted in one batch while their records stood in the next one."""
    with closing(sqlite3.connect(file)) as connection:
        counted = "SELECT coalesce(sum(occurrences), 0) FROM why403_groups WHERE window_records = 0"
        return int(connection.execute(counted).fetchone()[0])


def test_a_server_that_is_gone_for_a_while_costs_no_count(postgresql: Server, caplog: pytest.LogCaptureFixture) -> None:
    place = postgresql.database()
    running = Running(place, caplog)
    running.offer(*range(10))
    running.wait_until_up(1)
    wait_for(lambda: value(running.metrics, "sink_writes_total", sink="store") == 10)
    postgresql.stop()
    try:
        running.offer(*range(10, 20))
        running.wait_until_up(0)
        running.offer(*range(20, 30))
    finally:
        postgresql.start()
    running.wait_until_up(1)
    assert running.writer.close(SECONDS)
    assert stored(place) == (30, 30)
    assert len(running.lines) == 2
    assert "cannot be reached. Remedy: start the server" in running.lines[0]


def test_a_server_that_stays_away_costs_what_waits_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = Running("postgresql://adele:not-to-be-shown@127.0.0.1:1/failures", caplog)
    running.offer(1, 2, 3)
    running.wait_until_up(0)
    running.wait_for_line("cannot be reached")
    assert running.writer.close(SECONDS)
    assert value(running.metrics, "store_dropped_total", reason="store_error") == 3
    assert running.lines[-1] == "3 failures were not stored before the end"
    assert "not-to-be-shown" not in " ".join(running.lines)


def test_a_database_that_does_not_exist_is_named_with_the_remedy(postgresql: Server) -> None:
    with pytest.raises(StoreError, match=r"does not exist\. Remedy: create the database"):
        open_store(f"postgresql://why403@127.0.0.1:{postgresql.port}/nowhere")
