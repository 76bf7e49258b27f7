"""A worker as the process above sees it: started, told what to do, listened to, and gone some day."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, Protocol

from proxy_addons.admin.access import TOKEN_VARIABLE
from proxy_addons.admin.worker_state import WorkerState, decoded
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.worker_channel import Told, frame, read_frame

if TYPE_CHECKING:
    from proxy_addons.cli.worker_channel import Plan

_START: Final = """\
import sys
sys.path[:] = sys.argv[1:]
from proxy_addons.cli.collector import loading
with loading():
    from proxy_addons.cli.worker import main
main()
"""
"""With -P and this path nothing in the folder the user stands in can take the place of a module."""
_UNREAD_AT_MOST: Final = 256 * 1024
"""Bytes. A worker whose event loop hangs reads no questions; there is no use in more of them."""


class Listener(Protocol):
    """Whoever hears what a worker says."""

    def heard(self, worker: WorkerProcess, told: Told, text: str) -> None:
        """A log line or a box."""

    def state_changed(self, worker: WorkerProcess) -> None:
        """It told its state, or that it is loaded."""


class WorkerProcess:
    """One worker from its start to its end. `number` is its own among all there ever were, from 1.

    It is `loaded` when it has said so, and `ready` when it was told to take connections then.
    """

    def __init__(self, number: int, listener: Listener) -> None:
        self.number = number
        self.loaded = False
        self.ready = False
        self.unusable = ""
        self.state = WorkerState(0, {})
        self.heard_at = math.inf
        self._listener = listener
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Its process id, 0 before it has one."""
        return self._process.pid if self._process else 0

    async def live(self, plan: Plan) -> int:
        """Start it, listen to it until it has ended, and give its exit code, negative for a signal."""
        self.heard_at = asyncio.get_running_loop().time()
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-P", "-c", _START, *filter(None, sys.path)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE},
                # A terminal's Ctrl-C is for the process above, which passes on what it means.
                process_group=0,
                pass_fds=plan.inherited,
            )
        except OSError as error:
            self.unusable = f"no process can be started: {error.strerror}"
            return ExitCode.OWN_ERROR
        self.send(Told.PLAN, plan.encoded())
        if self._process.stdout is not None:
            await self._listen(self._process.stdout)
        return await self._process.wait()

    def send(self, told: Told, content: bytes = b"") -> None:
        """Tell it something; nothing happens where it is gone, or has not listened for long."""
        stream = self._process.stdin if self._process else None
        if stream is None or stream.transport.get_write_buffer_size() > _UNREAD_AT_MOST:
            return
        with contextlib.suppress(ConnectionError):
            stream.write(frame(told, content))

    def let_in(self) -> None:
        """Have it take connections, if it is loaded and does not do so yet."""
        if self.loaded and not self.ready:
            self.ready = True
            self.send(Told.GO)

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            if self._process is not None:
                self._process.send_signal(signal.SIGKILL)

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while (message := await read_frame(stream)) is not None:
            told, content = message
            self.heard_at = asyncio.get_running_loop().time()
            if told in {Told.LOG, Told.SCREEN}:
                self._listener.heard(self, told, content.decode(errors="replace"))
            elif told is Told.UNUSABLE:
                self.unusable = content.decode(errors="replace")
            else:
                self.loaded = self.loaded or told is Told.LOADED
                if told is Told.STATE:
                    self.state = decoded(content) or self.state
                self._listener.state_changed(self)
