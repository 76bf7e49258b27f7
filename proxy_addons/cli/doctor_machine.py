"""What `why403 doctor` looks at on this machine: versions, rules, ports, the proxy's authority and who trusts it."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import sys
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from mitmproxy.options import CONF_BASENAME

from proxy_addons.cli.health import Health, State
from proxy_addons.diagnosis.ruleset import RuleError
from proxy_addons.intake.permission_store import permissions_in_use
from proxy_addons.intake.rule_files import built_in_tables, read_rules
from proxy_addons.setting_values import LOOPBACK
from proxy_addons.sinks.store.database import open_store, store_exists
from proxy_addons.sinks.store.place import shown, store_url
from proxy_addons.sinks.store.trouble import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.settings import Settings

_PYTHON: Final = (3, 12)
_MITMPROXY: Final = 12
_SOON: Final = timedelta(days=30)
_OLD_TABLE: Final = 120
"""Days after which Microsoft has surely added permissions."""
_LEAST_FREE: Final = 512 * 1024 * 1024
_BUNDLES: Final[Mapping[str, str]] = {
    "REQUESTS_CA_BUNDLE": "requests, msal, exchangelib",
    "SSL_CERT_FILE": "httpx, msgraph-sdk, Python's ssl, Go",
    "CURL_CA_BUNDLE": "curl",
    "NODE_EXTRA_CA_CERTS": "Node",
}
"""Variables that tell a runtime whom to trust, and who reads them."""


def machine_health(settings: Settings, environment: Mapping[str, str]) -> Iterator[Health]:
    """Everything that can be told without a network."""
    yield _python()
    yield _mitmproxy()
    yield _rules(settings)
    yield from _permission_data()
    yield _store(settings)
    yield from _ports(settings)
    authority = settings.confdir / f"{CONF_BASENAME}-ca-cert.pem"
    yield _authority(authority)
    yield from _trust(authority, environment)
    yield _disk(settings)


def _python() -> Health:
    told = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _PYTHON:
        return Health("python", State.FAIL, told, "Install Python 3.12 or newer.")
    return Health("python", State.OK, told)


def _mitmproxy() -> Health:
    version = metadata.version("mitmproxy")
    if int(version.partition(".")[0]) != _MITMPROXY:
        return Health("mitmproxy", State.FAIL, version, f"Install mitmproxy {_MITMPROXY}: pip install -U why403.")
    return Health("mitmproxy", State.OK, version)


def _rules(settings: Settings) -> Health:
    try:
        ruleset = read_rules(settings.rules, shipped=settings.shipped_rules)
    except RuleError as error:
        return Health("rules", State.FAIL, str(error), "Correct the file, or leave --rules out.")
    return Health("rules", State.OK, f"{len(ruleset.rules)} rules, revision {ruleset.revision}")


def _permission_data() -> Iterator[Health]:
    """The age of the tables that say which permission an operation takes: an imported one grows old."""
    in_use = permissions_in_use(built_in_tables().permissions)
    for problem in in_use.problems:
        yield Health("permission data", State.WARN, problem, "Run `why403 permissions import published` again.")
    for table in (*in_use.data.graph, in_use.data.exchange):
        age = (datetime.now(UTC).date() - date.fromisoformat(table.origin.day)).days if table.origin.day else None
        aged = "of no date" if age is None else f"{max(age, 0)} days old"
        told = f"{table.origin.name}: {len(table)} operations, {aged}"
        if age is not None and age > _OLD_TABLE:
            yield Health("permission data", State.WARN, told, "Run `why403 permissions import published`.")
        else:
            yield Health("permission data", State.OK, told)


def _store(settings: Settings) -> Health:
    """Whether the failure store can be opened; one that is not there yet is made by the first run."""
    if not settings.keeps_failures:
        return Health("store", State.OK, "off: nothing is stored")
    place = shown(store_url(settings.store))
    try:
        if not store_exists(settings.store):
            return Health("store", State.OK, f"{place}: nothing stored yet")
        open_store(settings.store).close()
    except StoreError as error:
        return Health("store", State.FAIL, str(error), "Name another with --store, or --store off.")
    return Health("store", State.OK, f"{place} opens")


def _ports(settings: Settings) -> Iterator[Health]:
    running = _is_why403(settings.admin_port)
    for purpose in ("reverse", "forward", "admin"):
        port = int(getattr(settings, f"{purpose}_port"))
        told = f"{port} on {LOOPBACK}"
        if _is_free(port):
            yield Health(f"port {purpose}", State.OK, f"{told} is free")
        elif running:
            yield Health(f"port {purpose}", State.OK, f"{told} is in use, by a running why403")
        else:
            remedy = f"Stop what uses it, or choose another with --{purpose}-port (0 takes a free one)."
            yield Health(f"port {purpose}", State.FAIL, f"{told} is taken by another program", remedy)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _is_why403(port: int) -> bool:
    connection = HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().read() == b"alive\n"
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _authority(file: Path) -> Health:
    certificate = _certificate(file)
    if certificate is None:
        told, remedy = f"{file}: there is none yet", "Run `why403 run` once; it makes one."
        return Health("proxy CA", State.WARN, told, remedy)
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    until = f"{file}, good until {certificate.not_valid_after_utc:%Y-%m-%d}"
    if left < _SOON:
        remedy = (
            f"Remove the files {CONF_BASENAME}-* in {file.parent}: `why403 run` makes a new one, to be trusted anew."
        )
        return Health("proxy CA", State.FAIL if left < timedelta() else State.WARN, until, remedy)
    return Health("proxy CA", State.OK, until)


def _certificate(file: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return None


def _trust(authority: Path, environment: Mapping[str, str]) -> Iterator[Health]:
    """Whether the runtimes of this environment trust the proxy's authority."""
    ours = _certificate(authority)
    system = ssl.get_default_verify_paths()
    if ours is None:
        return
    if _holds(Path(system.cafile or system.openssl_cafile), ours) or _lies_in(Path(system.capath or os.devnull), ours):
        yield Health("trust system", State.OK, "the system trusts the proxy's CA")
    else:
        told = "the system does not trust the proxy's CA"
        yield Health("trust system", State.WARN, told, "Set the variables below for one client, or install the CA.")
    for variable, readers in _BUNDLES.items():
        named = environment.get(variable, "")
        if not named:
            told, remedy = f"{variable} is not set ({readers})", f"For these clients: {variable}={authority}"
            yield Health(f"trust {variable}", State.WARN, told, remedy)
        elif not Path(named).is_file():
            yield Health(f"trust {variable}", State.FAIL, f"{named}: there is no such file", f"Set it to {authority}.")
        elif not _holds(Path(named), ours):
            remedy = f"Append {authority} to it, or set the variable to that file."
            yield Health(f"trust {variable}", State.WARN, f"{named} does not hold the proxy's CA ({readers})", remedy)
        else:
            yield Health(f"trust {variable}", State.OK, f"{named} holds the proxy's CA ({readers})")


def _holds(file: Path, certificate: x509.Certificate) -> bool:
    """Whether a file of certificates holds this one, whatever its line breaks."""
    try:
        content = "".join(file.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return False
    return "".join(certificate.public_bytes(Encoding.PEM).decode().split()) in content


def _lies_in(folder: Path, certificate: x509.Certificate) -> bool:
    """Whether a folder of certificates, as OpenSSL has them, holds this one under the name of its subject."""
    names = (file for file in folder.glob("*mitmproxy*") if file.is_file()) if folder.is_dir() else ()
    return any(_holds(file, certificate) for file in names)


def _disk(settings: Settings) -> Health:
    folder = settings.confdir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    told = f"{free // (1024 * 1024)} MiB free in {folder}"
    if not os.access(folder, os.W_OK):
        return Health("disk", State.FAIL, f"{folder} cannot be written", "Name another folder with --confdir.")
    if free < _LEAST_FREE:
        return Health(
            "disk", State.WARN, told, "Make room: bundles and stored failures are dropped where there is none."
        )
    return Health("disk", State.OK, told)
