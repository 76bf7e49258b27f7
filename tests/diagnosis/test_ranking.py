from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.ranking import diagnose, is_failure
from proxy_addons.diagnosis.verdict import UNDETERMINED, Certainty, Diagnosis, GateState
from tests.support.permission_tables import data, entry
from tests.support.rulebases import Entry, rule, ruleset
from tests.support.wire import EWS, GRAPH, NOW, TOKEN_ENDPOINT, Pairs, answered, as_json, asked, bearer, facts_of

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Facts

FORBIDDEN = {"response.status": 403}
REFUSED = facts_of(asked(EWS, bearer(aud="https://outlook.office365.com", roles=["A.B"])), answered(403))


def _diagnosed(facts: Facts, *rules: Entry) -> Diagnosis:
    diagnosis = diagnose(facts, ruleset(*rules))
    assert diagnosis is not None
    return diagnosis


def _causes(facts: Facts, *rules: Entry) -> list[str]:
    return [finding.cause for finding in _diagnosed(facts, *rules).findings]


def _certainty(facts: Facts, *rules: Entry) -> Certainty:
    return _diagnosed(facts, *rules).leading.certainty


# What is explained at all


@pytest.mark.parametrize("status", [401, 403, 407, 456])
def test_a_refusal_no_rule_knows_is_undetermined(status: int) -> None:
    diagnosis = _diagnosed(facts_of(asked(EWS), answered(status)))
    assert (diagnosis.leading.cause, diagnosis.leading.certainty) == (UNDETERMINED, Certainty.POSSIBLE)


def test_an_undetermined_refusal_says_what_the_permission_table_finds_missing() -> None:
    refused = facts_of(asked(GRAPH, bearer(aud="https://graph.microsoft.com", scp="User.Read")), answered(403))
    known = replace(ruleset(), permissions=data(entry("POST /me/messages", ["Mail.ReadWrite"])))
    diagnosis = diagnose(refused, known)
    assert diagnosis is not None
    assert diagnosis.leading.cause == UNDETERMINED
    assert (
        "By the permission table POST /me/messages needs Mail.ReadWrite (delegated), and the token does not hold that; "
        "whether that is the reason, the answer leaves open." in diagnosis.leading.verdict
    )
    assert diagnosis.leading.deciding_test.startswith("Grant Mail.ReadWrite and repeat the call with a freshly issued")


@pytest.mark.parametrize("status", [200, 204, 304, 400, 404, 429, 500])
def test_another_answer_no_rule_knows_is_no_failure(status: int) -> None:
    assert diagnose(facts_of(asked(EWS), answered(status)), ruleset()) is None


@pytest.mark.parametrize(("status", "explained"), [(400, True), (401, True), (500, False), (200, False)])
def test_every_error_of_the_token_endpoint_is_explained(status: int, *, explained: bool) -> None:
    assert (diagnose(facts_of(asked(TOKEN_ENDPOINT), answered(status)), ruleset()) is not None) is explained


def test_an_authorize_answer_that_redirects_with_an_error_is_explained() -> None:
    url = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"
    facts = facts_of(asked(url), answered(302, (("Location", "https://app/?error=access_denied"),)))
    assert diagnose(facts, ruleset()) is not None


def test_a_handshake_that_goes_on_is_no_refusal() -> None:
    facts = facts_of(asked(EWS), answered(401, (("WWW-Authenticate", "NTLM TlRMTVNTUAAC"),)))
    assert diagnose(facts, ruleset()) is None


@pytest.mark.parametrize(
    ("status", "headers", "asked_for"),
    [
        (404, (), True),
        (302, (("Location", "/ews/genericerrorpage.htm"),), True),
        (302, (("Location", "https://x/?error=y"),), True),
        (200, (), False),
        (304, (), False),
    ],
)
def test_rules_are_asked_only_where_something_may_have_failed(status: int, headers: Pairs, *, asked_for: bool) -> None:
    found = diagnose(facts_of(asked(EWS), answered(status, headers)), ruleset(rule("a", {"response.status": status})))
    assert (found is not None) is asked_for


def test_rules_are_asked_about_a_failure_inside_a_success() -> None:
    facts = facts_of(asked(EWS), answered(200), hidden=True)
    assert _causes(facts, rule("a", {"error.hidden": True})) == ["a"]


def test_a_redirect_of_another_service_is_nobodys_failure() -> None:
    assert diagnose(facts_of(asked(GRAPH), answered(302)), ruleset(rule("a", {"response.status": 302}))) is None


def test_rules_of_another_service_are_not_asked() -> None:
    assert _causes(REFUSED, rule("a", FORBIDDEN, services=["graph"])) == [UNDETERMINED]


@pytest.mark.parametrize(("status", "reported"), [(429, False), (403, True)])
def test_a_look_alike_is_reported_only_where_the_call_was_refused(status: int, *, reported: bool) -> None:
    facts = facts_of(asked(EWS), answered(status))
    diagnosis = _diagnosed(facts, rule("a", {"response.status": status}, gate="none", lookalike=True))
    assert is_failure(facts, diagnosis) is reported


def test_a_failure_that_is_none_of_the_look_alikes_is_reported() -> None:
    facts = facts_of(asked(EWS), answered(500))
    assert is_failure(facts, _diagnosed(facts, rule("a", {"response.status": 500})))


# Certainty


def _signatures(*pairs: tuple[str, object]) -> list[dict[str, object]]:
    return [{"certainty": certainty, "basis": "observed", "when": when} for certainty, when in pairs]


def test_the_strongest_signature_that_matches_sets_the_certainty() -> None:
    signatures = _signatures(("certain", {"response.status": 401}), ("likely", FORBIDDEN), ("possible", FORBIDDEN))
    assert _certainty(REFUSED, rule("a", FORBIDDEN, signatures=signatures)) is Certainty.LIKELY


@pytest.mark.parametrize(("count", "certainty"), [(1, "likely"), (2, "possible"), (3, "possible")])
def test_each_objection_takes_one_step_off(count: int, certainty: str) -> None:
    against = [{"when": FORBIDDEN, "because": "Something else."}] * count
    assert _certainty(REFUSED, rule("a", FORBIDDEN, against=against)) == certainty


@pytest.mark.parametrize("when", [{"response.status": 401}, {"response.header.x": "y"}])
def test_an_objection_that_does_not_hold_takes_nothing_off(when: object) -> None:
    assert _certainty(REFUSED, rule("a", FORBIDDEN, against=[{"when": when, "because": "No."}])) is Certainty.CERTAIN


def test_an_objection_is_shown_with_what_it_rests_on() -> None:
    against = [{"when": FORBIDDEN, "because": "Something else."}]
    seen = _diagnosed(REFUSED, rule("a", FORBIDDEN, against=against)).leading.evidence[-1]
    assert (seen.fact, seen.value, seen.supports) == ("response.status", "Something else.", False)


PROXIED = facts_of(asked(EWS, bearer(exp=NOW - 99)), answered(403, (("Server", "Zscaler/6.2"),)))


@pytest.mark.parametrize(
    ("gate", "certainty"), [("network", "certain"), ("lifetime", "possible"), ("permission", "possible")]
)
def test_where_a_proxy_answered_a_cause_behind_it_is_no_more_than_possible(gate: str, certainty: str) -> None:
    assert _certainty(PROXIED, rule("a", FORBIDDEN, gate=gate)) == certainty


def test_where_a_proxy_answered_that_is_shown_against_causes_behind_it() -> None:
    seen = _diagnosed(PROXIED, rule("a", FORBIDDEN)).leading.evidence[-1]
    assert (seen.fact, seen.supports, "Zscaler answered" in seen.value) == ("speaker.name", False, True)


def test_a_look_alike_may_be_certain_behind_a_proxy() -> None:
    assert _certainty(PROXIED, rule("a", FORBIDDEN, gate="none", lookalike=True)) is Certainty.CERTAIN


# Order


def test_the_more_certain_cause_leads() -> None:
    rules = [rule("a", FORBIDDEN, certainty="likely"), rule("b", FORBIDDEN, gate="resource")]
    assert _causes(REFUSED, *rules) == ["b", "a"]


def test_among_equals_the_cause_that_outranks_leads_also_through_others() -> None:
    rules = [
        rule("a", FORBIDDEN, gate="network"),
        rule("b", {"response.status": 401}, outranks=["a"]),
        rule("c", FORBIDDEN, gate="resource", outranks=["b"]),
    ]
    assert _causes(REFUSED, *rules) == ["c", "a"]


def test_outranking_does_not_lift_a_weaker_cause() -> None:
    rules = [rule("a", FORBIDDEN, certainty="likely", outranks=["b"]), rule("b", FORBIDDEN)]
    assert _causes(REFUSED, *rules) == ["b", "a"]


def test_what_a_proven_cause_says_more_exactly_is_not_called_certain_beside_it() -> None:
    rules = [
        rule("wide", FORBIDDEN, gate="network"),
        rule("exact", FORBIDDEN, outranks=["narrow"]),
        rule("narrow", {"response.status": 401}, outranks=["wide"]),
        rule("other", FORBIDDEN, gate="resource"),
    ]
    found = _diagnosed(REFUSED, *rules).findings
    assert {finding.cause: finding.certainty for finding in found} == {
        "exact": Certainty.CERTAIN,
        "other": Certainty.CERTAIN,
        "wide": Certainty.LIKELY,
    }


def test_among_equals_the_gate_met_first_leads() -> None:
    assert _causes(REFUSED, rule("a", FORBIDDEN, gate="role"), rule("b", FORBIDDEN, gate="audience")) == ["b", "a"]


def test_among_equals_of_one_gate_the_cause_with_more_evidence_leads() -> None:
    more = [FORBIDDEN, {"token.roles": {"has": "A.B"}}]
    assert _causes(REFUSED, rule("a", FORBIDDEN), rule("b", more)) == ["b", "a"]


def test_evidence_against_counts_against() -> None:
    against = [{"when": FORBIDDEN, "because": "One."}]
    rules = [rule("a", FORBIDDEN, against=against), rule("b", FORBIDDEN, certainty="likely")]
    assert _causes(REFUSED, *rules) == ["b", "a"]


def test_beside_a_certain_cause_possible_ones_are_dropped_and_likely_ones_stay() -> None:
    rules = [rule("a", FORBIDDEN), rule("b", FORBIDDEN, certainty="likely"), rule("c", FORBIDDEN, certainty="possible")]
    assert _causes(REFUSED, *rules) == ["a", "b"]


# What a finding shows


def test_scenery_is_no_evidence() -> None:
    when = [FORBIDDEN, {"service.surface": "ews"}, {"request.host": "outlook.office365.com"}]
    evidence = _diagnosed(REFUSED, rule("a", when)).leading.evidence
    assert [seen.fact for seen in evidence] == ["response.status"]


def test_what_the_service_prints_stands_before_what_the_token_claims() -> None:
    facts = facts_of(asked(EWS, bearer(roles=["A.B"])), answered(403, (), as_json({"error": {"code": "X"}})))
    when = [{"response.status": 403}, {"token.roles": {"has": "A.B"}}, {"error.code": "X"}]
    evidence = _diagnosed(facts, rule("a", when)).leading.evidence
    assert [seen.fact for seen in evidence] == ["error.code", "token.roles", "response.status"]


def test_facts_are_filled_into_verdict_test_and_fix() -> None:
    fix = {"for": "developer", "do": "Give {token.roles}.", "commands": ["run {token.roles}"]}
    entry = rule("a", FORBIDDEN, verdict="It has {token.roles}.", deciding_test="See {token.roles}.", fix=[fix])
    leading = _diagnosed(REFUSED, entry).leading
    assert (leading.verdict, leading.deciding_test) == ("It has A.B.", "See A.B.")
    assert (leading.fixes[0].do, leading.fixes[0].commands) == ("Give A.B.", ("run A.B",))


# Open questions


def test_a_fact_that_keeps_causes_from_being_told_becomes_a_question() -> None:
    facts = facts_of(asked(EWS, (("Authorization", "Bearer opaque"),)), answered(403))
    waiting = [FORBIDDEN, {"token.roles": {"lacks": "X"}}]
    questions = _diagnosed(facts, rule("b", waiting), rule("a", waiting)).open_questions
    assert [question.would_decide for question in questions] == [("a", "b")]
    assert questions[0].question == "Not known from this exchange: token.roles. Application permissions (roles)."


def test_a_rule_of_which_nothing_has_matched_asks_nothing() -> None:
    facts = facts_of(asked(EWS, (("Authorization", "Bearer opaque"),)), answered(403))
    assert _diagnosed(facts, rule("a", {"token.roles": {"lacks": "X"}})).open_questions == ()


def test_a_certain_cause_leaves_no_question_open() -> None:
    facts = facts_of(asked(EWS, (("Authorization", "Bearer opaque"),)), answered(403))
    waiting = [FORBIDDEN, {"token.roles": {"lacks": "X"}}]
    assert _diagnosed(facts, rule("a", FORBIDDEN), rule("b", waiting)).open_questions == ()


# Without a cause


def test_what_was_ruled_out_is_told_where_no_cause_is_known() -> None:
    facts = facts_of(
        asked(EWS, bearer(aud="https://outlook.office365.com")), answered(403, (("X-FEServer", "AS8PR04CA0142"),))
    )
    diagnosis = _diagnosed(facts)
    passed = [gate.because for gate in diagnosis.gates if gate.state is GateState.PASSED]
    assert f"Ruled out: {'; '.join(passed)}." in diagnosis.leading.verdict


def test_where_nothing_was_ruled_out_that_is_told() -> None:
    assert "Nothing could be ruled out." in _diagnosed(facts_of(asked(EWS), answered(403))).leading.verdict


@pytest.mark.parametrize(
    ("words", "reached"),
    [
        ("Name or service not known", False),
        ("Connection refused", False),
        ("Server TLS handshake failed", False),
        ("SSL record layer failure", True),
        ("timed out", True),
        ("connection reset", True),
        ("", True),
    ],
)
def test_a_failed_connection_says_whether_the_call_can_have_arrived(words: str, *, reached: bool) -> None:
    leading = _diagnosed(facts_of(asked(EWS), transport_error=words)).leading
    assert ("Whether the call arrived is not known." in leading.verdict) is reached
    assert leading.cause == UNDETERMINED


@pytest.mark.parametrize(
    ("status", "code", "reported"),
    [(400, "authorization_pending", False), (400, "slow_down", False), (400, "expired_token", True), (429, "x", False)],
)
def test_a_token_request_that_is_only_to_wait_is_no_failure(status: int, code: str, *, reported: bool) -> None:
    facts = facts_of(asked(TOKEN_ENDPOINT), answered(status, (), as_json({"error": code})))
    waiting = rule("a", {"response.status": status}, gate="none", lookalike=True, services=["entra"])
    assert is_failure(facts, _diagnosed(facts, waiting)) is reported


def test_a_device_that_asks_on_is_no_failure_where_nobody_kept_the_answer() -> None:
    asking = asked(TOKEN_ENDPOINT, (), b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code")
    assert diagnose(facts_of(asking, answered(400, (), None)), ruleset(rule("a", FORBIDDEN))) is None


@pytest.mark.parametrize("status", [429, 503])
def test_entra_is_heard_where_it_gives_a_number_although_it_is_busy(status: int) -> None:
    busy = as_json({"error": "temporarily_unavailable", "error_codes": [90033]})
    facts = facts_of(asked(TOKEN_ENDPOINT), answered(status, (), busy))
    look_alike = rule("a", {"response.status": status}, gate="none", lookalike=True, services=["entra"])
    assert is_failure(facts, _diagnosed(facts, look_alike))


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        ("net::ERR_ABORTED", False),
        ("net::ERR_BLOCKED_BY_CLIENT", False),
        ("NS_BINDING_ABORTED", False),
        ("the recording holds no response", False),
        ("net::ERR_CONNECTION_REFUSED", True),
    ],
)
def test_a_call_its_own_client_gave_up_is_no_failure(words: str, *, reported: bool) -> None:
    facts = facts_of(asked(EWS), transport_error=words)
    assert is_failure(facts, _diagnosed(facts)) is reported
