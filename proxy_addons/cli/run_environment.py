"""What a client started by `why403 run -- COMMAND` finds in its environment: the proxy, and whom to trust.

The runtimes replace their list of authorities by the file a variable names, so that file holds ours, the system's, the
public ones and whatever the user's own variables named before.
"""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

import certifi

from proxy_addons.addons.scope import HostPatterns
from proxy_addons.admin.access import TOKEN_VARIABLE
from proxy_addons.setting_values import reached_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from proxy_addons.cli.proxy_ports import Ports

PROXY_VARIABLES: Final = ("HTTPS_PROXY", "https_proxy")
TRUST_VARIABLES: Final = (
    "SSL_CERT_FILE",  # OpenSSL: httpx, aiohttp, Ruby, .NET and PowerShell on Linux, Go
    "REQUESTS_CA_BUNDLE",  # requests: exchangelib, MSAL, azure-identity, O365
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",  # botocore, for programs that store what they read
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "HTTPLIB2_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "NODE_EXTRA_CA_CERTS",  # Node.js and Deno add to their own list
    "DENO_CERT",
)
_NEVER_PROXIED: Final = ("127.0.0.1", "localhost", "::1")
_SYSTEM_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL, Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class UnreadableAuthoritiesError(Exception):
    """A variable of the user's names authorities nobody can read; the text says which and what to do."""


def client_environment(
    own: Mapping[str, str], ports: Ports, trusted: Path, hosts: Iterable[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The client's whole environment, and what was taken out of NO_PROXY because it would lead around the proxy.

    `own` is ours, `trusted` the file with all authorities, `hosts` the patterns of the hosts to look at.
    """
    kept, dropped = _exceptions(own.get("NO_PROXY") or own.get("no_proxy") or "", tuple(hosts))
    exceptions = ",".join(dict.fromkeys((*kept, *_NEVER_PROXIED)))
    return {
        **{name: value for name, value in own.items() if name != TOKEN_VARIABLE},
        **dict.fromkeys(PROXY_VARIABLES, f"http://{reached_at(ports.host)}:{ports.forward}"),
        "NO_PROXY": exceptions,
        "no_proxy": exceptions,
        **dict.fromkeys(TRUST_VARIABLES, str(trusted)),
        "NODE_USE_ENV_PROXY": "1",  # Node.js 24: fetch and https go by HTTPS_PROXY only when told so
        "WHY403_REVERSE_URL": f"https://{reached_at(ports.host)}:{ports.reverse}",
    }, dropped


def write_trusted(own: Mapping[str, str], authority: Path, target: Path) -> None:
    """Write every authority a client may have to trust into one file, ours first.

    Raises UnreadableAuthoritiesError where a file the user named cannot be read.
    """
    found = dict.fromkeys(
        certificate for content in _contents(own, authority) for certificate in _CERTIFICATE.findall(content)
    )
    target.write_bytes(b"\n".join(found) + b"\n")


def _contents(own: Mapping[str, str], authority: Path) -> Iterator[bytes]:
    yield authority.read_bytes()
    for variable in TRUST_VARIABLES:
        if own.get(variable):
            yield from _named_by_user(variable, Path(own[variable]))
    for file in (ssl.get_default_verify_paths().openssl_cafile, *_SYSTEM_FILES, certifi.where()):
        if Path(file).is_file():
            yield Path(file).read_bytes()


def _named_by_user(variable: str, path: Path) -> Iterator[bytes]:
    """A file, or a directory of them, which requests takes as well."""
    try:
        files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
        yield from (file.read_bytes() for file in files)
    except OSError as error:
        raise UnreadableAuthoritiesError(
            f"{variable}={path}: {error.strerror or os.strerror(error.errno or 0)}. "
            "Remedy: let it name a file with certificates in PEM form, or unset it"
        ) from None


def _exceptions(listed: str, hosts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The user's exceptions from the proxy, without and with those that name a host to look at."""
    entries = [entry.strip() for entry in listed.split(",") if entry.strip()]
    dropped = tuple(entry for entry in entries if _leads_around(entry.lower(), hosts))
    return tuple(entry for entry in entries if entry not in dropped), dropped


def _leads_around(entry: str, hosts: tuple[str, ...]) -> bool:
    if entry == "*":
        return True
    name = entry.removeprefix("*").removeprefix(".").partition(":")[0]
    plain = [host.removeprefix("*.") for host in hosts]
    return any(host == name or host.endswith(f".{name}") for host in plain) or name in HostPatterns(hosts)
