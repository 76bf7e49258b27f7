"""The one function everybody calls: an exchange in, explained failures out.

The live proxy, `why403 explain` and the rule tests run exactly this, so that what is proven offline holds in traffic.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.failure_report import ExchangeSummary, FailureReport, TokenSummary
from proxy_addons.diagnosis.fingerprint import fingerprint
from proxy_addons.diagnosis.notes import notes
from proxy_addons.diagnosis.ranking import diagnose, is_failure
from proxy_addons.diagnosis.wording import moment
from proxy_addons.evidence.exchange import well_formed
from proxy_addons.evidence.facts import collect
from proxy_addons.evidence.hidden import batch_successes, hidden_failures
from proxy_addons.evidence.timeline import NOTHING, Ending, Memory, read_call, remember
from proxy_addons.evidence.trace_context import trace_context

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.facts import Facts
    from proxy_addons.evidence.timeline import Call

SUPPORT_HEADERS: Final = (
    "request-id",
    "client-request-id",
    "x-ms-request-id",
    "x-ms-correlation-request-id",
    "x-ms-ags-diagnostic",
    "x-ms-diagnostics",
    "x-ews-policy-reason",
    "x-ms-ests-server",
    "x-feserver",
    "x-beserver",
    "x-calculatedbetarget",
    "x-targetbeserver",
    "x-backendhttpstatus",
    "x-proxy-backendserverstatus",
    "x-diaginfo",
    "x-caserrorcode",
    "x-autodiscovery-error",
    "x-owa-error",
    "x-ms-error-code",
    "x-ms-appid",
    "sprequestguid",
    "ms-cv",
    "retry-after",
    "www-authenticate",
    "server",
    "via",
    "date",
)
"""Response headers a support case asks for (Exchange's 'instrumenting client requests', Graph's support guidance)."""

_SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Failure:
    """One explained failure. The report still holds what the wire said: redact it before it goes anywhere."""

    exchange: Exchange
    report: FailureReport


def explain(
    exchange: Exchange, ruleset: Ruleset, memory: Memory = NOTHING, *, credentials_followed: bool | None = None
) -> tuple[Failure, ...]:
    """Explain every authorization failure of an exchange, hidden ones included; empty where nothing was refused.

    `memory` is what the exchanges before left behind; `credentials_followed` tells what became of a first hop.
    """
    candidates = hidden_failures(exchange) or (exchange,)
    explained = (
        _explain(candidate, ruleset, memory, credentials_followed=credentials_followed) for candidate in candidates
    )
    return _told_apart(failure for failure in explained if failure is not None)


def explain_next(
    exchange: Exchange,
    ruleset: Ruleset,
    memory: Memory,
    *,
    credentials_followed: bool | None = None,
    every_host: bool = False,
    call: Call | None = None,
) -> tuple[tuple[Failure, ...], Memory]:
    """Explain the next exchange of several, and remember it for those that follow.

    With `every_host` a refusal no rule knows is told of hosts that are none of Microsoft's too: somebody named them.
    `call` is what `read_call` made of exchange and memory, where somebody has it.
    """
    hidden = hidden_failures(exchange)
    failures: list[Failure] = []
    known = memory
    call = None if hidden else call or read_call(exchange, memory)
    for candidate in hidden or (exchange,):
        failure = _explain(
            candidate, ruleset, memory, credentials_followed=credentials_followed, every_host=every_host, call=call
        )
        known = remember(known, candidate, _ending(candidate, failure), call)
        failures += [failure] if failure is not None else []
    for item in batch_successes(exchange):
        known = remember(known, item, Ending.WORKED)
    return _told_apart(failures), known


def _told_apart(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Failures of one answer with an id each: a batch may ask for the same thing twice, and be refused twice."""
    apart: dict[str, Failure] = {}
    for failure in failures:
        identifier = failure.report.id
        while identifier in apart:
            identifier = f"f-{hashlib.sha256(identifier.encode()).hexdigest()[:12]}"
        apart[identifier] = replace(failure, report=replace(failure.report, id=identifier))
    return tuple(apart.values())


def _ending(exchange: Exchange, failure: Failure | None) -> Ending:
    """How an exchange counts later on. No answer is no refusal, and what failed for another reason is no success."""
    if exchange.response is None or (exchange.hidden and failure is None):
        return Ending.NEITHER
    if failure is not None:
        return Ending.REFUSED
    return Ending.WORKED if exchange.response.status in _SUCCESS else Ending.NEITHER


def _explain(
    exchange: Exchange,
    ruleset: Ruleset,
    memory: Memory,
    *,
    credentials_followed: bool | None = None,
    every_host: bool = False,
    call: Call | None = None,
) -> Failure | None:
    if exchange.response is not None and exchange.response.status in _SUCCESS and not exchange.hidden:
        return None
    roles = ruleset.reference.directory_roles
    facts = collect(exchange, roles, memory, credentials_followed=credentials_followed, call=call)
    diagnosis = diagnose(facts, ruleset)
    if diagnosis is None or not is_failure(facts, diagnosis, every_host=every_host):
        return None
    kind = fingerprint(facts, diagnosis)
    summary = _summarise_exchange(exchange, facts)
    token = _summarise_token(facts)
    report = FailureReport(occurrence_id(exchange, summary), kind, summary, token, diagnosis, notes(facts))
    return Failure(exchange, report)


def occurrence_id(exchange: Exchange, summary: ExchangeSummary, ids: tuple[str, str] | None = None) -> str:
    """An id that the same exchange gets again offline: a digest of what makes it unique, none of it a secret.

    `ids` are its request id and client request id, where the summary is that of another occurrence.
    """
    time = time_of(exchange)
    moment_ms = None if time is None else f"{time:.3f}".replace(".", "")
    ids = ids or (summary.request_id, summary.client_request_id)
    parts = (summary.method, summary.url, moment_ms, *ids, summary.status)
    body = exchange.response.body.content if exchange.response else None
    digest = hashlib.sha256("\0".join(map(str, parts)).encode(errors="replace") + (body or b""))
    return f"f-{digest.hexdigest()[:12]}"


def time_of(exchange: Exchange) -> float | None:
    """When an exchange happened: its start, else the server's Date."""
    started = exchange.started
    return started if started is not None and math.isfinite(started) else exchange.server_time


def _summarise_exchange(exchange: Exchange, facts: Facts) -> ExchangeSummary:
    headers = exchange.response.headers if exchange.response else None
    support = tuple(
        (well_formed(name), well_formed(value))
        for name, value in (headers.fields if headers else ())
        if name.lower() in SUPPORT_HEADERS
    )
    time, trace = time_of(exchange), trace_context(exchange.request.headers)
    return ExchangeSummary(
        method=well_formed(exchange.request.method.upper()),
        url=well_formed(exchange.request.url),
        operation=facts.text("request.operation"),
        service=facts.text("service.name"),
        surface=facts.text("service.surface"),
        cloud=facts.text("service.cloud"),
        status=exchange.response.status if exchange.response else None,
        time=moment(time) if time is not None else "",
        user_agent=facts.text("request.user_agent"),
        speaker=facts.text("speaker.name"),
        request_id=facts.text("response.header.request-id") or facts.text("response.header.x-ms-request-id"),
        client_request_id=facts.text("response.header.client-request-id")
        or facts.text("request.header.client-request-id"),
        support_headers=support,
        error_code=facts.text("error.code"),
        error_message=facts.text("error.message"),
        transport_error=facts.text("transport.error"),
        hidden_in_success=exchange.hidden,
        trace_id=trace.trace_id if trace else "",
        span_id=trace.span_id if trace else "",
    )


def _summarise_token(facts: Facts) -> TokenSummary:
    issued, expires = facts.number("token.issued"), facts.number("token.expires")
    return TokenSummary(
        kind=facts.text("token.kind"),
        scheme=facts.text("token.scheme"),
        audience=facts.text("token.audience"),
        tenant=facts.text("token.tenant"),
        issuer=facts.text("token.issuer"),
        app=facts.text("token.app_id"),
        identity=facts.text("token.identity"),
        app_auth=facts.text("token.app_auth"),
        permissions=facts.names("token.permissions"),
        directory_roles=facts.names("token.directory_roles"),
        issued=moment(issued) if issued is not None else "",
        expires=moment(expires) if expires is not None else "",
        lifetime_state=_lifetime_state(facts),
        unique_id=facts.text("token.claim.uti"),
    )


def _lifetime_state(facts: Facts) -> str:
    """Where the moment of the answer lies in the token's life, by the server's clock; unknown without one."""
    expired_by, early_by = facts.number("token.expired_by"), facts.number("token.early_by")
    if expired_by is None:
        return "unknown"
    if expired_by > 0:
        return "expired"
    return "not-yet-valid" if early_by is not None and early_by > 0 else "valid"
