"""Two proxies behind HAProxy with the shipped configuration: ending one of them under load costs nobody an answer."""

import http.client
import shutil
import signal
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.infrastructure.tree import REPOSITORY
from tests.live.proxy import SECONDS, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream

pytestmark = pytest.mark.skipif(
    shutil.which("haproxy") is None, reason="haproxy is missing: install the package of that name"
)

CLIENTS = 20
CALLS = 2_000
BEFORE_THE_END = CALLS // 4
DELAY = "2"
"""Longer than the shipped configuration needs to notice: two looks, half a second apart."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def balanced(directory: Path, one: RunningProxy, two: RunningProxy) -> Iterator[int]:
    """HAProxy with what deploy/ has, on ports that are free here; the port for clients of the reverse port."""
    front, other = free_port(), free_port()
    text = (REPOSITORY / "deploy" / "haproxy" / "haproxy.cfg").read_text(encoding="utf-8")
    ports = {
        "18403": front,
        "18404": other,
        "8403": one.reverse,
        "8404": one.forward,
        "9403": one.admin,
        "8413": two.reverse,
        "8414": two.forward,
        "9413": two.admin,
    }
    for written, real in ports.items():
        assert written in text
        text = text.replace(f":{written}", f":{real}").replace(f"port {written}", f"port {real}")
    configuration = directory / "haproxy.cfg"
    configuration.write_text(text, encoding="utf-8")
    process = subprocess.Popen(
        ["haproxy", "-db", "-f", str(configuration)],  # noqa: S607 - found on the PATH, like every tool
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        one.wait_for(lambda: answers(front))
        yield front
    finally:
        process.terminate()
        process.wait(SECONDS)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/graph.microsoft.com/v1.0/me")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Crowd:
    """Clients that keep their connections and ask, each for itself, until all calls are made."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._left = CALLS
        self._lock = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self.well_under_way = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Wait until all have asked."""
        for thread in self._threads:
            thread.join(SECONDS * 2)
            assert not thread.is_alive()

    def _take(self) -> bool:
        with self._lock:
            self._left -= 1
            if self._left <= CALLS - BEFORE_THE_END:
                self.well_under_way.set()
            return self._left >= 0

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        while self._take():
            try:
                # A POST, which HAProxy must not repeat: what is cut off is lost.
                connection.request("POST", "/graph.microsoft.com/busy", headers={"Authorization": f"Basic {number}"})
                answer = connection.getresponse()
                outcome = f"{answer.status} {answer.read()!r}"
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
                connection.close()
            with self._lock:
                self.outcomes[outcome] += 1
        connection.close()


def busy(received: Received) -> None:
    """An answer that takes its time, so that there is always something under way."""
    threading.Event().wait(0.05)
    received.answer("200 OK", b"ok")


def test_no_call_fails_while_one_of_two_proxies_ends(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/busy", busy)
    one_place, two_place = tmp_path / "one", tmp_path / "two"
    one_place.mkdir()
    two_place.mkdir()
    with (
        running_proxy(one_place, "--drain-delay", DELAY, *towards_upstream) as one,
        running_proxy(two_place, *towards_upstream) as two,
        balanced(tmp_path, one, two) as port,
    ):
        crowd = Crowd(port)
        crowd.start()
        assert crowd.well_under_way.wait(SECONDS)
        one.process.send_signal(signal.SIGTERM)
        crowd.finish()
        assert one.process.wait(SECONDS) == 0
        assert dict(crowd.outcomes) == {"200 b'ok'": CALLS}
