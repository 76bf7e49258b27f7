"""Recordings of every kind, told apart by what is in them: HAR, SAZ, mitmproxy's flow files, and folders of these."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
import tempfile
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from proxy_addons.intake.flow_file import read_flow_file
from proxy_addons.intake.har import read_har
from proxy_addons.intake.saz import read_saz
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy_addons.evidence.exchange import Exchange

STANDARD_INPUT: Final = Path("-")
SPOOLED_BYTES: Final = 1024**3
"""How much of a pipe is copied to disk where a format has its table of contents at the end."""

_BEGINNING: Final = 4096
_PIECE: Final = 1024 * 1024
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP: Final = b"\x1f\x8b"
_WIDE: Final = (
    # Longest mark first: that of UTF-16 begins that of UTF-32.
    (re.compile(b"\xff\xfe\0\0|\0\0\xfe\xff"), "utf-32"),
    (re.compile(b"\xff\xfe|\xfe\xff"), "utf-16"),
    (re.compile(rb"(?:\s\0)*[{\[]\0"), "utf-16-le"),
    (re.compile(rb"(?:\0\s)*\0[{\[]"), "utf-16-be"),
)
"""JSON of Windows tools (what PowerShell's `>` makes of it), with its byte order mark or without."""
_JSON: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")
_FLOW: Final = re.compile(rb"\d{1,12}:")
_SUCCESS: Final = range(200, 300)
_SAVE_AGAIN: Final = "Save the recording again"
_NO_RECORDING: Final = (
    "is no recording. Save the traffic as HAR, as SAZ (Fiddler) or as a flow file (mitmproxy), and name that"
)

type Items = Iterator[Exchange | UnreadableEntry]


@dataclass(frozen=True, slots=True)
class Source:
    """One recording that is being read: its bytes (None for a pipe), and how many of them have been read."""

    name: str
    size: int | None
    position: Callable[[], int]


def open_recordings(path: Path) -> Iterator[tuple[Source, Items]]:
    """Every recording at a path (a file, a folder, `-` for standard input), each with what it holds.

    Read one to its end before asking for the next: it is closed then. The names in a folder are taken in order, at any
    depth; hidden ones and links to folders are left alone. RecordingError, with the recording's name in front, where
    `path` cannot be opened; all else that is wrong comes out of the items, after what was readable.
    """
    for name, file in _files(path):
        try:
            stream = _opened(name, file)
        except RecordingError as error:
            if file == path:
                raise
            yield Source(name, None, lambda: 0), _nothing_but(error)
            continue
        # Standard input is not ours to close.
        with nullcontext() if file == STANDARD_INPUT else stream:
            yield Source(name, _size(stream), _position(stream)), _read(name, stream, named=file == path)


def total_size(paths: Iterable[Path]) -> int:
    """How many bytes there are to read, as far as files tell; for a progress bar."""
    found = 0
    for path in paths:
        # Whoever opens it says what is wrong.
        with suppress(OSError, RecordingError):
            found += sum(file.stat().st_size for _, file in _files(path) if file != STANDARD_INPUT)
    return found


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """The files at a path, each with the name a person knows it by."""
    if path == STANDARD_INPUT:
        yield "standard input", path
    elif not path.is_dir():
        yield path.name, path
    else:
        above, found = path.resolve().name, False
        for folder, folders, names in path.walk():
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            shown = [folder / name for name in sorted(names) if not name.startswith(".")]
            for file in filter(Path.is_file, shown):
                found = True
                yield (Path(above) / file.relative_to(path)).as_posix(), file
        if not found:
            raise RecordingError(f"{path}: holds no files that can be read. Name a folder of recordings")


def _opened(name: str, file: Path) -> IO[bytes]:
    if file == STANDARD_INPUT:
        if sys.stdin is None:
            raise RecordingError(f"{name}: is closed. Name a recording, or give one on standard input")
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        reason = error.strerror or "cannot be opened"
        raise RecordingError(f"{file}: {reason}. Name a recording, or - for standard input") from None


def _nothing_but(error: RecordingError) -> Items:
    yield from ()  # a generator, so that this error too comes out where items are asked for
    raise error


def _size(stream: IO[bytes]) -> int | None:
    status = os.fstat(stream.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _position(stream: IO[bytes]) -> Callable[[], int]:
    return stream.tell if stream.seekable() else lambda: 0


def _read(name: str, stream: IO[bytes], *, named: bool) -> Items:
    try:
        for item in _some_readable(_items(stream)):
            if isinstance(item, UnreadableEntry) or not _is_tunnel(item):
                yield item
    except RecordingError as error:
        raise error.of(name, named=named) from None
    except OSError as error:
        raise RecordingError(
            f"{name}: {error.strerror or 'cannot be read'}. Copy the file, and name the copy"
        ) from None


def _some_readable(items: Items) -> Items:
    """The items, and at their end an error where everything was lost."""
    lost = readable = 0
    for item in items:
        if isinstance(item, UnreadableEntry):
            lost += item.lost
        else:
            readable += 1
        yield item
    if lost and not readable:
        raise RecordingError(f"nothing in it can be read. {_SAVE_AGAIN}")


def _items(stream: IO[bytes]) -> Items:
    """What a recording of any kind holds; the beginning of its content tells the kind."""
    beginning = stream.read(_BEGINNING)
    whole: IO[bytes] = stream
    if stream.seekable():
        stream.seek(-len(beginning), os.SEEK_CUR)
    else:
        whole = cast("IO[bytes]", _Rejoined(beginning, stream))
    if beginning.startswith(_ZIP):
        return read_saz(whole) if stream.seekable() else _saz_from(whole)
    wide = next((codec for mark, codec in _WIDE if mark.match(beginning)), "")
    if wide:
        return read_har(cast("IO[bytes]", codecs.EncodedFile(whole, "utf-8", wide, errors="replace")))
    if _JSON.match(beginning):
        return read_har(whole)
    if _FLOW.match(beginning):
        return read_flow_file(whole)
    what = "is packed: unpack it" if beginning.startswith(_GZIP) else _NO_RECORDING
    raise RecordingError(what if beginning else f"is empty. {_SAVE_AGAIN}", foreign=True)


class _Rejoined:
    """A pipe whose beginning has been looked at already."""

    def __init__(self, beginning: bytes, rest: IO[bytes]) -> None:
        self._beginning = beginning
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """The next bytes: fewer than `size` only at the end."""
        if not self._beginning:
            return self._rest.read(size)
        end = size if size >= 0 else None
        taken, self._beginning = self._beginning[:end], self._beginning[len(self._beginning[:end]) :]
        missing = -1 if size < 0 else size - len(taken)
        return taken + self._rest.read(missing) if missing else taken


def _saz_from(pipe: IO[bytes]) -> Items:
    """A SAZ ends with its table of contents: read it from a copy on disk without a name, which only we can open."""
    with tempfile.TemporaryFile() as copy:
        while piece := pipe.read(_PIECE):
            copy.write(piece)
            if copy.tell() > SPOOLED_BYTES:
                raise RecordingError(f"is longer than {SPOOLED_BYTES >> 30} GiB. Save it to a file, and name that")
        copy.seek(0)
        yield from read_saz(copy)


def _is_tunnel(exchange: Exchange) -> bool:
    """Whether this is only the tunnel that others went through. One that was refused says something."""
    response = exchange.response
    return exchange.request.method.upper() == "CONNECT" and (response is None or response.status in _SUCCESS)
