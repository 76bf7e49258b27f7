"""Ports for several processes of one run, and for nobody else."""

import asyncio
import socket
import sys

import pytest

from proxy_addons.cli.proxy_ports import ProxyError
from proxy_addons.cli.shared_ports import SharingLoop, can_share, claim, claim_proxy_ports
from proxy_addons.settings import read_settings

HERE = "127.0.0.1"

pytestmark = pytest.mark.skipif(not can_share(), reason=f"ports cannot be shared on {sys.platform}")


def free_port() -> int:
    with socket.create_server((HERE, 0)) as found:
        port: int = found.getsockname()[1]
        return port


def port_of(holder: socket.socket) -> int:
    port: int = holder.getsockname()[1]
    return port


def refusal(port: int) -> str:
    with pytest.raises(OSError, match="Address already in use") as refused:
        claim(port, HERE)
    return str(refused.value)


def test_a_port_somebody_shares_with_everybody_of_this_user_is_taken_all_the_same() -> None:
    with socket.create_server((HERE, 0), reuse_port=True) as stranger:
        assert refusal(port_of(stranger))
    with socket.create_server(("", 0), reuse_port=True) as stranger:
        assert refusal(port_of(stranger))


def test_of_two_runs_only_one_gets_the_port_also_before_either_listens() -> None:
    with claim(free_port(), HERE) as holder:
        assert refusal(port_of(holder))
        with pytest.raises(OSError, match="Address already in use"):
            socket.create_server((HERE, port_of(holder)))


def test_nobody_is_heard_on_a_port_that_is_only_held() -> None:
    with claim(free_port(), HERE) as holder, pytest.raises(ConnectionRefusedError):
        socket.create_connection((HERE, port_of(holder)))


def test_a_port_can_be_taken_again_while_connections_of_before_still_linger() -> None:
    with socket.create_server((HERE, 0)) as server:
        port = port_of(server)
        with socket.create_connection((HERE, port)) as client:
            accepted, _ = server.accept()
            accepted.close()
            assert client.recv(1) == b""
    claim(port, HERE).close()


def test_several_servers_share_what_is_held() -> None:
    async def serve_twice(port: int) -> int:
        servers = [await asyncio.start_server(lambda _, __: None, HERE, port) for _ in range(2)]
        for server in servers:
            server.close()
        return len(servers)

    with claim(free_port(), HERE) as holder, asyncio.Runner(loop_factory=SharingLoop) as runner:
        assert runner.run(serve_twice(port_of(holder))) == 2


def test_free_ports_are_chosen_once_for_all() -> None:
    held = claim_proxy_ports(read_settings({"reverse_port": "0", "forward_port": "0"}, {}))
    ports = [port_of(holder) for holder in held]
    for holder in held:
        holder.close()
    assert len({*ports}) == 2
    assert 0 not in ports


def test_an_address_of_another_machine_is_refused_with_the_remedy() -> None:
    settings = read_settings({"reverse_port": "0", "listen_host": "192.0.2.1"}, {})
    with pytest.raises(ProxyError, match=r"--listen-host 192\.0\.2\.1: .* Remedy: give an address of this machine"):
        claim_proxy_ports(settings)


def test_a_second_port_that_is_taken_lets_the_first_go() -> None:
    first = free_port()
    with socket.create_server((HERE, 0)) as stranger:
        settings = read_settings({"reverse_port": str(first), "forward_port": str(port_of(stranger))}, {})
        with pytest.raises(ProxyError, match="--forward-port"):
            claim_proxy_ports(settings)
    claim(first, HERE).close()
