"""The strip of gates: what is known of every check a call passes, so that a reader sees what was ruled out.

The strip never claims more than the ranking does. A gate fails only where a certain finding names it, or where no
answer came at all. What any other finding blames stays unknown, with the reason given. A gate counts as passed only
where the service has judged the call, a claim or an answer shows that the check went well, and the service's own words
do not speak against it: a token is never verified here, so a readable one proves little by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.verdict import Certainty, Gate, GateReading, GateState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from proxy_addons.diagnosis.verdict import Finding
    from proxy_addons.evidence.facts import Facts

_Known = tuple[GateState, str] | None

FOREIGN_SPEAKERS: Final = frozenset({"corporate-proxy", "isa-tmg", "waf", "why403"})
"""Who may stand before Microsoft's service: a refusal of theirs says nothing about tokens and permissions."""
_SERVICES: Final = frozenset(
    {
        "graph-gateway",
        "exchange-front-end",
        "exchange-backend",
        "exchange-edge",
        "entra",
        "sharepoint",
        "on-premises-exchange",
    }
)
_UNAUTHORIZED: Final = 401
# x-ms-diagnostics numbers of Exchange; from 2000002 on the token has been read and its signature has held.
_READ_TOKEN: Final = range(2_000_002, 2_000_009)
_SPOKEN_OF: Final[Mapping[Gate, tuple[int, re.Pattern[str]]]] = {
    Gate.AUDIENCE: (2_000_003, re.compile(r"audience|\baud\b", re.IGNORECASE)),
    Gate.TENANT: (2_000_004, re.compile(r"tenant", re.IGNORECASE)),
    Gate.LIFETIME: (2_000_002, re.compile(r"expired|lifetime|not (?:yet )?valid|revo(?:ked|cation)", re.IGNORECASE)),
}


def read_gates(facts: Facts, findings: Sequence[Finding]) -> tuple[GateReading, ...]:
    """Every gate in order, with its state and how that is known."""
    return tuple(_read(gate, facts, findings) for gate in Gate if gate is not Gate.NONE)


def _read(gate: Gate, facts: Facts, findings: Sequence[Finding]) -> GateReading:
    blaming = [finding for finding in findings if finding.gate is gate]
    certain = next((finding for finding in blaming if finding.certainty is Certainty.CERTAIN), None)
    if certain is not None:
        return GateReading(gate, GateState.FAILED, certain.title)
    if blaming:
        return GateReading(gate, GateState.UNKNOWN, f"{blaming[0].certainty}: {blaming[0].title}")
    known = _network(facts) if gate is Gate.NETWORK else _unjudged(facts) or _judged(gate, facts)
    return GateReading(gate, *(known or (GateState.UNKNOWN, "this exchange does not tell")))


def _network(facts: Facts) -> _Known:
    speaker = facts.text("speaker.name")
    if facts.text("transport.error"):
        return GateState.FAILED, f"no answer: the connection failed ({facts.text('transport.stage')})"
    if speaker in FOREIGN_SPEAKERS:
        return GateState.UNKNOWN, f"answered by {facts.text('speaker.product') or speaker}, not by the service"
    if _service_answered(facts):
        return GateState.PASSED, f"the service itself answered ({speaker})"
    return None


def _service_answered(facts: Facts) -> bool:
    speaker = facts.text("speaker.name")
    known = speaker in _SERVICES or facts.flag("response.has_microsoft_ids") is True
    return known and speaker not in FOREIGN_SPEAKERS


def _unjudged(facts: Facts) -> _Known:
    if facts.text("transport.error"):
        return GateState.UNKNOWN, "no answer came"
    if not _service_answered(facts):
        return GateState.UNKNOWN, "nothing shows that the service itself has judged this call"
    return None


def _judged(gate: Gate, facts: Facts) -> _Known:
    reader = _READERS.get(gate)
    return reader(facts) if reader else None


def _sign_in(facts: Facts) -> _Known:
    if not facts.text("token.issuer_kind").startswith("entra"):
        return None
    if _token_in_doubt(facts):
        return GateState.UNKNOWN, "the token names Entra as its issuer; only the service can tell whether that is true"
    return GateState.PASSED, "the token names Entra as its issuer, and the service did not refuse it as such"


def _token_format(facts: Facts) -> _Known:
    if facts.text("token.kind") != "jwt":
        return None
    if _token_in_doubt(facts):
        return GateState.UNKNOWN, "the token is a readable JWT; whether its signature holds only the service can tell"
    return GateState.PASSED, "the token is a readable JWT, and the service did not refuse it as such"


def _token_in_doubt(facts: Facts) -> bool:
    """Whether the service may have refused the token itself: a 401 that names no later check, or words that say so."""
    number = facts.number("diagnostics.number")
    if number is not None:
        return number not in _READ_TOKEN
    refused = facts.text("error.code").casefold() == "invalidauthenticationtoken"
    return refused or facts.number("response.status") == _UNAUTHORIZED


def _audience(facts: Facts) -> _Known:
    if not facts.flag("token.audience_matches"):
        return None
    return _unless_spoken_of(
        Gate.AUDIENCE, facts, f"the audience {facts.text('token.audience')} is one this host accepts"
    )


def _tenant(facts: Facts) -> _Known:
    if not facts.flag("token.tenant_matches_url"):
        return None
    return _unless_spoken_of(Gate.TENANT, facts, "the token's tenant is the one in the URL")


def _lifetime(facts: Facts) -> _Known:
    expired_by, early_by = facts.number("token.expired_by"), facts.number("token.early_by")
    begun = early_by <= 0 if early_by is not None else facts.get("token.not_before") is not None
    if expired_by is None or expired_by >= 0 or not begun:
        return None
    told = f"the token was valid for another {minutes_left(-expired_by)} minutes"
    judged = facts.get("token.expired_by")
    if judged is None or "response header Date" not in judged.seen_in:
        return GateState.UNKNOWN, f"{told}, but only by the clock of whoever recorded this"
    return _unless_spoken_of(Gate.LIFETIME, facts, told)


def minutes_left(seconds: int) -> int:
    """Seconds a token is still valid, as they are told."""
    return seconds // 60


def _unless_spoken_of(gate: Gate, facts: Facts, because: str) -> _Known:
    """Passed by the claims, unless the answer names this very check: then the service knows something we do not."""
    number, words = _SPOKEN_OF[gate]
    told = " ".join(map(facts.text, ("error.message", "diagnostics.reason", "challenge.description")))
    if facts.number("diagnostics.number") == number or words.search(told):
        return GateState.UNKNOWN, f"{because}, yet the answer speaks of the {gate}"
    return GateState.PASSED, because


def _permission(facts: Facts) -> _Known:
    """What the table says. That it takes the token for enough is no proof, so the gate never passes by it."""
    held = ", ".join(facts.names("token.permissions")) or "nothing"
    told = f"by the permission table for {facts.text('permission.operation')}"
    match facts.text("permission.verdict"):
        case "granted":
            return GateState.UNKNOWN, f"what the token has is enough {told}: {held}"
        case "missing":
            return GateState.UNKNOWN, f"the call needs {facts.text('permission.needed')} {told}; the token has {held}"
        case "unsupported-scheme":
            return GateState.UNKNOWN, f"the call is not offered to {facts.text('permission.scheme')} tokens {told}"
        case _:
            return None


_READERS: Final[Mapping[Gate, Callable[[Facts], _Known]]] = {
    Gate.SIGN_IN: _sign_in,
    Gate.TOKEN_FORMAT: _token_format,
    Gate.AUDIENCE: _audience,
    Gate.TENANT: _tenant,
    Gate.LIFETIME: _lifetime,
    Gate.PERMISSION: _permission,
}
