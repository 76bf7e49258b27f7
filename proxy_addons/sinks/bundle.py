"""Bundles: the evidence of refused calls as one zip that is safe to send.

A bundle is built from redacted records, in memory, and every finished member is searched once more for everything that
was taken out. Only when nothing is found does a file appear, complete and under its final name: whoever looks sees a
whole bundle or none. The same records and the same moment give the same bytes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons import __version__
from proxy_addons.diagnosis.report import report_json
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import renumbering
from proxy_addons.redaction.sweep import prepare
from proxy_addons.sinks.redaction_report import redaction_report
from proxy_addons.sinks.support_summary import support_summary

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from proxy_addons.redaction.record import Record

SCHEMA: Final = "why403.bundle/1"
TOOL: Final = f"why403 {__version__}"
_READ_ONLY_TIME: Final = (1980, 1, 1, 0, 0, 0)
_PRIVATE: Final = 0o600
_NAMES: Final = "the names of files"
_REMEDIES: Final[Mapping[int, str]] = {
    errno.ENOSPC: "free some space there",
    errno.EDQUOT: "free some space there",
    errno.EROFS: "the place is read-only",
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
    errno.ENOENT: "make the folder",
    errno.ENOTDIR: "what should be a folder is a file",
    errno.EISDIR: "there is a folder of that name",
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that must not leave, found in a finished member. Names the place, never the value."""

    member: str
    encoding: str
    kind: str


@dataclass(frozen=True, slots=True)
class BundleResult:
    """A bundle that was written: where, how large, and the SHA-256 of every member but the manifest that lists them."""

    path: Path
    size: int
    members: Mapping[str, str]


class UnsafeBundleError(Exception):
    """A finished bundle still held something that must not leave; no file was written."""

    def __init__(self, leaks: Sequence[Leak]) -> None:
        self.leaks = tuple(leaks)
        places = "; ".join(sorted({f"a {leak.kind} in {leak.member} ({leak.encoding})" for leak in leaks}))
        remedy = "Please report these places; the exchange itself is not needed for that."
        if all(leak.member == _NAMES for leak in leaks):
            remedy = "Choose another name for the file."
        super().__init__(
            f"no bundle was written, because the last check found what redaction must remove: {places}. {remedy}"
        )


class BundleNotWrittenError(OSError):
    """The disk refused a bundle; nothing is left there. `strerror` names reason and remedy, `filename` the bundle."""


def write_bundle(
    path: Path, records: Sequence[Record], *, rules_revision: str, created: datetime, tool: str = TOOL
) -> BundleResult:
    """Write these failures as one zip to `path`, readable by its owner only; `created` is the moment it states (UTC).

    Raises UnsafeBundleError where something survived redaction and BundleNotWrittenError where the disk says no. Either
    way nothing is left behind.
    """
    moment = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    members = _members(records, tool=tool, rules_revision=rules_revision, created=moment)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    members["manifest.json"] = _json(
        {
            "schema": SCHEMA,
            "tool": tool,
            "rules_revision": rules_revision,
            "created": moment,
            "failures": len(records),
            "members": [
                {"name": name, "bytes": len(members[name]), "sha256": digest} for name, digest in digests.items()
            ],
        }
    )
    _refuse_leaks(path.name, members, records)
    packed = _packed(members)
    _write(path, packed)
    return BundleResult(path, len(packed), digests)


def _members(records: Sequence[Record], *, tool: str, rules_revision: str, created: str) -> dict[str, bytes]:
    reports = [record.report for record in records]
    diagnosis = report_json(
        reports, source="bundle", exchanges=len(records), tool_version=__version__, rules_revision=rules_revision
    )
    archive = {
        "log": {
            "version": "1.2",
            "creator": {"name": "why403", "version": __version__},
            "entries": [{**record.har_entry, "_failure": record.report.id} for record in records],
        }
    }
    texts = {
        "summary.md": support_summary(reports, tool=tool, rules_revision=rules_revision, created=created),
        "diagnosis.json": _text(diagnosis),
        "traffic.har": _text(archive),
    }
    texts = _without_object_ids(texts, records)
    numbers = renumbering(texts.values(), (pair for record in records for pair in sorted(record.aliases)))
    members = {name: numbers.apply(text).encode() for name, text in texts.items()}
    members["redaction.json"] = _json(redaction_report(records, stand_ins=numbers.count(), tool=tool))
    return members


def _without_object_ids(texts: Mapping[str, str], records: Sequence[Record]) -> dict[str, str]:
    """The id of a person of one exchange may stand in another one where nothing tells what it is."""
    known = {found: shown for record in records for found, shown in record.originals.object_ids.items()}

    def stand_in(match: re.Match[str]) -> str:
        return known.get(match[0].casefold(), match[0]).strip("<>")

    return {name: GUID.sub(stand_in, text) for name, text in texts.items()}


def _text(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _json(content: Mapping[str, object]) -> bytes:
    return _text(content).encode()


def _refuse_leaks(file_name: str, members: Mapping[str, bytes], records: Sequence[Record]) -> None:
    originals = Originals()
    for record in records:
        originals |= record.originals
    search = prepare(originals)
    names = "\n".join((file_name, *members)).encode(errors="replace")
    finished = {**members, _NAMES: names}
    leaks = [Leak(name, hit.encoding, hit.kind) for name, content in finished.items() for hit in search.over(content)]
    if leaks:
        raise UnsafeBundleError(leaks)


def _packed(members: Mapping[str, bytes]) -> bytes:
    """The zip, the same bytes for the same members: no clock, no user, no platform in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _READ_ONLY_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = _PRIVATE << 16
            archive.writestr(entry, content, compresslevel=9)
    return packed.getvalue()


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _private(draft) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        reason = os.strerror(error.errno) if error.errno else "cannot be written"
        remedy = _REMEDIES.get(error.errno or 0, "")
        advice = f"; {remedy}, or choose another place" if remedy else "; choose another place"
        raise BundleNotWrittenError(error.errno, f"{reason}{advice}", str(path)) from None


@contextlib.contextmanager
def _private(path: Path) -> Iterator[io.BufferedWriter]:
    """A new file only its owner can read, from its first moment on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        yield file
