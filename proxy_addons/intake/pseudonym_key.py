"""The key behind the stand-ins in this installation's logs: made once, readable by its owner only, never shown."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME: Final = "why403-pseudonyms.key"
KEY_BYTES: Final = 32


def read_pseudonym_key(directory: Path) -> bytes:
    """The installation's key from `directory`, made there if there is none.

    Where the directory cannot be written, or holds something that is no key, the key is one for this run alone: people
    then have other stand-ins after a restart, which costs convenience and no safety.
    """
    path = directory / FILE_NAME
    with contextlib.suppress(OSError):
        key = _read_own(path)
        return key if len(key) == KEY_BYTES else secrets.token_bytes(KEY_BYTES)
    key = secrets.token_bytes(KEY_BYTES)
    with contextlib.suppress(OSError):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(path, key)
    return key


def _read_own(path: Path) -> bytes:
    """The key; one that was copied here for everybody to read is shut first. With it names can be tried out."""
    with path.open("rb") as file:
        details = os.fstat(file.fileno())
        if os.name == "posix" and details.st_mode & 0o077 and details.st_uid == os.geteuid():
            os.fchmod(file.fileno(), 0o600)
        return file.read(KEY_BYTES + 1)


def _write_new(path: Path, key: bytes) -> None:
    """Create the file complete and private, or leave the one another process made in the meantime."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        os.link(draft, path)
    finally:
        draft.unlink()
