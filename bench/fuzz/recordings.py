"""Fuzzed: recordings. Whatever a file holds, its reader says so itself, and what was read can be explained."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.fuzz.target import Target
from proxy_addons.diagnosis.course import Course, conclude, proceed
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.intake.flow_file import read_flow_file
from proxy_addons.intake.har import read_har
from proxy_addons.intake.rule_files import load_folder
from proxy_addons.intake.saz import read_saz
from proxy_addons.intake.unreadable import RecordingError
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.intake.recordings import Items

TESTS: Final = Path(__file__).resolve().parents[2] / "tests"
RECORDED: Final = TESTS / "intake" / "recordings"
PSEUDONYMS: Final = Pseudonyms(b"a key of thirty-two bytes, invent")


@cache
def rules() -> Ruleset:
    """A few rules: what is fuzzed here is reading."""
    return load_folder(TESTS / "cli" / "rule_base")


def _explained(read: Callable[[io.BytesIO], Items]) -> Callable[[bytes], None]:
    def holds(data: bytes) -> None:
        course = Course()
        try:
            for item in read(io.BytesIO(data)):
                if isinstance(item, Exchange):
                    course, failures = proceed(course, item, rules())
                    for failure in failures:
                        redact(failure, PSEUDONYMS)
        except RecordingError as error:
            str(error).encode()
        for failure in conclude(course, rules()):
            redact(failure, PSEUDONYMS)

    return holds


def _written(kind: str) -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(RECORDED.glob(f"*.{kind}")))


def _short_har() -> Iterator[bytes]:
    """The recordings of the tests entry by entry: short inputs are mutated to more purpose."""
    for content in _written("har"):
        try:
            log = json.loads(content.removeprefix(b"\xef\xbb\xbf"))["log"]["entries"]
        except ValueError:
            continue
        yield from (json.dumps({"log": {"entries": [entry]}}).encode() for entry in log[:3])


def _stored_saz() -> Iterator[bytes]:
    """Sessions that are not packed, so that a mutation reaches their text and not only their packing."""
    for content in _written("saz"):
        raw = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(raw, "w") as stored:
            for info in archive.infolist()[:8]:
                stored.writestr(info.filename, archive.read(info) if not info.flag_bits & 1 else b"")
        yield raw.getvalue()


def _saz(data: bytes) -> None:
    """As bytes of an archive, and as the three files of a session in one that is whole."""
    _READ_SAZ(data)
    asked, _, rest = data.partition(b"\0\0")
    answered, _, noted = rest.partition(b"\0\0")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for letter, content in (("c.txt", asked), ("s.txt", answered), ("m.xml", noted)):
            archive.writestr(f"raw/1_{letter}", content)
    _READ_SAZ(raw.getvalue())


_READ_SAZ: Final = _explained(read_saz)
_SESSION: Final = (
    b"GET https://graph.microsoft.com/v1.0/me HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n\0\0"
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}\0\0"
    b'<Session BitFlags="1"><SessionTimers ClientBeginRequest="2026-11-21T12:00:00Z"/>'
    b"</Session>"
)

TARGETS: Final = (
    Target(
        "har",
        _explained(read_har),
        list(_short_har()),
        [
            b'"request":',
            b'"response":',
            b'"status":403',
            b'"encoding":"base64"',
            b"NaN",
            b"1e400",
            b"\\ud83d",
            b"\xed\xa0\x80",
        ],
    ),
    Target(
        "saz", _saz, [*_stored_saz(), _SESSION], [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\0\0", b"raw/1_c.txt"]
    ),
    Target(
        "flow-file",
        _explained(read_flow_file),
        list(_written("mitm")),
        [b"7:version;2:21#", b"4:type;4:http;", b"11:status_code;3:403#"],
        longest=32 * 1024,
    ),
)
