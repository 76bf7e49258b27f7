import io
import threading

import pytest

from proxy_addons.sinks.worker import LineWriter, Worker
from tests.sinks.store.stored import wait_for

SECONDS = 30


def test_items_are_handled_in_order_and_all_before_it_closes() -> None:
    handled: list[int] = []
    worker: Worker[int] = Worker("test", handled.append, limit=100)
    assert all(worker.offer(item) for item in range(50))
    assert worker.close(SECONDS)
    assert handled == [*range(50)]


def test_a_full_queue_refuses_work_instead_of_waiting() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def handle(_: int) -> None:
        busy.set()
        go_on.wait(SECONDS)

    worker: Worker[int] = Worker("test", handle, limit=2)
    worker.offer(0)
    assert busy.wait(SECONDS)
    assert [worker.offer(item) for item in (1, 2, 3)] == [True, True, False]
    assert len(worker) == 2
    go_on.set()
    assert worker.close(SECONDS)


def test_a_closed_worker_takes_nothing_more() -> None:
    worker: Worker[int] = Worker("test", lambda _: None, limit=2)
    assert worker.close(SECONDS)
    assert worker.offer(1) is False
    assert worker.close(SECONDS)


def test_closing_gives_up_on_work_that_does_not_end() -> None:
    go_on = threading.Event()

    def handle(_: int) -> None:
        go_on.wait(SECONDS)

    worker: Worker[int] = Worker("test", handle, limit=2)
    worker.offer(1)
    assert worker.close(timeout=0) is False
    go_on.set()
    assert worker.close(SECONDS)


def test_an_item_that_fails_costs_itself_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    handled: list[int] = []

    def handle(item: int) -> None:
        if item < 2:
            raise ValueError("eyJ-a-token")
        handled.append(item)

    worker: Worker[int] = Worker("test", handle, limit=100)
    for item in range(4):
        worker.offer(item)
    assert worker.close(SECONDS)
    assert handled == [2, 3]
    assert [record.getMessage() for record in caplog.records] == ["test lost an item to ValueError, and goes on"]


def test_lines_arrive_whole() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, "test")
    writer.put("one\ntwo")
    writer.put("three")
    assert writer.close(SECONDS)
    assert stream.getvalue() == "one\ntwo\nthree\n"


def test_lines_that_wait_are_written_together_and_in_order() -> None:
    class Slow(io.StringIO):
        begun, go_on = threading.Event(), threading.Event()
        written: tuple[str, ...] = ()

        def write(self, text: str, /) -> int:
            self.written = (*self.written, text)
            self.begun.set()
            self.go_on.wait(SECONDS)
            return len(text)

    stream = Slow()
    writer = LineWriter(stream, "test")
    writer.put("first")
    assert stream.begun.wait(SECONDS)
    assert all(writer.put(f"line {number}") for number in range(1500))
    stream.go_on.set()
    wait_for(lambda: len(stream.written) == 3)
    assert writer.close(SECONDS)
    assert [text.count("\n") for text in stream.written] == [1, 1000, 500]
    assert "".join(stream.written).splitlines() == ["first", *(f"line {number}" for number in range(1500))]


def test_a_stream_that_was_closed_costs_its_lines_only() -> None:
    stream = io.StringIO()
    stream.close()
    writer = LineWriter(stream, "test")
    assert writer.put("lost")
    assert writer.close(SECONDS)
