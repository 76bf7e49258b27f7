"""A client that tries to reach what it may not, or to fill what we keep by host, method, path and name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.live.proxy import RunningProxy
    from tests.live.upstream import Upstream

SERIES: Final = re.compile(r"^(?!#)(\S+(?:\{[^}]*\})?) ", re.MULTILINE)
REQUESTS: Final = 100
LOOPBACK: Final = ("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "localhost", "[::]", "127.0.0.1%00")  # noqa: S104  # spellings
ELSEWHERE: Final = [
    *(f"/{host}/latest/meta-data/" for host in LOOPBACK),
    *(f"/{host}:443/x" for host in LOOPBACK),
    "/graph.microsoft.com:443@127.0.0.1/x",
    "/graph.microsoft.com:444/x",
    "/graph.microsoft.com:0443/x",
    "/graph.microsoft.com%2eevil.example/x",
    "/graph%2emicrosoft%2ecom/x",
    "/graph.microsoft.com%23@127.0.0.1/x",
    "/graph.microsoft.com;127.0.0.1/x",
    "/graph.microsoft.com.evil.example/x",
    "/graph.microsoft.com.:444/x",
    "/.graph.microsoft.com/x",
    "/GRAPH.MICROSOFT.COM\u212a/x",
    "http://127.0.0.1/x",
    "https://graph.microsoft.com@127.0.0.1/x",
    "//127.0.0.1/graph.microsoft.com/x",
    "/why403.invalid:443/x",
    "/mitm.it/cert/pem",
]
NAMED: Final = (
    *("127.0.0.1:1", "graph.microsoft.com@127.0.0.1", "graph.microsoft.com.evil.example"),
    *("[::1]", "graph.microsoft.com, 127.0.0.1", "why403.invalid", "graph%2emicrosoft.com", ""),
)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_target_leads_anywhere_but_to_a_host_in_scope_on_its_port(
    target: str, proxy: RunningProxy, upstream: Upstream
) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        reply = client.get("127.0.0.1", target)
    assert reply.status in {400, 421}
    assert upstream.accepted == before


@pytest.mark.parametrize("host", NAMED)
def test_no_host_header_leads_anywhere_either(host: str, proxy: RunningProxy, upstream: Upstream) -> None:
    before = upstream.accepted
    with proxy.through_reverse() as client:
        reply = client.get(host, "/latest/meta-data/")
    assert reply.status in {400, 421}
    assert upstream.accepted == before


def test_whatever_clients_name_the_series_of_metrics_stay_the_same(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/me", lambda received: received.answer("403 Forbidden"))

    def series() -> set[str]:
        return set(SERIES.findall(proxy.admin_get("/metrics").read().decode()))

    with proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me")
        proxy.failure(client)
        before = series()
        for number in range(REQUESTS):
            named = f"GET /h{number}.example.org/{number} HTTP/1.1\r\nHost: h\r\nUser-Agent: agent-{number}\r\n\r\n"
            assert client.ask(named.encode()).status == 421
            refused = (
                f"M{number} /graph.microsoft.com/v1.0/me?{number} HTTP/1.1\r\nHost: h\r\nUser-Agent: agent-{number}\r\n"
                f"Authorization: Scheme{number} x\r\nclient-request-id: {client.trace}\r\n\r\n"
            )
            assert client.ask(refused.encode()).status == 403
        proxy.failure(client)

    assert series() == before


def test_a_thousand_requests_in_one_packet_are_answered_one_by_one(proxy: RunningProxy) -> None:
    with proxy.through_reverse() as client:
        client.send(b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
        assert [client.read_reply().status for _ in range(1000)] == [421] * 1000
