"""Bundles of live failures: one per failure where they are asked for, and no harm where they cannot be written."""

import json
import uuid
import zipfile
from functools import partial
from pathlib import Path

from tests.live.proxy import RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2dyYXBoLm1pY3Jvc29mdC5jb20iLCJ1cG4iOiJhZGVsZUBjb250b3NvLmNvbSJ9.c2ln"


def refuse(received: Received) -> None:
    body = b'{"error": {"code": "Authorization_RequestDenied", "message": "no"}}'
    received.answer("403 Forbidden", body, f"request-id: {uuid.uuid4()}")


def test_a_failure_is_packed_without_its_secrets(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--bundle-dir", "evidence") as proxy:
        with proxy.through_reverse() as client:
            client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users", f"Authorization: Bearer {TOKEN}")
        line = proxy.failure(client)
        assert proxy.stop() == 0
    (path,) = (tmp_path / "evidence").iterdir()
    assert path.name == f"why403-{line['why403.fingerprint']}.zip"
    with zipfile.ZipFile(path) as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    assert json.loads(members["diagnosis.json"])["failures"][0]["id"] == line["why403.id"]
    everything = b"".join(members.values())
    assert not [part for part in (*TOKEN.split("."), "adele@contoso.com") if part.encode() in everything]


def test_a_place_that_cannot_be_written_is_counted_and_logged_once_while_traffic_flows(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    (tmp_path / "evidence").write_text("a file is in the way")
    with running_proxy(tmp_path, *towards_upstream, "--bundle-dir", "evidence") as proxy:
        with proxy.through_reverse() as client:
            for count in (1, 2, 3):
                assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users").status == 403
                proxy.wait_for(partial(refused_so_often, proxy, count))
        assert proxy.metric('why403_sink_failures_total{sink="bundle"}') == 3
        assert proxy.stop() == 0
        assert len([line for line in proxy.errors if "bundle not written" in line]) == 1


def refused_so_often(proxy: RunningProxy, count: int) -> bool:
    return proxy.metric('why403_bundles_dropped_total{reason="store_error"}') == count


def test_the_same_failure_over_and_over_fills_no_disk(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--bundle-dir", "evidence") as proxy:
        with proxy.through_reverse() as client:
            for _ in range(25):
                client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")
        proxy.wait_for(lambda: proxy.metric('why403_bundles_dropped_total{reason="enough"}') == 24)
        assert proxy.stop() == 0
    assert len([*(tmp_path / "evidence").iterdir()]) == 1


def test_two_runs_share_a_place_and_the_first_bundle_of_a_kind_stays(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    place = tmp_path / "object store"
    kept: list[bytes] = []
    for _ in range(2):
        with running_proxy(tmp_path, *towards_upstream, "--bundle-dir", place.as_uri()) as proxy:
            with proxy.through_reverse() as client:
                client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")
            proxy.failure(client)
            assert proxy.stop() == 0
        (bundle,) = place.iterdir()
        kept.append(bundle.read_bytes())
    assert kept[0] == kept[1]


def test_without_the_option_nothing_is_written(tmp_path: Path, towards_upstream: list[str], upstream: Upstream) -> None:
    upstream.on("/v1.0/users", refuse)
    with running_proxy(tmp_path, *towards_upstream) as proxy:
        with proxy.through_reverse() as client:
            client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")
        proxy.failure(client)
        assert proxy.stop() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conf", "state"]
