"""What can be said of a call before it is sent: which gates its token will not pass.

The live strip of gates reads what a service answered; here there is no answer yet. So a gate counts as passed where
the claims fit what the service asks for, and only a claim that cannot fit makes one fail. What the permission tables
alone say is a problem worth stopping for, and no failure: tables have holes. All else a token does not tell stays
unknown: roles and grants outside the token (Exchange role groups, RBAC for Applications) may still admit it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import spelled
from proxy_addons.diagnosis.permissions.judged_call import judge_call
from proxy_addons.diagnosis.permissions.verdict import Verdict
from proxy_addons.diagnosis.verdict import Gate, GateState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.evidence.facts import Facts

_TOLERANCE: Final = 300
"""Seconds of clock difference Microsoft's services forgive; by our own clock nothing closer than that is certain."""
_MINUTE: Final = 60
_ADMIN: Final = frozenset({"admin-api", "exo-powershell"})

_ALTERNATIVES_SHOWN: Final = 4

type _Known = tuple[GateState, str]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one gate will do with a call. `problem` says that the call had better not be sent."""

    gate: Gate
    state: GateState
    because: str
    problem: bool = False


def foresee(facts: Facts, now: float, data: PermissionData) -> tuple[Forecast, ...]:
    """The gates a token meets, in order. `now` is the clock of whoever is about to send, in seconds since the epoch."""
    forecasts = []
    for gate, read in _READERS.items():
        state, because = read(facts, int(now))
        forecasts.append(Forecast(gate, state, because, state is GateState.FAILED))
    return tuple(_by_the_table(each, facts, data) for each in forecasts)


def _by_the_table(forecast: Forecast, facts: Facts, data: PermissionData) -> Forecast:
    """What the permission tables add to what the claims tell."""
    if forecast.gate is not Gate.PERMISSION or forecast.problem:
        return forecast
    judgement = judge_call(facts, data)
    if judgement.verdict is Verdict.GRANTED:
        return Forecast(Gate.PERMISSION, GateState.PASSED, "the token holds what the permission tables ask for")
    if judgement.verdict is Verdict.MISSING:
        ways = " or ".join(map(spelled, judgement.missing[:_ALTERNATIVES_SHOWN]))
        return Forecast(Gate.PERMISSION, GateState.UNKNOWN, f"likely refused: the token lacks {ways}", problem=True)
    if judgement.verdict is Verdict.UNSUPPORTED_SCHEME:
        who = facts.text("token.identity")
        because = f"likely refused: the call is not offered to the token of {'an' if who == 'app' else 'a'} {who}"
        return Forecast(Gate.PERMISSION, GateState.UNKNOWN, because, problem=True)
    return forecast


def _token_format(facts: Facts, _: int) -> _Known:
    kind, problem = facts.text("token.kind"), facts.text("token.problem")
    if kind == "jwt":
        if facts.flag("token.is_id_token"):
            return GateState.FAILED, "this is an ID token: it tells the client who signed in, and opens no API"
        return GateState.PASSED, "the token is a readable JWT; whether its signature holds only the service can tell"
    if kind in {"jwe", "opaque-consumer"}:
        return GateState.UNKNOWN, f"the token cannot be read from outside ({kind})"
    return GateState.FAILED, f"this is no access token ({kind}{': ' if problem else ''}{problem})"


def _sign_in(facts: Facts, _: int) -> _Known:
    kind, cloud = facts.text("token.issuer_kind"), facts.text("token.issuer_cloud")
    wanted = facts.text("service.cloud")
    if cloud and wanted in {"worldwide", "china"} and cloud != wanted:
        return GateState.FAILED, f"the token was issued in the cloud {cloud}, the host belongs to {wanted}"
    if kind.startswith("entra"):
        return GateState.PASSED, "the token names Entra as its issuer"
    return GateState.UNKNOWN, "the token does not name Entra as its issuer"


def _audience(facts: Facts, _: int) -> _Known:
    audience, matches = facts.text("token.audience"), facts.flag("token.audience_matches")
    if matches:
        return GateState.PASSED, f"the audience {audience} is one this host accepts"
    if matches is None:
        return GateState.UNKNOWN, "the token or the host does not tell"
    accepted = " or ".join(name for name in facts.names("service.audiences") if name.startswith("https://"))
    return GateState.FAILED, f"the token is for {audience or 'nobody'}, this host wants {accepted}"


def _tenant(facts: Facts, _: int) -> _Known:
    matches = facts.flag("token.tenant_matches_url")
    if matches is None:
        return GateState.UNKNOWN, "the URL names no tenant id, or the token has none"
    if matches:
        return GateState.PASSED, "the token's tenant is the one in the URL"
    return GateState.FAILED, f"the token is from tenant {facts.text('token.tenant')}, the URL names another"


def _lifetime(facts: Facts, now: int) -> _Known:
    expires, begins = facts.number("token.expires"), facts.number("token.not_before")
    if expires is None:
        return GateState.UNKNOWN, "the token does not tell when it ends"
    if now >= expires + _TOLERANCE:
        return GateState.FAILED, f"the token ended {(now - expires) // _MINUTE} minutes ago by this machine's clock"
    if now >= expires - _TOLERANCE:
        return GateState.UNKNOWN, "the token ends within five minutes of now by this machine's clock"
    if begins is not None and begins > now + _TOLERANCE:
        return GateState.FAILED, f"the token starts in {(begins - now) // _MINUTE} minutes by this machine's clock"
    return GateState.PASSED, f"the token is good for another {(expires - now) // _MINUTE} minutes"


def _permission(facts: Facts, _: int) -> _Known:
    if facts.flag("token.has_permissions") is None:
        return GateState.UNKNOWN, "the token does not tell what it holds"
    held = facts.names("token.permissions")
    who = facts.text("token.identity") or "somebody"
    if _is_me(facts) and facts.text("token.identity") == "app":
        return GateState.FAILED, "/me means the signed-in user, and this token stands for an application"
    if held:
        return (
            GateState.UNKNOWN,
            f"the token ({who}) holds {', '.join(held)}; the service decides whether that is enough",
        )
    return GateState.UNKNOWN, f"the token ({who}) holds no permission; only grants outside the token could admit it"


def _is_me(facts: Facts) -> bool:
    path = facts.text("request.path").lower().split("/")
    return facts.text("service.name") == "graph" and path[2:3] == ["me"]


def _role(facts: Facts, _: int) -> _Known:
    held = facts.names("token.directory_roles")
    if facts.get("token.directory_roles") is None:
        return GateState.UNKNOWN, "the token does not tell its directory roles"
    if held:
        return GateState.UNKNOWN, f"the token shows the directory roles {', '.join(held)}"
    if facts.text("service.surface") in _ADMIN:
        return GateState.UNKNOWN, "the token shows no directory role: only a role group of Exchange could admit it"
    return GateState.UNKNOWN, "the token shows no directory role"


_READERS: Final[Mapping[Gate, Callable[[Facts, int], _Known]]] = {
    Gate.TOKEN_FORMAT: _token_format,
    Gate.SIGN_IN: _sign_in,
    Gate.AUDIENCE: _audience,
    Gate.TENANT: _tenant,
    Gate.LIFETIME: _lifetime,
    Gate.PERMISSION: _permission,
    Gate.ROLE: _role,
}
