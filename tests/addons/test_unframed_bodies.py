from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mitmproxy.test import tflow

from proxy_addons.addons.unframed_bodies import UnframedBodies

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow


def asked(version: str, **headers: str) -> HTTPFlow:
    flow = tflow.tflow()
    flow.request.http_version = version
    flow.request.headers.clear()
    flow.request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return flow


def framing(flow: HTTPFlow, spoken: bytes | None, host: str = "address") -> str | None:
    """What says where the body ends, after a server that speaks this was connected."""
    bodies = UnframedBodies()
    bodies.note(flow)
    server = tflow.tflow().server_conn
    server.address, server.sni, server.alpn = ("127.0.0.1", 8000), host, spoken
    bodies.connected(flow.client_conn, server)
    value: str | None = flow.request.headers.get("transfer-encoding")
    return value


@pytest.mark.parametrize("spoken", [b"http/1.1", b"", None])
def test_a_body_without_a_length_goes_to_an_older_server_in_chunks(spoken: bytes | None) -> None:
    assert framing(asked("HTTP/2.0"), spoken) == "chunked"


@pytest.mark.parametrize(
    ("flow", "spoken", "host"),
    [
        (asked("HTTP/2.0"), b"h2", "address"),
        (asked("HTTP/2.0", content_length="2"), b"http/1.1", "address"),
        (asked("HTTP/1.1"), b"http/1.1", "address"),
        (asked("HTTP/2.0"), b"http/1.1", "elsewhere"),
    ],
    ids=["the server frames it", "it has a length", "it came framed", "it goes to another server"],
)
def test_no_other_body_is_touched(flow: HTTPFlow, spoken: bytes, host: str) -> None:
    assert framing(flow, spoken, host) is None


def test_what_came_from_another_client_is_not_touched() -> None:
    bodies, flow, server = UnframedBodies(), asked("HTTP/2.0"), tflow.tflow().server_conn
    bodies.note(flow)
    server.sni = "address"
    bodies.connected(tflow.tflow().client_conn, server)

    assert "transfer-encoding" not in flow.request.headers
