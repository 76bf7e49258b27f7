"""The failure store beside a running proxy: on by default, kept within bounds, and never the traffic's business."""

import json
import os
import signal
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from proxy_addons.sinks.failure_filters import Filters
from proxy_addons.sinks.store.database import open_store
from proxy_addons.sinks.store.reading import list_failures, list_groups
from tests.cli.command import why403
from tests.live.proxy import RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2dyYXBoLm1pY3Jvc29mdC5jb20iLCJ1cG4iOiJhZGVsZUBjb250b3NvLmNvbSJ9.c2ln"
PATH = "/graph.microsoft.com/v1.0/users"
STORED = "why403_store_records_total"
COUNTED = 'why403_sink_writes_total{sink="store"}'


def refuse(received: Received) -> None:
    body = b'{"error": {"code": "Authorization_RequestDenied", "message": "no"}}'
    received.answer("403 Forbidden", body, f"request-id: {uuid.uuid4()}")


def ask(proxy: RunningProxy, times: int = 1) -> None:
    with proxy.through_reverse() as client:
        for _ in range(times):
            assert client.get("127.0.0.1", PATH, f"Authorization: Bearer {TOKEN}").status == 403


def counted(place: Path) -> tuple[int, int]:
    """How many records a store holds, and how many failures it counted."""
    database = open_store(str(place))
    groups = list_groups(database, Filters(), 100)
    records = list_failures(database, Filters(), 1000)
    database.close()
    return len(records), sum(group.occurrences for group in groups)


def test_failures_are_stored_without_being_asked_and_without_their_secrets(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream) as proxy:
        with proxy.through_reverse() as client:
            client.get("127.0.0.1", PATH, f"Authorization: Bearer {TOKEN}")
        line = proxy.failure(client)
        proxy.wait_for(lambda: proxy.metric(STORED) == 1)
        while_running = why403("failures", "list", "--format", "json", XDG_STATE_HOME=str(tmp_path / "state"))
        assert proxy.stop() == 0
    (failure,) = json.loads(while_running.stdout)["failures"]
    assert (failure["id"], failure["cause"]) == (line["why403.id"], line["rule.id"])
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "state" / "why403").iterdir())
    assert line["why403.id"].encode() in on_disk
    assert not [part for part in (*TOKEN.split("."), "adele@contoso.com") if part.encode() in on_disk]


def test_refusals_that_repeat_are_found_by_the_trace_each_of_them_belongs_to(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    traces = ["1" * 32, "2" * 32, "1" * 32, ""]
    with running_proxy(tmp_path, *towards_upstream, "--store", "x.sqlite") as proxy:
        with proxy.through_reverse() as client:
            for trace in traces:
                told = (f"traceparent: 00-{trace}-00f067aa0ba902b7-01",) if trace else ()
                assert client.get("127.0.0.1", PATH, f"Authorization: Bearer {TOKEN}", *told).status == 403
        proxy.wait_for(lambda: proxy.metric(STORED) == len(traces))
        assert proxy.stop() == 0
    database = open_store(str(tmp_path / "x.sqlite"))
    stored = [failure.trace_id or "" for failure in list_failures(database, Filters(), 10)]
    assert sorted(stored) == sorted(traces)
    for trace in ("1" * 32, "2" * 32):
        assert len(list_failures(database, Filters(trace=trace), 10)) == traces.count(trace)
    database.close()


def test_a_storm_is_a_few_records_and_a_true_count(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--store", "x.sqlite", "--store-group-records", "3") as proxy:
        ask(proxy, 40)
        proxy.wait_for(lambda: proxy.metric(COUNTED) == 40)
        assert proxy.stop() == 0
    assert counted(tmp_path / "x.sqlite") == (3, 40)


def test_the_word_off_keeps_nothing(tmp_path: Path, towards_upstream: list[str], upstream: Upstream) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--store", "off") as proxy:
        ask(proxy)
        assert proxy.stop() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]


def test_a_locked_store_is_one_line_in_the_log_and_traffic_flows(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    place = tmp_path / "x.sqlite"
    open_store(str(place)).close()
    with closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with running_proxy(tmp_path, *towards_upstream, "--store", "x.sqlite") as proxy:
            ask(proxy, 5)
            proxy.wait_for(lambda: any("is locked by another program" in line for line in proxy.errors))
            assert proxy.metric("why403_store_up") == 0
            assert proxy.admin_get("/readyz").status == 200
            ask(proxy, 5)
            other.execute("ROLLBACK")
            proxy.wait_for(lambda: proxy.metric("why403_store_up") == 1)
            assert proxy.stop() == 0
    assert counted(place) == (10, 10)
    assert len([line for line in proxy.errors if "is locked" in line]) == 1


def test_what_waits_is_stored_when_the_proxy_is_told_to_stop(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--store", "x.sqlite") as proxy:
        with proxy.through_reverse() as client:
            client.get("127.0.0.1", PATH)
        proxy.failure(client)
        assert proxy.stop() == 0
    assert counted(tmp_path / "x.sqlite") == (1, 1)


def test_two_proxies_share_one_file_and_one_is_killed(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    place = tmp_path / "x.sqlite"
    options = [*towards_upstream, "--store", str(place), "--store-group-records", "1000"]
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    with running_proxy(tmp_path / "one", *options) as one, running_proxy(tmp_path / "other", *options) as other:
        ask(one, 30)
        ask(other, 30)
        other.wait_for(lambda: other.metric(COUNTED) == 30)
        one.wait_for(lambda: one.metric(STORED) >= 1)
        ask(one, 30)
        os.kill(one.process.pid, signal.SIGKILL)
        one.process.wait()
        ask(other, 10)
        assert other.stop() == 0
    records, failures = counted(place)
    assert records == failures
    assert 41 <= failures <= 100
    with closing(sqlite3.connect(place)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
