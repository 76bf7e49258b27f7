"""A file that appears complete, under its final name and for its owner only, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PRIVATE: Final = 0o600
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
        raise FileNotWrittenError(error.errno, f"{reason}{advice}", str(path)) from None


@contextlib.contextmanager
def _private(path: Path) -> Iterator[io.BufferedWriter]:
    """A new file only its owner can read, from its first moment on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        yield file
