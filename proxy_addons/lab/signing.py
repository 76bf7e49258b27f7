"""The key Entra signs tokens with in the lab, and both ways of signing: the usual one and the one for Graph.

A Graph access token carries `nonce` in its header, and the signature was made over a header in which that value is
replaced by its SHA-256. A third party therefore cannot verify the token as sent, and the lab keeps it that way. Source:
observed tokens and the identity model library's public discussion of the scheme.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALGORITHM: Final = "RS256"
_NOT_BEFORE: Final = datetime(2024, 1, 1, tzinfo=UTC)
_LIFETIME: Final = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key with the self-signed certificate its id is derived from, as Entra publishes them."""

    private: rsa.RSAPrivateKey
    certificate: bytes
    """DER."""

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key of 2048 bits."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.accesscontrol.windows.net")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_NOT_BEFORE)
            .not_valid_after(_NOT_BEFORE + _LIFETIME)
            .sign(private, hashes.SHA256())
        )
        return cls(private, certificate.public_bytes(serialization.Encoding.DER))

    @property
    def key_id(self) -> str:
        """`kid` and `x5t`: the certificate's SHA-1 thumbprint (RFC 7515 section 4.1.7 fixes the algorithm)."""
        return _base64url(hashlib.sha1(self.certificate, usedforsecurity=False).digest())

    def jwks(self) -> dict[str, object]:
        """The document behind `jwks_uri`."""
        numbers = self.private.public_key().public_numbers()
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "kid": self.key_id,
                    "x5t": self.key_id,
                    "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
                    "e": _base64url(numbers.e.to_bytes(3)),
                    "x5c": [base64.b64encode(self.certificate).decode()],
                    "cloud_instance_name": "microsoftonline.com",
                    "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
                }
            ]
        }

    def sign(self, claims: Mapping[str, object], nonce: str = "") -> str:
        """A JWT over the claims; with a nonce, one in the form Graph tokens have."""
        header = {"x5t": self.key_id, "kid": self.key_id}
        if not nonce:
            return jwt.encode(dict(claims), self.private, _ALGORITHM, headers=header)
        signed = jwt.encode(dict(claims), self.private, _ALGORITHM, headers={"nonce": _hashed(nonce), **header})
        head, rest = signed.split(".", 1)
        sent = _unbase64url(head).replace(_hashed(nonce).encode(), nonce.encode())
        return f"{_base64url(sent)}.{rest}"

    def verifies(self, token: str) -> bool:
        """Whether this key signed the three-part token, hashing a `nonce` first where the header has one."""
        head, rest = token.split(".", 1)
        try:
            raw = _unbase64url(head)
            nonce = json.loads(raw).get("nonce")
            if isinstance(nonce, str):
                raw = raw.replace(nonce.encode(), _hashed(nonce).encode())
            jwt.decode(
                f"{_base64url(raw)}.{rest}",
                self.private.public_key(),
                [_ALGORITHM],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
        except (jwt.InvalidTokenError, binascii.Error, ValueError):
            return False
        return True


def _hashed(nonce: str) -> str:
    return _base64url(hashlib.sha256(nonce.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
