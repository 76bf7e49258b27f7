"""A report as a sink gets it, and the golden files that hold what people are shown."""

import os
from dataclasses import replace
from pathlib import Path

from proxy_addons.diagnosis.failure_report import ExchangeSummary, FailureReport, TokenSummary
from proxy_addons.diagnosis.verdict import (
    UNDETERMINED,
    Certainty,
    Diagnosis,
    Evidence,
    Finding,
    Fix,
    Gate,
    GateReading,
    GateState,
    Helper,
)

MISSING_SCOPE = Finding(
    cause="graph-scope-missing",
    title="The token lacks the delegated permission this call needs",
    verdict="The token holds User.Read. GET /users needs User.ReadBasic.All or more.",
    certainty=Certainty.CERTAIN,
    gate=Gate.PERMISSION,
    evidence=(
        Evidence("error.code", "Authorization_RequestDenied", "response body"),
        Evidence("token.scopes", "User.Read", "token claim scp"),
        Evidence("token.identity", "user", "token claim idtyp", supports=False),
    ),
    deciding_test="Decode a fresh token and look for User.ReadBasic.All.",
    fixes=(
        Fix(Helper.ENTRA_ADMIN, "Consent to User.ReadBasic.All."),
        Fix(Helper.DEVELOPER, "Ask for User.ReadBasic.All and fetch a new token.", ("az login",)),
    ),
    propagation="At once, in a new token.",
    references=("https://learn.microsoft.com/graph/permissions-reference",),
)
NOT_LICENSED = Finding(
    cause="graph-license-missing",
    title="The tenant lacks the licence",
    verdict="The tenant may lack the licence.",
    certainty=Certainty.POSSIBLE,
    gate=Gate.RESOURCE,
)
NOTHING_FITS = Finding(
    cause=UNDETERMINED,
    title="Cause not determined",
    verdict="No rule explains this refusal.",
    certainty=Certainty.POSSIBLE,
    gate=Gate.NONE,
)
REPORT = FailureReport(
    id="f-0123456789ab",
    fingerprint="g1-0123456789abcdef",
    exchange=ExchangeSummary(
        method="GET",
        url="https://graph.microsoft.com/v1.0/users",
        operation="GET /users",
        service="graph",
        surface="graph",
        cloud="worldwide",
        status=403,
        time="2026-11-21T12:00:00Z",
        user_agent="python-requests/2.34",
        speaker="graph-gateway",
        request_id="11111111-1111-1111-1111-111111111111",
        client_request_id="22222222-2222-2222-2222-222222222222",
        error_code="Authorization_RequestDenied",
        error_message="Insufficient privileges to complete the operation.",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        span_id="00f067aa0ba902b7",
    ),
    token=TokenSummary(
        kind="jwt",
        scheme="bearer",
        audience="https://graph.microsoft.com",
        tenant="33333333-3333-3333-3333-333333333333",
        app="44444444-4444-4444-4444-444444444444",
        identity="user",
        permissions=("User.Read",),
        lifetime_state="valid",
    ),
    diagnosis=Diagnosis(
        findings=(MISSING_SCOPE, NOT_LICENSED),
        gates=(GateReading(Gate.PERMISSION, GateState.FAILED, "User.ReadBasic.All is missing"),),
    ),
)
UNREACHED = replace(
    REPORT,
    exchange=replace(
        REPORT.exchange, status=None, speaker="", request_id="", error_code="", transport_error="Connect call failed"
    ),
    diagnosis=Diagnosis(findings=(NOTHING_FITS,), gates=()),
)


def led_by(finding: Finding) -> FailureReport:
    """The report with another finding in front."""
    return replace(REPORT, diagnosis=replace(REPORT.diagnosis, findings=(finding,)))


def assert_golden(path: Path, shown: str) -> None:
    """Compare with a golden file; WHY403_WRITE_GOLDEN=1 writes it instead, for a person to look at."""
    if os.environ.get("WHY403_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
