"""--verdict-header: the diagnosis in the refused response, and nothing else changed."""

import threading
from collections.abc import Iterator

import pytest

from tests.live.proxy import SECONDS, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream

REFUSAL = b'{"error": {"code": "Authorization_RequestDenied", "message": "no"}}'


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory, towards_upstream: list[str]) -> Iterator[RunningProxy]:
    """A proxy that adds the header."""
    with running_proxy(tmp_path_factory.mktemp("telling"), *towards_upstream, "--verdict-header") as proxy:
        yield proxy


def test_a_refused_response_says_why(telling: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/users", lambda received: received.answer("403 Forbidden", REFUSAL, "X-Other: 1"))
    with telling.through_reverse() as client:
        reply = client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")
    line = telling.failure(client)
    assert reply.body == REFUSAL
    assert reply.header("x-why403-diagnosis") == (
        f"{line['rule.id']}; certainty={line['auth.certainty']}; gate={line['auth.gate']}; id={line['why403.id']}"
    )
    others = [field for field in reply.header_lines if not field.lower().startswith(b"x-why403")]
    assert others == [f"Content-Length: {len(REFUSAL)}".encode(), b"X-Other: 1"]


def test_a_refusal_in_chunks_says_why_as_well(telling: RunningProxy, upstream: Upstream) -> None:
    def refuse(received: Received) -> None:
        received.send(b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n")
        received.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(REFUSAL), REFUSAL))

    upstream.on("/v1.0/groups", refuse)
    with telling.through_reverse() as client:
        reply = client.get("127.0.0.1", "/graph.microsoft.com/v1.0/groups")
    assert reply.body == REFUSAL
    assert reply.header("x-why403-diagnosis")


@pytest.mark.parametrize("framing", ["Content-Length: 600000", "Transfer-Encoding: chunked"])
def test_a_refusal_too_large_to_hold_back_goes_without_the_header(
    telling: RunningProxy, upstream: Upstream, framing: str
) -> None:
    body = b"x" * 600_000

    def refuse(received: Received) -> None:
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        received.send(f"HTTP/1.1 403 Forbidden\r\n{framing}\r\n\r\n".encode())
        received.send(body if "Length" in framing else chunked)

    upstream.on("/v1.0/large", refuse)
    with telling.through_reverse() as client:
        reply = client.get("127.0.0.1", "/graph.microsoft.com/v1.0/large")
    assert reply.body == body
    assert reply.header("x-why403-diagnosis") is None
    assert telling.failure(client)["http.response.status_code"] == 403


def test_a_successful_response_streams_as_ever(telling: RunningProxy, upstream: Upstream) -> None:
    first_seen = threading.Event()

    def in_two_halves(received: Received) -> None:
        received.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        assert first_seen.wait(SECONDS)
        received.send(b"-last")

    upstream.on("/v1.0/halves", in_two_halves)
    with telling.through_reverse() as client:
        client.send(b"GET /graph.microsoft.com/v1.0/halves HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b"why403" not in client.read_head().lower()
        assert client.read_some() == b"first"
        first_seen.set()
        assert client.read_some() == b"-last"


def test_without_the_option_there_is_no_header(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/me", lambda received: received.answer("403 Forbidden", REFUSAL))
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me").header("x-why403-diagnosis") is None
