"""A failure report as it may be shown: the same rules as for the exchange, applied to what the diagnosis took from it.

Two sorts of text meet here. Values (evidence, ids, messages) come from the wire and are cleaned as strictly as the wire
itself. Sentences are ours with values filled in: there a word that is not public stays if the wire never said it.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from proxy_addons.evidence.vocabulary import Kind as FactKind, word_for
from proxy_addons.redaction.claim_rules import clean_claim
from proxy_addons.redaction.field_rules import Treatment
from proxy_addons.redaction.fields import clean_field, clean_query, treat
from proxy_addons.redaction.free_text import clean, clean_our_words, settle
from proxy_addons.redaction.header_rules import clean_header, shown_header_name
from proxy_addons.redaction.html_body import clean_html, is_html
from proxy_addons.redaction.urls import clean_path, host

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy_addons.diagnosis.failure_report import ExchangeSummary, FailureReport, TokenSummary
    from proxy_addons.diagnosis.verdict import Diagnosis, Evidence, Finding
    from proxy_addons.redaction.clean_exchange import CleanExchange
    from proxy_addons.redaction.ledger import Ledger

_REMOVED: Final = "<removed>"
_STATES: Final = frozenset({"absent", "yes", "no", "none", "empty", ""})
_SHAPES: Final = frozenset({"guid", "text", "encoded-text", "jwt"})
_CLAIM_OF: Final[Mapping[str, str]] = {
    "token.audience": "aud",
    "token.issuer": "iss",
    "token.tenant": "tid",
    "token.app_id": "appid",
    "token.object_id": "oid",
    "request.user_id": "oid",
    "token.user": "upn",
    "token.scopes": "scp",
    "token.roles": "roles",
    "token.permissions": "roles",
    "token.wids": "wids",
    "error.required_permissions": "roles",
    "error.held_permissions": "roles",
    "before.gained": "roles",
    "before.lost": "roles",
    "before.requested_scopes": "scp",
    "service.audiences": "aud",
    "challenge.authorization_uri": "iss",
}
_HEADER_OF: Final[Mapping[str, str]] = {
    "request.user_agent": "user-agent",
    "request.anchor_mailbox": "x-anchormailbox",
    "response.proxies": "via",
}
_RULE_OF: Final[Mapping[str, Treatment]] = {
    "error.code": Treatment.CODE,
    "error.outer_code": Treatment.CODE,
    "error.codes": Treatment.SCOPES,
    "error.suberror": Treatment.CODE,
    "error.fault_code": Treatment.CODE,
    "request.mailbox": Treatment.USER,
    "ews.impersonated": Treatment.USER,
    "request.tenant": Treatment.TENANT,
}


def clean_report(report: FailureReport, exchange: CleanExchange, ledger: Ledger) -> FailureReport:
    """The report as it may be shown; `exchange` is the same exchange, cleaned before with the same ledger."""
    ledger.place = "report"
    words = _Words(ledger)
    shown = replace(
        report,
        exchange=_exchange(report.exchange, exchange, ledger),
        token=_token(report.token, ledger),
        diagnosis=_diagnosis(report.diagnosis, ledger, words),
        notes=tuple(map(words.ours, report.notes)),
    )
    if not ledger.survives_in("\n".join(texts_of(shown))):
        return shown
    ledger.drop(0, "something forbidden survived")
    return _mapped(shown, lambda text: _REMOVED if ledger.survives_in(text) else text)


def texts_of(value: object) -> list[str]:
    """Every text of a report."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, tuple):
            waiting.extend(one)
        else:
            waiting += [getattr(one, name) for name in _names_of(type(one))]  # type: ignore[arg-type]  # every class has a hash
    return found


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    """The parts of a dataclass; none of anything else."""
    return tuple(part.name for part in fields(kind)) if is_dataclass(kind) else ()


def _mapped[Value](value: Value, change: Callable[[str], str]) -> Value:
    """The same report with every text changed; enumerations, which are ours, stay."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return cast("Value", change(value))
    if isinstance(value, tuple):
        return cast("Value", tuple(_mapped(item, change) for item in value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: _mapped(getattr(value, part.name), change) for part in fields(value)})
    return value


class _Words:
    """Sentences of ours, with the text of the wire at hand to tell its words from ours."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wire = ledger.wire

    def ours(self, sentence: str) -> str:
        return clean_our_words(sentence, self._ledger, self._wire)


def _exchange(summary: ExchangeSummary, exchange: CleanExchange, ledger: Ledger) -> ExchangeSummary:
    def header(name: str, value: str) -> str:
        return settle(clean_header(name, value, ledger), ledger)

    return replace(
        summary,
        method=exchange.method,
        url=exchange.url,
        operation=clean(summary.operation, ledger),
        user_agent=header("user-agent", summary.user_agent),
        speaker=clean(summary.speaker, ledger),
        request_id=header("request-id", summary.request_id),
        client_request_id=header("client-request-id", summary.client_request_id),
        support_headers=tuple(
            (shown_header_name(name, ledger), header(name, value)) for name, value in summary.support_headers
        ),
        error_code=settle(treat(Treatment.CODE, summary.error_code, ledger), ledger),
        error_message=clean(summary.error_message, ledger),
        transport_error=clean(summary.transport_error, ledger),
    )


def _token(token: TokenSummary, ledger: Ledger) -> TokenSummary:
    def claim(name: str, value: str) -> str:
        return clean_claim(name, value, ledger) if value else value

    return replace(
        token,
        scheme=clean(token.scheme, ledger),
        audience=claim("aud", token.audience),
        tenant=claim("tid", token.tenant),
        issuer=claim("iss", token.issuer),
        app=claim("appid", token.app),
        identity=clean(token.identity, ledger),
        app_auth=clean(token.app_auth, ledger),
        permissions=tuple(claim("roles", permission) for permission in token.permissions),
        unique_id=claim("uti", token.unique_id),
    )


def _diagnosis(diagnosis: Diagnosis, ledger: Ledger, words: _Words) -> Diagnosis:
    return replace(
        diagnosis,
        findings=tuple(_finding(finding, ledger, words) for finding in diagnosis.findings),
        gates=tuple(replace(reading, because=words.ours(reading.because)) for reading in diagnosis.gates),
        open_questions=tuple(
            replace(question, question=words.ours(question.question)) for question in diagnosis.open_questions
        ),
    )


def _finding(finding: Finding, ledger: Ledger, words: _Words) -> Finding:
    """Nothing is ever filled into the references: they stay as they stand in the rule."""
    return replace(
        finding,
        title=words.ours(finding.title),
        verdict=words.ours(finding.verdict),
        evidence=tuple(_evidence(seen, ledger, words) for seen in finding.evidence),
        deciding_test=words.ours(finding.deciding_test),
        fixes=tuple(
            replace(fix, do=words.ours(fix.do), commands=tuple(map(words.ours, fix.commands))) for fix in finding.fixes
        ),
        propagation=words.ours(finding.propagation),
    )


def _evidence(seen: Evidence, ledger: Ledger, words: _Words) -> Evidence:
    """What speaks for a cause is a value of the wire; what speaks against it is a sentence of the rule."""
    value = clean_fact(seen.fact, seen.value, ledger) if seen.supports else words.ours(seen.value)
    return replace(seen, value=value, seen_in=words.ours(seen.seen_in))


def clean_fact(name: str, value: str, ledger: Ledger) -> str:
    """A fact's value, as evidence shows it, by the rule of the place it was read from."""
    if name == "request.body_keys":
        return ", ".join(key if ledger.is_public_name(key) else ledger.text(key) for key in value.split(", "))
    word = word_for(name)
    if word is not None and word.kind in {FactKind.NUMBER, FactKind.FLAG}:
        return value
    if value in _STATES or value.casefold() in ledger.facts:
        return value
    prefix, _, rest = name.rpartition(".")
    if prefix in {"request.header", "response.header"}:
        return settle(clean_header(rest, value, ledger), ledger)
    if prefix == "request.form":
        return value if value in _SHAPES else settle(clean_field(rest, value, ledger), ledger)
    if prefix == "token.claim":
        return clean_claim(rest, value, ledger)
    if name in _CLAIM_OF:
        return ", ".join(clean_claim(_CLAIM_OF[name], item, ledger) for item in value.split(", "))
    if name in _HEADER_OF:
        return settle(clean_header(_HEADER_OF[name], value, ledger), ledger)
    if name in _RULE_OF:
        return settle(treat(_RULE_OF[name], value, ledger), ledger)
    return _BY_NAME.get(name, _page)(value, ledger)


def _page(value: str, ledger: Ledger) -> str:
    """A sentence, or the words of a page: some workloads put one into their error message."""
    return settle(clean_html(value, ledger), ledger) if is_html(value) else clean(value, ledger)


_BY_NAME: Final[Mapping[str, Callable[[str, Ledger], str]]] = {
    "request.path": clean_path,
    "request.query": lambda value, ledger: settle(clean_query(value, ledger), ledger),
    "request.host": host,
    "request.mailbox_domain": lambda value, ledger: ledger.domain(value),
}
