"""A file that appears complete, under its final name and for its owner only, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_LONGEST_NAME: Final = 200
"""Characters of the name in a draft's name, which must not be longer than file systems take."""
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


class FileNotWrittenError(OSError):
    """The disk refused a file; nothing is left there. `strerror` names reason and remedy, `filename` the file."""


def write_private(path: Path, content: bytes) -> None:
    """Write a file readable by its owner only; raises FileNotWrittenError, and then leaves nothing behind."""
    with private_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def private_file(path: Path) -> Iterator[io.BufferedWriter]:
    """A file to write that takes its name at the end of the block; raises as `write_private` does.

    The draft is new, under a name nobody can guess: in a folder others may write to, a file or a link laid there
    beforehand would be theirs to read, or lead elsewhere. What has the final name is replaced and never followed.
    """
    draft = path.with_name(f".{path.name[:_LONGEST_NAME]}.{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        if not isinstance(error, OSError):
            raise
        reason = os.strerror(error.errno) if error.errno else "cannot be written"
        remedy = _REMEDIES.get(error.errno or 0, "")
        advice = f"; {remedy}, or choose another place" if remedy else "; choose another place"
        raise FileNotWrittenError(error.errno, f"{reason}{advice}", str(path)) from None


def make_private_folder(path: Path) -> None:
    """A folder only its owner may look into, where there is none; OSError where it cannot be made."""
    path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
