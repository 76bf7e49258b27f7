"""Bodies stream in both directions, whatever their size, and what is kept of them is bounded."""

import gzip
import json
import os
import re
import threading
from pathlib import Path

import pytest

from tests.live.proxy import SECONDS, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream

MEGABYTE = 1024 * 1024


def peak_memory(proxy: RunningProxy) -> int:
    """The most memory the proxy ever had resident, in bytes."""
    status = Path(f"/proc/{proxy.process.pid}/status")
    if not status.exists():
        pytest.skip("only Linux tells another process's peak memory")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    assert found
    return int(found[1]) * 1024


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_the_first_bytes_arrive_before_the_last_are_sent(proxy: RunningProxy, upstream: Upstream, status: str) -> None:
    first_seen = threading.Event()

    def in_two_halves(received: Received) -> None:
        received.send(f"HTTP/1.1 {status}\r\nContent-Length: 10\r\n\r\nfirst".encode())
        assert first_seen.wait(SECONDS)
        received.send(b"-last")

    upstream.on("/halves", in_two_halves)
    with proxy.through_reverse() as client:
        client.send(b"GET /graph.microsoft.com/halves HTTP/1.1\r\nHost: h\r\n\r\n")
        client.read_head()
        assert client.read_some() == b"first"
        first_seen.set()
        assert client.read_some() == b"-last"


def test_an_upload_reaches_upstream_before_it_is_complete(proxy: RunningProxy, upstream: Upstream) -> None:
    with proxy.through_reverse() as client:
        client.send(b"POST /graph.microsoft.com/upload HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nda")
        while upstream.begun.get(timeout=SECONDS) != b"POST /upload HTTP/1.1":
            pass
        client.send(b"ta")
        assert client.read_reply().status == 200
    assert upstream.request("/upload").body == b"data"


def test_fifty_megabytes_cost_little_memory(tmp_path: Path, towards_upstream: list[str], upstream: Upstream) -> None:
    block = os.urandom(MEGABYTE)

    def download(received: Received) -> None:
        received.send(f"HTTP/1.1 200 OK\r\nContent-Length: {50 * MEGABYTE}\r\n\r\n".encode())
        for _ in range(50):
            received.send(block)

    upstream.on("/download", download)
    with running_proxy(tmp_path, *towards_upstream) as proxy, proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com/warm-up")
        before = peak_memory(proxy)
        reply = client.get("127.0.0.1", "/graph.microsoft.com/download")
        assert len(reply.body) == 50 * MEGABYTE
        assert client.post("127.0.0.1", "/graph.microsoft.com/upload", block * 50).status == 200
        assert peak_memory(proxy) - before < 25 * MEGABYTE


def test_a_large_refusal_passes_whole_while_only_its_beginning_is_kept(proxy: RunningProxy, upstream: Upstream) -> None:
    body = b"<html>" + b"x" * (3 * MEGABYTE)
    upstream.on("/large", lambda received: received.answer("403 Forbidden", body, "Content-Type: text/html"))
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com/large").body == body
    assert proxy.failure(client)["http.response.status_code"] == 403


def test_a_gzip_bomb_passes_and_its_refusal_is_recorded(proxy: RunningProxy, upstream: Upstream) -> None:
    bomb = gzip.compress(b"0" * (200 * MEGABYTE))
    upstream.on("/bomb", lambda received: received.answer("403 Forbidden", bomb, "Content-Encoding: gzip"))
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com/bomb").body == bomb
    assert proxy.failure(client)["http.response.status_code"] == 403


def test_a_compressed_refusal_is_read_and_stays_compressed(proxy: RunningProxy, upstream: Upstream) -> None:
    packed = gzip.compress(json.dumps({"error": {"code": "InvalidAuthenticationToken", "message": "x"}}).encode())
    upstream.on("/packed", lambda received: received.answer("401 Unauthorized", packed, "Content-Encoding: gzip"))
    with proxy.through_reverse() as client:
        reply = client.get("127.0.0.1", "/graph.microsoft.com/packed")
    assert (reply.body, reply.header("content-encoding")) == (packed, "gzip")
    assert proxy.failure(client)["auth.error.code"] == "InvalidAuthenticationToken"
