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

# Every repetition below is possessive, and none can begin where another of the same characters ends: a field made to
# be slow is read in one pass.
_GAP: Final = re.compile(r"[\s,]*+")
_WORD: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]++")
_VALUE: Final = re.compile(r"""\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<bare>[^\s,"]*+))""", re.DOTALL)
_TOKEN68: Final = re.compile(r"\s++(?P<token>[A-Za-z0-9._~+/-]++=*+)(?=\s*+(?:,|\Z))")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: scheme in lower case, parameters with lower-case names (the first of a name counts).

    `carries_token` is set where a token stands in place of parameters: the middle of an NTLM or Negotiate handshake.
    """

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    carries_token: bool = False


def read_challenges(values: Sequence[str]) -> tuple[Challenge, ...]:
    """Every challenge of every WWW-Authenticate field, in order. Unreadable rests are skipped, never an error."""
    return tuple(challenge for value in values for challenge in _read_field(value))


def _read_field(value: str) -> list[Challenge]:
    challenges: list[Challenge] = []
    parameters: dict[str, str] = {}
    at = _end(_GAP.match(value), 0)
    while at < len(value):
        word = _WORD.match(value, at)
        given = _VALUE.match(value, word.end()) if word else None
        if word is None:
            at += 1
        elif given:
            quoted = given["quoted"]
            text = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else given["bare"]
            parameters.setdefault(word[0].lower(), text)
            at = given.end()
        else:
            if word[0][0].isalpha():
                parameters = {}
                carried = _TOKEN68.match(value, word.end()) is not None
                challenges.append(Challenge(word[0].lower(), parameters, carried))
            at = _end(_TOKEN68.match(value, word.end()), word.end())
        at = _end(_GAP.match(value, at), at)
    return challenges


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return match.end() if match else otherwise


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """A decoded claims challenge: for each demanded claim of the access token the value or values it must have."""

    demands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_claims(raw: str) -> ClaimsRequest | None:
    """Read the claims parameter of a challenge: base64, base64url or plain JSON. None where it is none of these."""
    decoded = claims_json(raw)
    if decoded is None:
        return None
    token_claims = decoded.get("access_token")
    if not isinstance(token_claims, dict):
        return ClaimsRequest()
    return ClaimsRequest({str(name): _demanded(demand) for name, demand in token_claims.items()})


def claims_json(raw: str) -> Mapping[str, object] | None:
    """The claims parameter decoded whole, to be passed on in a token request; None where it is none."""
    decoded = _json_mapping(raw)
    return _json_mapping(_base64_text(raw)) if decoded is None else decoded


def _demanded(demand: object) -> tuple[str, ...]:
    """The values a claim must have: `value` or `values`, and nothing where it need only be there."""
    wanted = demand if isinstance(demand, dict) else {}
    listed = wanted.get("values", wanted.get("value"))
    values = listed if isinstance(listed, list) else [listed]
    return tuple(str(value) for value in values if isinstance(value, str | int | float))


def not_before(claims: ClaimsRequest) -> int | None:
    """The moment (epoch seconds) before which no token may be issued, or None where that is not demanded."""
    demanded = next(iter(claims.demands.get("nbf", ())), "")
    return int(demanded) if re.fullmatch(r"[0-9]{1,12}", demanded) else None


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
    match = re.match(r"\s*+([0-9]{4,9})\s*+(?:;|\Z)", value or "")
    if value is None or match is None:
        return None
    rest = value[match.end() :]
    category = re.search(r'(?:\A|;)\s*+(?:error_)?category="([^"]*+)"', rest)
    return Diagnostics(int(match[1]), _reason(rest), category[1] if category else "")


def _reason(rest: str) -> str:
    """The text of `reason`. It may itself hold quotes, so it ends at the last quote before the category or the end."""
    _, found, text = rest.partition('reason="')
    if not found:
        return ""
    text = re.split(r";\s*+(?:error_)?category=", text, maxsplit=1)[0].rstrip()
    return text.removesuffix('"')


def cae_code(description: str | None) -> str:
    """The code inside a continuous-access-evaluation sentence ('... and code: TokenIssuedBefore...'), or empty."""
    match = re.search(r"\bcode:\s*+(\w++)", description or "")
    return match[1] if match else ""
