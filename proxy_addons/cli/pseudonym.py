"""`why403 pseudonym`: how one person is called on this installation, so that one can be revealed and not the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.printing import print_out

if TYPE_CHECKING:
    from proxy_addons.redaction.pseudonyms import Pseudonyms

_STANDARD_INPUT: Final = "-"


def pseudonym(
    who: Annotated[
        str,
        typer.Argument(
            metavar="WHO",
            help="An address, user name, object id, full name or IP address; - reads one a line from standard input, "
            "which keeps them out of the list of processes.",
            show_default=False,
        ),
    ] = _STANDARD_INPUT,
    confdir: Annotated[
        Path | None,
        typer.Option(metavar="DIRECTORY", help="Where the key lies; the --confdir of the proxy when not given."),
    ] = None,
) -> None:
    """Print how a person is called in the log and the failure store of this installation.

    So one identity can be confirmed to somebody who has a record, without opening the others. Without the key of this
    installation nobody can tell the name from the person or the person from the name. Bundles number people anew.
    """
    if who == _STANDARD_INPUT and sys.stdin.isatty():
        raise Complaint("nobody is named. Write: why403 pseudonym jane@contoso.com")
    known = installed_pseudonyms(os.environ, confdir)
    asked = [who] if who != _STANDARD_INPUT else list(_lines())
    if not asked:
        raise Complaint("nobody is named on standard input. Write one address a line")
    print_out("".join(f"{stand_in(each, known)}\n" for each in asked))


def installed_pseudonyms(environment: Mapping[str, str], confdir: Path | None = None) -> Pseudonyms:
    """The stand-ins of this installation. Raises Complaint where its key cannot be kept, and would be another later."""
    from proxy_addons.cli.config_file import settings_from
    from proxy_addons.intake.pseudonym_key import FILE_NAME, KEY_BYTES, read_pseudonym_key
    from proxy_addons.redaction.pseudonyms import Pseudonyms

    settings = settings_from({} if confdir is None else {"confdir": str(confdir)}, environment)
    folder = settings.confdir.expanduser()
    key = read_pseudonym_key(folder)
    path = folder / FILE_NAME
    try:
        kept = path.read_bytes()
    except OSError as error:
        raise Complaint(
            f"{path}: {error.strerror}. The key lies there; make it readable, or name its folder with --confdir"
        ) from None
    if kept != key or len(kept) != KEY_BYTES:
        raise Complaint(f"{path} is no key of why403. Move it away; a new one is made, and people get other names")
    return Pseudonyms(key)


def stand_in(who: str, known: Pseudonyms) -> str:
    """The stand-in of somebody in any spelling: `<user:0f3a...>`."""
    from proxy_addons.redaction.identity import canonical_ip, canonical_name, folded_user, is_user, plain_form
    from proxy_addons.redaction.pseudonyms import Kind

    address = canonical_ip(who)
    if address is not None:
        return known.of(Kind.IP, address)
    if " " in who.strip() and not is_user(who):
        return known.of(Kind.NAME, canonical_name(who))
    return known.of(Kind.USER, folded_user(plain_form(who)))


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer.read().decode(errors="replace").splitlines():
        if line.strip():
            yield line.strip()
