"""A few bytes that stand for very many: they cost neither memory nor anybody's traffic."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Final

import brotli
import pytest
import zstandard

from tests.live.test_streaming import peak_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.live.proxy import RunningProxy
    from tests.live.upstream import Received, Upstream

MEGABYTE: Final = 1024 * 1024
CONTENT: Final = b'{"error": {"code": "Authorization_RequestDenied", "message": "' + b"x" * (100 * MEGABYTE)
PACK: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": lambda content: gzip.compress(content, 1),
    "deflate": lambda content: zlib.compress(content, 1),
    "br": lambda content: brotli.compress(content, quality=1),
    "zstd": zstandard.compress,
}
ENTITIES: Final = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b'<!ENTITY z SYSTEM "file:///etc/passwd">]>'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>a:ErrorAccessDenied'
    b"</faultcode><faultstring>&l;&z;</faultstring></s:Fault></s:Body></s:Envelope>"
)


@pytest.fixture(scope="module")
def bombs() -> Mapping[str, bytes]:
    return {coding: pack(CONTENT) for coding, pack in PACK.items()}


@pytest.mark.parametrize("coding", PACK)
def test_a_refusal_that_is_a_bomb_passes_and_is_explained(
    coding: str, bombs: Mapping[str, bytes], proxy: RunningProxy, upstream: Upstream
) -> None:
    kind = ("Content-Type: application/json", f"Content-Encoding: {coding}")
    upstream.on(f"/bomb-{coding}", lambda received: received.answer("403 Forbidden", bombs[coding], *kind))
    with proxy.through_forward("graph.microsoft.com") as client:
        client.get("graph.microsoft.com", "/warm-up")
        before = peak_memory(proxy)
        reply = client.get("graph.microsoft.com", f"/bomb-{coding}")
        assert reply.body == bombs[coding]
        assert proxy.failure(client)["auth.error.code"] == "Authorization_RequestDenied"
    assert peak_memory(proxy) - before < 60 * MEGABYTE


@pytest.mark.parametrize("coding", PACK)
def test_a_request_that_is_a_bomb_passes_and_its_refusal_is_explained(
    coding: str, bombs: Mapping[str, bytes], proxy: RunningProxy, upstream: Upstream
) -> None:
    upstream.on("/asked", lambda received: received.answer("403 Forbidden"))
    with proxy.through_reverse() as client:
        client.post("127.0.0.1", "/graph.microsoft.com/asked", bombs[coding], f"Content-Encoding: {coding}")
        assert upstream.request("/asked").body == bombs[coding]
        assert proxy.failure(client)["http.response.status_code"] == 403


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_an_answer_whose_links_are_led_back_is_cut_off_where_it_is_a_bomb(
    coding: str, bombs: Mapping[str, bytes], proxy: RunningProxy, upstream: Upstream
) -> None:
    kind = ("Content-Type: application/json", f"Content-Encoding: {coding}")
    upstream.on("/v1.0/me", lambda received: received.answer("200 OK", bombs[coding], *kind))
    upstream.on("/v1.0/users", lambda received: received.answer("200 OK", b"{}", "Content-Type: application/json"))
    with proxy.through_reverse() as client, proxy.through_reverse() as other:
        client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")
        before = peak_memory(proxy)
        reply = client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me")
        assert (reply.status, reply.header("content-encoding")) == (200, coding)
        assert len(reply.body) < MEGABYTE
        assert other.get("127.0.0.1", "/graph.microsoft.com/v1.0/users").body == b"{}"
    assert peak_memory(proxy) - before < 60 * MEGABYTE


def test_entities_of_a_soap_answer_are_neither_expanded_nor_fetched(proxy: RunningProxy, upstream: Upstream) -> None:
    def refuse(received: Received) -> None:
        received.answer("403 Forbidden", ENTITIES, "Content-Type: text/xml; charset=utf-8")

    upstream.on("/EWS/Exchange.asmx", refuse)
    with proxy.through_reverse() as client:
        reply = client.post("127.0.0.1", "/outlook.office365.com/EWS/Exchange.asmx", ENTITIES, "Content-Type: text/xml")
        assert reply.body == ENTITIES
        told = json.dumps(proxy.failure(client))
    assert "haha" not in told
    assert "root:" not in told
