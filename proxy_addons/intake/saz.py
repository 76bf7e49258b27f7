"""SAZ: Fiddler's session archives, a zip with three files for each session.

`raw/12_c.txt` is the request as it was sent, `raw/12_s.txt` the answer, `raw/12_m.xml` what Fiddler noted about both
(documented by Telerik, 'Fiddler Archives'). Nothing is ever unpacked to disk, so the names in an archive mean nothing
beyond that pattern; what unpacking takes is bounded, for each file and in all.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from proxy_addons.evidence.exchange import Exchange, Request, Response
from proxy_addons.intake.http_message import WITHOUT_BODY, Message, read_message
from proxy_addons.intake.recorded_time import seconds_since_epoch
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""How much of one request or answer is unpacked; a longer one counts as cut off there."""
UNPACKED_BYTES: Final = 4 * 1024**3
"""How much is unpacked in all."""
DIRECTORY_BYTES: Final = 8 * 1024 * 1024
"""The longest table of contents that is read, about 45,000 sessions: zipfile keeps an object for every line of it."""

_METADATA_BYTES: Final = 256 * 1024
_SESSION_FILE: Final = re.compile(r"raw[/\\](\d{1,9})_([csm])\.(?:txt|xml)", re.ASCII | re.IGNORECASE)
_ENCRYPTED: Final = 0x1
_READABLE: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_END_OF_ARCHIVE: Final = b"PK\x05\x06"
_END_RECORD_BYTES: Final = 22
_LONGEST_COMMENT: Final = 0xFFFF
_STATUS: Final = re.compile(r"[1-9]\d\d", re.ASCII)
_SAVE_AGAIN: Final = "Copy the file again, or save the sessions again in Fiddler"


class _BrokenFileError(Exception):
    """One file of the archive that cannot be unpacked."""


@dataclass(frozen=True, slots=True)
class _Session:
    """The files of one session by their letter: `c`, `s` and `m`."""

    number: str
    files: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def place(self, letter: str) -> str:
        return f"raw/{self.number}_{letter}.{'xml' if letter == 'm' else 'txt'}"


@dataclass(frozen=True, slots=True)
class _Noted:
    """What Fiddler noted: when it happened, and whether it was HTTPS, as everything of Microsoft's is."""

    started: float | None = None
    ended: float | None = None
    scheme: str = "https"


def read_saz(stream: IO[bytes], *, allowance: int = UNPACKED_BYTES) -> Iterator[Exchange | UnreadableEntry]:
    """Every session of an archive, by number. `stream` must be able to seek; `allowance` bounds what is unpacked.

    RecordingError where it is no SAZ, encrypted, cut off, or unpacks to more than anybody records.
    """
    _refuse_endless_directory(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise RecordingError(f"the archive is broken or cut off. {_SAVE_AGAIN}") from None
    with archive:
        reader = _Reader(archive, allowance)
        for session in _sessions(archive):
            yield from reader.read(session)


def _refuse_endless_directory(stream: IO[bytes]) -> None:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_RECORD_BYTES - _LONGEST_COMMENT))
    ending = stream.read()
    stream.seek(0)
    # Where zipfile looks: at the very end, else behind the longest comment there can be.
    at_end = ending[-_END_RECORD_BYTES:]
    record = at_end if at_end.startswith(_END_OF_ARCHIVE) else ending[max(0, ending.rfind(_END_OF_ARCHIVE)) :]
    if record.startswith(_END_OF_ARCHIVE) and int.from_bytes(record[12:16], "little") > DIRECTORY_BYTES:
        raise RecordingError("the archive lists more files than can be read. Save fewer sessions at a time in Fiddler")


def _sessions(archive: zipfile.ZipFile) -> list[_Session]:
    sessions: dict[str, _Session] = {}
    for info in archive.infolist():
        if (name := _SESSION_FILE.fullmatch(info.filename)) is not None:
            sessions.setdefault(name[1], _Session(name[1])).files[name[2].lower()] = info
    found = sorted((each for each in sessions.values() if "c" in each.files), key=lambda each: int(each.number))
    if not found:
        problem = "this zip holds no sessions (raw/1_c.txt), so it is no SAZ. Unpack it, and name what is inside"
        raise RecordingError(problem, foreign=True)
    if any(info.flag_bits & _ENCRYPTED for session in found for info in session.files.values()):
        raise RecordingError("the archive is encrypted. Save it in Fiddler as a SAZ without a password")
    return found


class _Reader:
    """Unpacks the files of an archive as far as its allowance goes."""

    def __init__(self, archive: zipfile.ZipFile, allowance: int) -> None:
        self._archive = archive
        self._left = allowance

    def read(self, session: _Session) -> Iterator[Exchange | UnreadableEntry]:
        """The session's exchange, and what of the session cannot be read."""
        try:
            asked, answered = self._message(session, "c"), self._message(session, "s")
        except _BrokenFileError as broken:
            yield UnreadableEntry(str(broken), "cannot be unpacked")
            return
        noted = _Noted()
        try:
            noted = self._noted(session)
        except (_BrokenFileError, DefusedXmlException, ParseError, ValueError):
            problem = "is no XML of Fiddler's, so the session has no time"
            yield UnreadableEntry(session.place("m"), problem, lost=False)
        exchange = _exchange(asked, answered, noted)
        yield exchange or UnreadableEntry(session.place("c"), "does not begin with a request line")

    def _message(self, session: _Session, letter: str) -> Message:
        raw = self._unpacked(session, letter, MESSAGE_BYTES + 1)
        return read_message(raw[:MESSAGE_BYTES], truncated=len(raw) > MESSAGE_BYTES)

    def _noted(self, session: _Session) -> _Noted:
        raw = self._unpacked(session, "m", _METADATA_BYTES)
        if not raw:
            return _Noted()
        root = fromstring(raw, forbid_dtd=True)
        timers = root.find("SessionTimers")
        moments = {} if timers is None else timers.attrib
        flags = root.get("BitFlags", "1")
        return _Noted(
            started=seconds_since_epoch(moments.get("ClientBeginRequest", "")),
            ended=seconds_since_epoch(moments.get("ServerDoneResponse", "")),
            # The lowest bit says HTTPS; Fiddler writes the number in hexadecimal.
            scheme="https" if int(flags, 16) & 1 else "http",
        )

    def _unpacked(self, session: _Session, letter: str, limit: int) -> bytes:
        """The beginning of a file of the session; nothing where it has no such file."""
        info = session.files.get(letter)
        if info is None:
            return b""
        place = session.place(letter)
        if info.compress_type not in _READABLE:
            raise _BrokenFileError(place)
        try:
            with self._archive.open(info) as file:
                raw = file.read(limit)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
            raise _BrokenFileError(place) from None
        self._left -= len(raw)
        if self._left < 0:
            raise RecordingError(
                f"{place}: the archive unpacks to more than anybody records; everything before it was read. "
                "Save fewer sessions at a time in Fiddler"
            )
        return raw


def _exchange(asked: Message, answered: Message, noted: _Noted) -> Exchange | None:
    if len(asked.start) < len(("method", "target")) or not asked.start[0].isalpha():
        return None
    method, target = asked.start[:2]
    request = Request(
        method=method,
        url=_url(method, target, asked, noted.scheme),
        headers=asked.headers,
        body=asked.body(),
        http_version=asked.start[2] if asked.start[2:] else "HTTP/1.1",
    )
    version, status, reason = (*answered.start, "", "")[:3]
    if not _STATUS.fullmatch(status):
        return Exchange(request, None, noted.started, "the recording holds no response", ended=noted.ended)
    code = int(status)
    response = Response(
        status=code,
        headers=answered.headers,
        body=answered.body(expected=method.upper() != "HEAD" and code not in WITHOUT_BODY),
        reason=reason,
        http_version=version,
    )
    return Exchange(request, response, noted.started, ended=noted.ended)


def _url(method: str, target: str, asked: Message, scheme: str) -> str:
    """The absolute URL: proxies get it in the request line (RFC 9112 section 3.2.2), servers a path and the host."""
    if "://" in target:
        return target
    if method.upper() == "CONNECT":
        return f"https://{target}"
    path = target if target.startswith("/") else "/"
    return f"{scheme}://{asked.headers.get('host') or ''}{path}"
