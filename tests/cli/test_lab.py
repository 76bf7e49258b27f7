"""`why403 lab`: a tenant in a terminal of its own."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import COMMAND, LONGEST_SECONDS, environment, why403

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunningLab:
    """The lab's process and what it said."""

    process: subprocess.Popen[str]
    said: str

    def found(self, pattern: str) -> str:
        """The first group of a pattern in what it said."""
        match = re.search(pattern, self.said)
        assert match, self.said
        return match[1]


@contextmanager
def running(directory: Path) -> Iterator[RunningLab]:
    process = subprocess.Popen(
        [*COMMAND, "lab", "--port", "0", "--directory", str(directory)],
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        try:
            yield RunningLab(process, said)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    with running(tmp_path_factory.mktemp("lab")) as running_lab:
        yield running_lab


def test_the_lab_says_how_to_send_traffic_to_it(lab: RunningLab) -> None:
    assert lab.said.startswith("A simulated tenant (Contoso, ")
    assert re.search(r"\n  why403 run --upstream-ca \S+\.pem \\\n    --connect-to \S+=127\.0\.0\.1:\d+ \\\n", lab.said)
    assert "Stop with Ctrl-C." in lab.said


def test_the_command_the_lab_prints_names_every_host_it_plays(lab: RunningLab) -> None:
    for host in ("graph.microsoft.com", "login.microsoftonline.com", "outlook.office365.com"):
        assert f"--connect-to {host}=127.0.0.1:" in lab.said


def test_the_lab_answers_over_tls_with_the_authority_it_names(lab: RunningLab) -> None:
    port = int(lab.found(r"answers on \S+:(\d+)"))
    trusting = ssl.create_default_context(cafile=lab.found(r"--upstream-ca (\S+)"))
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST_SECONDS) as raw:
        graph = http.client.HTTPSConnection("graph.microsoft.com", timeout=LONGEST_SECONDS)
        with trusting.wrap_socket(raw, server_hostname="graph.microsoft.com") as graph.sock:
            graph.request("GET", "/v1.0/me")
            with graph.getresponse() as answer:
                assert answer.status == 401
                assert json.loads(answer.read())["error"]["code"] == "InvalidAuthenticationToken"


def test_ctrl_c_stops_the_lab_without_a_traceback(tmp_path: Path) -> None:
    with running(tmp_path) as lab:
        lab.process.send_signal(signal.SIGINT)
        _, complaint = lab.process.communicate(timeout=LONGEST_SECONDS)

    assert lab.process.returncode == 130
    assert complaint == ""


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = why403("lab", "--port", str(port), "--directory", tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == (
        f"why403: the lab cannot start: port {port} on 127.0.0.1: Address already in use. Choose another with --port\n"
    )


def test_a_place_for_certificates_that_is_none_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ended = why403("lab", "--port", "0", "--directory", tmp_path / "file" / "lab")

    assert ended.returncode == 2
    assert ended.stderr == (
        f"why403: the lab cannot start: {tmp_path}/file/lab: Not a directory. Choose another with --directory\n"
    )


def test_a_port_that_is_none_is_refused() -> None:
    ended = why403("lab", "--port", "70000")

    assert ended.returncode == 2
    assert "'--port'" in ended.stderr
