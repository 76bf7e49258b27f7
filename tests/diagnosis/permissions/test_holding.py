from __future__ import annotations

from proxy_addons.diagnosis.permissions.holding import Holding, holding_of
from proxy_addons.evidence.token_facts import CONSUMER_TENANT
from tests.support.permission_tables import APP, PERSONAL, WORK
from tests.support.wire import EXCHANGE_ADMINISTRATOR, GRAPH, answered, as_json, asked, bearer, facts_of

AUDIENCE = "https://graph.microsoft.com"


def held(**claims: object) -> Holding:
    return holding_of(facts_of(asked(GRAPH, bearer(aud=AUDIENCE, **claims)), answered(403)))


def test_a_users_token_holds_its_scopes() -> None:
    assert held(scp="Mail.Read User.Read") == Holding(WORK, ("Mail.Read", "User.Read"))


def test_the_roles_in_a_users_token_open_nothing() -> None:
    assert held(scp="User.Read", roles=["Mail.Read"]).permissions == ("User.Read",)


def test_a_personal_account_is_a_scheme_of_its_own() -> None:
    assert held(scp="Mail.Read", tid=CONSUMER_TENANT).scheme is PERSONAL


def test_an_apps_token_holds_its_roles() -> None:
    assert held(idtyp="app", roles=["Mail.Read"]) == Holding(APP, ("Mail.Read",))


def test_directory_roles_are_held_too() -> None:
    assert held(idtyp="app", roles=[], wids=[EXCHANGE_ADMINISTRATOR]).directory_roles == ("Exchange Administrator",)


def test_a_token_for_another_api_brings_nothing() -> None:
    facts = facts_of(asked(GRAPH, bearer(aud="https://outlook.office365.com", scp="Mail.Read")), answered(403))
    assert holding_of(facts) == Holding()


def test_a_token_that_does_not_say_whose_it_is_has_no_scheme() -> None:
    assert held(sub="x").scheme is None


def test_of_a_token_nobody_can_read_only_what_the_service_printed_is_known() -> None:
    message = "API requires one of 'A.Read'. Roles on the request 'User.Read.All'."
    answer = answered(403, (), as_json({"error": {"code": "Forbidden", "message": message}}))
    facts = facts_of(asked(GRAPH, (("Authorization", "Bearer EwB" + "a" * 60),)), answer)
    assert holding_of(facts) == Holding(None, ("User.Read.All",))
