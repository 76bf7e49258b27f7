"""The lab's own certificate authority: one root, one server certificate for every host name, one client certificate.

Nothing is kept anywhere but in the directory the caller names; every file is readable by its owner alone.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

_LIFETIME: Final = timedelta(days=30)
"""A lab is short-lived, and a root somebody forgot to distrust should be too."""
_BACKDATED: Final = timedelta(hours=1)
"""Clients whose clock is a little behind still accept the certificate."""

type PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where the PEM files are."""

    ca: Path
    """The root to trust."""
    server_chain: Path
    server_key: Path
    client: Path
    """Certificate and RSA key of the app `certificate-daemon`, in one file as MSAL's `PublicCertificate` samples do."""


def write_certificates(directory: Path, host_names: tuple[str, ...], now: datetime) -> CertificateFiles:
    """Make a fresh root and everything it signs, and write the PEM files into `directory` (made where missing).

    Raises `OSError` where the directory cannot be made or written to.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = CertificateFiles(
        ca=directory / "lab-ca.pem",
        server_chain=directory / "lab-server.pem",
        server_key=directory / "lab-server-key.pem",
        client=directory / "lab-client.pem",
    )
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = _name("why403 lab root (not Microsoft)")
    root = _sign(
        _builder(root_name, root_name, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True),
        root_key,
    )
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _sign(_server_builder(root, root_key, server_key, host_names, now), root_key)
    client_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    client_name = _name("certificate-daemon")
    client = _sign(_builder(client_name, client_name, client_key, now), client_key)

    _write(files.ca, _pem(root))
    _write(files.server_chain, _pem(server) + _pem(root))
    _write(files.server_key, _key_pem(server_key))
    _write(files.client, _key_pem(client_key) + _pem(client))
    return files


def _server_builder(
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    server_key: ec.EllipticCurvePrivateKey,
    host_names: tuple[str, ...],
    now: datetime,
) -> x509.CertificateBuilder:
    """A leaf with each host as a subject alternative name; an address becomes an address, not a name (RFC 9525)."""
    return (
        _builder(_name(host_names[0]), root.subject, server_key, now)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in host_names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                root_key.public_key()
            ),  # OpenSSL's strict mode asks for it
            critical=False,
        )
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(subject: x509.Name, issuer: x509.Name, key: PrivateKey, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    return builder.sign(key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that never exists with wider permissions than 0600, not even for a moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
