"""Starting and stopping a lab: certificates, ports, clocks, headers as written."""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography import x509

from proxy_addons.lab import Lab, serve
from proxy_addons.lab.accounts import CONTOSO
from proxy_addons.lab.well_known import ALL_HOSTS, MICROSOFT_HOSTS
from tests.lab.clients import EXCHANGE_DEFAULT, GRAPH, LabClient

if TYPE_CHECKING:
    from pathlib import Path


def test_private_files_are_for_their_owner_alone(lab: Lab) -> None:
    files = lab.certificates
    for path in (files.ca, files.server_chain, files.server_key, files.client):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_one_certificate_names_every_host(lab: Lab) -> None:
    leaf = x509.load_pem_x509_certificates(lab.certificates.server_chain.read_bytes())[0]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(ALL_HOSTS) <= set(names.get_values_for_type(x509.DNSName))


def test_a_client_in_openssls_strict_mode_accepts_the_chain(lab: Lab) -> None:
    context = ssl.create_default_context(cafile=lab.ca_certificate_path)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", lab.port)) as plain,
        context.wrap_socket(plain, server_hostname="graph.microsoft.com") as secured,
    ):
        assert secured.version() == "TLSv1.3"


def test_a_client_that_does_not_trust_the_root_refuses(lab: Lab) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://{lab.address}/tenant")


def test_the_lab_says_where_to_send_microsofts_hosts(lab: Lab) -> None:
    assert len(lab.connect_to) == len(MICROSOFT_HOSTS)
    assert f"graph.microsoft.com=127.0.0.1:{lab.port}" in lab.connect_to
    assert lab.tenant_id == CONTOSO.tenant_id
    assert lab.hosts == ALL_HOSTS
    assert lab.control_url.endswith("/tenant")


def test_an_app_nobody_registered_is_an_error_that_names_the_others(lab: Lab) -> None:
    with pytest.raises(KeyError, match="mail-daemon"):
        lab.app("male-daemon")


def test_header_names_reach_the_client_as_the_service_writes_them(client: LabClient) -> None:
    raw = [name for name, _ in client.post("https://outlook.office365.com/EWS/Exchange.asmx").headers.raw]
    assert b"X-FEServer" in raw
    assert b"request-id" in raw
    assert raw.count(b"Date") == 1


def test_an_unknown_host_is_not_found(client: LabClient) -> None:
    response = client.get(f"{GRAPH}/v1.0/users", headers={"Host": "example.com"})
    assert (response.status_code, response.content) == (404, b"")


def test_two_labs_know_the_same_ids(lab: Lab, tmp_path: Path) -> None:
    with Lab.running(tmp_path) as other:
        assert other.app("portal").client_id == lab.app("portal").client_id
        assert other.app("portal").secret == lab.app("portal").secret
        assert other.port != lab.port


def test_a_lab_lives_in_the_time_it_is_given(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    with Lab.running(tmp_path, clock=lambda: moment) as lab, LabClient(lab) as client:
        assert client.get(f"{GRAPH}/v1.0/users").headers["date"] == "Thu, 15 Jan 2026 09:30:00 GMT"
        assert client.app_token("mail-daemon", EXCHANGE_DEFAULT)
        assert lab.tenant.now == int(moment.timestamp())


def test_a_lab_runs_on_the_callers_own_event_loop(tmp_path: Path) -> None:
    async def ask() -> int:
        async with Lab.started(tmp_path) as lab:
            context = ssl.create_default_context(cafile=lab.ca_certificate_path)
            async with httpx.AsyncClient(verify=context) as client:
                return (await client.get(lab.control_url)).status_code

    assert asyncio.run(ask()) == 200


def test_a_port_in_use_is_an_error_on_the_callers_side(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"), Lab.running(tmp_path, port=lab.port):
        pass


def test_serving_says_when_it_is_ready_and_ends_when_it_is_cancelled(tmp_path: Path) -> None:
    async def start_and_stop() -> tuple[Lab, object]:
        ready: asyncio.Future[Lab] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(0, tmp_path, ready.set_result))
        lab = await ready
        serving.cancel()
        (ended,) = await asyncio.gather(serving, return_exceptions=True)
        return lab, ended

    lab, ended = asyncio.run(start_and_stop())
    assert isinstance(ended, asyncio.CancelledError)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", lab.port))


def test_a_witness_sees_what_arrives_and_what_leaves(tmp_path: Path) -> None:
    seen: list[tuple[str, int, bytes | memoryview[int]]] = []
    with Lab.running(
        tmp_path, witness=lambda asked, left: seen.append((asked.url, left.status_code, left.body))
    ) as lab:
        with LabClient(lab) as client:
            received = client.get(f"{GRAPH}/v1.0/me?$select=id")
        assert seen == [(f"{GRAPH}/v1.0/me?$select=id", 401, received.content)]
