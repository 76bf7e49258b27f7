"""Starting what a benchmark plays on, and never leaving any of it behind.

Proxies run on one core, upstream and load on another, so that they do not eat from the same plate.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

PROXY_CORE: Final = "0"
OTHER_CORE: Final = "1"
PATIENCE: Final = 30.0
LOCAL: Final = "127.0.0.1"
_PACKAGES: Final = {"taskset": "util-linux", "setpriv": "util-linux"}
"""Debian packages that are named otherwise than their program."""
_GUARDS: Final = ("taskset", "setpriv")


class CannotMeasureError(Exception):
    """A figure cannot be had here; the text says why."""


def need(*programs: str) -> None:
    """Leave with the remedy where a program, or the second core, is missing."""
    # Debian keeps servers out of the PATH of people who are not root.
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    absent = [program for program in (*programs, *_GUARDS) if shutil.which(program) is None]
    if absent:
        packages = sorted({_PACKAGES.get(program, program) for program in absent})
        sys.exit(
            f"missing: {', '.join(absent)}. Remedy: install the Debian packages of these names, "
            f"sudo apt-get install --no-install-recommends {' '.join(packages)}"
        )
    if len(os.sched_getaffinity(0)) < 2:  # noqa: PLR2004 - PROXY_CORE and OTHER_CORE
        sys.exit("two cores are needed, one for the proxies and one for load and upstream")


def free_port() -> int:
    """A port nobody uses now."""
    with socket.create_server((LOCAL, 0)) as free:
        port: int = free.getsockname()[1]
        return port


_GLANCE_SECONDS: Final = 0.005


def pinned(command: Sequence[str], core: str | None) -> list[str]:
    """The command on a core, or on all; it is told to end should this process die first, however that comes."""
    guarded = ["setpriv", "--pdeathsig", "TERM", *command]
    return guarded if core is None else ["taskset", "-c", core, *guarded]


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, *, core: str | None = PROXY_CORE, announced: bytes = b""
) -> Iterator[subprocess.Popen[bytes]]:
    """Any server, ready as soon as it takes connections and has said `announced`. What it says goes to `log`.

    A port that is shared is open with the first of those who share it.
    """
    with log.open("ab") as said:
        before = said.tell()
        process = subprocess.Popen(  # noqa: S603 - our own command line
            pinned(command, core),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
    try:
        wait_for_port(port, process, log)
        _wait(process, log, f"say {announced.decode()}", lambda: announced in log.read_bytes()[before:])
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, with force where asking does not help."""
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE / 3)
            return


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something listens. Raises CannotMeasureError with the end of its log where nothing does."""

    def listens() -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection((LOCAL, port), timeout=1).close()
            return True
        return False

    _wait(process, log, "open its port", listens)


def _wait(process: subprocess.Popen[bytes], log: Path, what: str, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_done():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace")[-600:]
            raise CannotMeasureError(f"{log.stem} did not {what}; it said: {tail}")
        # A foreign process announces neither of the two. The glances are short, because a start is timed with them.
        time.sleep(_GLANCE_SECONDS)


def output_of(command: Sequence[str], seconds: float, *, core: str | None = OTHER_CORE) -> str:
    """What a tool prints. Raises CannotMeasureError where it fails or takes longer than `seconds`."""
    process = subprocess.Popen(  # noqa: S603 - our own command line
        pinned(command, core), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise CannotMeasureError(f"{command[0]} did not end within {seconds:g} s") from None
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise CannotMeasureError(f"{command[0]} failed: {said[-400:]}")
    return said
