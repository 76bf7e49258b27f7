"""An experiment carried out: everything it sends stands in its plan, and everything in its plan is told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.experiment import Change, Outcome, Result, Trial, conclude, proven
from proxy_addons.diagnosis.failure import explain_next
from proxy_addons.entra.outbound import send
from proxy_addons.evidence.facts import collect
from proxy_addons.evidence.timeline import NOTHING
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from proxy_addons.diagnosis.experiment import Conclusion
    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.exchange import Exchange, Request
    from proxy_addons.evidence.timeline import Memory

_FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True)
class Experiment:
    """What was sent and what came of it, in order; `report` is redacted, and made after the experiment."""

    outcomes: tuple[Outcome, ...]
    conclusion: Conclusion
    report: FailureReport


class _Bench:
    """Sends trials one after the other, and remembers what was seen as the live proxy would."""

    def __init__(self, route: Route, ruleset: Ruleset) -> None:
        self.outcomes: list[Outcome] = []
        self.refused: Failure | None = None
        self._route = route
        self._ruleset = ruleset
        self._memory: Memory = NOTHING

    def send(self, trial: Trial) -> Outcome:
        route = replace(self._route, proxy="") if trial.straight else self._route
        exchange = send(trial.request, route)
        failures, self._memory = explain_next(exchange, self._ruleset, self._memory)
        response = exchange.response
        outcome = Outcome(
            trial,
            response.status if response else None,
            accepted=response is not None and response.status < _FIRST_REFUSAL and not failures,
            cause=failures[0].report.diagnosis.leading.cause if failures else "",
        )
        if failures and trial.change is Change.UNCHANGED:
            self.refused = failures[0]
        self.outcomes.append(outcome)
        return outcome


def run_experiment(
    failure: Failure,
    planned: Sequence[Trial],
    route: Route,
    ruleset: Ruleset,
    *,
    neutral: bool,
    told: Callable[[Outcome], None] = lambda _: None,
) -> Experiment:
    """Send the recorded call, each planned change, and the call again where one worked; `told` hears of each."""
    bench = _Bench(route, ruleset)
    unchanged = Trial(Change.UNCHANGED, "as recorded", failure.exchange.request)
    first = bench.send(unchanged)
    told(first)
    changed: list[Outcome] = []
    if not first.accepted:
        for trial in planned:
            changed.append(bench.send(trial))
            told(changed[-1])
    again = None
    if any(outcome.accepted for outcome in changed):
        again = bench.send(replace(unchanged, words="as recorded, once more"))
        told(again)
    conclusion = conclude(first, changed, again)
    confirmed = conclusion.result is Result.CONFIRMED and bench.refused is not None
    explained = bench.refused if confirmed and bench.refused is not None else failure
    report = redact(explained, Pseudonyms(secrets.token_bytes(32))).report
    report = replace(report, id=failure.report.id)
    gained = _gained(failure.exchange, changed, ruleset)
    report = proven(report, conclusion, changed, gained=gained, neutral=neutral)
    return Experiment(tuple(bench.outcomes), conclusion, report)


def _gained(old: Exchange, changed: Sequence[Outcome], ruleset: Ruleset) -> tuple[str, ...]:
    """Permissions and directory roles the fresh token holds and the recorded one lacks."""
    fresh = next((each.trial.request for each in changed if each.trial.change is Change.FRESH_TOKEN), None)
    return gained_by(old, fresh, ruleset) if fresh is not None else ()


def gained_by(old: Exchange, fresh: Request, ruleset: Ruleset) -> tuple[str, ...]:
    """What the token of one request holds beyond that of another."""
    roles = ruleset.reference.directory_roles
    before, after = collect(old, roles), collect(replace(old, request=fresh), roles)
    return tuple(
        name
        for kind in ("token.permissions", "token.directory_roles")
        for name in after.names(kind)
        if name not in before.names(kind)
    )
