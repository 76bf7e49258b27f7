"""A PostgreSQL server of Debian's package, started by the tests that need it, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from tests.support.quiet_port import quiet_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS: Final = 60
HOW_TO_INSTALL: Final = "PostgreSQL is not installed: apt-get install postgresql (no server needs to run)"


def binaries() -> Path | None:
    """The newest server's programs; Debian keeps them out of PATH, one folder a version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("postgres")
    return Path(found).parent if found else None


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root; None where this is no problem."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@dataclass
class Server:
    """A server that can be stopped and started again on the same port."""

    programs: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    _made: int = field(default=0)

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "max_connections": "50",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = self._run("postgres", "-D", str(self.folder / "data"), *options)
        deadline = time.monotonic() + SECONDS
        while self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)).wait(SECONDS) != 0:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()

    def stop(self) -> None:
        """End it at once; every connection is cut."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(SECONDS)

    def database(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        name = f"d{self._made}"
        with psycopg.connect(f"postgresql://why403@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://why403@127.0.0.1:{self.port}/{name}"

    def initialise(self) -> None:
        """Make its data folder."""
        arguments = ("-U", "why403", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        made = self._run("initdb", "-D", str(self.folder / "data"), *arguments)
        assert made.wait(SECONDS) == 0, (self.folder / "log").read_text()

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self.programs / program), *arguments],
                user=_other_user(),
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                stdout=log,
                stderr=log,
            )


@contextlib.contextmanager
def running_server(programs: Path) -> Iterator[Server]:
    """A server on a free port, gone without a trace afterwards."""
    # Not below pytest's own folder, which the server's user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="why403-postgresql-"))
    if (user := _other_user()) is not None:
        shutil.chown(folder, user)
    server = Server(programs, folder, quiet_port())
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
