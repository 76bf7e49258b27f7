"""Places where a file is written once and never over: a folder, or an object store by its address.

Several proxies may put the same thing into one place at the same moment; one of them does, the others are told so.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from proxy_addons.sinks.private_file import FileNotWrittenError, make_private_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore

_CREDENTIALS: Final = re.compile(r"(?<=://)[^@/\s]*@|[?#].*")
_SECONDS: Final = "10s"
_PATIENCE: Final = timedelta(seconds=20)


class Place(Protocol):
    """Where things are put. `name` is how people are told of it."""

    name: str

    def put(self, name: str, content: bytes) -> bool:
        """Write a file whole; False where one of that name exists. OSError, with its remedy in `strerror`."""
        ...


def open_place(where: Path | str) -> Place:
    """A folder, or an object store where an address is given. OSError where the address leads nowhere."""
    return ObjectPlace(where) if isinstance(where, str) else FolderPlace(where)


class FolderPlace:
    """A folder, made when it is needed; its files are readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def put(self, name: str, content: bytes) -> bool:
        """Write a draft and give it its name, which fails where the name is taken."""
        if (self._folder / name).exists():
            return False
        make_private_folder(self._folder)
        draft = self._folder / f".{name}.{secrets.token_hex(4)}"
        write_private(draft, content)
        try:
            os.link(draft, self._folder / name)
        except FileExistsError:
            return False
        except OSError:
            # A file system without hard links: the name was free a moment ago.
            draft.replace(self._folder / name)
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        return True


class ObjectPlace:
    """A container or bucket, with credentials as its provider's own tools find them in the environment."""

    def __init__(self, address: str) -> None:
        self.name = _CREDENTIALS.sub("", address)
        self._store = _object_store(address, self.name)

    def put(self, name: str, content: bytes) -> bool:
        """Write under the condition that nothing of that name is there."""
        from obstore.exceptions import AlreadyExistsError, BaseError  # noqa: PLC0415  # an extra that may be missing

        try:
            self._store.put(name, content, mode="create")
        except AlreadyExistsError:
            return False
        except BaseError as error:
            # The text may quote addresses with signatures; the kind of error tells enough.
            raise FileNotWrittenError(None, f"{type(error).__name__}; look at address and credentials") from None
        return True


def _object_store(address: str, shown: str) -> ObjectStore:
    try:
        from obstore.store import from_url  # noqa: PLC0415  # an extra that may be missing
    except ImportError:
        raise FileNotWrittenError(
            None, "needs a library that is not installed; run pip install 'why403[objectstore]'", shown
        ) from None
    try:
        if address.startswith("file:"):
            return from_url(address, mkdir=True)
        if address.startswith("memory:"):
            return from_url(address)
        return from_url(
            address, client_options={"timeout": _SECONDS}, retry_config={"max_retries": 2, "retry_timeout": _PATIENCE}
        )
    except Exception as error:  # noqa: BLE001 - an address is wrong in as many ways as there are providers
        raise FileNotWrittenError(None, f"{type(error).__name__}; look at address and credentials", shown) from None
