from dataclasses import replace

import pytest

from proxy_addons.diagnosis.failure_report import ExchangeSummary, FailureReport, TokenSummary
from proxy_addons.diagnosis.verdict import (
    Certainty,
    Diagnosis,
    Evidence,
    Finding,
    Fix,
    Gate,
    GateReading,
    GateState,
    Helper,
    OpenQuestion,
)
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.redaction.clean_exchange import clean_exchange
from proxy_addons.redaction.clean_report import clean_fact, clean_report
from tests.redaction.notes import ledger, plain
from tests.support.wire import jwt

GUID = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"
JANE = "jane.doe@contoso.com"
EXCHANGE = Exchange(
    Request(
        "GET",
        f"https://graph.microsoft.com/v1.0/users/{JANE}",
        Headers((("Authorization", f"Bearer {jwt({'upn': JANE, 'oid': GUID})}"),)),
    ),
    Response(
        403, Headers((("request-id", GUID.replace("0", "1")),)), Body(b'{"error":{"message":"No Falkenberg for you"}}')
    ),
)
FINDING = Finding(
    cause="graph-scope-missing",
    title="The permission is missing",
    verdict=f"{JANE} may not read Falkenberg. Ask Kestrel's helpdesk.",
    certainty=Certainty.LIKELY,
    gate=Gate.PERMISSION,
    evidence=(
        Evidence("request.mailbox", JANE, "request URL"),
        Evidence("error.message", "No Falkenberg for you", "response body"),
        Evidence("response.status", "403", "response status line"),
    ),
    deciding_test="Call https://graph.microsoft.com/v1.0/me with the token.",
    fixes=(Fix(Helper.DEVELOPER, f"Ask as {JANE}", (f"Get-MgUser -UserId {JANE}",)),),
    propagation="Minutes.",
    references=("https://learn.microsoft.com/graph/permissions-reference",),
)
REPORT = FailureReport(
    id="f-0123456789ab",
    fingerprint="g1-0123456789abcdef",
    exchange=ExchangeSummary(
        method="GET",
        url=EXCHANGE.request.url,
        operation="GET /users/{id}",
        service="graph",
        surface="graph",
        cloud="worldwide",
        status=403,
        time="2026-11-21T12:00:00Z",
        user_agent="python-requests/2.34 (Tove)",
        speaker="graph-gateway",
        request_id=GUID.replace("0", "1"),
        client_request_id="jane-was-here",
        support_headers=(("request-id", GUID.replace("0", "1")), ("X-Falkenberg", "x")),
        error_code="Forbidden",
        error_message="No Falkenberg for you",
        transport_error="",
    ),
    token=TokenSummary(
        kind="jwt",
        scheme="bearer",
        audience="https://graph.microsoft.com",
        tenant=GUID.replace("0", "2"),
        issuer=f"https://sts.windows.net/{GUID.replace('0', '2')}/",
        app=GUID.replace("0", "3"),
        identity="user",
        permissions=("Mail.Read", JANE),
        directory_roles=("Exchange Administrator",),
        unique_id="xK2mQ8vT5wL1nR7cJ4pZaA",
    ),
    diagnosis=Diagnosis(
        (FINDING,),
        (GateReading(Gate.AUDIENCE, GateState.PASSED, "the audience fits"),),
        (OpenQuestion(f"Is {JANE} licensed?", ("x",)),),
    ),
    notes=("Falkenberg was named",),
)


def shown(report: FailureReport = REPORT) -> FailureReport:
    notes = ledger()
    return clean_report(report, clean_exchange(EXCHANGE, notes), notes)


def test_people_get_their_stand_ins_in_every_text() -> None:
    assert JANE not in repr(shown())
    finding = shown().diagnosis.leading
    assert plain(finding.verdict) == "<user> may not read <text>. Ask Kestrel's helpdesk."
    assert plain(finding.fixes[0].commands[0]) == "Get-MgUser -UserId <user>"
    assert plain(shown().diagnosis.open_questions[0].question) == "Is <user> licensed?"
    assert plain(finding.evidence[0].value) == "<user>"


def test_what_only_the_wire_said_is_cleaned_as_the_wire_is() -> None:
    exchange = shown().exchange
    assert exchange.error_message == "No <text> for you"
    assert exchange.user_agent == "python-requests/2.34 (<text>)"
    assert exchange.client_request_id == "<text>"
    assert plain(exchange.url) == "https://graph.microsoft.com/v1.0/users/<user>"
    assert shown().notes == ("<text> was named",)


def test_facts_and_our_own_words_stay() -> None:
    report = shown()
    assert report.exchange.request_id == REPORT.exchange.request_id
    assert report.exchange.support_headers == (
        ("request-id", REPORT.exchange.request_id),
        ("<text:up-to-16>", "<text:up-to-16>"),
    )
    assert report.diagnosis.leading.references == FINDING.references
    assert report.diagnosis.leading.deciding_test == FINDING.deciding_test
    assert report.diagnosis.gates == REPORT.diagnosis.gates
    assert report.token == replace(REPORT.token, permissions=("Mail.Read", "<text:up-to-64>"))


def test_a_link_of_a_rule_stays_whole_even_where_the_wire_said_its_words() -> None:
    link = "https://learn.microsoft.com/entra/identity-platform/v2-falkenberg-grant-flow"
    finding = replace(FINDING, references=(link,))
    report = shown(replace(REPORT, diagnosis=replace(REPORT.diagnosis, findings=(finding,))))
    assert report.diagnosis.leading.references == (link,)


def test_a_sentence_against_a_cause_is_ours_and_stays_but_for_the_words_of_the_wire() -> None:
    told = f"A kestrel fetches tokens; {JANE} and Falkenberg do not."
    against = Evidence("token.identity", told, "token claim idtyp", supports=False)
    finding = replace(FINDING, evidence=(against,))
    report = shown(replace(REPORT, diagnosis=replace(REPORT.diagnosis, findings=(finding,))))
    assert plain(report.diagnosis.leading.evidence[0].value) == "A kestrel fetches tokens; <user> and <text> do not."


def test_a_text_in_which_something_forbidden_survives_is_removed_and_no_other() -> None:
    notes = ledger()
    clean = clean_exchange(EXCHANGE, notes)
    notes.secret("Exchange Administrator")
    report = clean_report(REPORT, clean, notes)
    assert report.token.directory_roles == ("<removed>",)
    assert report.token.audience == "https://graph.microsoft.com"
    assert report.diagnosis.leading.certainty is Certainty.LIKELY
    assert notes.dropped()[-1].reason == "something forbidden survived"


@pytest.mark.parametrize(
    ("fact", "value", "cleaned"),
    [
        ("token.roles", "none", "none"),
        ("token.roles", f"Mail.Read, {JANE}", "Mail.Read, <text:up-to-64>"),
        ("token.claim.name", "Tove Lindqvist", "<name>"),
        ("request.header.x-anchormailbox", f"SMTP:{JANE}", "SMTP:<user>"),
        ("response.header.retry-after", "120", "120"),
        ("request.form.client_secret", "guid", "guid"),
        ("request.form.username", JANE, "<user>"),
        ("request.user_agent", "Tool/1.0", "Tool/1.0"),
        ("request.mailbox", JANE, "<user>"),
        ("request.user_id", "6e7b768e-07e2-4810-8459-485f84f8f204", "<user>"),
        ("error.code", "ErrorX", "ErrorX"),
        ("request.path", f"/v1.0/users/{JANE}", "/v1.0/users/<user>"),
        ("request.query", "$search=Tove", "$search=<text:up-to-16>"),
        ("request.host", "mail.contoso.com", "mail.contoso.com"),
        ("request.mailbox_domain", "contoso.com", "contoso.com"),
        ("request.body_keys", "passwordprofile, falkenberg", "passwordprofile, <text:up-to-16>"),
        ("response.body_text", "Denied, Tove", "Denied, <text>"),
    ],
)
def test_evidence_follows_the_rule_of_the_place_it_was_read_from(fact: str, value: str, cleaned: str) -> None:
    assert plain(clean_fact(fact, value, ledger())) == cleaned
