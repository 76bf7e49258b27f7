"""Reports as JSON: the contract `why403.report/1`, published as a JSON Schema beside the documentation.

Everything here takes a `FailureReport` that has been redacted already; it changes the form, never the content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.diagnosis.failure_report import ExchangeSummary, FailureReport, TokenSummary
    from proxy_addons.diagnosis.verdict import Finding

SCHEMA: Final = "why403.report/1"

type Json = str | int | bool | list["Json"] | dict[str, "Json"] | None


def report_json(
    reports: Sequence[FailureReport], *, source: str, exchanges: int, tool_version: str, rules_revision: str
) -> dict[str, Json]:
    """The whole report: `exchanges` counts what was looked at, `reports` are the failures found in it."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "why403", "version": tool_version},
        "rules": {"revision": rules_revision},
        "source": source,
        "exchanges": exchanges,
        "failures": [failure_json(report) for report in reports],
    }


def failure_json(report: FailureReport, source: str = "") -> dict[str, Json]:
    """One failure of the contract; `source` names the recording it was found in, where there are several."""
    return {
        "id": report.id,
        "fingerprint": report.fingerprint,
        "source": source,
        "exchange": _exchange(report.exchange),
        "token": _token(report.token),
        "gates": [
            {"gate": reading.gate.value, "state": reading.state.value, "because": reading.because}
            for reading in report.diagnosis.gates
        ],
        "findings": [_finding(finding) for finding in report.diagnosis.findings],
        "open_questions": [
            {"question": question.question, "would_decide": list(question.would_decide)}
            for question in report.diagnosis.open_questions
        ],
        "notes": list(report.notes),
    }


def _exchange(exchange: ExchangeSummary) -> dict[str, Json]:
    return {
        "method": exchange.method,
        "url": exchange.url,
        "operation": exchange.operation,
        "service": exchange.service,
        "surface": exchange.surface,
        "cloud": exchange.cloud,
        "status": exchange.status,
        "time": exchange.time,
        "user_agent": exchange.user_agent,
        "speaker": exchange.speaker,
        "request_id": exchange.request_id,
        "client_request_id": exchange.client_request_id,
        "trace_id": exchange.trace_id,
        "span_id": exchange.span_id,
        "headers": [{"name": name, "value": value} for name, value in exchange.support_headers],
        "error_code": exchange.error_code,
        "error_message": exchange.error_message,
        "transport_error": exchange.transport_error,
        "hidden_in_success": exchange.hidden_in_success,
    }


def _token(token: TokenSummary) -> dict[str, Json]:
    return {
        "kind": token.kind,
        "scheme": token.scheme,
        "audience": token.audience,
        "tenant": token.tenant,
        "issuer": token.issuer,
        "app": token.app,
        "identity": token.identity,
        "app_auth": token.app_auth,
        "permissions": list(token.permissions),
        "directory_roles": list(token.directory_roles),
        "lifetime": {"issued": token.issued, "expires": token.expires, "state": token.lifetime_state},
        "unique_id": token.unique_id,
    }


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "cause": finding.cause,
        "title": finding.title,
        "verdict": finding.verdict,
        "certainty": finding.certainty.value,
        "gate": finding.gate.value,
        "lookalike": finding.lookalike,
        "evidence": [
            {"fact": seen.fact, "value": seen.value, "seen_in": seen.seen_in, "supports": seen.supports}
            for seen in finding.evidence
        ],
        "deciding_test": finding.deciding_test,
        "fix": [{"for": fix.helper.value, "do": fix.do, "commands": list(fix.commands)} for fix in finding.fixes],
        "propagation": finding.propagation,
        "references": list(finding.references),
        "documentation": finding.documentation,
    }
