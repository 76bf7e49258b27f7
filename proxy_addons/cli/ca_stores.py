"""Where a machine keeps the authorities it trusts, and the commands that add ours there or take it away.

Nothing here runs anything: a plan is a list of commands, which are shown before anybody runs them.

Sources: update-ca-certificates(8), update-ca-trust(8), trust(1), NSS's certutil(1), security(1) of macOS.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "why403-mitmproxy-ca"
_NSS_FOLDERS: Final = (
    ".pki/nssdb",  # Chromium, Chrome, Edge on Linux
    "snap/chromium/current/.pki/nssdb",
)
_FIREFOX_FOLDERS: Final = (".mozilla/firefox", "snap/firefox/common/.mozilla/firefox")


@dataclass(frozen=True, slots=True)
class Store:
    """One place of trust: how to add and to remove, as commands. `runs` False: only shown, somebody has to run them."""

    name: str
    add: tuple[tuple[str, ...], ...]
    remove: tuple[tuple[str, ...], ...]
    holds: tuple[str, ...] = ()
    """A command that ends with 0 where our authority is in."""
    file: Path | None = None
    """The file our authority is in, for stores that are folders."""
    runs: bool = True


def stores(
    authority: Path, fingerprint: str, home: Path, *, platform: str, root: Path = Path("/")
) -> tuple[Store, ...]:
    """Every store of this machine; `fingerprint` is the authority's SHA-1 in hex, `root` where its files begin."""
    if platform == "darwin":
        return (_macos(authority, fingerprint),)
    if platform == "win32":
        return (_windows(authority, fingerprint),)
    return (*_system(authority, root), *_nss(authority, home))


def _system(authority: Path, root: Path) -> Iterator[Store]:
    layouts = (
        ("usr/local/share/ca-certificates", ("update-ca-certificates",), ("update-ca-certificates", "--fresh")),
        ("etc/pki/ca-trust/source/anchors", ("update-ca-trust", "extract"), ("update-ca-trust", "extract")),
        ("etc/ca-certificates/trust-source/anchors", ("trust", "extract-compat"), ("trust", "extract-compat")),
    )
    sudo = () if os.geteuid() == 0 else ("sudo",)
    for folder, added, removed in layouts:
        if (root / folder).is_dir():
            target = root / folder / f"{NAME}.crt"
            yield Store(
                "system",
                ((*sudo, "install", "-m", "0644", str(authority), str(target)), (*sudo, *added)),
                ((*sudo, "rm", "-f", str(target)), (*sudo, *removed)),
                file=target,
            )
            return


def _nss(authority: Path, home: Path) -> Iterator[Store]:
    databases = [home / folder for folder in _NSS_FOLDERS]
    for folder in _FIREFOX_FOLDERS:
        databases += sorted(path.parent for path in (home / folder).glob("*/cert9.db"))
    for database in databases:
        if (database / "cert9.db").is_file():
            where = ("-d", f"sql:{database}", "-n", NAME)
            yield Store(
                f"NSS {database}",
                (("certutil", "-A", *where, "-t", "C,,", "-i", str(authority)),),
                (("certutil", "-D", *where),),
                holds=("certutil", "-L", *where),
            )


def _macos(authority: Path, fingerprint: str) -> Store:
    keychain = "/Library/Keychains/System.keychain"
    return Store(
        "macOS keychain",
        (("sudo", "security", "add-trusted-cert", "-d", "-r", "trustRoot", "-k", keychain, str(authority)),),
        (("sudo", "security", "delete-certificate", "-Z", fingerprint, keychain),),
        runs=False,
    )


def _windows(authority: Path, fingerprint: str) -> Store:
    return Store(
        "Windows, current user",
        (("certutil", "-user", "-addstore", "Root", str(authority)),),
        (("certutil", "-user", "-delstore", "Root", fingerprint),),
        runs=False,
    )
