"""The pages of a running proxy: what it refuses to open, and what a refused call becomes on them."""

import socket
import subprocess
import uuid
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.live.proxy import SECONDS, RunningProxy, process_environment, running_proxy, why403_command
from tests.live.upstream import Received, Upstream

TOKEN = "0123456789abcdef0123"
ELSEWHERE = "127.0.0.2"
"""Also this machine, and not the address that is listened on by default."""
EWS = "/outlook.office365.com/EWS/Exchange.asmx"
SOAP = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b'<m:SyncFolderItems xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"/></s:Body></s:Envelope>'
)


def refuse(received: Received) -> None:
    body = b'{"error": {"code": "Authorization_RequestDenied", "message": "no"}}'
    received.answer("403 Forbidden", body, f"request-id: {uuid.uuid4()}")


def text(proxy: RunningProxy, path: str) -> str:
    return proxy.admin_get(path).read().decode()


def test_other_machines_are_not_let_in_without_a_token(tmp_path: Path) -> None:
    command = why403_command("run", "--admin-host", "0.0.0.0", "--confdir", str(tmp_path))  # noqa: S104 - it does not start
    ended = subprocess.run(
        command, env=process_environment(), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Remedy: export WHY403_ADMIN_TOKEN=$(openssl rand -hex 16)" in ended.stderr


def test_with_a_token_other_addresses_are_answered_and_pages_want_it(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", refuse)
    hosts = ("--listen-host", "0.0.0.0", "--admin-host", "0.0.0.0")  # noqa: S104 - what this is about
    environment = {"WHY403_ADMIN_TOKEN": TOKEN}
    with running_proxy(tmp_path, *towards_upstream, *hosts, environment=environment) as proxy:
        base = f"http://{ELSEWHERE}:{proxy.admin}"
        for path in ("/livez", "/metrics"):
            assert urlopen(f"{base}{path}", timeout=SECONDS).status == 200  # noqa: S310 - http
        with pytest.raises(HTTPError, match="401"):
            text(proxy, "/")
        shown = urlopen(
            Request(f"http://127.0.0.1:{proxy.admin}/", headers={"Authorization": f"Bearer {TOKEN}"}),
            timeout=SECONDS,
        )
        assert "Nothing was refused yet" in shown.read().decode()
        for port in (proxy.reverse, proxy.forward):
            with socket.create_connection((ELSEWHERE, port), timeout=SECONDS):
                pass
        proxy.stop()
        assert TOKEN not in "\n".join((*proxy.errors, *proxy.shown.queue))


def test_by_default_no_other_address_is_listened_on(proxy: RunningProxy) -> None:
    for port in (proxy.reverse, proxy.forward, proxy.admin):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((ELSEWHERE, port), timeout=SECONDS)


def test_a_refused_call_is_on_its_page(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/users", refuse)
    with proxy.through_reverse() as client:
        client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")
        failure = proxy.failure(client)
        found = f"/?request-id={client.trace}"
        proxy.wait_for(lambda: failure["why403.id"] in text(proxy, found))
    shown = text(proxy, f"/failures/{failure['why403.id']}")
    assert "Authorization_RequestDenied" in shown
    assert failure["why403.fingerprint"] in shown


def test_a_call_to_ews_that_succeeds_is_counted(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/EWS/Exchange.asmx", lambda received: received.answer("200 OK", b"<ok/>"))
    with proxy.through_reverse() as client:
        client.post("127.0.0.1", EWS, SOAP, "User-Agent: exchangelib/5.6.0", "Content-Type: text/xml")
    proxy.wait_for(lambda: "SyncFolderItems" in text(proxy, "/ews"))
    assert "exchangelib" in text(proxy, "/ews")


def test_a_page_that_stays_open_does_not_keep_the_proxy_from_leaving(
    tmp_path: Path, towards_upstream: list[str]
) -> None:
    with running_proxy(tmp_path, *towards_upstream) as proxy:
        with proxy.admin_get("/events") as stream:
            assert stream.readline() == b"retry: 3000\n"
            assert proxy.stop() == 0
        assert not [line for line in proxy.errors if '"log.level":"error"' in line]
