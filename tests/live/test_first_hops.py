"""A call without credentials is a failure only if its client does not come back with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.proxy import Connection, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream

ASKS = ("WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM", "X-FEServer: EXCH01")
HOST = "outlook.office365.com"
EWS = "/EWS/Exchange.asmx"


@pytest.fixture
def own_proxy(tmp_path: Path, towards_upstream: list[str], upstream: Upstream) -> Iterator[RunningProxy]:
    """A proxy that may be ended, before a server that asks for credentials until it gets good ones."""

    def answer(received: Received) -> None:
        sent = [line for line in received.header_lines if line.startswith(b"Authorization: ")]
        if sent == [b"Authorization: Negotiate good"]:
            received.answer("200 OK", b"<x/>")
        else:
            received.answer("401 Unauthorized", b"", *ASKS)

    upstream.on(EWS, answer)
    with running_proxy(tmp_path, *towards_upstream) as running:
        yield running


def call(client: Connection, *headers: str) -> int:
    return client.post(HOST, EWS, b"<x/>", *headers).status


def reported(proxy: RunningProxy) -> list[int]:
    """The statuses of the failures reported until the process has ended; its end settles whatever waits."""
    assert proxy.stop() == 0
    assert proxy.process_ended.wait(60)
    lines = [proxy.lines.get() for _ in range(proxy.lines.qsize())]
    return [line["http.response.status_code"] for line in lines if line.get("event.name") == "why403.failure"]


def test_a_first_hop_followed_by_success_is_not_reported(own_proxy: RunningProxy) -> None:
    with own_proxy.through_forward(HOST) as client:
        assert (call(client), call(client, "Authorization: Negotiate good")) == (401, 200)
    assert reported(own_proxy) == []


def test_a_client_may_come_back_on_another_connection(own_proxy: RunningProxy) -> None:
    with own_proxy.through_forward(HOST) as client:
        assert call(client) == 401
    with own_proxy.through_forward(HOST) as client:
        assert call(client, "Authorization: Negotiate good") == 200
    assert reported(own_proxy) == []


def test_a_client_that_is_refused_with_its_credentials_leaves_both_failures(own_proxy: RunningProxy) -> None:
    with own_proxy.through_forward(HOST) as client:
        assert (call(client), call(client, "Authorization: Negotiate bad")) == (401, 401)
    assert reported(own_proxy) == [401, 401]


def test_a_first_hop_nobody_comes_back_for_is_reported_at_the_end_at_the_latest(own_proxy: RunningProxy) -> None:
    with own_proxy.through_forward(HOST) as client:
        assert call(client) == 401
    assert reported(own_proxy) == [401]


def test_a_first_hop_nobody_comes_back_for_is_reported_while_the_proxy_runs(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    upstream.on("/EWS/alone.asmx", lambda received: received.answer("401 Unauthorized", b"", *ASKS))
    with proxy.through_forward(HOST) as client:
        assert client.post(HOST, "/EWS/alone.asmx", b"<x/>").status == 401
        assert proxy.failure(client)["http.response.status_code"] == 401


def test_at_most_so_many_first_hops_wait_and_none_is_lost(own_proxy: RunningProxy) -> None:
    with own_proxy.through_forward(HOST) as client:
        assert {client.post(HOST, EWS, f"<x{number}/>".encode()).status for number in range(70)} == {401}
    assert reported(own_proxy) == [401] * 70
