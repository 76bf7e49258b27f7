"""The lines of a log that goes to a file or comes through a pipe; a file is followed when it is moved or emptied."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.logs_line import is_chosen, read_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy_addons.cli.logs_line import Line
    from proxy_addons.sinks.failure_filters import Filters

_GLANCE_SECONDS: Final = 0.2
_LONGEST_LINE: Final = 1024 * 1024
"""Bytes; what goes on for longer is no line of ours."""


class LogFile:
    """A file that is written by somebody else, under a name that may come to mean another one."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        self._file = self._opened()
        self._begun = b""
        self._overlong = False

    def read(self) -> Iterator[bytes]:
        """Every whole line there is by now; one that is still being written waits."""
        while piece := self._file.readline(_LONGEST_LINE):
            self._begun += piece
            ended = piece.endswith(b"\n")
            if not ended and len(self._begun) < _LONGEST_LINE:
                # Not ended yet, because its writer has not come further.
                continue
            if ended and not self._overlong:
                yield self._begun
            self._begun, self._overlong = b"", not ended

    def follow(self) -> Iterator[bytes]:
        """Every line from now on, without end. It looks again and again: notice of changes is not given everywhere."""
        gone = False
        while True:
            yield from self.read()
            try:
                found = self._path.stat()
            except OSError:
                if not gone:
                    self._tell(f"{self._path} is gone; waiting for a new one")
                gone = True
                time.sleep(_GLANCE_SECONDS)
                continue
            gone = False
            mine = os.fstat(self._file.fileno())
            if (found.st_dev, found.st_ino) != (mine.st_dev, mine.st_ino):
                # What was written between the last look and the move is in the old one.
                yield from self.read()
                self._turn_to(self._opened(), "was replaced; going on in the new one")
            elif found.st_size < self._file.tell():
                self._file.seek(0)
                self._turn_to(self._file, "was emptied; going on at its beginning")
            else:
                time.sleep(_GLANCE_SECONDS)

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def _turn_to(self, file: BinaryIO, what: str) -> None:
        if file is not self._file:
            self._file.close()
        self._file, self._begun, self._overlong = file, b"", False
        self._tell(f"{self._path} {what}")

    def _opened(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise Complaint(
                f"{self._path}: {error.strerror}. Name the file the proxy's standard error goes to"
            ) from None


def read_log(
    name: str,
    filters: Filters,
    last: int,
    *,
    follow: bool,
    show: Callable[[Line], None],
    tell: Callable[[str], None],
) -> None:
    """Show the last lines of a log and, where asked, those written from then on. Raises Complaint.

    Standard input is shown whole: a pipe has no past to choose from.
    """
    if name == "-":
        for line in _chosen(iter(lambda: sys.stdin.buffer.readline(_LONGEST_LINE), b""), filters):
            show(line)
        return
    file = LogFile(Path(name), tell)
    try:
        for line in deque(_chosen(file.read(), filters), last):
            show(line)
        for line in _chosen(file.follow(), filters) if follow else ():
            show(line)
    finally:
        file.close()


def _chosen(texts: Iterator[bytes], filters: Filters) -> Iterator[Line]:
    for text in texts:
        line = read_line(text)
        if line is not None and is_chosen(line, filters):
            yield line
