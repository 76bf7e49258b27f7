"""Read what an Authorization header carries, without ever trusting it.

Nothing here verifies a signature, on purpose: Microsoft documents that access tokens for its own APIs may be opaque or
signed over a header other than the one transmitted (Graph's `nonce`), so a local check proves nothing either way
(learn.microsoft.com/entra/identity-platform/access-tokens). A decoded token is evidence of what the client sent.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_TOKEN: Final = 64 * 1024
"""Longer tokens are not decoded: no Microsoft front end accepts a header of that size."""

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+={0,2}\Z")
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_SCHEMES: Final = frozenset(
    {
        "basic",
        "bearer",
        "digest",
        "dpop",
        "kerberos",
        "mac",
        "msauth1.0",
        "negotiate",
        "ntlm",
        "oauth",
        "pop",
        "sharedaccesssignature",
        "sharedkey",
        "sharedkeylite",
        "token",
        "wlid1.0",
        "wlid1.1",
        "wssecurity",
    }
)
"""Words that are told as a scheme. Any other first word may be the secret itself, sent without one: it is not told."""
_BARE_SCHEMES: Final = frozenset({"negotiate", "ntlm", "bearer", "pop", "basic"})
_CLIENT_OBJECTS: Final = (
    "system.security.securestring",
    "system.object[]",
    "system.collections.",
    "[object object]",
    "microsoft.identity.client",
    "{",
    "@{",
    "<",
)
_NOTHINGS: Final = frozenset({"undefined", "null", "none", "nil", "$null", "(null)", "nan"})
_STAND_IN: Final = re.compile(
    r"[*•·.…_#xX-]{2,}"
    r"|(?!\[object |\(null\)|<[\w.]+ object)[<{\[(]{1,2}[ $.\w-]{0,40}[>}\])]{1,2}"
    r"|.*(?:redacted|removed|masked|hidden|sanitized|scrubbed|omitted|filtered|your[ _-]?(?:access[ _-]?)?token).*"
    r"|[\w.-]*(?:\.\.\.|…|\*\*)[\w.-]*",
    re.IGNORECASE,
)
"""What people and tools leave in place of a token they took out of a recording, or never filled into a template."""
_JWE_PARTS: Final = 5
_JWT_PARTS: Final = 3
_RSA_SIGNATURES: Final = frozenset({128, 256, 384, 512, 1024})
"""Lengths in bytes an RSA signature can have: that of the modulus (RFC 8017 section 8.2.1), 1024 to 8192 bits."""


@dataclass(frozen=True, slots=True)
class BearerToken:
    """What was sent as a credential.

    `scheme` is lower case and empty without a header. `kind` and `problem` use the words of the fact vocabulary.
    `claims` and `header` are the decoded JSON of a JWT, empty otherwise; `length` counts characters of the credential.
    """

    scheme: str = ""
    kind: str = "absent"
    problem: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)
    header: Mapping[str, object] = field(default_factory=dict)
    length: int = 0


def token_digest(credential: str) -> str:
    """What a token is recognised by later on without being kept: 128 bits of its SHA-256."""
    return hashlib.sha256(credential.strip().encode(errors="replace")).hexdigest()[:32]


def sent_token_digest(values: Sequence[str]) -> str:
    """The digest of the one token a request carries; empty for none, for several, and for passwords."""
    scheme, _, credential = values[0].strip().partition(" ") if len(values) == 1 else ("", "", "")
    return token_digest(credential) if scheme.lower() in {"bearer", "pop"} and credential.strip() else ""


def read_authorizations(values: Sequence[str]) -> BearerToken:
    """Read every Authorization field of a request; never raises.

    Two fields are not allowed (RFC 9110 section 11.6.2), and servers differ in which one they take, if any. So nothing
    is read from either.
    """
    if len(values) > 1:
        return BearerToken(kind="malformed", problem="several", length=sum(map(len, values)))
    return read_authorization(values[0] if values else None)


def read_authorization(value: str | None) -> BearerToken:
    """Read the value of an Authorization header (RFC 9110 section 11.6.2, RFC 6750 section 2.1); never raises."""
    if value is None:
        return BearerToken()
    token = _read_value(value)
    if token.kind in {"malformed", "client-object", "other-scheme"} and _is_stand_in(value.strip(), token.scheme):
        return BearerToken(token.scheme, "unrecorded", length=token.length)
    return token


def _is_stand_in(value: str, scheme: str) -> bool:
    credential = value[len(scheme) :].strip() if scheme and value.lower().startswith(scheme) else value
    return len(credential) <= MAX_TOKEN and _STAND_IN.fullmatch(credential) is not None


def _read_value(value: str) -> BearerToken:
    words = value.split(None, 1)
    if not words:
        return BearerToken(problem="empty")
    scheme, credential = words[0].lower(), words[1] if len(words) > 1 else ""
    if scheme not in _SCHEMES or (not credential and scheme not in _BARE_SCHEMES):
        return _read_without_scheme(scheme, credential, len(value))
    if _joined_with_another(credential):
        return BearerToken(scheme, "malformed", "several", length=len(credential))
    if scheme not in {"bearer", "pop"}:
        return BearerToken(scheme, "other-scheme", length=len(credential))
    return _read_credential(scheme, credential)


def _read_without_scheme(first: str, rest: str, length: int) -> BearerToken:
    """A value whose first word is no scheme we know: a token sent bare, or a scheme of somebody's own."""
    if not rest or first.startswith(("ey", "ew")) or first == "bearer:":
        return BearerToken("", "malformed", "no-scheme", length=length)
    return BearerToken("unknown", "other-scheme", length=length)


def _joined_with_another(credential: str) -> bool:
    """Whether somebody on the way joined two fields with a comma, as RFC 9110 allows only for lists."""
    after = credential.partition(",")[2].split(None, 1)
    return len(after) > 1 and after[0].lower() in _SCHEMES


def _read_credential(scheme: str, credential: str) -> BearerToken:
    token, problem = credential.strip(), ""
    length = len(credential)
    if not token:
        return BearerToken(scheme, "absent", "empty")
    first, *rest = token.split(None, 1)
    if first.lower() == "bearer" and rest:
        token, problem = rest[0], "double-prefix"
    if token[0] in "\"'" or token[-1] in "\"'":
        token, problem = token.removeprefix("b").strip("\"'"), problem or "quoted"
    if token.lower().startswith(_CLIENT_OBJECTS) or token.lower() in _NOTHINGS:
        return BearerToken(scheme, "client-object", problem, length=length)
    if re.search(r"\s", token):
        return BearerToken(scheme, "malformed", "whitespace", length=length)
    if length > MAX_TOKEN:
        return BearerToken(scheme, "malformed", "too-long", length=length)
    kind, header, claims, found = _decode(token)
    malformed = problem and kind == "jwt"
    return BearerToken(scheme, "malformed" if malformed else kind, problem or found, claims, header, length)


_Decoded = tuple[str, "Mapping[str, object]", "Mapping[str, object]", str]


def _decode(token: str) -> _Decoded:
    parts = token.split(".")
    # A refresh token has dots as well; in base64url a JSON object starts with `ey`.
    opaque = _opaque_kind(token)
    if opaque == "refresh-token":
        return opaque, {}, {}, ""
    if len(parts) == _JWT_PARTS:
        return _decode_jwt(parts)
    header = _json_object(parts[0])
    if len(parts) == _JWE_PARTS and header is not None:
        return "jwe", header, {}, ""
    if header is not None and "alg" in header:
        claims = _json_object(parts[1]) if len(parts) > 1 else None
        return "malformed", header, claims or {}, "truncated"
    if len(parts) == 1 and token.startswith("eyJ"):
        return "malformed", {}, {}, "truncated"
    return opaque, {}, {}, ""


def _decode_jwt(parts: list[str]) -> _Decoded:
    header, claims = _json_object(parts[0]), _json_object(parts[1])
    if header is None or claims is None:
        bad = "not-base64" if not all(_BASE64URL.match(part) for part in parts[:2]) else "not-json"
        return "malformed", header or {}, claims or {}, bad
    if _STAND_IN.fullmatch(parts[2]) or "signature" in parts[2].lower():
        return "jwt", header, claims, ""
    # Whoever shares a recording shortens or replaces the signature; the claims are as good as they were.
    return "jwt", header, claims, "truncated" if _is_cut_off(parts[2], header.get("alg")) else ""


def _is_cut_off(signature: str, algorithm: object) -> bool:
    """Whether the signature lacks its end. A buffer that cuts long headers leaves header and claims readable."""
    if algorithm == "none":
        return False
    if not isinstance(algorithm, str) or not algorithm.startswith(("RS", "PS")):
        return not signature
    return len(signature.rstrip("=")) * 3 // 4 not in _RSA_SIGNATURES


def _opaque_kind(token: str) -> str:
    """What an opaque string most resembles. The prefixes are observed in public samples, not documented."""
    if re.fullmatch(r"Ew[A-Z][A-Za-z0-9+/=_-]{30,}", token):
        return "opaque-consumer"
    if re.match(r"[01]\.A", token) or re.match(r"M\.[RC]\d", token):
        return "refresh-token"
    if _GUID.match(token) or re.search(r"[A-Za-z0-9~._-]{3}8Q~", token):
        return "client-secret"
    return "malformed"


def _json_object(part: str) -> Mapping[str, object] | None:
    """A base64url segment as a JSON object; nested beyond reason or no object at all is None."""
    if not _BASE64URL.match(part):
        return None
    try:
        decoded: object = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(decoded, dict):
        return None
    return {str(key): value for key, value in decoded.items()}
