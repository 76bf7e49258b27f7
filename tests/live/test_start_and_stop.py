"""How `why403 run` starts, refuses to start, and ends."""

import contextlib
import json
import re
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.live.proxy import (
    ONE_RULE,
    SECONDS,
    process_environment,
    running_proxy,
    started,
    terminal,
    why403_command,
)
from tests.live.upstream import Upstream


def refused(directory: Path, *arguments: str, **environment: str) -> str:
    """Run the command, which must leave with 2 and print nothing but why; the message."""
    chosen = [] if "--rules" in arguments else ["--no-shipped-rules", "--rules", str(ONE_RULE)]
    command = why403_command("run", *chosen, "--confdir", str(directory / "conf"), *arguments)
    ended = subprocess.run(
        command,
        cwd=directory,
        env=process_environment(**environment),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    return ended.stderr


def test_sigterm_ends_it_with_0(tmp_path: Path) -> None:
    with running_proxy(tmp_path) as proxy:
        assert proxy.stop(signal.SIGTERM) == 0


def test_ctrl_c_ends_it_with_130(tmp_path: Path) -> None:
    with running_proxy(tmp_path) as proxy:
        assert proxy.stop(signal.SIGINT) == 130


def test_it_ends_while_connections_are_open_and_says_nothing_about_it(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/pending", lambda received: received.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"))
    arguments = ["--drain-limit", "0", *towards_upstream]
    with running_proxy(tmp_path, *arguments) as proxy, proxy.through_reverse() as client:
        client.send(b"GET /graph.microsoft.com/pending HTTP/1.1\r\nHost: h\r\n\r\n")
        client.read_head()
        assert proxy.stop(signal.SIGTERM) == 0
        complaints = [line for line in proxy.errors if '"log.level":"info"' not in line and "cut off" not in line]
    assert complaints == []


def test_without_a_word_about_rules_it_has_those_that_were_shipped(tmp_path: Path) -> None:
    with running_proxy(tmp_path, rules=None) as proxy:
        assert proxy.metric("why403_rules_loaded") > 100


def test_it_says_where_it_listens_and_what_a_client_must_trust(tmp_path: Path) -> None:
    with running_proxy(tmp_path, "--mode", "socks5@127.0.0.1:0", "--bundle-dir", "evidence") as proxy:
        lines = [proxy.shown.get(timeout=SECONDS) for _ in range(8)]
    assert [line.split()[:2] for line in lines[1:]] == [
        ["reverse", f"https://127.0.0.1:{proxy.reverse}/<host>/<path>"],
        ["forward", f"http://127.0.0.1:{proxy.forward}"],
        ["mode", "socks5@127.0.0.1:0"],
        ["trust", str(proxy.authority)],
        ["admin", f"http://127.0.0.1:{proxy.admin}"],
        ["store", str(tmp_path / "state" / "why403" / "failures.sqlite")],
        ["bundles", "evidence"],
    ]


def test_a_taken_port_stops_the_start_with_its_number_and_the_remedy(tmp_path: Path) -> None:
    free = ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for purpose in ("reverse", "forward", "admin"):
            assert refused(tmp_path, *free, f"--{purpose}-port", str(port)) == (
                f"why403 run: the {purpose} port {port} on 127.0.0.1 cannot be opened: Address already in use. "
                f"Remedy: stop what uses it, or choose another with --{purpose}-port (0 takes a free one)\n"
            )
        message = refused(tmp_path, *free, "--mode", f"socks5@127.0.0.1:{port}")
        assert message == (
            f"why403 run: --mode socks5@127.0.0.1:{port}: Address already in use. "
            "Remedy: give it another port, as in socks5@PORT\n"
        )


def test_a_malformed_rule_stops_the_start_with_file_line_and_column(tmp_path: Path) -> None:
    rule = tmp_path / "rules" / "graph" / "broken.yaml"
    rule.parent.mkdir(parents=True)
    rule.write_text("id: broken\ntitle: [unfinished\n")
    message = refused(tmp_path, "--rules", str(tmp_path / "rules"))
    assert message.startswith(f"why403 run: {tmp_path}/rules/graph/broken.yaml:")
    assert message.removeprefix(f"why403 run: {tmp_path}/rules/graph/broken.yaml:").split(":")[0].isdecimal()


@pytest.mark.parametrize(
    ("arguments", "wrong", "remedy"),
    [
        (
            ["--connect-to", "graph.microsoft.com"],
            "--connect-to graph.microsoft.com: 'graph.microsoft.com' does not say where to connect to.",
            "write HOST=ADDRESS or HOST=ADDRESS:PORT, for example graph.microsoft.com=127.0.0.1:8443.",
        ),
        (
            ["--mode", "carrier-pigeon"],
            "Invalid proxy mode specification: carrier-pigeon (unknown mode).",
            "see --mode in why403 run --help",
        ),
        (
            ["--upstream-ca", "pyproject.toml"],
            "--upstream-ca pyproject.toml: there is no file pyproject.toml.",
            "give a file with certificates in PEM form.",
        ),
    ],
)
def test_a_value_nobody_can_work_with_stops_the_start(
    tmp_path: Path, arguments: list[str], wrong: str, remedy: str
) -> None:
    message = refused(tmp_path, "--reverse-port", "0", "--forward-port", "0", "--admin-port", "0", *arguments)
    assert message == f"why403 run: {wrong} Remedy: {remedy}\n"


def test_a_mistake_in_the_environment_is_named_as_it_stands_there(tmp_path: Path) -> None:
    message = refused(tmp_path, WHY403_ADMIN_PORT="none", WHY403_LOG_FORMAT="xml")
    assert message == (
        "why403 run: WHY403_ADMIN_PORT none: input should be a valid integer, unable to parse string as an integer. "
        "Remedy: give a number from 0 to 65535; 0 picks a free port.\n"
        "why403 run: WHY403_LOG_FORMAT xml: input should be 'auto', 'json' or 'text'. "
        "Remedy: write auto, json or text.\n"
    )


def test_a_file_that_is_no_certificate_is_no_authority(tmp_path: Path) -> None:
    (tmp_path / "note.pem").write_text("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
    message = refused(tmp_path, "--admin-port", "0", "--upstream-ca", "note.pem")
    assert message == (
        "why403 run: --upstream-ca note.pem: holds no certificate in PEM form. "
        "Remedy: give the authority's .pem or .crt file\n"
    )


def test_a_directory_for_certificates_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("a file is in the way")
    message = refused(tmp_path, "--admin-port", "0")
    assert message.startswith(f"why403 run: --confdir {tmp_path / 'conf'}: ")
    assert message.endswith("Remedy: name another directory\n")


def test_a_terminal_gets_colour_and_the_width_it_has(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", lambda received: received.answer("403 Forbidden"))
    with terminal() as screen, running_proxy(tmp_path, *towards_upstream, output=screen.side) as proxy:
        with proxy.through_reverse() as client:
            client.get("127.0.0.1", "/graph.microsoft.com/v1.0/users")
        proxy.wait_for(lambda: "└".encode() in screen.shown)
        assert proxy.stop() == 0
        shown = screen.shown.decode()
    assert "\x1b[33m┌─ 403" in shown
    (top,) = (line for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines() if line.startswith("┌"))
    assert len(top) == 110


def test_text_beside_the_boxes_tells_only_what_goes_wrong(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/users", lambda received: received.answer("403 Forbidden"))
    ports = ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0", "--bundle-dir", "conf"]
    command = why403_command(
        "run", *ports, "--log-format", "text", "--confdir", "conf", "--no-shipped-rules", "--rules", str(ONE_RULE)
    )
    with started([*command, *towards_upstream], tmp_path) as proxy:
        banner = [proxy.shown.get(timeout=SECONDS) for _ in range(3)]
        proxy.forward = int(banner[2].split()[1].rpartition(":")[2])
        with proxy.through_forward("graph.microsoft.com") as client:
            assert client.get("graph.microsoft.com", "/v1.0/users").status == 403
        proxy.box("graph-refused")
        with contextlib.suppress(ssl.SSLError), proxy.through_forward("graph.microsoft.com", distrust()):
            pass
        proxy.wait_for(lambda: bool(proxy.errors))
        assert proxy.stop() == 0
    (line,) = proxy.errors
    assert line[8:].startswith(" warning a client at this address trusts why403, this one refused it for graph.")


def distrust() -> ssl.SSLContext:
    """A client that trusts nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def test_quiet_leaves_standard_output_empty_and_the_log_complete(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/told", lambda received: received.answer("403 Forbidden"))
    with running_proxy(tmp_path, *towards_upstream, "--quiet") as proxy:
        with proxy.through_reverse() as client:
            client.get("127.0.0.1", "/graph.microsoft.com/told")
        proxy.failure(client)
        assert proxy.stop() == 0
        assert proxy.shown.empty()
        assert all(isinstance(json.loads(line), dict) for line in proxy.errors)
