"""The client of `why403 run -- COMMAND`: its own process on our terminal, from the moment the proxy listens.

It gets the terminal, standard input and output included. Ctrl-C reaches it from the terminal itself, as it would
without us; other signals are passed on. When it ends the run ends, with its exit code.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOT_FOUND: Final = 127
"""What shells answer for a command that does not exist, and for one that cannot be run (POSIX, 2.8.2)."""
NOT_EXECUTABLE: Final = 126
_BY_SIGNAL: Final = 128
_END_SECONDS: Final = 5.0


def find_command(name: str) -> str | tuple[int, str]:
    """Where a command lies, or the exit code and the sentence for one that cannot be run."""
    found = shutil.which(name)
    if found is not None:
        return found
    if os.sep in name and Path(name).is_dir():
        return NOT_EXECUTABLE, f"{name} is a directory"
    if os.sep in name and Path(name).exists():
        return NOT_EXECUTABLE, f"{name} is not executable. Remedy: chmod +x {name}, or name its interpreter first"
    return NOT_FOUND, f"{name}: there is no such command"


class Client:
    """An addon, so that the client starts when every listener is open and every other addon is ready."""

    name = "why403-client"

    def __init__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self._command = command
        self._variables = variables
        self._process: asyncio.subprocess.Process | None = None
        self._early: set[signal.Signals] = set()
        self._task: asyncio.Task[None] | None = None
        self.status = 0

    def running(self) -> None:
        """Start the client."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="why403 client")

    async def _run(self) -> None:
        try:
            # Before it starts: a signal that comes while it does is its own already, and would else end us under it.
            self._pass_signals_on()
            self._process = await asyncio.create_subprocess_exec(*self._command, env=self._variables)
            for number in self._early:
                self._pass_on(number)
            ended = await self._process.wait()
            self.status = ended if ended >= 0 else _BY_SIGNAL - ended
        except OSError:
            self.status = NOT_EXECUTABLE
        finally:
            ctx.master.shutdown()

    async def end(self) -> None:
        """Make sure that it does not outlive the proxy it depends on."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        for stop in (process.terminate, process.kill):
            with contextlib.suppress(ProcessLookupError, TimeoutError):
                stop()
                async with asyncio.timeout(_END_SECONDS):
                    await process.wait()
                return

    def _pass_signals_on(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, *_FROM_THE_TERMINAL):
            asyncio.get_running_loop().add_signal_handler(number, self._pass_on, number)

    def _pass_on(self, number: signal.Signals) -> None:
        if number in _FROM_THE_TERMINAL and _has_the_terminal():
            return
        if self._process is None:
            self._early.add(number)
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)


_FROM_THE_TERMINAL: Final = (signal.SIGINT, signal.SIGQUIT)
"""A terminal sends these to every process in its foreground; passed on, the client would get them twice."""


def _has_the_terminal() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
