"""`why403 run --workers 2`: two processes that answer as one."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy_addons.cli.shared_ports import can_share
from tests.live.proxy import ONE_RULE, SECONDS, RunningProxy, process_environment, running_proxy, why403_command
from tests.live.upstream import Received, Upstream

pytestmark = pytest.mark.skipif(not can_share(), reason=f"ports cannot be shared on {sys.platform}")

ANSWERED = 'why403_exchanges_total{outcome="ok",service="graph"}'
REFUSED = 'why403_exchanges_total{outcome="forbidden",service="graph"}'
STORED = 'why403_sink_writes_total{sink="store"}'
MANY = 40
"""Connections: that all of so many go to the same of two workers happens once in 500,000,000,000 runs."""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(ONE_RULE, tmp_path_factory.mktemp("own") / "rules"))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, towards_upstream: list[str], rules: Path) -> Iterator[RunningProxy]:
    directory = tmp_path_factory.mktemp("workers")
    with running_proxy(directory, "--workers", "2", *towards_upstream, rules=rules) as running:
        yield running
        pids = workers(running)
        # What Ctrl-C does: all end at once, and the workers not after the process above them.
        assert running.stop(signal.SIGINT) == 130
        assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def refuse(received: Received) -> None:
    received.answer("403 Forbidden", b'{"error": {"code": "Authorization_RequestDenied"}}')


def workers(proxy: RunningProxy) -> set[int]:
    pid = proxy.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def descriptors(pid: int) -> int:
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


def ask(proxy: RunningProxy, path: str, times: int = MANY) -> list[int]:
    """The statuses of so many calls, each on a connection of its own, all of them open at once."""
    with contextlib.ExitStack() as connections:
        clients = [connections.enter_context(proxy.through_reverse()) for _ in range(times)]
        return [client.get("127.0.0.1", f"/graph.microsoft.com{path}").status for client in clients]


def failures_told(proxy: RunningProxy, times: int) -> set[str]:
    return {proxy.next_line("why403.failure")["why403.id"] for _ in range(times)}


def test_they_are_announced_as_one(proxy: RunningProxy) -> None:
    shown = [proxy.shown.get(timeout=SECONDS) for _ in range(7)]
    assert shown[0].startswith("why403 ")
    assert [line.split()[:1] for line in shown[1:]] == [["reverse"], ["forward"], ["trust"], ["admin"], ["store"], []]
    assert proxy.shown.empty()


def test_calls_are_answered_by_both_and_counted_as_one(proxy: RunningProxy) -> None:
    before = {pid: descriptors(pid) for pid in workers(proxy)}
    counted = proxy.metric(ANSWERED)
    with contextlib.ExitStack() as connections:
        clients = [connections.enter_context(proxy.through_reverse()) for _ in range(MANY)]
        assert {client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me").status for client in clients} == {200}
        assert len(before) == 2
        assert all(descriptors(pid) > open_before for pid, open_before in before.items())
        assert proxy.metric('why403_connections{side="client"}') >= MANY
    proxy.wait_for(lambda: proxy.metric(ANSWERED) == counted + MANY)
    assert proxy.metric('why403_upstream_response_seconds_count{service="graph"}') >= MANY
    assert proxy.metric("why403_workers") == 2


def test_failures_of_both_are_logged_shown_stored_and_announced(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/users", refuse)
    before = proxy.metric(STORED)
    with proxy.admin_get("/events") as stream:
        assert stream.readline() == b"retry: 3000\n"
        assert set(ask(proxy, "/v1.0/users")) == {403}
        told = failures_told(proxy, MANY)
        assert len(told) == MANY
        proxy.wait_for(lambda: proxy.metric(STORED) == before + MANY)
        announced = iter(stream.readline, b"")
        assert next(line for line in announced if line.startswith(b"event")) == b"event: changed\n"
    assert proxy.box(told.pop()).startswith("┌─ 403")


def test_who_calls_ews_is_known_of_both(proxy: RunningProxy) -> None:
    with contextlib.ExitStack() as connections:
        clients = [connections.enter_context(proxy.through_reverse()) for _ in range(MANY)]
        for client in clients:
            client.post("127.0.0.1", "/outlook.office365.com/EWS/Exchange.asmx", b"<x/>", "User-Agent: exchangelib/5")

    def calls() -> list[str]:
        with proxy.admin_get("/ews") as page:
            return re.findall(r"\d+", re.sub(r"<[^>]+>", " ", page.read().decode()))

    proxy.wait_for(lambda: str(MANY) in calls())


def status(proxy: RunningProxy) -> dict[str, Any]:
    with proxy.admin_get("/status") as answer:
        told: dict[str, Any] = json.load(answer)
        return told


def test_the_state_of_the_whole_names_the_ports_that_were_taken(proxy: RunningProxy) -> None:
    told = status(proxy)
    assert told["ports"] == {"reverse": proxy.reverse, "forward": proxy.forward, "admin": proxy.admin}
    assert (told["state"], told["workers"]) == ("ready", 2)


def test_the_state_of_the_whole_says_why_changed_rules_are_not_taken_up(proxy: RunningProxy, rules: Path) -> None:
    mistaken = rules / "graph" / "half-written.yaml"
    mistaken.parent.mkdir(exist_ok=True)
    mistaken.write_text("id: [")
    proxy.process.send_signal(signal.SIGHUP)
    proxy.wait_for(lambda: any("half-written.yaml:2:1: " in trouble["what"] for trouble in status(proxy)["troubles"]))
    mistaken.unlink()
    proxy.process.send_signal(signal.SIGHUP)
    proxy.wait_for(lambda: not status(proxy)["troubles"])


def test_what_workers_are_told_and_tell_goes_through_pipes(proxy: RunningProxy) -> None:
    for pid in workers(proxy):
        ends = {str(Path(f"/proc/{pid}/fd/{number}").readlink()).partition(":")[0] for number in (0, 1, 2)}
        assert ends == {"pipe"}


def test_one_that_is_killed_is_replaced_and_nothing_goes_back(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    enough = threading.Event()

    def press(proxy: RunningProxy) -> None:
        while not enough.is_set():
            with contextlib.suppress(OSError), proxy.through_reverse() as client:  # of the one that is killed
                while not enough.wait(0.02):
                    client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")

    with running_proxy(tmp_path, "--workers", "2", *towards_upstream) as proxy:
        pressing = [threading.Thread(target=press, args=(proxy,)) for _ in range(8)]
        for thread in pressing:
            thread.start()
        try:
            proxy.wait_for(lambda: proxy.metric(STORED) > 20)
            first = workers(proxy)
            seen = [proxy.metric(REFUSED)]

            def there_are(number: int) -> bool:
                seen.append(proxy.metric(REFUSED))
                return proxy.metric("why403_workers") == number

            os.kill(min(first), signal.SIGKILL)
            proxy.wait_for(lambda: there_are(1))
            ready = proxy.admin_get("/readyz").status
            proxy.wait_for(lambda: there_are(2))
            proxy.wait_for(lambda: proxy.metric(REFUSED) > seen[-1])
        finally:
            enough.set()
            for thread in pressing:
                thread.join(SECONDS)
        stored = proxy.metric(STORED)
        assert len(workers(proxy)) == 2
        assert min(first) not in workers(proxy)
        assert proxy.metric("why403_worker_restarts_total") == 1
        # The process above is killed as well: its workers notice, store what they have, and leave. Standard error ends
        # with the last of those that hold it.
        assert proxy.stop(signal.SIGKILL) == -signal.SIGKILL
        assert proxy.process_ended.wait(SECONDS)
    assert seen == sorted(seen)
    assert ready == 200
    (line,) = (json.loads(line) for line in proxy.errors if "another one starts" in line)
    assert line["process.pid"] == min(first)
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "why403" / "failures.sqlite")) as store:
        (occurred,) = store.execute("SELECT sum(occurrences) FROM why403_groups").fetchone()
    assert occurred >= stored > 20


def test_sigterm_lets_both_answer_what_is_under_way(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    opened, reached = threading.Event(), threading.Semaphore(0)

    def wait(received: Received) -> None:
        reached.release()
        assert opened.wait(SECONDS)
        received.answer("200 OK", b"at last", "Content-Type: text/plain")

    upstream.on("/slow", wait)
    upstream.on("/v1.0/users", refuse)
    with (
        contextlib.ExitStack() as connections,
        running_proxy(tmp_path, "--workers", "2", "--fail-on", "likely", *towards_upstream) as proxy,
    ):
        assert ask(proxy, "/v1.0/users", 1) == [403]
        clients = [connections.enter_context(proxy.through_reverse()) for _ in range(10)]
        for client in clients:
            client.send(b"GET /graph.microsoft.com/slow HTTP/1.1\r\nHost: h\r\n\r\n")
        for _ in clients:
            assert reached.acquire(timeout=SECONDS)
        proxy.process.send_signal(signal.SIGTERM)
        # A service manager tells every process of a service by itself; that does not cut anything short.
        for pid in workers(proxy):
            os.kill(pid, signal.SIGTERM)
        proxy.wait_for(lambda: sum("draining" in line for line in proxy.errors) == 2)
        opened.set()
        assert [client.read_reply().body for client in clients] == [b"at last"] * len(clients)
        # What a worker explained counts for the whole, although it is told with its last words.
        assert proxy.process.wait(SECONDS) == 3


def refused(directory: Path, *arguments: str) -> str:
    ports = ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0"]
    rules = ["--no-shipped-rules", "--rules", str(ONE_RULE), "--confdir", str(directory / "conf")]
    ended = subprocess.run(
        why403_command("run", *ports, *rules, "--workers", "2", *arguments),
        cwd=directory,
        env=process_environment(XDG_STATE_HOME=str(directory / "state")),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr


def test_a_port_another_process_would_share_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as stranger:
        port = stranger.getsockname()[1]
        assert refused(tmp_path, "--reverse-port", str(port)) == (
            f"why403 run: the reverse port {port} on 127.0.0.1 cannot be opened: Address already in use. "
            "Remedy: stop what uses it, or choose another with --reverse-port (0 takes a free one)\n"
        )


def test_what_no_worker_can_begin_with_ends_the_run_and_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "note.pem").write_text("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
    assert refused(tmp_path, "--upstream-ca", "note.pem") == (
        "why403 run: --upstream-ca note.pem: holds no certificate in PEM form. "
        "Remedy: give the authority's .pem or .crt file\n"
    )
