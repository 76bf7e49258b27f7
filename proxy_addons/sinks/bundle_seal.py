"""Encryption and signature of a bundle, both optional, both in forms that other tools read.

Encryption is age (age-encryption.org/v1), to X25519 or SSH recipients. A signature is OpenSSH's (PROTOCOL.sshsig) with
an Ed25519 key, in a file beside the bundle, so `ssh-keygen -Y verify -n why403-bundle` checks it as well.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

NAMESPACE: Final = "why403-bundle"
AGE: Final = b"age-encryption.org/v1"
_MAGIC: Final = b"SSHSIG"
_ARMOR: Final = "-----{} SSH SIGNATURE-----"
_LINE: Final = 70
_HASH: Final = b"sha512"
_ED25519: Final = b"ssh-ed25519"


class SealError(Exception):
    """A recipient, key or signature nobody can work with. Says what and the remedy, never the key."""


@dataclass(frozen=True, slots=True)
class Seal:
    """How a bundle is sealed: age recipients it is encrypted to, and the key it is signed with (OpenSSH, Ed25519)."""

    recipients: Sequence[str] = ()
    signing_key: bytes = b""

    def encrypted(self, content: bytes) -> bytes:
        """The content for the recipients alone; as it is where there are none. SealError for one that is none."""
        return encrypt(content, self.recipients) if self.recipients else content

    def signature(self, content: bytes) -> bytes:
        """The detached signature, empty where there is no key. SealError for a key that cannot sign."""
        return sign(content, self.signing_key) if self.signing_key else b""


UNSEALED: Final = Seal()


def encrypt(content: bytes, recipients: Sequence[str]) -> bytes:
    """The content encrypted to age recipients (`age1...`, `ssh-ed25519 ...`)."""
    pyrage = _pyrage()
    keys: list[object] = []
    for recipient in recipients:
        reader = pyrage.ssh.Recipient if recipient.startswith("ssh-") else pyrage.x25519.Recipient
        try:
            keys.append(reader.from_str(recipient))
        except pyrage.RecipientError:
            shown = recipient[:12] if recipient.startswith(("age1", "ssh-")) else "this"
            raise SealError(f"{shown}: is no age recipient. Name one as `age-keygen` prints it (age1...)") from None
    return bytes(pyrage.encrypt(content, keys))


def decrypt(content: bytes, identity: str) -> bytes:
    """What was encrypted with age, by an identity file (age's, or an SSH key)."""
    pyrage = _pyrage()
    try:
        if "OPENSSH PRIVATE KEY" in identity:
            keys = [pyrage.ssh.Identity.from_buffer(identity.encode())]
        else:
            lines = (line.strip() for line in identity.splitlines())
            keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
        if not keys:
            raise SealError("the identity file holds no age identity: name the file `age-keygen` wrote")
        return bytes(pyrage.decrypt(content, keys))
    except (pyrage.IdentityError, pyrage.DecryptError):
        raise SealError("it cannot be decrypted with this identity: it was encrypted to somebody else") from None


def _pyrage() -> ModuleType:
    """The extra, which comes without types."""
    try:
        return importlib.import_module("pyrage")
    except ImportError:
        raise SealError("encryption needs the extra `age`: pip install 'why403[age]'") from None


def sign(content: bytes, private_key: bytes) -> bytes:
    """An armored SSH signature of the content."""
    try:
        key = load_ssh_private_key(private_key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SealError("the key cannot be read: name an OpenSSH private key without a passphrase") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SealError("the key is of another kind: name an Ed25519 key (`ssh-keygen -t ed25519`)")
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    made = key.sign(_to_be_signed(content))
    blob = _MAGIC + struct.pack(">I", 1) + _string(_string(_ED25519) + _string(public))
    blob += _string(NAMESPACE.encode()) + _string(b"") + _string(_HASH) + _string(_string(_ED25519) + _string(made))
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return "\n".join([_ARMOR.format("BEGIN"), *lines, _ARMOR.format("END"), ""]).encode()


def check_signature(content: bytes, signature: bytes, public_key: bytes) -> None:
    """Hold a signature against content and the signer's key (a line of OpenSSH); SealError where it does not fit."""
    try:
        key = load_ssh_public_key(public_key.strip())
    except (ValueError, UnsupportedAlgorithm):
        raise SealError("the key cannot be read: name the signer's public key, as in id_ed25519.pub") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SealError("the key is of another kind: name an Ed25519 key")
    signer, made = _parts(signature)
    if signer != key.public_bytes(Encoding.Raw, PublicFormat.Raw):
        raise SealError("it was signed with another key")
    try:
        key.verify(made, _to_be_signed(content))
    except InvalidSignature:
        raise SealError("the signature is of other bytes: the file was changed after it was signed") from None


def _to_be_signed(content: bytes) -> bytes:
    digest = hashlib.sha512(content).digest()
    return _MAGIC + _string(NAMESPACE.encode()) + _string(b"") + _string(_HASH) + _string(digest)


def _parts(signature: bytes) -> tuple[bytes, bytes]:
    """The signer's public key and the signature proper."""
    broken = SealError("the signature cannot be read: ask for the .sig file again")
    lines = signature.decode("ascii", "replace").strip().splitlines()
    if not lines or lines[0] != _ARMOR.format("BEGIN") or lines[-1] != _ARMOR.format("END"):
        raise broken
    try:
        blob = base64.b64decode("".join(lines[1:-1]), validate=True)
        if blob[:6] != _MAGIC:
            raise broken
        public, rest = _taken(blob[10:])
        namespace, rest = _taken(rest)
        _, rest = _taken(rest)
        digest, rest = _taken(rest)
        made, _ = _taken(rest)
        signer = _taken(_taken(public)[1])[0]
        proper = _taken(_taken(made)[1])[0]
    except (ValueError, struct.error):
        raise broken from None
    if namespace != NAMESPACE.encode() or digest != _HASH:
        raise SealError("the signature was made for another purpose")
    return signer, proper


def _string(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _taken(blob: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack(">I", blob[:4])
    if len(blob) < 4 + length:
        raise ValueError("cut off")
    return blob[4 : 4 + length], blob[4 + length :]
