"""Which destinations are this machine's own, and that a client of another machine does not reach them."""

import socket
from collections.abc import Iterator

import pytest

from proxy_addons.addons.own_machine import is_own
from tests.live.proxy import SECONDS, RunningProxy, running_proxy
from tests.live.upstream import read_until


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "[::1]", "::", "::ffff:127.0.0.1"),  # noqa: S104 - as destinations
        *("169.254.169.254", "fe80::1%eth0", "localhost", "LOCALHOST.", "admin.localhost"),
    ],
)
def test_an_address_that_never_leaves_this_machine_or_its_link_is_its_own(host: str) -> None:
    assert is_own(host)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "20.190.128.1", "graph.microsoft.com", "2001:db8::1", "localhost.evil", ""]
)
def test_everything_else_is_a_destination(host: str) -> None:
    assert not is_own(host)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, towards_upstream: list[str]) -> Iterator[RunningProxy]:
    everywhere = ("--listen-host", "0.0.0.0")  # noqa: S104 - what this is about
    with running_proxy(tmp_path_factory.mktemp("proxy"), *towards_upstream, *everywhere) as running:
        yield running


def outward_address() -> str:
    """An address of this machine that is not loopback: a client that uses it is taken for another machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback, so nothing here looks like another machine")
        return str(probe.getsockname()[0])


def answer(proxy: RunningProxy, here: str, request: str) -> bytes:
    """What a client at an address gets for a request to the forward port."""
    with socket.create_connection((here, proxy.forward), timeout=SECONDS, source_address=(here, 0)) as stream:
        stream.sendall(f"{request}\r\n\r\n".encode())
        return read_until(stream, b"\r\n\r\n")[0]


def test_the_admin_port_is_not_reached_through_the_forward_port_from_another_machine(proxy: RunningProxy) -> None:
    here = outward_address()
    for name in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        asked = f"GET http://{name}:{proxy.admin}/livez HTTP/1.1\r\nHost: 127.0.0.1:{proxy.admin}"
        assert answer(proxy, here, asked).startswith(b"HTTP/1.1 502 ")
        tunnel = f"CONNECT {name}:{proxy.admin} HTTP/1.1\r\nHost: {name}"
        assert answer(proxy, here, tunnel).startswith(b"HTTP/1.1 502 ")


def test_a_name_that_leads_to_this_machine_is_hung_up_on(proxy: RunningProxy) -> None:
    here = outward_address()
    name = socket.gethostname()
    if not is_own(socket.gethostbyname(name)):
        pytest.skip(f"{name} does not lead to loopback here, and no other name does for sure")
    asked = f"GET http://{name}:{proxy.admin}/livez HTTP/1.1\r\nHost: 127.0.0.1:{proxy.admin}"
    assert answer(proxy, here, asked).startswith(b"HTTP/1.1 502 ")


def test_a_client_of_this_machine_reaches_what_it_could_reach_anyway(proxy: RunningProxy) -> None:
    asked = f"GET http://127.0.0.1:{proxy.admin}/livez HTTP/1.1\r\nHost: 127.0.0.1:{proxy.admin}"
    assert answer(proxy, "127.0.0.1", asked).startswith(b"HTTP/1.1 200 ")


def test_what_the_settings_lead_here_is_reached_from_another_machine(proxy: RunningProxy) -> None:
    here = outward_address()
    tunnel = answer(proxy, here, "CONNECT passes.example.org:443 HTTP/1.1\r\nHost: passes.example.org")
    assert tunnel.startswith(b"HTTP/1.1 200 ")
