"""What `make bench` starts it also ends, and an answer of another kind never becomes a figure."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.processes import CannotMeasureError, free_port, running
from bench.speed.load import Traffic, held
from tests.infrastructure.tree import REPOSITORY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="make bench pins processes, which only Linux does")

SERVER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    listener.accept()
"""
STARTER = """
import sys
from pathlib import Path
from bench.processes import running
with running(sys.argv[2:], int(sys.argv[-1]), Path(sys.argv[1]), core=None) as process:
    print(process.pid, flush=True)
    sys.stdin.read()
"""
SAID = "  1000 requests in 1.00s, 1MB read\n"


def command(port: int) -> list[str]:
    return [sys.executable, "-c", SERVER, str(port)]


def is_gone(pid: int) -> bool:
    """Wait for a process that is no child of ours; its descriptor is readable when it has ended."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ready, _, _ = select.select([watched], [], [], 30)
    os.close(watched)
    return bool(ready)


def test_a_server_is_ended_when_the_measurement_fails(tmp_path: Path) -> None:
    port = free_port()

    def fails() -> None:
        with running(command(port), port, tmp_path / "log", core=None) as process:
            started.append(process)
            raise TimeoutError("not done within 1 s")

    started: list[subprocess.Popen[bytes]] = []
    with pytest.raises(TimeoutError):
        fails()
    assert started[0].poll() == -signal.SIGTERM


def test_a_server_ends_with_a_benchmark_that_was_killed(tmp_path: Path) -> None:
    port = free_port()
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "log"), *command(port)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.communicate(timeout=30)
    assert is_gone(pid)


def test_a_server_that_does_not_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    broken = [sys.executable, "-c", "raise SystemExit('no such option')"]
    with pytest.raises(CannotMeasureError, match="no such option"), running(broken, free_port(), tmp_path / "proxy"):
        pass


@pytest.mark.parametrize(
    ("said", "traffic"),
    [
        ("  Non-2xx or 3xx responses: 300\n" + SAID, Traffic()),
        ("  Non-2xx or 3xx responses: 300\n" + SAID, Traffic(every=1)),
        (SAID, Traffic(every=20)),
        ("  Socket errors: connect 0, read 50, write 0, timeout 0\n" + SAID, Traffic()),
        ("  0 requests in 1.00s, 0B read\n", Traffic()),
    ],
    ids=["refusals", "too few refusals", "no refusals", "broken calls", "nothing"],
)
def test_answers_other_than_asked_for_are_no_figure(said: str, traffic: Traffic) -> None:
    with pytest.raises(CannotMeasureError):
        held(said, traffic)


def test_answers_as_asked_for_are_counted() -> None:
    assert held(SAID, Traffic()) == 1000
    assert held("  Non-2xx or 3xx responses: 50\n" + SAID, Traffic(every=20)) == 1000
