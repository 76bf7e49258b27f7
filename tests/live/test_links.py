"""A client of the reverse port stays inside: what leads out of an answer leads back in, and nothing else changes."""

import gzip
import json

import pytest

from tests.live.proxy import Reply, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream, read_until

JSON = "Content-Type: application/json;odata.metadata=minimal;charset=utf-8"
NEXT = "https://graph.microsoft.com/v1.0/users?$skiptoken=abc"
PAGE = json.dumps({"value": [{"note": f"see {NEXT}"}], "@odata.nextLink": NEXT}).encode()


def through(proxy: RunningProxy, path: str, *headers: str, host: str = "") -> Reply:
    with proxy.through_reverse() as client:
        return client.get(host or f"127.0.0.1:{proxy.reverse}", path, *headers)


def answering(upstream: Upstream, path: str, body: bytes, *headers: str, status: str = "200 OK") -> None:
    upstream.on(path, lambda received: received.answer(status, body, *headers))


def test_the_next_page_is_below_the_address_the_client_called(proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, "/v1.0/users", PAGE, JSON)
    for called in (f"127.0.0.1:{proxy.reverse}", f"localhost:{proxy.reverse}", "why403.contoso.com"):
        reply = through(proxy, "/graph.microsoft.com/v1.0/users", host=called)
        assert json.loads(reply.body) == {
            "value": [{"note": f"see {NEXT}"}],
            "@odata.nextLink": f"https://{called}/graph.microsoft.com/v1.0/users?$skiptoken=abc",
        }
        assert reply.header("content-length") is None


def test_the_link_of_an_answer_works_as_it_stands(proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, "/v1.0/groups", PAGE.replace(b"users", b"groups"), JSON)
    link = json.loads(through(proxy, "/graph.microsoft.com/v1.0/groups").body)["@odata.nextLink"]
    through(proxy, link.removeprefix(f"https://127.0.0.1:{proxy.reverse}"))
    upstream.request("/v1.0/groups")
    assert upstream.request("/v1.0/groups").path == "/v1.0/groups?$skiptoken=abc"


@pytest.mark.parametrize("name", ["Location", "Content-Location", "Operation-Location"])
def test_a_header_that_leads_elsewhere_leads_back_in(name: str, proxy: RunningProxy, upstream: Upstream) -> None:
    field = f"{name}: https://outlook.office365.com/autodiscover/x"
    answering(upstream, "/v1.0/moved", b"", field, status="302 Found")
    reply = through(proxy, "/graph.microsoft.com/v1.0/moved")
    assert reply.header(name) == f"https://127.0.0.1:{proxy.reverse}/outlook.office365.com/autodiscover/x"


def test_a_redirect_with_a_body_keeps_its_length(proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, "/v1.0/moved", b"moved", "Location: https://graph.microsoft.com/x", status="302 Found")
    reply = through(proxy, "/graph.microsoft.com/v1.0/moved")
    assert (reply.body, reply.header("content-length")) == (b"moved", "5")
    assert reply.header("location") == f"https://127.0.0.1:{proxy.reverse}/graph.microsoft.com/x"


def test_a_redirect_out_of_reach_stays_as_it_is(proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, "/v1.0/moved", b"", "Location: https://example.org/x", status="302 Found")
    assert through(proxy, "/graph.microsoft.com/v1.0/moved").header("location") == "https://example.org/x"


def test_a_packed_page_stays_packed(proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, "/v1.0/packed", gzip.compress(PAGE), JSON, "Content-Encoding: gzip")
    reply = through(proxy, "/graph.microsoft.com/v1.0/packed", "Accept-Encoding: gzip")
    assert b"Accept-Encoding: gzip" in upstream.request("/v1.0/packed").header_lines
    assert reply.header("content-encoding") == "gzip"
    assert f":{proxy.reverse}/graph.microsoft.com/v1.0/users?" in gzip.decompress(reply.body).decode()


def test_a_page_arrives_while_the_server_is_still_sending_it(proxy: RunningProxy, upstream: Upstream) -> None:
    def half(received: Received) -> None:
        received.send(f"HTTP/1.1 200 OK\r\n{JSON}\r\nContent-Length: 40\r\n\r\n".encode() + b'{"value": [1')

    upstream.on("/v1.0/slow", half)
    with proxy.through_reverse() as client:
        client.send(b"GET /graph.microsoft.com/v1.0/slow HTTP/1.1\r\nHost: h\r\n\r\n")
        client.read_head()
        assert read_until(client.stream, b'{"value": [1', client.read_some())


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1.0/me/messages/1/$value", "Content-Type: application/json"),
        ("/v1.0/me/drive/items/1/content", "Content-Type: application/json"),
        ("/EWS/Exchange.asmx", "Content-Type: text/xml"),
        ("/v1.0/text", "Content-Type: text/plain"),
    ],
)
def test_bodies_without_links_pass_byte_for_byte(path: str, kind: str, proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, path, PAGE, kind)
    reply = through(proxy, f"/graph.microsoft.com{path}")
    assert (reply.body, reply.header_lines) == (PAGE, [f"Content-Length: {len(PAGE)}".encode(), kind.encode()])


def test_the_forward_port_changes_nothing(proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, "/v1.0/users", PAGE, JSON, "Location: https://graph.microsoft.com/x")
    with proxy.through_forward("graph.microsoft.com") as client:
        reply = client.get("graph.microsoft.com", "/v1.0/users")
    assert (reply.body, reply.header("location")) == (PAGE, "https://graph.microsoft.com/x")


def test_a_client_led_here_by_dns_keeps_the_port_it_calls(proxy: RunningProxy, upstream: Upstream) -> None:
    answering(upstream, "/v1.0/users", PAGE, JSON)
    with proxy.through_reverse("graph.microsoft.com") as client:
        usual = client.get("graph.microsoft.com", "/v1.0/users")
        other = client.get("graph.microsoft.com:8403", "/v1.0/users")
    assert usual.body == PAGE
    assert json.loads(other.body)["@odata.nextLink"] == NEXT.replace(".com/", ".com:8403/")


def test_a_refusal_inside_a_batch_is_explained_though_its_links_were_rewritten(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    error = {"error": {"code": "Authorization_RequestDenied", "message": "no"}}
    inner = {"id": "1", "status": 403, "headers": {"Location": NEXT}, "body": error}
    answering(upstream, "/v1.0/$batch", json.dumps({"responses": [inner]}).encode(), "Content-Type: application/json")
    asked = json.dumps({"requests": [{"id": "1", "method": "GET", "url": "/users"}]}).encode()
    with proxy.through_reverse() as client:
        reply = client.post(f"127.0.0.1:{proxy.reverse}", "/graph.microsoft.com/v1.0/$batch", asked)
    (answered,) = json.loads(reply.body)["responses"]
    assert answered["headers"]["Location"].startswith(f"https://127.0.0.1:{proxy.reverse}/graph.microsoft.com/")
    assert proxy.failure(client)["auth.error.code"] == "Authorization_RequestDenied"


def test_switched_off_everything_passes_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, towards_upstream: list[str], upstream: Upstream
) -> None:
    answering(upstream, "/v1.0/users", PAGE, JSON)
    directory = tmp_path_factory.mktemp("as-it-is")
    with running_proxy(directory, *towards_upstream, "--no-rewrite-links") as proxy:
        assert through(proxy, "/graph.microsoft.com/v1.0/users").body == PAGE
