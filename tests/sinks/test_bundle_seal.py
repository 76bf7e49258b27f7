import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from proxy_addons.sinks.bundle_seal import NAMESPACE, UNSEALED, Seal, SealError, check_signature, decrypt, encrypt, sign

pyrage = pytest.importorskip("pyrage")
SSH_KEYGEN = shutil.which("ssh-keygen") or ""


def pair(key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    """An OpenSSH key pair, private and public."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


PRIVATE, PUBLIC = pair(Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = pair(Ed25519PrivateKey.from_private_bytes(b"o" * 32))[1]
IDENTITY = pyrage.x25519.Identity.generate()


def test_a_signature_is_held_against_the_signers_key() -> None:
    check_signature(b"bundle", sign(b"bundle", PRIVATE), PUBLIC)


def test_the_same_bytes_get_the_same_signature() -> None:
    assert sign(b"bundle", PRIVATE) == sign(b"bundle", PRIVATE)


def test_openssh_accepts_our_signature(tmp_path: Path) -> None:
    if not SSH_KEYGEN:
        pytest.skip("ssh-keygen is not installed")
    (tmp_path / "sig").write_bytes(sign(b"bundle", PRIVATE))
    (tmp_path / "allowed").write_bytes(b"sender " + PUBLIC + b"\n")
    command = [SSH_KEYGEN, "-Y", "verify", "-f", "allowed", "-I", "sender", "-n", NAMESPACE, "-s", "sig"]
    assert subprocess.run(command, input=b"bundle", cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("content", "signature", "key", "said"),
    [
        (b"bundle2", sign(b"bundle", PRIVATE), PUBLIC, "changed after it was signed"),
        (b"bundle", sign(b"bundle", PRIVATE), OTHER, "another key"),
        (b"bundle", b"no signature", PUBLIC, "cannot be read"),
        (b"bundle", b"", PUBLIC, "cannot be read"),
        (b"bundle", sign(b"bundle", PRIVATE).replace(b"U1NI", b"AAAA"), PUBLIC, "cannot be read"),
        (b"bundle", b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----", PUBLIC, "cannot be read"),
        (b"bundle", sign(b"bundle", PRIVATE), b"ssh-rsa nonsense", "the signer's public key"),
    ],
)
def test_a_signature_that_does_not_fit_is_told_apart(content: bytes, signature: bytes, key: bytes, said: str) -> None:
    with pytest.raises(SealError, match=said):
        check_signature(content, signature, key)


def test_a_signature_made_for_another_purpose_does_not_count(tmp_path: Path) -> None:
    if not SSH_KEYGEN:
        pytest.skip("ssh-keygen is not installed")
    (tmp_path / "key").write_bytes(PRIVATE)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "file").write_bytes(b"bundle")
    subprocess.run(
        [SSH_KEYGEN, "-q", "-Y", "sign", "-f", "key", "-n", "git", "file"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    with pytest.raises(SealError, match="another purpose"):
        check_signature(b"bundle", (tmp_path / "file.sig").read_bytes(), PUBLIC)


def test_keys_that_cannot_sign_are_named_with_the_remedy() -> None:
    curve = generate_private_key(SECP256R1())
    with pytest.raises(SealError, match="Ed25519"):
        sign(b"x", curve.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    with pytest.raises(SealError, match="without a passphrase"):
        sign(b"x", b"nonsense")
    public = curve.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    with pytest.raises(SealError, match="of another kind"):
        check_signature(b"x", sign(b"x", PRIVATE), public)


def test_only_the_recipient_reads_what_was_encrypted() -> None:
    sealed = Seal((str(IDENTITY.to_public()),)).encrypted(b"bundle")
    assert b"bundle" not in sealed
    assert decrypt(sealed, f"# made today\n{IDENTITY}\n") == b"bundle"
    with pytest.raises(SealError, match="somebody else"):
        decrypt(sealed, str(pyrage.x25519.Identity.generate()))


def test_an_ssh_key_is_a_recipient_as_well() -> None:
    assert decrypt(encrypt(b"bundle", [PUBLIC.decode()]), PRIVATE.decode()) == b"bundle"


def test_what_is_no_recipient_or_identity_is_named() -> None:
    with pytest.raises(SealError, match="age1nonsense: is no age recipient"):
        encrypt(b"x", ["age1nonsense"])
    with pytest.raises(SealError, match="this: is no age recipient"):
        encrypt(b"x", ["AGE-SECRET-KEY-1"])
    with pytest.raises(SealError, match="holds no age identity"):
        decrypt(b"x", "nothing")


def test_without_the_extra_a_clear_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyrage", None)
    with pytest.raises(SealError, match=r"why403\[age\]"):
        encrypt(b"x", ["age1"])


def test_an_unsealed_bundle_stays_as_it_is() -> None:
    assert UNSEALED.encrypted(b"bundle") == b"bundle"
    assert UNSEALED.signature(b"bundle") == b""
