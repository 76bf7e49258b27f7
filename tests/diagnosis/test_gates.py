from __future__ import annotations

from types import MappingProxyType

import pytest

from proxy_addons.diagnosis.gates import read_gates
from proxy_addons.diagnosis.verdict import Certainty, Finding, Gate, GateReading, GateState
from proxy_addons.evidence.facts import Fact, Facts
from tests.support.wire import (
    ADMIN_API,
    EWS,
    NOW,
    TENANT,
    TOKEN_ENDPOINT,
    Pairs,
    answered,
    as_json,
    asked,
    bearer,
    facts_of,
)

PASSED, FAILED, UNKNOWN = GateState
FRONT_END: Pairs = (("X-FEServer", "AS8PR04CA0142"), ("request-id", "r"))
CLAIMS: dict[str, object] = {
    "aud": "https://outlook.office365.com",
    "iss": f"https://sts.windows.net/{TENANT}/",
    "tid": TENANT,
    "iat": NOW - 600,
    "nbf": NOW - 600,
    "exp": NOW + 3900,
}


def _facts(status: int = 403, headers: Pairs = (), body: bytes = b"", /, **claims: object) -> Facts:
    """An EWS call with a good token, some claims of it changed, and an answer of Exchange's front end."""
    return facts_of(asked(EWS, bearer(**{**CLAIMS, **claims})), answered(status, FRONT_END + headers, body))


def _message(text: str) -> bytes:
    return as_json({"error": {"code": "x", "message": text}})


def _gate(gate: Gate, facts: Facts, *findings: Finding) -> GateReading:
    return next(reading for reading in read_gates(facts, findings) if reading.gate is gate)


def _blaming(gate: Gate, certainty: Certainty) -> Finding:
    return Finding("a-cause", "The cause", "", certainty, gate)


JUDGED_BY_TOKEN = (Gate.SIGN_IN, Gate.TOKEN_FORMAT, Gate.AUDIENCE, Gate.LIFETIME)


def test_every_gate_is_told_once_and_in_order() -> None:
    assert [reading.gate for reading in read_gates(Facts(), ())] == [gate for gate in Gate if gate is not Gate.NONE]


def test_of_nothing_nothing_is_known() -> None:
    assert {reading.state for reading in read_gates(Facts(), ())} == {UNKNOWN}


@pytest.mark.parametrize("gate", [gate for gate in Gate if gate is not Gate.NONE])
@pytest.mark.parametrize(("certainty", "state"), [("certain", FAILED), ("likely", UNKNOWN), ("possible", UNKNOWN)])
def test_a_gate_fails_only_where_a_certain_finding_names_it(gate: Gate, certainty: str, state: GateState) -> None:
    reading = _gate(gate, _facts(), _blaming(gate, Certainty(certainty)))
    assert (reading.state, "The cause" in reading.because) == (state, True)


def test_a_certain_finding_fails_its_gate_wherever_it_ranks() -> None:
    findings = (_blaming(Gate.ROLE, Certainty.LIKELY), _blaming(Gate.ROLE, Certainty.CERTAIN))
    assert _gate(Gate.ROLE, _facts(), *findings).state is FAILED


@pytest.mark.parametrize("gate", [Gate.NETWORK, *JUDGED_BY_TOKEN])
def test_a_403_of_the_service_shows_that_it_took_the_token(gate: Gate) -> None:
    assert _gate(gate, _facts()).state is PASSED


@pytest.mark.parametrize("gate", [Gate.PERMISSION, Gate.ROLE, Gate.POLICY, Gate.RESOURCE, Gate.CONDITIONAL_ACCESS])
def test_gates_no_claim_can_speak_for_stay_unknown(gate: Gate) -> None:
    assert _gate(gate, _facts()) == GateReading(gate, UNKNOWN, "this exchange does not tell")


# A token is never verified here


@pytest.mark.parametrize("gate", [Gate.SIGN_IN, Gate.TOKEN_FORMAT])
def test_after_a_401_nobody_outside_knows_whether_the_token_is_genuine(gate: Gate) -> None:
    assert _gate(gate, _facts(401)).state is UNKNOWN


@pytest.mark.parametrize(
    ("number", "state"), [(2_000_000, UNKNOWN), (2_000_001, UNKNOWN), (2_000_003, PASSED), (2_000_008, PASSED)]
)
def test_diagnostics_tell_whether_exchange_has_read_the_token(number: int, state: GateState) -> None:
    facts = _facts(401, (("x-ms-diagnostics", f'{number};reason="x"'),))
    assert (_gate(Gate.TOKEN_FORMAT, facts).state, _gate(Gate.SIGN_IN, facts).state) == (state, state)


def test_a_403_that_calls_the_token_invalid_leaves_it_in_doubt() -> None:
    facts = _facts(403, (), as_json({"error": {"code": "InvalidAuthenticationToken"}}))
    assert _gate(Gate.TOKEN_FORMAT, facts).state is UNKNOWN


def test_an_issuer_other_than_entra_says_nothing_about_signing_in() -> None:
    assert _gate(Gate.SIGN_IN, _facts(iss="https://example.com")).state is UNKNOWN


def test_a_token_nobody_can_read_has_no_known_format() -> None:
    facts = facts_of(asked(EWS, (("Authorization", "Bearer opaque"),)), answered(403, FRONT_END))
    assert _gate(Gate.TOKEN_FORMAT, facts).state is UNKNOWN


# The service's own words stand above the claims


@pytest.mark.parametrize(
    ("gate", "headers", "body"),
    [
        (Gate.AUDIENCE, (("x-ms-diagnostics", "2000003"),), b""),
        (
            Gate.AUDIENCE,
            (),
            _message("Access token validation failure. Invalid audience."),
        ),
        (Gate.LIFETIME, (("x-ms-diagnostics", "2000002"),), b""),
        (
            Gate.LIFETIME,
            (),
            _message("Lifetime validation failed, the token is expired."),
        ),
        (Gate.LIFETIME, (("WWW-Authenticate", 'Bearer error_description="revoked"'),), b""),
        (Gate.TENANT, (("x-ms-diagnostics", "2000004"),), b""),
    ],
)
def test_a_gate_the_answer_speaks_of_has_not_passed(gate: Gate, headers: Pairs, body: bytes) -> None:
    facts = facts_of(asked(ADMIN_API, bearer(**CLAIMS)), answered(401, FRONT_END + headers, body))
    reading = _gate(gate, facts)
    assert (reading.state, "yet the answer speaks of" in reading.because) == (UNKNOWN, True)


# Claims


@pytest.mark.parametrize(("tenant", "state"), [(TENANT, PASSED), ("another", UNKNOWN)])
def test_the_tenant_passes_where_it_is_the_urls(tenant: str, state: GateState) -> None:
    facts = facts_of(asked(ADMIN_API, bearer(**{**CLAIMS, "tid": tenant})), answered(403, FRONT_END))
    assert _gate(Gate.TENANT, facts).state is state


def test_another_audience_does_not_pass() -> None:
    assert _gate(Gate.AUDIENCE, _facts(aud="https://graph.microsoft.com")).state is UNKNOWN


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, PASSED),
        ({"nbf": None}, PASSED),
        ({"exp": NOW - 1}, UNKNOWN),
        ({"exp": NOW}, UNKNOWN),
        ({"exp": None}, UNKNOWN),
        ({"nbf": NOW + 60}, UNKNOWN),
        ({"nbf": "soon"}, UNKNOWN),
    ],
)
def test_the_lifetime_passes_where_the_servers_clock_lies_within_it(
    changes: dict[str, object], state: GateState
) -> None:
    assert _gate(Gate.LIFETIME, _facts(**changes)).state is state


def test_the_clock_of_the_capture_does_not_pass_a_lifetime() -> None:
    facts = facts_of(asked(EWS, bearer(**CLAIMS)), answered(403, FRONT_END, date=None), started=float(NOW))
    reading = _gate(Gate.LIFETIME, facts)
    assert (reading.state, "by the clock of whoever recorded this" in reading.because) == (UNKNOWN, True)


# Who judged


def test_a_failed_connection_is_a_failed_network_and_nothing_else_is_known() -> None:
    facts = facts_of(asked(EWS, bearer(**CLAIMS)), transport_error="Connection refused")
    assert _gate(Gate.NETWORK, facts) == GateReading(Gate.NETWORK, FAILED, "no answer: the connection failed (connect)")
    assert {_gate(gate, facts).because for gate in JUDGED_BY_TOKEN} == {"no answer came"}


@pytest.mark.parametrize("headers", [(("Server", "Zscaler/6.2"),), (("Server", "cloudflare"),), ()])
def test_where_the_service_may_not_have_answered_no_gate_of_its_own_passes(headers: Pairs) -> None:
    facts = facts_of(asked(EWS, bearer(**CLAIMS)), answered(403, headers))
    assert {_gate(gate, facts).state for gate in (Gate.NETWORK, *JUDGED_BY_TOKEN)} == {UNKNOWN}


def test_somebody_in_between_is_named() -> None:
    facts = facts_of(asked(EWS), answered(403, (("Server", "Zscaler/6.2"),)))
    assert _gate(Gate.NETWORK, facts).because == "answered by Zscaler, not by the service"


def test_an_unnamed_server_with_microsofts_ids_is_the_service() -> None:
    facts = facts_of(asked("https://example.com/"), answered(403, (("x-ms-request-id", "r"),)))
    assert _gate(Gate.NETWORK, facts).state is PASSED


def test_entra_itself_judges_no_token_it_was_not_sent() -> None:
    facts = facts_of(asked(TOKEN_ENDPOINT), answered(400, (("x-ms-request-id", "r"),), as_json({"error": "x"})))
    assert {_gate(gate, facts).state for gate in JUDGED_BY_TOKEN} == {UNKNOWN}


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("granted", "what the token has is enough by the permission table for GET /me/messages: Mail.Read"),
        ("missing", "the call needs Mail.Read (delegated) by the permission table for GET /me/messages"),
        ("unsupported-scheme", "the call is not offered to delegated-work tokens by the permission table"),
        ("unknown", "this exchange does not tell"),
    ],
)
def test_a_permission_table_is_quoted_and_never_passes_the_gate(verdict: str, told: str) -> None:
    said = {
        "permission.verdict": verdict,
        "permission.operation": "GET /me/messages",
        "permission.needed": "Mail.Read (delegated)",
        "permission.scheme": "delegated-work",
    }
    known = _facts(scp="Mail.Read").by_name
    facts = Facts(MappingProxyType({**known, **{name: Fact(name, value, "table") for name, value in said.items()}}))
    (reading,) = (each for each in read_gates(facts, ()) if each.gate is Gate.PERMISSION)
    assert (reading.state, reading.because[: len(told)]) == (UNKNOWN, told)
