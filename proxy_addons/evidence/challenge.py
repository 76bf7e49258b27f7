"""WWW-Authenticate and x-ms-diagnostics: what the server says it wants.

Microsoft sends several challenges in one field, with the same parameter names in each, and base64 JSON in `claims`
(RFC 9110 section 11.6.1; learn.microsoft.com/entra/identity-platform/claims-challenge). Splitting at commas breaks on
all of these, so the field is read token by token.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PARAMETER: Final = re.compile(
    r"""\s*,?\s*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]*))""",
)
_SCHEME: Final = re.compile(r"\s*,?\s*(?P<scheme>[A-Za-z][A-Za-z0-9._-]*)(?=\s|,|\Z)(?!\s*=)")
_TOKEN68: Final = re.compile(r"\s+(?P<token>[A-Za-z0-9._~+/-]+=*)(?=\s*(?:,|\Z))")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: scheme in lower case, parameters with lower-case names (the first of a name counts)."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def read_challenges(values: Sequence[str]) -> tuple[Challenge, ...]:
    """Every challenge of every WWW-Authenticate field, in order. Unreadable rests are skipped, never an error."""
    return tuple(challenge for value in values for challenge in _read_field(value))


def _read_field(value: str) -> list[Challenge]:
    challenges: list[Challenge] = []
    parameters: dict[str, str] = {}
    at = 0
    while at < len(value):
        parameter = _PARAMETER.match(value, at)
        if parameter and challenges:
            quoted = parameter["quoted"]
            text = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else parameter["bare"]
            parameters.setdefault(parameter["name"].lower(), text)
            at = parameter.end()
            continue
        scheme = _SCHEME.match(value, at)
        if scheme:
            parameters = {}
            challenges.append(Challenge(scheme["scheme"].lower(), parameters))
            token = _TOKEN68.match(value, scheme.end())
            at = token.end() if token else scheme.end()
            continue
        at += 1
    return challenges


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """A decoded claims challenge: for each demanded claim of the access token the value or values it must have."""

    demands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_claims(raw: str) -> ClaimsRequest | None:
    """Decode the claims parameter of a challenge: base64, base64url or plain JSON. None where it is none of these."""
    decoded = _json_mapping(raw) or _json_mapping(_base64_text(raw))
    if decoded is None:
        return None
    token_claims = decoded.get("access_token")
    demands: dict[str, tuple[str, ...]] = {}
    for name, demand in token_claims.items() if isinstance(token_claims, dict) else ():
        wanted = demand if isinstance(demand, dict) else {}
        values = wanted.get("values", [wanted["value"]] if "value" in wanted else [])
        demands[str(name)] = tuple(str(value) for value in values) if isinstance(values, list) else (str(values),)
    return ClaimsRequest(demands)


def _base64_text(raw: str) -> str:
    standard = raw.strip().replace("-", "+").replace("_", "/")
    try:
        return b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode("utf-8", errors="replace")
    except (ValueError, binascii.Error):
        return ""


def _json_mapping(text: str) -> Mapping[str, object] | None:
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Exchange's x-ms-diagnostics: `2000003;reason="...";error_category="invalid_resource"`."""

    number: int
    reason: str = ""
    category: str = ""


def read_diagnostics(value: str | None) -> Diagnostics | None:
    """Read x-ms-diagnostics (documented under 'instrumenting client requests for EWS'); None where there is none."""
    match = re.match(r"\s*(\d{4,9})\s*(?:;|\Z)", value or "")
    if value is None or match is None:
        return None
    # The reason may itself hold quotes; it ends at the quote before the next field or the end.
    reason = re.search(r'reason="(.*?)"\s*(?:;\s*error_category=|\Z)', value, re.DOTALL)
    category = re.search(r'error_category="([^"]*)"', value)
    return Diagnostics(int(match[1]), reason[1] if reason else "", category[1] if category else "")


def cae_code(description: str | None) -> str:
    """The code inside a continuous-access-evaluation sentence ('... and code: TokenIssuedBefore...'), or empty."""
    match = re.search(r"\bcode:\s*(\w+)", description or "")
    return match[1] if match else ""
