"""Whatever goes wrong on our side, the client's traffic is none the wiser."""

import os
from pathlib import Path

from tests.live.proxy import RunningProxy, running_proxy
from tests.live.test_mitmproxy_tools import refuse_once, shown_until, tool
from tests.live.upstream import Received, Upstream

BROKEN = """
class Broken:
    def __getattr__(self, name):
        if name in {"requestheaders", "responseheaders", "request", "response", "server_connect", "tls_clienthello"}:
            def fail(*_):
                raise RuntimeError("broken on purpose")
            return fail
        raise AttributeError(name)

addons = [Broken()]
"""


def test_somebody_elses_broken_addon_harms_neither_traffic_nor_diagnosis(
    tmp_path: Path, upstream: Upstream, upstream_trust: Path
) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN)
    with tool("mitmdump", tmp_path, upstream, upstream_trust, "-s", str(script)) as proxy:
        refuse_once(proxy, upstream)
        shown_until(proxy, "└─")
        assert proxy.metric('why403_failures_total{certainty="likely",service="graph"}') >= 0


def test_refusals_pass_while_nobody_reads_the_terminal(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", lambda received: received.answer("403 Forbidden", b"{}"))
    reading, writing = os.pipe()
    try:
        with running_proxy(tmp_path, *towards_upstream, output=writing) as proxy:
            with proxy.through_reverse() as client:
                for _ in range(200):
                    assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users").status == 403
            proxy.wait_for(lambda: proxy.metric('why403_sink_writes_total{sink="log"}') == 200)
            assert proxy.metric('why403_sink_writes_total{sink="terminal"}') == 200
            assert (proxy.stop(), [line for line in proxy.errors if "rror" in line]) == (0, [])
    finally:
        os.close(reading)
        os.close(writing)


def test_refusals_pass_after_the_terminal_has_gone(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", lambda received: received.answer("403 Forbidden", b"{}"))
    reading, writing = os.pipe()
    os.close(reading)
    with running_proxy(tmp_path, *towards_upstream, output=writing) as proxy:
        os.close(writing)
        with proxy.through_reverse() as client:
            for _ in range(3):
                assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users").status == 403
        proxy.failure(client)
        assert proxy.stop() == 0


def test_an_exchange_under_way_is_counted_until_it_ends(proxy: RunningProxy, upstream: Upstream) -> None:
    pending: list[Received] = []
    upstream.on("/v1.0/pending", pending.append)
    with proxy.through_reverse() as client:
        client.send(b"GET /graph.microsoft.com/v1.0/pending HTTP/1.1\r\nHost: h\r\n\r\n")
        upstream.request("/v1.0/pending")
        assert proxy.metric("why403_exchanges_in_flight") == 1
        pending[0].answer("200 OK")
        client.read_reply()
    proxy.wait_for(lambda: proxy.metric("why403_exchanges_in_flight") == 0)
