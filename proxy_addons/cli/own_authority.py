"""The folder of the proxy's certificate authority: private, and filled by one process only.

Whoever has the authority's key can read what every client that trusts it sends. mitmproxy writes the key for its owner
only, but makes it where it finds none without looking who else does: of two proxies that start together, one would sign
with a key that is no longer on the disk, and its clients trust the other.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Final

from mitmproxy.certs import CertStore
from mitmproxy.options import CONF_BASENAME, KEY_SIZE

from proxy_addons.sinks.private_file import make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK: Final = "why403-authority.lock"


def make_authority(folder: Path) -> None:
    """Make folder and authority where there are none. Raises OSError or ValueError where that fails."""
    make_private_folder(folder)
    if (folder / f"{CONF_BASENAME}-ca.pem").exists():
        return
    with _alone(folder):
        CertStore.from_store(folder, CONF_BASENAME, KEY_SIZE)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process is in here. Where files know no such locks, the folder has to be made by one proxy."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
