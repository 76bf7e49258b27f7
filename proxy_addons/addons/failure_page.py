"""A refused call as mitmproxy's own screens show it: the whole report as text, and a token's claims as a table.

Drawn from what redaction has let through, like everything else that is shown. A raw token is never part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.report_text import certainty_words, headline, helper_name, printable
from proxy_addons.diagnosis.verdict import GateState
from proxy_addons.evidence.claim_meanings import meaning_of
from proxy_addons.redaction.claim_rules import clean_claims
from proxy_addons.redaction.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxy_addons.diagnosis.failure_report import FailureReport, TokenSummary
    from proxy_addons.diagnosis.verdict import Finding
    from proxy_addons.evidence.bearer_token import BearerToken
    from proxy_addons.redaction.pseudonyms import Pseudonyms

_MARKS: Final = {GateState.PASSED: "✓", GateState.FAILED: "✗", GateState.UNKNOWN: "·"}
_LABEL: Final = 15


def failure_page(reports: Sequence[FailureReport]) -> str:
    """The reports on one flow, one below the other: a batch may hold several."""
    return "\n\n".join("\n".join(map(printable, _lines(report))) for report in reports)


def token_page(token: BearerToken, pseudonyms: Pseudonyms) -> str:
    """The claims of a token with what each means; people behind stand-ins."""
    claims = clean_claims(token.claims, Ledger(pseudonyms))
    if not claims:
        return f"{token.kind}: no claims to read{f' ({token.problem})' if token.problem else ''}"
    shown = {name: _value(value) for name, value in claims.items()}
    width = max(map(len, shown))
    rows = [f"  {name:<{width}}  {value}    {meaning_of(name)}".rstrip() for name, value in shown.items()]
    return "\n".join(map(printable, [f"{token.kind}, decoded and not verified", *rows]))


def _lines(report: FailureReport) -> Iterator[str]:
    leading = report.diagnosis.leading
    yield f"{headline(report)}    {leading.cause}, {certainty_words(leading)}"
    yield ""
    yield leading.title
    yield leading.verdict
    yield ""
    for gate in report.diagnosis.gates:
        yield f"  {_MARKS[gate.state]} {gate.gate:<19} {gate.because}".rstrip()
    yield ""
    yield from _finding(leading)
    for other in report.diagnosis.findings[1:]:
        yield _labelled("or", f"{other.title} ({other.cause}, {certainty_words(other)})")
    yield from (_labelled("before", note) for note in report.notes)
    yield from (_labelled("open", question.question) for question in report.diagnosis.open_questions)
    yield ""
    yield "Token, decoded and not verified"
    yield from _token(report.token)
    yield ""
    yield _labelled("id", f"{report.id}, fingerprint {report.fingerprint}")
    yield from (_labelled("quote", f"{name}: {value}") for name, value in report.exchange.support_headers)


def _finding(finding: Finding) -> Iterator[str]:
    for seen in finding.evidence:
        yield _labelled("evidence" if seen.supports else "against", f"{seen.fact} = {seen.value}  ({seen.seen_in})")
    if finding.deciding_test:
        yield _labelled("decide by", finding.deciding_test)
    for fix in finding.fixes:
        yield _labelled("fix", f"{helper_name(fix.helper)}: {fix.do}")
        yield from (f"{' ' * _LABEL}  {line}" for command in fix.commands for line in command.splitlines())
    if finding.propagation:
        yield _labelled("takes", finding.propagation)


def _token(token: TokenSummary) -> Iterator[str]:
    rows = (
        ("kind", token.kind),
        ("audience", token.audience),
        ("tenant", token.tenant),
        ("app", token.app),
        ("identity", token.identity),
        ("permissions", ", ".join(token.permissions)),
        ("roles", ", ".join(token.directory_roles)),
        ("issued", token.issued),
        ("expires", f"{token.expires} ({token.lifetime_state})" if token.expires else ""),
        ("uti", token.unique_id),
    )
    yield from (_labelled(label, value) for label, value in rows if value)


def _labelled(label: str, text: str) -> str:
    return f"  {label:<{_LABEL - 2}}{text}"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
