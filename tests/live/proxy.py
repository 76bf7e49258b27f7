"""A real `why403 run` (or mitmdump with our script) in a process of its own, ready when it is handed out."""

import contextlib
import fcntl
import json
import os
import pty
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from queue import Empty, Queue
from types import MappingProxyType
from typing import IO, Any
from urllib.request import urlopen

from tests.live.upstream import read_body, read_until

REPOSITORY = Path(__file__).resolve().parents[2]
ONE_RULE = Path(__file__).parent / "rules"
NO_DATA = Path(tempfile.mkdtemp(prefix="why403-tests-")) / "data"
"""A data folder of the tests' own, so that nobody's imported tables decide and none of theirs are written to."""
SECONDS = 60
"""Patience with a process that starts on a busy machine; nothing waits this long when all is well."""


@dataclass
class Reply:
    """A response as raw as it came."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.head.split(b" ")[1])

    @property
    def header_lines(self) -> list[bytes]:
        """Everything between the status line and the body."""
        return self.head.strip().split(b"\r\n")[1:]

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        wanted = name.lower().encode()
        values = (line.split(b":", 1)[1].strip() for line in self.header_lines if line.split(b":")[0].lower() == wanted)
        return next((value.decode("latin-1") for value in values), None)


class Connection:
    """A client's connection with nothing between the test and the bytes."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.trace = str(uuid.uuid4())
        self._buffer = b""

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.stream.sendall(data)

    def read_head(self) -> bytes:
        """Wait for the end of a response's headers."""
        head, self._buffer = read_until(self.stream, b"\r\n\r\n", self._buffer)
        return head

    def read_some(self) -> bytes:
        """Whatever comes next."""
        if self._buffer:
            some, self._buffer = self._buffer, b""
            return some
        return self.stream.recv(65536)

    def read_reply(self) -> Reply:
        """Wait for a whole response."""
        head = self.read_head()
        body, self._buffer = read_body(self.stream, head, self._buffer)
        return Reply(head, body)

    def ask(self, request: bytes) -> Reply:
        """Send a request and wait for its response."""
        self.send(request)
        return self.read_reply()

    def get(self, host: str, path: str, *headers: str) -> Reply:
        """Ask with GET."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"client-request-id: {self.trace}", *headers, "", ""]
        return self.ask("\r\n".join(lines).encode())

    def post(self, host: str, path: str, body: bytes, *headers: str) -> Reply:
        """Ask with POST."""
        framing = [f"Content-Length: {len(body)}", f"client-request-id: {self.trace}"]
        lines = [f"POST {path} HTTP/1.1", f"Host: {host}", *framing, *headers, "", ""]
        return self.ask("\r\n".join(lines).encode() + body)


@dataclass
class RunningProxy:
    """Its ports, what it logs and what it shows."""

    process: subprocess.Popen[str]
    confdir: Path
    lines: "Queue[dict[str, Any]]" = field(default_factory=Queue)
    shown: "Queue[str]" = field(default_factory=Queue)
    errors: list[str] = field(default_factory=list)
    reverse: int = 0
    forward: int = 0
    admin: int = 0
    web: int = 0
    process_ended: threading.Event = field(default_factory=threading.Event)

    def next_line(self, name: str) -> dict[str, Any]:
        """Wait for the next log line of an event; everything before it is dropped."""
        deadline = time.monotonic() + SECONDS
        while True:
            ended = self.process_ended.is_set()
            try:
                line = self.lines.get(timeout=0.2)
            except Empty:
                if ended or time.monotonic() > deadline:
                    raise AssertionError(f"no {name} came; standard error: {self.errors}") from None
            else:
                if line.get("event.name") == name:
                    return line

    def failure(self, client: "Connection") -> dict[str, Any]:
        """Wait for the canonical line of a client's refused call; those of others are another test's and dropped."""
        while True:
            line = self.next_line("why403.failure")
            if line.get("ms.client_request_id") == client.trace:
                return line

    def box(self, identifier: str) -> str:
        """Wait for the box with an id on the terminal."""
        box: list[str] = []
        while not box or identifier not in box[-1]:
            line = self.shown.get(timeout=SECONDS)
            box = [line] if line.startswith("┌") else [*box, line]
        return "\n".join(box)

    def admin_get(self, path: str) -> HTTPResponse:
        """A page of the admin port."""
        response: HTTPResponse = urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=SECONDS)
        return response

    def metric(self, sample: str) -> float:
        """The value of one series, spelled as on the page."""
        page = self.admin_get("/metrics").read().decode()
        found = [line for line in page.splitlines() if line.startswith(f"{sample} ")]
        assert found, f"{sample} is not on the page"
        return float(found[0].rpartition(" ")[2])

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Look again, a few times a second, until something holds that no output announces."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert self.process.poll() is None, (list(self.shown.queue), self.errors)
            assert time.monotonic() < deadline, (list(self.shown.queue), self.errors)
            self.process_ended.wait(0.05)

    @property
    def authority(self) -> Path:
        """The certificate a client of this proxy trusts."""
        return self.confdir / "mitmproxy-ca-cert.pem"

    def trust(self) -> ssl.SSLContext:
        """A client's TLS settings that trust this proxy and nobody else."""
        return ssl.create_default_context(cafile=str(self.authority))

    @contextlib.contextmanager
    def through_reverse(self, name: str = "127.0.0.1") -> Iterator[Connection]:
        """A TLS connection to the reverse port."""
        with (
            socket.create_connection(("127.0.0.1", self.reverse), timeout=SECONDS) as plain,
            self.trust().wrap_socket(plain, server_hostname=name) as stream,
        ):
            yield Connection(stream)

    @contextlib.contextmanager
    def tunnel(self, host: str, port: int = 443) -> Iterator[Connection]:
        """A CONNECT tunnel through the forward port, without TLS in it yet."""
        with socket.create_connection(("127.0.0.1", self.forward), timeout=SECONDS) as plain:
            connection = Connection(plain)
            connection.send(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            head = connection.read_head()
            assert b" 200 " in head.split(b"\r\n")[0], head
            yield connection

    @contextlib.contextmanager
    def through_forward(self, host: str, context: ssl.SSLContext | None = None) -> Iterator[Connection]:
        """A TLS connection to a host through the forward port."""
        with (
            self.tunnel(host) as tunnel,
            (context or self.trust()).wrap_socket(tunnel.stream, server_hostname=host) as stream,
        ):
            yield Connection(stream)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process and wait for its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(SECONDS)


def why403_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "proxy_addons.cli", *arguments]


def process_environment(**more: str) -> dict[str, str]:
    ours = ("WHY403_", "COLUMNS", "LINES", "NO_COLOR", "CI")  # a parallel pytest gives its workers a width of their own
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    found = os.pathsep.join(filter(None, (str(REPOSITORY), inherited.get("PYTHONPATH"))))
    return {**inherited, "PYTHONPATH": found, "PYTHONUTF8": "1", "WHY403_DATA_DIR": str(NO_DATA), **more}


@contextlib.contextmanager
def running_proxy(
    directory: Path,
    *arguments: str,
    output: int | None = None,
    rules: Path | None = ONE_RULE,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[RunningProxy]:
    """Start `why403 run` on free ports and wait until it says that it is ready.

    `output` takes the place of its terminal. It has one rule, which is loaded fast; with `rules` None the shipped ones.
    """
    ports = ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0"]
    chosen = [] if rules is None else ["--no-shipped-rules", "--rules", str(rules)]
    command = why403_command("run", *ports, *chosen, "--confdir", str(directory / "conf"), *arguments)
    with started(command, directory, output=output, environment=environment) as proxy:
        ready = proxy.next_line("why403.ready")
        proxy.reverse, proxy.forward = ready["why403.reverse_port"], ready["why403.forward_port"]
        proxy.admin = ready["why403.admin_port"]
        yield proxy


@contextlib.contextmanager
def started(
    command: Sequence[str],
    directory: Path,
    *,
    output: int | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[RunningProxy]:
    """Start any command whose standard error holds our log lines; it is ended with the block."""
    process = subprocess.Popen(
        command,
        stdin=output,
        stdout=subprocess.PIPE if output is None else output,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        cwd=directory,
        env=process_environment(TERM="xterm", XDG_STATE_HOME=str(directory / "state"), **environment),
    )
    proxy = RunningProxy(process, directory / "conf")
    assert process.stderr is not None
    readers = [threading.Thread(target=_read_log, args=(process.stderr, proxy), daemon=True)]
    if process.stdout is not None:
        readers.append(threading.Thread(target=_read_screen, args=(process.stdout, proxy), daemon=True))
    for reader in readers:
        reader.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        for reader in readers:
            reader.join(SECONDS)
        process.stderr.close()
        if process.stdout is not None:
            process.stdout.close()


@dataclass
class Terminal:
    """A terminal of 40 lines: `side` is what a process gets, `shown` what a person would have seen so far."""

    side: int
    shown: bytearray = field(default_factory=bytearray)


@contextlib.contextmanager
def terminal() -> Iterator[Terminal]:
    """A terminal that somebody reads."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    screen = Terminal(theirs)

    def read() -> None:
        with contextlib.suppress(OSError):  # how a terminal ends whose other side is gone
            while data := os.read(ours, 65536):
                screen.shown.extend(data)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield screen
    finally:
        os.close(theirs)
        reader.join(SECONDS)
        os.close(ours)


def _read_log(stream: IO[str], proxy: RunningProxy) -> None:
    # The stream of errors ends with the process.
    for line in stream:
        proxy.errors.append(line.rstrip("\n"))
        with contextlib.suppress(ValueError):
            decoded = json.loads(line)
            if isinstance(decoded, dict):
                proxy.lines.put(decoded)
    proxy.process_ended.set()


def _read_screen(stream: IO[str], proxy: RunningProxy) -> None:
    for line in stream:
        proxy.shown.put(line.rstrip("\n"))
