"""The strip of gates: what is known of every check a call passes, so that a reader sees what was ruled out.

A gate fails only where a certain finding names it. What a likely finding blames stays unknown, with the reason given:
the strip must not claim more than the ranking does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.verdict import Certainty, Gate, GateReading, GateState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from proxy_addons.diagnosis.verdict import Finding
    from proxy_addons.evidence.facts import Facts

_Known = tuple[GateState, str] | None

_FOREIGN: Final = frozenset({"corporate-proxy", "isa-tmg", "waf", "why403"})
_MICROSOFT: Final = frozenset(
    {"graph-gateway", "exchange-front-end", "exchange-backend", "exchange-edge", "entra", "sharepoint"}
)


def read_gates(facts: Facts, findings: Sequence[Finding]) -> tuple[GateReading, ...]:
    """Every gate in order, with its state and how that is known."""
    return tuple(_read(gate, facts, findings) for gate in Gate if gate is not Gate.NONE)


def _read(gate: Gate, facts: Facts, findings: Sequence[Finding]) -> GateReading:
    blamed = next((finding for finding in findings if finding.gate is gate), None)
    if blamed is not None and blamed.certainty is Certainty.CERTAIN:
        return GateReading(gate, GateState.FAILED, blamed.title)
    known = _READERS[gate](facts) if gate in _READERS else None
    if known is not None:
        return GateReading(gate, *known)
    if blamed is not None:
        return GateReading(gate, GateState.UNKNOWN, f"{blamed.certainty}: {blamed.title}")
    return GateReading(gate, GateState.UNKNOWN, "this exchange does not tell")


def _network(facts: Facts) -> _Known:
    if facts.text("transport.error"):
        return GateState.FAILED, f"no answer: the connection failed ({facts.text('transport.stage')})"
    speaker = facts.text("speaker.name")
    if speaker in _FOREIGN:
        return GateState.FAILED, f"answered by {facts.text('speaker.product') or speaker}, not by Microsoft"
    if speaker in _MICROSOFT or facts.flag("response.has_microsoft_ids"):
        return GateState.PASSED, f"Microsoft answered ({speaker})"
    return None


def _sign_in(facts: Facts) -> _Known:
    if facts.text("service.name") == "entra":
        return None
    if facts.text("token.kind") == "jwt" and facts.text("token.issuer_kind").startswith("entra"):
        return GateState.PASSED, "Entra issued a token"
    return None


def _token_format(facts: Facts) -> _Known:
    kind = facts.text("token.kind")
    if kind == "jwt":
        return GateState.PASSED, "the token is a readable JWT (its signature cannot be checked from outside)"
    return None


def _audience(facts: Facts) -> _Known:
    if facts.flag("token.audience_matches"):
        return GateState.PASSED, f"the audience {facts.text('token.audience')} is one this host accepts"
    return None


def _tenant(facts: Facts) -> _Known:
    if facts.flag("token.tenant_matches_url"):
        return GateState.PASSED, "the token's tenant is the one in the URL"
    return None


def _lifetime(facts: Facts) -> _Known:
    expired_by, early_by = facts.number("token.expired_by"), facts.number("token.early_by")
    if expired_by is not None and expired_by < 0 and (early_by is None or early_by <= 0):
        return GateState.PASSED, f"the token was valid for another {-expired_by // 60} minutes"
    return None


_READERS: Final[Mapping[Gate, Callable[[Facts], _Known]]] = {
    Gate.NETWORK: _network,
    Gate.SIGN_IN: _sign_in,
    Gate.TOKEN_FORMAT: _token_format,
    Gate.AUDIENCE: _audience,
    Gate.TENANT: _tenant,
    Gate.LIFETIME: _lifetime,
}
