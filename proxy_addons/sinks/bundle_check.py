"""A bundle on the receiving side: is it whole, is it what it says, is it clean. Nothing of it is trusted before.

Whoever made it may be hostile: names that lead elsewhere, more members than listed, a zip that unpacks to more than the
disk. So the table of contents is judged first, nothing is ever written, and every member is read within its bound.
"""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.sweep import recognised
from proxy_addons.sinks.bundle import MANIFEST, MEMBERS, SCHEMA
from proxy_addons.sinks.bundle_seal import AGE, SealError, check_signature, decrypt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_FILE: Final = 256 * 1024 * 1024
LARGEST_MEMBER: Final = 128 * 1024 * 1024
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found. `problem` is empty where all is well."""

    name: str
    found: str = ""
    problem: str = ""


class NoBundleError(Exception):
    """A file that is no bundle at all, or one nobody here can open. Says what and the remedy."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the receiver has: the signer's public key and the signature, an identity for age. All may be missing."""

    public_key: bytes = b""
    signature: bytes = b""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle that was read, with the checks that were made; only members that fit the bounds are in it."""

    checks: tuple[Check, ...]
    members: Mapping[str, bytes]

    @property
    def is_sound(self) -> bool:
        """Whether every check was passed."""
        return not any(check.problem for check in self.checks)


def open_bundle(content: bytes, keys: Keys) -> Opened:
    """Open and check a bundle's bytes; NoBundleError where there is nothing to check."""
    checks = list(_signature(content, keys))
    if content.startswith(AGE):
        content = _decrypted(content, keys)
        checks.append(Check("encryption", "age, decrypted"))
    if len(content) > LARGEST_FILE:
        raise NoBundleError(f"is larger than {LARGEST_FILE >> 20} MiB: no bundle is")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            table = list(_table(archive.infolist()))
            checks += table
            members = {} if any(check.problem for check in table) else _read(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise NoBundleError("is no zip, or a broken one. Ask for the file again") from None
    except _BombError as error:
        checks.append(Check("sizes", problem=str(error)))
        members = {}
    if members:
        checks += [*_manifest(members), *_contents(members), *_sweep(members)]
    return Opened(tuple(checks), members)


class _BombError(Exception):
    """A member holds more than the table of contents says."""


def _signature(content: bytes, keys: Keys) -> Iterator[Check]:
    if keys.public_key and not keys.signature:
        yield Check("signature", problem="there is no .sig file beside it")
    elif keys.public_key:
        try:
            check_signature(content, keys.signature, keys.public_key)
        except SealError as error:
            yield Check("signature", problem=str(error))
        else:
            yield Check("signature", "good, by this key")
    elif keys.signature:
        yield Check("signature", "there is one; name the signer's key with --key to hold it against")


def _decrypted(content: bytes, keys: Keys) -> bytes:
    if not keys.identity:
        raise NoBundleError("is encrypted with age. Name your identity file with --identity")
    try:
        return decrypt(content, keys.identity)
    except SealError as error:
        raise NoBundleError(str(error)) from None


def _table(entries: list[zipfile.ZipInfo]) -> Iterator[Check]:
    names = [entry.filename for entry in entries]
    strange = sorted({name for name in names if name not in MEMBERS})
    twice = sorted({name for name in names if names.count(name) > 1})
    missing = [name for name in MEMBERS if name not in names]
    if strange:
        yield Check("members", problem=f"holds what no bundle holds: {', '.join(map(_shown, strange[:5]))}")
    if twice:
        yield Check("members", problem=f"holds twice: {', '.join(twice)}")
    if missing:
        yield Check("members", problem=f"lacks {', '.join(missing)}")
    if not (strange or twice or missing):
        yield Check("members", f"{len(names)}, each known, none twice")
    large = [entry.filename for entry in entries if entry.file_size > LARGEST_MEMBER]
    if large or sum(entry.file_size for entry in entries) > LARGEST_FILE:
        yield Check("sizes", problem="unpacks to more than any bundle holds")
    odd = [entry for entry in entries if stat.S_ISLNK(entry.external_attr >> 16) or entry.flag_bits & 1]
    if odd:
        yield Check("members", problem="holds links or encrypted members")


def _shown(name: str) -> str:
    """A name somebody else chose, short and without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:60])


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    for entry in archive.infolist():
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
        if len(content) != entry.file_size:
            raise _BombError(f"{entry.filename} is of another size than it says")
        members[entry.filename] = content
    return members


def _manifest(members: Mapping[str, bytes]) -> Iterator[Check]:
    try:
        manifest: object = json.loads(members[MANIFEST])
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        yield Check("manifest", problem=f"is no manifest of {SCHEMA}: made by another version, or by hand")
        return
    listed = manifest.get("members")
    stated = {
        str(member.get("name")): (member.get("bytes"), member.get("sha256"))
        for member in (listed if isinstance(listed, list) else ())
        if isinstance(member, dict)
    }
    found = {
        name: (len(content), hashlib.sha256(content).hexdigest())
        for name, content in members.items()
        if name != MANIFEST
    }
    changed = [name for name in found if name in stated and stated[name] != found[name]]
    unlisted = [name for name in found if name not in stated]
    problem = "; ".join(
        filter(
            None,
            (
                f"changed since: {', '.join(changed)}" if changed else "",
                f"not listed: {', '.join(unlisted)}" if unlisted else "",
            ),
        )
    )
    if problem:
        yield Check("hashes", problem=problem)
    else:
        yield Check("hashes", f"{len(found)} members are as they were written")


def _contents(members: Mapping[str, bytes]) -> Iterator[Check]:
    """Whether every member is what its name says, and the page does nothing by itself."""
    wrong = []
    for name, content in members.items():
        try:
            text = content.decode()
            if name.endswith((".json", ".har")):
                json.loads(text)
        except (ValueError, RecursionError):
            wrong.append(name)
    if b"<script" in members["report.html"].lower():
        wrong.append("report.html (holds a script)")
    if wrong:
        yield Check("contents", problem=f"cannot be read as what they are: {', '.join(wrong)}")
    else:
        yield Check("contents", "each is what its name says")


def _sweep(members: Mapping[str, bytes]) -> Iterator[Check]:
    """What can be recognised without the originals, which only the sender had: tokens, keys, addresses."""
    hits = [
        f"a {hit.kind} in {name} ({hit.encoding})" for name, content in members.items() for hit in recognised(content)
    ]
    if hits:
        yield Check("sweep", problem=f"found what must not leave: {'; '.join(hits)}")
    else:
        yield Check("sweep", "no token, key or address that can be recognised")
