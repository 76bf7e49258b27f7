"""SIGTERM: what is under way is answered, nothing new is taken, then the proxy ends."""

import contextlib
import json
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.live.proxy import SECONDS, Connection, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream

WITHIN = ["--drain-limit", "60"]


class Gate:
    """An upstream path whose answer waits until the test lets it go."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.reached = threading.Event()

    def __call__(self, received: Received) -> None:
        """Answer once the gate is open."""
        self.reached.set()
        assert self._open.wait(SECONDS)
        received.answer("200 OK", b"at last", "Content-Type: text/plain")

    def open(self) -> None:
        """Let the answer go."""
        self._open.set()


@pytest.fixture
def gate(upstream: Upstream) -> Gate:
    gate = Gate()
    upstream.on("/slow", gate)
    return gate


def ask_slowly(client: Connection, gate: Gate) -> None:
    client.send(b"GET /graph.microsoft.com/slow HTTP/1.1\r\nHost: h\r\n\r\n")
    assert gate.reached.wait(SECONDS)


def begin_to_end(proxy: RunningProxy) -> None:
    proxy.process.send_signal(signal.SIGTERM)
    proxy.wait_for(lambda: any("draining" in line for line in proxy.errors))


def readiness(proxy: RunningProxy) -> tuple[int, dict[str, bool]]:
    try:
        with proxy.admin_get("/readyz") as answer:
            return answer.status, json.load(answer)["conditions"]
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)["conditions"]


def takes_connections(port: int) -> bool:
    try:
        # One that is reset was taken up, by a listener that ended in this moment.
        with contextlib.suppress(ConnectionResetError):
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS).close()
    except ConnectionRefusedError:
        return False
    return True


def test_an_exchange_under_way_is_answered_before_the_end(
    tmp_path: Path, towards_upstream: list[str], gate: Gate
) -> None:
    with running_proxy(tmp_path, *WITHIN, *towards_upstream) as proxy, proxy.through_reverse() as client:
        ask_slowly(client, gate)
        begin_to_end(proxy)
        proxy.wait_for(lambda: not takes_connections(proxy.reverse))
        gate.open()
        reply = client.read_reply()
        assert (reply.status, reply.body) == (200, b"at last")
        assert proxy.process.wait(SECONDS) == 0


def test_readyz_says_no_at_once_and_livez_stays(tmp_path: Path, towards_upstream: list[str], gate: Gate) -> None:
    with running_proxy(tmp_path, *WITHIN, *towards_upstream) as proxy, proxy.through_reverse() as client:
        assert readiness(proxy) == (200, {"listeners": True, "rules": True, "staying": True})
        ask_slowly(client, gate)
        begin_to_end(proxy)
        status, conditions = readiness(proxy)
        assert (status, conditions["staying"]) == (503, False)
        assert proxy.admin_get("/livez").status == 200
        assert proxy.metric("why403_draining") == 1
        gate.open()
        client.read_reply()


def test_new_connections_are_served_during_the_delay(tmp_path: Path, towards_upstream: list[str]) -> None:
    with running_proxy(tmp_path, "--drain-delay", "3600", *towards_upstream) as proxy:
        begin_to_end(proxy)
        with proxy.through_reverse() as client:
            assert client.get("h", "/graph.microsoft.com/v1.0/me").status == 200
        assert proxy.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize(("status", "closes"), [("200 OK", "close"), ("401 Unauthorized", None)])
def test_while_leaving_only_a_success_says_that_the_connection_ends(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream, status: str, closes: str | None
) -> None:
    upstream.on("/last", lambda received: received.answer(status, b"x"))
    with (
        running_proxy(tmp_path, "--drain-delay", "3600", *towards_upstream) as proxy,
        proxy.through_reverse() as client,
    ):
        begin_to_end(proxy)
        assert client.get("h", "/graph.microsoft.com/last").header("connection") == closes
        assert proxy.stop(signal.SIGTERM) == 0


def test_before_that_no_connection_is_closed(tmp_path: Path, towards_upstream: list[str]) -> None:
    with running_proxy(tmp_path, *towards_upstream) as proxy, proxy.through_reverse() as client:
        assert client.get("h", "/graph.microsoft.com/v1.0/me").header("connection") is None
        assert client.get("h", "/graph.microsoft.com/v1.0/me").status == 200


def end_by_limit(proxy: RunningProxy) -> int:
    return proxy.stop(signal.SIGTERM)


def end_by_a_second_signal(proxy: RunningProxy) -> int:
    begin_to_end(proxy)
    return proxy.stop(signal.SIGTERM)


def end_by_ctrl_c(proxy: RunningProxy) -> int:
    begin_to_end(proxy)
    return proxy.stop(signal.SIGINT)


@pytest.mark.parametrize(
    ("limit", "end", "status"),
    [("0.2", end_by_limit, 0), ("3600", end_by_a_second_signal, 0), ("3600", end_by_ctrl_c, 130)],
)
def test_what_never_ends_is_cut_off(
    tmp_path: Path,
    towards_upstream: list[str],
    gate: Gate,
    limit: str,
    end: Callable[[RunningProxy], int],
    status: int,
) -> None:
    with (
        running_proxy(tmp_path, "--drain-limit", limit, *towards_upstream) as proxy,
        proxy.through_reverse() as client,
    ):
        ask_slowly(client, gate)
        assert end(proxy) == status
        gate.open()


def test_how_many_were_cut_off_is_said(tmp_path: Path, towards_upstream: list[str], gate: Gate) -> None:
    with (
        running_proxy(tmp_path, "--drain-limit", "0.1", *towards_upstream) as proxy,
        proxy.through_reverse() as client,
    ):
        ask_slowly(client, gate)
        proxy.stop(signal.SIGTERM)
        gate.open()
    assert any("drain limit of 0.1 s reached, exchanges cut off: 1" in line for line in proxy.errors)
