from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.evidence.response_facts import TRANSPORT_STAGES, transport_stage
from tests.support.wire import EWS, GRAPH, TOKEN_ENDPOINT, Pairs, answered, as_json, asked, facts_of

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Facts


def _facts(headers: Pairs = (), body: bytes | None = b"", *, status: int = 401, truncated: bool = False) -> Facts:
    return facts_of(asked(GRAPH), answered(status, headers, body, truncated=truncated))


def _absent(facts: Facts, name: str) -> bool:
    fact = facts.get(name)
    return fact is not None and fact.value is None


def test_without_an_answer_the_failure_of_the_connection_is_told() -> None:
    facts = facts_of(asked(EWS), transport_error="[Errno 111] Connect call failed ('192.0.2.1', 443)")
    assert (facts.text("transport.stage"), facts.text("speaker.name"), facts.number("response.status")) == (
        "connect",
        "none",
        None,
    )


def test_without_an_answer_and_without_a_reason_that_is_told() -> None:
    assert facts_of(asked(EWS)).text("transport.error") == "no response"


def test_with_an_answer_a_transport_error_is_known_to_be_absent() -> None:
    assert _absent(facts_of(asked(EWS), answered(), transport_error="late"), "transport.error")


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("[Errno -2] Name or service not known", "dns"),
        ("net::ERR_NAME_NOT_RESOLVED", "dns"),
        ("Server TLS handshake failed. Certificate verify failed", "tls"),
        ("net::ERR_CERT_AUTHORITY_INVALID", "tls"),
        ("timed out", "timeout"),
        ("net::ERR_TIMED_OUT", "timeout"),
        ("server closed connection", "reset"),
        ("net::ERR_CONNECTION_RESET", "reset"),
        ("Client disconnected.", "reset"),
        ("HTTP/2 protocol error", "protocol"),
        ("[Errno 111] Connection refused", "connect"),
        ("net::ERR_PROXY_CONNECTION_FAILED", "connect"),
        ("Connection lost somewhere", "other"),
        ("", "other"),
    ],
)
def test_the_stage_of_a_failed_connection_is_told_from_its_words(words: str, stage: str) -> None:
    assert transport_stage(words) == stage
    assert stage in TRANSPORT_STAGES


def test_headers_of_the_answer_are_told_and_cookies_are_not() -> None:
    facts = _facts((("Retry-After", "30"), ("Set-Cookie", "secret")))
    assert (facts.text("response.header.retry-after"), facts.text("response.header.set-cookie")) == ("30", "sent")


def test_the_day_of_the_answer_is_told_in_utc() -> None:
    response = answered(403, date="Sun, 22 Nov 2026 00:30:00 +0100")
    assert facts_of(asked(), response).text("response.date_day") == "2026-11-21"


def test_an_answer_without_a_date_has_no_day() -> None:
    assert facts_of(asked(), answered(403, date=None)).get("response.date_day") is None


def test_intermediaries_are_told_in_order() -> None:
    assert _facts((("Via", "1.1 a (squid/4.6), , 1.0 b"), ("Via", "c"))).names("response.proxies") == (
        "1.1 a (squid/4.6)",
        "1.0 b",
        "c",
    )


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://app.contoso.com/cb?error=access_denied&x=1", "access_denied"),
        ("https://app.contoso.com/cb#error=consent_required", "consent_required"),
        ("https://app.contoso.com/cb?code=1", ""),
        ("https://[bad", ""),
        ("?" + "a=b&" * 200, ""),
    ],
)
def test_the_error_of_a_redirect_is_read(location: str, error: str) -> None:
    assert _facts((("Location", location),), status=302).text("response.redirect_error") == error


@pytest.mark.parametrize(
    ("body", "text"), [(b"<html>no</html>", "<html>no</html>"), (b"{}", ""), (b"x" * 9000, "x" * 4000)]
)
def test_the_text_of_a_page_is_told_and_cut(body: bytes, text: str) -> None:
    assert _facts((), body).text("response.body_text") == text


def test_a_body_nobody_captured_has_no_size_and_no_error_that_are_known() -> None:
    facts = _facts((), None)
    assert (facts.text("response.body_kind"), facts.get("response.body_size"), facts.get("error.code")) == (
        "not-captured",
        None,
        None,
    )


def test_a_page_packed_into_a_message_tells_who_answered() -> None:
    body = as_json(
        {"error": {"code": "UnknownError", "message": "<html>Microsoft-Azure-Application-Gateway/v2</html>"}}
    )
    assert _facts((("request-id", "r"),), body, status=403).text("speaker.name") == "waf"


# Challenges

CLAIMS = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7InZhbHVlIjoiMTcyNjI1ODEyMiJ9LCJhY3JzIjp7InZhbHVlcyI6WyJjMSIsImMyIl19fX0="


def test_a_claims_challenge_is_told_whole() -> None:
    field = (
        'PoP nonce="x", Bearer authorization_uri="https://login", error="insufficient_claims", '
        f'errorDescription="Continuous access evaluation … and code: TokenIssued", claims="{CLAIMS}"'
    )
    facts = _facts((("WWW-Authenticate", field),))
    assert facts.names("challenge.schemes") == ("pop", "bearer")
    assert [facts.text(f"challenge.{name}") for name in ("error", "cae_code", "acrs", "authorization_uri")] == [
        "insufficient_claims",
        "TokenIssued",
        "c1 c2",
        "https://login",
    ]
    assert (facts.flag("challenge.has_claims"), facts.number("challenge.nbf")) == (True, 1_726_258_122)
    assert facts.names("challenge.claim_names") == ("nbf", "acrs")


def test_of_several_challenges_the_one_with_claims_is_told() -> None:
    fields = (("WWW-Authenticate", 'Bearer error="invalid_token"'), ("WWW-Authenticate", f'Bearer claims="{CLAIMS}"'))
    facts = _facts(fields)
    assert (facts.flag("challenge.has_claims"), _absent(facts, "challenge.error")) == (True, True)


def test_a_challenge_without_claims_demands_none() -> None:
    facts = _facts((("WWW-Authenticate", 'Bearer realm=""'),))
    assert (facts.flag("challenge.has_claims"), facts.names("challenge.claim_names")) == (False, ())
    assert _absent(facts, "challenge.nbf")


def test_what_claims_nobody_can_read_demand_is_not_known() -> None:
    facts = _facts((("WWW-Authenticate", 'Bearer claims="%%%"'),))
    assert (facts.flag("challenge.has_claims"), facts.get("challenge.claim_names")) == (True, None)


def test_an_answer_without_a_challenge_is_known_to_have_none() -> None:
    facts = _facts()
    assert (facts.flag("challenge.present"), facts.names("challenge.schemes")) == (False, ())


@pytest.mark.parametrize(
    ("field", "goes_on"),
    [("NTLM TlRMTVNTUAAC", True), ("Negotiate oYIB==", True), ("NTLM", False), ("Bearer abc", False)],
)
def test_a_handshake_that_goes_on_is_told(field: str, *, goes_on: bool) -> None:
    assert _facts((("WWW-Authenticate", field),)).flag("challenge.in_handshake") is goes_on


# Diagnostics and errors


def test_diagnostics_are_told() -> None:
    facts = _facts((("x-ms-diagnostics", '2000003;reason="Bad aud.";error_category="invalid_resource"'),))
    assert (
        facts.number("diagnostics.number"),
        facts.text("diagnostics.reason"),
        facts.text("diagnostics.category"),
    ) == (
        2_000_003,
        "Bad aud.",
        "invalid_resource",
    )


def test_an_answer_without_diagnostics_is_known_to_have_none() -> None:
    assert _absent(_facts(), "diagnostics.number")


def test_an_error_is_told() -> None:
    facts = _facts((), as_json({"error": {"code": "Forbidden", "message": "Roles on the request 'A.B'"}}))
    assert (facts.text("error.dialect"), facts.text("error.code"), facts.names("error.held_permissions")) == (
        "graph",
        "Forbidden",
        ("A.B",),
    )


def test_an_answer_without_an_error_is_known_to_have_none() -> None:
    facts = _facts((), b"")
    assert (facts.text("error.dialect"), _absent(facts, "error.code")) == ("none", True)


def test_permissions_a_service_did_not_print_are_not_known() -> None:
    assert _facts((), as_json({"error": {"code": "Forbidden"}})).get("error.held_permissions") is None


def test_the_error_of_a_body_cut_off_is_not_known() -> None:
    facts = _facts((), b'{"error": {"code": "Forb', truncated=True)
    assert (facts.text("response.body_kind"), facts.get("error.code")) == ("json", None)


def test_an_error_found_before_the_cut_is_told() -> None:
    body = b"<s:Envelope><s:Body><s:Fault><faultcode>a:ErrorAccessDenied</faultcode><detail>"
    assert _facts((), body, truncated=True).text("error.code") == "ErrorAccessDenied"


def test_an_entra_error_is_told() -> None:
    body = as_json(
        {"error": "interaction_required", "error_codes": [50076], "suberror": "basic_action", "claims": "{}"}
    )
    facts = facts_of(asked(TOKEN_ENDPOINT), answered(400, (), body))
    assert (facts.number("error.aadsts"), facts.text("error.suberror"), facts.flag("error.has_claims")) == (
        50076,
        "basic_action",
        True,
    )


def test_a_message_longer_than_any_is_cut() -> None:
    assert len(_facts((), as_json({"error": {"message": "x" * 9000}})).text("error.message")) == 4000


def test_without_the_servers_clock_the_recorders_day_will_do() -> None:
    facts = facts_of(asked(EWS), answered(403, date=None), started=1_795_262_400.0)
    assert facts.text("response.date_day") == "2026-11-21"


@pytest.mark.parametrize("started", [None, 1e300])
def test_a_day_no_calendar_holds_is_not_known(started: float | None) -> None:
    assert facts_of(asked(EWS), answered(403, date=None), started=started).get("response.date_day") is None
