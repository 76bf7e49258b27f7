"""Ports for several processes of one run, and for nobody else."""

import socket
import sys

import pytest

from proxy_addons.cli.proxy_ports import ProxyError
from proxy_addons.cli.shared_ports import SharedPorts, can_share, claim, claim_proxy_ports
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


def free_ports() -> SharedPorts:
    return claim_proxy_ports(read_settings({"reverse_port": "0", "forward_port": "0"}, {}))


def test_a_port_lets_connections_come_and_refuses_them_as_often_as_there_is_need() -> None:
    ports = free_ports()
    try:
        for _ in range(2):
            ports.open()
            ports.open()
            for number in ports.numbers:
                socket.create_connection((HERE, number)).close()
            ports.refuse()
            ports.refuse()
            for number in ports.numbers:
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((HERE, number))
    finally:
        ports.close()


def test_nobody_else_gets_a_port_that_has_been_open_and_refuses_now() -> None:
    ports = free_ports()
    ports.open()
    ports.refuse()
    try:
        for number in ports.numbers:
            with pytest.raises(OSError, match="Address already in use"):
                socket.create_server((HERE, number))
            assert refusal(number)
    finally:
        ports.close()


def test_the_next_run_gets_the_ports_while_connections_of_this_one_still_linger() -> None:
    ports = free_ports()
    ports.open()
    number = ports.numbers[0]
    with socket.create_connection((HERE, number)) as client:
        ports.reverse.settimeout(None)
        accepted, _ = ports.reverse.accept()
        accepted.close()
        assert client.recv(1) == b""
    ports.close()
    claim(number, HERE).close()


def test_free_ports_are_chosen_once_for_all() -> None:
    ports = free_ports()
    numbers = ports.numbers
    ports.close()
    assert len({*numbers}) == 2
    assert 0 not in numbers


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
