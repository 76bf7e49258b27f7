from __future__ import annotations

import pytest

from proxy_addons.diagnosis.foresight import Forecast, foresee
from proxy_addons.diagnosis.permissions.permission_data import PermissionData
from proxy_addons.diagnosis.verdict import Gate, GateState
from proxy_addons.evidence.exchange import Exchange, Headers, Request
from proxy_addons.evidence.facts import Facts, collect
from proxy_addons.intake.rule_files import built_in_tables
from tests.support.wire import NOW, TENANT, asked, bearer, facts_of

PASSED, FAILED, UNKNOWN = GateState
GRAPH = "https://graph.microsoft.com/v1.0"
CLAIMS: dict[str, object] = {
    "aud": "https://graph.microsoft.com",
    "iss": f"https://sts.windows.net/{TENANT}/",
    "tid": TENANT,
    "idtyp": "app",
    "roles": ["Group.Read.All"],
    "nbf": NOW - 600,
    "exp": NOW + 3600,
}
TABLES = built_in_tables().permissions
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"


def _facts(url: str = f"{GRAPH}/groups", /, authorization: str = "", **claims: object) -> Facts:
    fields = (("Authorization", authorization),) if authorization else bearer(**{**CLAIMS, **claims})
    request = Request("GET", url, Headers(tuple(fields)))
    return collect(Exchange(request), {EXCHANGE_ADMINISTRATOR: "Exchange Administrator"})


def _gate(gate: Gate, facts: Facts, data: PermissionData = TABLES) -> Forecast:
    return next(forecast for forecast in foresee(facts, NOW, data) if forecast.gate is gate)


def test_a_token_that_fits_has_no_problem_at_any_gate() -> None:
    forecasts = foresee(_facts(), NOW, TABLES)

    assert [forecast.gate for forecast in forecasts if forecast.problem] == []
    assert {forecast.gate for forecast in forecasts if forecast.state is PASSED} == {
        Gate.TOKEN_FORMAT,
        Gate.SIGN_IN,
        Gate.AUDIENCE,
        Gate.LIFETIME,
        Gate.PERMISSION,
    }


def test_a_token_for_another_api_fails_at_the_audience() -> None:
    forecast = _gate(Gate.AUDIENCE, _facts(aud="https://outlook.office365.com"))

    assert (forecast.state, forecast.problem) == (FAILED, True)
    assert "https://graph.microsoft.com" in forecast.because


def test_of_a_host_nobody_knows_the_audience_is_not_judged() -> None:
    assert _gate(Gate.AUDIENCE, _facts("https://api.contoso.com/")).state is UNKNOWN


@pytest.mark.parametrize(
    ("authorization", "state"),
    [
        ("Bearer not-a-token", FAILED),
        ("Bearer undefined", FAILED),
        ("Bearer", FAILED),
        (f"Bearer EwB{'A' * 400}", UNKNOWN),
    ],
    ids=["malformed", "a client's object", "empty", "a personal account's"],
)
def test_what_is_no_access_token_fails_and_what_cannot_be_read_stays_open(authorization: str, state: GateState) -> None:
    assert _gate(Gate.TOKEN_FORMAT, _facts(authorization=authorization)).state is state


def test_an_id_token_fails_although_it_can_be_read() -> None:
    client = "59c30e1b-87c4-4ba0-a457-bc9c07419ebc"
    facts = facts_of(asked(GRAPH, bearer(aud=client, iss=CLAIMS["iss"], nonce="n", name="Adele")))

    assert _gate(Gate.TOKEN_FORMAT, facts).state is FAILED


def test_a_token_of_another_cloud_fails_at_the_sign_in() -> None:
    assert _gate(Gate.SIGN_IN, _facts(iss=f"https://login.microsoftonline.us/{TENANT}/v2.0")).state is FAILED


def test_an_issuer_that_is_not_entra_leaves_the_sign_in_open() -> None:
    assert _gate(Gate.SIGN_IN, _facts(iss="https://idp.contoso.com/")).state is UNKNOWN


@pytest.mark.parametrize(
    ("tenant", "state"), [(TENANT, PASSED), ("11111111-2222-4333-8444-555555555555", FAILED)], ids=["same", "another"]
)
def test_the_tenant_of_the_address_is_compared(tenant: str, state: GateState) -> None:
    facts = _facts(f"https://outlook.office365.com/adminapi/v2.0/{tenant}/Mailbox")

    assert _gate(Gate.TENANT, facts).state is state


@pytest.mark.parametrize(
    ("claims", "state", "words"),
    [
        ({"exp": NOW - 400}, FAILED, "ended 6 minutes ago"),
        ({"exp": NOW - 100}, UNKNOWN, "within five minutes"),
        ({"exp": NOW + 100}, UNKNOWN, "within five minutes"),
        ({"nbf": NOW + 900}, FAILED, "starts in 15 minutes"),
        ({"nbf": NOW + 200}, PASSED, "another 60 minutes"),
        ({"nbf": None}, PASSED, "another 60 minutes"),
        ({"exp": None}, UNKNOWN, "does not tell"),
    ],
    ids=["over", "just over", "nearly over", "not begun", "about to begin", "no beginning", "no end"],
)
def test_a_lifetime_is_judged_with_the_clock_difference_the_services_forgive(
    claims: dict[str, int | None], state: GateState, words: str
) -> None:
    forecast = _gate(Gate.LIFETIME, _facts(f"{GRAPH}/groups", "", **claims))

    assert forecast.state is state
    assert words in forecast.because


def test_an_app_cannot_be_me() -> None:
    forecast = _gate(Gate.PERMISSION, _facts(f"{GRAPH}/me/messages"))

    assert (forecast.state, forecast.problem) == (FAILED, True)


def test_a_permission_only_the_tables_miss_is_a_problem_and_no_certain_failure() -> None:
    forecast = _gate(Gate.PERMISSION, _facts(roles=["Mail.Read"]))

    assert (forecast.state, forecast.problem) == (UNKNOWN, True)
    assert "likely refused" in forecast.because


def test_a_call_not_offered_to_this_kind_of_caller_is_a_problem() -> None:
    consumer = "9188040d-6c67-4c5b-b112-36a304b66dad"
    facts = _facts(f"{GRAPH}/me/chats", idtyp="user", scp="Chat.Read", roles=[], tid=consumer)

    forecast = _gate(Gate.PERMISSION, facts)

    assert forecast.problem
    assert "not offered to the token of a user" in forecast.because


def test_a_call_the_tables_do_not_know_is_left_to_the_service() -> None:
    assert not _gate(Gate.PERMISSION, _facts(f"{GRAPH}/no/such/thing")).problem


def test_without_a_table_the_permissions_are_told_and_not_judged() -> None:
    forecast = _gate(Gate.PERMISSION, _facts(), PermissionData())

    assert (forecast.state, forecast.problem) == (UNKNOWN, False)
    assert "Group.Read.All" in forecast.because


def test_a_token_without_permissions_may_be_admitted_by_a_grant_outside_of_it() -> None:
    forecast = _gate(Gate.PERMISSION, _facts(roles=[]), PermissionData())

    assert forecast.state is UNKNOWN
    assert "only grants outside the token" in forecast.because


def test_of_a_token_nobody_can_read_neither_permission_nor_role_is_told() -> None:
    facts = _facts(authorization=f"Bearer EwB{'A' * 400}")

    assert _gate(Gate.PERMISSION, facts).because == "the token does not tell what it holds"
    assert _gate(Gate.ROLE, facts).because == "the token does not tell its directory roles"


@pytest.mark.parametrize(
    ("url", "wids", "words"),
    [
        (f"{GRAPH}/groups", [], "shows no directory role"),
        (f"{GRAPH}/groups", [EXCHANGE_ADMINISTRATOR], "Exchange Administrator"),
        (f"https://outlook.office365.com/adminapi/v2.0/{TENANT}/Mailbox", [], "role group of Exchange"),
    ],
    ids=["none", "one", "none on the Admin API"],
)
def test_directory_roles_are_told_and_never_judged(url: str, wids: list[str], words: str) -> None:
    forecast = _gate(Gate.ROLE, _facts(url, wids=wids))

    assert forecast.state is UNKNOWN
    assert words in forecast.because
