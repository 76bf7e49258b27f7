"""A decoded token for people and programs: its claims with their meaning, and the gates it meets on a host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.foresight import foresee
from proxy_addons.diagnosis.report_text import printable
from proxy_addons.diagnosis.verdict import GateState
from proxy_addons.diagnosis.wording import moment
from proxy_addons.evidence.claim_meanings import meaning_of
from proxy_addons.evidence.exchange import Exchange, Headers, Request
from proxy_addons.evidence.facts import collect
from proxy_addons.redaction.claim_rules import clean_claims
from proxy_addons.redaction.ledger import Ledger
from proxy_addons.redaction.pseudonyms import renumbering

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.diagnosis.foresight import Forecast
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.evidence.bearer_token import BearerToken
    from proxy_addons.evidence.facts import Facts
    from proxy_addons.redaction.pseudonyms import Pseudonyms

_MOMENTS: Final = frozenset({"exp", "iat", "nbf", "auth_time", "xms_tcdt"})
_MARKS: Final = {GateState.PASSED: "✓", GateState.FAILED: "✗", GateState.UNKNOWN: "·"}
_WIDEST_VALUE: Final = 44


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim as it is shown."""

    name: str
    value: str
    meaning: str


def shown_claims(token: BearerToken, pseudonyms: Pseudonyms | None, roles: Mapping[str, str]) -> tuple[Claim, ...]:
    """The claims of a token in their order: redacted with stand-ins, or, without pseudonyms, as they were sent."""
    if pseudonyms is None:
        return tuple(Claim(name, _value(name, value, roles), meaning_of(name)) for name, value in token.claims.items())
    ledger = Ledger(pseudonyms)
    shown = {name: _value(name, value, roles) for name, value in clean_claims(token.claims, ledger).items()}
    numbers = renumbering(shown.values(), sorted(ledger.aliases))
    return tuple(Claim(name, numbers.apply(value), meaning_of(name)) for name, value in shown.items())


def _value(name: str, value: object, roles: Mapping[str, str]) -> str:
    if name in _MOMENTS and isinstance(value, int) and not isinstance(value, bool):
        return moment(value)
    if name == "wids" and isinstance(value, list):
        return ", ".join(roles.get(str(item), str(item)) for item in value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def facts_before_sending(method: str, url: str, token: str, roles: Mapping[str, str]) -> Facts:
    """What is known of a call nobody has sent yet."""
    request = Request(method, url, Headers((("Authorization", f"Bearer {token}"),)))
    return collect(Exchange(request), roles)


def gates_before_sending(facts: Facts, data: PermissionData) -> tuple[Forecast, ...]:
    """The gates the call meets, by this machine's clock."""
    return foresee(facts, datetime.now(UTC).timestamp(), data)


def token_lines(token: BearerToken, claims: tuple[Claim, ...]) -> Iterator[str]:
    """The token in lines for a person."""
    problem = f", {token.problem}" if token.problem else ""
    yield f"kind: {token.kind}{problem}, {token.length} characters; decoded, not verified"
    if not claims:
        return
    yield ""
    name_width = max(len(claim.name) for claim in claims)
    value_width = min(max(len(claim.value) for claim in claims), _WIDEST_VALUE)
    for claim in claims:
        shown = printable(claim.value)
        gap = f"\n{' ' * (name_width + value_width + 4)}" if len(shown) > value_width and claim.meaning else ""
        line = f"  {printable(claim.name):<{name_width}}  {shown:<{value_width}}{gap}  {claim.meaning}"
        yield line.rstrip()


def gate_lines(gates: tuple[Forecast, ...]) -> Iterator[str]:
    """The gates in lines for a person."""
    width = max(len(reading.gate) for reading in gates)
    for reading in gates:
        mark = "!" if reading.problem and reading.state is GateState.UNKNOWN else _MARKS[reading.state]
        yield f"  {mark} {reading.gate:<{width}}  {printable(reading.because)}"


def gates_json(gates: tuple[Forecast, ...]) -> list[dict[str, str | bool]]:
    """The gates in the form of the report `why403.report/1`, and whether one is a problem."""
    return [
        {
            "gate": reading.gate.value,
            "state": reading.state.value,
            "because": reading.because,
            "problem": reading.problem,
        }
        for reading in gates
    ]
