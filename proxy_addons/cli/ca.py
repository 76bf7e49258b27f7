"""`why403 ca`: the proxy's certificate authority, and the stores that trust it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import Certificate

    from proxy_addons.cli.ca_stores import Store

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Show the proxy's certificate authority; have it trusted or not."
)
_FILE: Final = "mitmproxy-ca-cert.pem"
_SECONDS: Final = 120

Confdir = Annotated[
    Path, typer.Option(metavar="DIRECTORY", envvar="WHY403_CONFDIR", help="Where mitmproxy keeps its authority.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Run the commands; without it they are only printed.")]
_CONFDIR: Final = Path("~/.mitmproxy")


@app.command()
def show(confdir: Confdir = _CONFDIR) -> None:
    """Show the authority: file, fingerprints, how long it is good, and which stores of this machine hold it."""
    path, certificate = _authority(confdir)
    typer.echo(f"file      {path}")
    typer.echo(f"subject   {certificate.subject.rfc4514_string()}")
    typer.echo(f"SHA-256   {_fingerprint(certificate, 'SHA256')}")
    typer.echo(f"SHA-1     {_fingerprint(certificate, 'SHA1')}")
    typer.echo(f"good      {certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}")
    for store in _stores(path, certificate):
        typer.echo(f"store     {store.name}: {_state(store, path)}")
    typer.echo("devices   open http://mitm.it through the proxy")


@app.command()
def install(confdir: Confdir = _CONFDIR, yes: Yes = False) -> None:
    """Have this machine's stores trust the authority, which is made where there is none yet.

    The commands are printed first; --yes runs them. One client alone needs none of this: why403 run -- COMMAND.
    """
    _make(confdir)
    path, certificate = _authority(confdir)
    _carry_out([(store, store.add) for store in _stores(path, certificate)], yes=yes)


@app.command()
def remove(confdir: Confdir = _CONFDIR, yes: Yes = False) -> None:
    """Have this machine's stores forget the authority. The commands are printed first; --yes runs them."""
    path, certificate = _authority(confdir)
    _carry_out([(store, store.remove) for store in _stores(path, certificate)], yes=yes)


def _carry_out(plan: Sequence[tuple[Store, Sequence[tuple[str, ...]]]], *, yes: bool) -> None:
    if not plan:
        raise Complaint("no store of a kind why403 knows was found. Give the file to the client itself: why403 ca show")
    failed = 0
    for store, commands in plan:
        typer.echo(f"# {store.name}")
        for command in commands:
            typer.echo(shlex.join(command))
            if yes and store.runs:
                failed += _run(command)
    if not yes:
        typer.echo("\nNothing was done. Add --yes to have these commands run.")
    if failed:
        raise typer.Exit(ExitCode.USAGE)


def _run(command: Sequence[str]) -> int:
    """Run one command; 1 where it failed, with a line that says so."""
    sys.stdout.flush()
    try:
        ended = subprocess.run(command, timeout=_SECONDS, check=False)  # noqa: S603  # printed before, made by us
    except FileNotFoundError:
        package = {"certutil": "libnss3-tools or nss-tools"}.get(command[0], command[0])
        sys.stderr.write(f"why403 ca: {command[0]} is not installed. Remedy: install {package}\n")
        return 1
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"why403 ca: {command[0]} did not end within {_SECONDS} s\n")
        return 1
    if ended.returncode:
        sys.stderr.write(f"why403 ca: {command[0]} ended with {ended.returncode}\n")
    return int(ended.returncode != 0)


def _state(store: Store, authority: Path) -> str:
    if store.file is not None:
        if not store.file.is_file():
            return "not in it"
        same = store.file.read_bytes() == authority.read_bytes()
        return "trusted" if same else "a stale one is in it: why403 ca install --yes"
    if not store.holds or shutil.which(store.holds[0]) is None:
        return "cannot be asked here"
    ended = subprocess.run(store.holds, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603  # ours
    return "not in it" if ended.returncode else "in it"


def _stores(path: Path, certificate: Certificate) -> tuple[Store, ...]:
    from proxy_addons.cli.ca_stores import stores

    fingerprint = _fingerprint(certificate, "SHA1").replace(":", "")
    return stores(path, fingerprint, Path.home(), platform=sys.platform)


def _authority(confdir: Path) -> tuple[Path, Certificate]:
    from cryptography import x509

    path = confdir.expanduser() / _FILE
    try:
        return path, x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        raise Complaint(
            f"{path}: there is no authority yet. why403 run makes one, and so does why403 ca install"
        ) from None
    except OSError as error:
        raise Complaint(f"{path}: {error.strerror}. Name another directory with --confdir") from None
    except ValueError:
        raise Complaint(f"{path}: holds no certificate. Move it away, and why403 ca install makes a new one") from None


def _make(confdir: Path) -> None:
    from proxy_addons.cli.own_authority import make_authority

    place = confdir.expanduser()
    try:
        make_authority(place)
    except (OSError, ValueError) as error:
        raise Complaint(f"{place}: no authority can be made or read there ({type(error).__name__})") from None


def _fingerprint(certificate: Certificate, algorithm: str) -> str:
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(getattr(hashes, algorithm)()).hex(":").upper()
