from __future__ import annotations

from dataclasses import replace

import pytest

from proxy_addons.evidence.exchange import Exchange, Request
from proxy_addons.evidence.facts import Facts, collect
from proxy_addons.evidence.timeline import NOTHING
from tests.support.story import (
    APP,
    EWS_APP,
    GRAPH_APP,
    ROLES,
    at,
    facts_after,
    issuing,
    remembered,
    without_times,
)
from tests.support.wire import EWS, EXCHANGE_ADMINISTRATOR, NOW, TOKEN_ENDPOINT, answered, as_json, asked, bearer

USERS = "https://graph.microsoft.com/v1.0/users"
GROUPS = "https://graph.microsoft.com/v1.0/groups"
REFUSED = answered(403)
CHALLENGED = answered(401, (("WWW-Authenticate", 'Bearer claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'),))


def sent(url: str = USERS, **claims: object) -> Request:
    return asked(url, bearer(**{**GRAPH_APP, **claims}), method="GET")


def ews(mailbox: str) -> Request:
    return asked(EWS, (*bearer(**EWS_APP), ("X-AnchorMailbox", mailbox)), b"<s:Envelope><s:Body><m:FindItem>")


def of_before(facts: Facts) -> dict[str, object]:
    found: dict[str, object] = {fact.name: fact.value for fact in facts if fact.name.startswith(("before.", "later."))}
    assert found.pop("before.token_worked_for_other_mailbox") is False
    return found


def test_without_a_memory_nothing_is_known_of_before() -> None:
    assert not of_before(facts_after(at(0, sent(), REFUSED)))


def test_an_exchange_without_a_time_has_no_before() -> None:
    last = replace(without_times(at(0, sent())), response=answered(403, date=None))
    assert not of_before(collect(last, ROLES, remembered(at(0, sent()))))


@pytest.mark.parametrize(("url", "worked"), [(USERS, True), (GROUPS, True), (EWS, False)])
def test_a_token_that_worked_on_this_service_is_told(url: str, *, worked: bool) -> None:
    facts = facts_after(at(0, sent(url)), at(9, sent(), REFUSED))
    assert facts.flag("before.token_worked") is worked
    assert facts.number("before.token_worked_ago") == (9 if worked else None)


def test_a_token_seen_for_the_first_time_may_have_worked_or_not() -> None:
    assert facts_after(at(0, sent(uti="a")), at(9, sent(uti="b"), REFUSED)).get("before.token_worked") is None


def test_a_success_that_began_later_is_not_before() -> None:
    facts = facts_after(at(60, sent()), at(0, sent(), REFUSED))
    assert facts.flag("before.token_worked") is False
    assert facts.get("before.app_worked") is None


def test_a_token_that_opened_another_mailbox_minutes_before_is_told() -> None:
    facts = facts_after(at(0, ews("alex@contoso.com")), at(60, ews("adele@contoso.com"), REFUSED))
    assert facts.flag("before.token_worked_for_other_mailbox") is True
    assert facts.flag("before.token_worked_for_this_mailbox") is False


def test_a_token_that_opened_this_mailbox_minutes_before_is_told() -> None:
    facts = facts_after(at(0, ews("Adele@contoso.com")), at(60, ews("adele@contoso.com"), REFUSED))
    assert facts.flag("before.token_worked_for_other_mailbox") is False
    assert facts.flag("before.token_worked_for_this_mailbox") is True


def test_a_mailbox_opened_an_hour_before_says_nothing_of_now() -> None:
    facts = facts_after(at(0, ews("alex@contoso.com")), at(3600, ews("adele@contoso.com"), REFUSED))
    assert facts.flag("before.token_worked_for_other_mailbox") is False
    assert facts.flag("before.token_worked") is True


def test_a_mailbox_that_was_shut_since_is_not_open() -> None:
    alex = ews("alex@contoso.com")
    facts = facts_after(at(0, alex), at(30, alex, REFUSED), at(60, ews("adele@contoso.com"), REFUSED))
    assert facts.flag("before.token_worked_for_other_mailbox") is False


def test_on_graph_another_operation_opens_no_mailbox() -> None:
    facts = facts_after(at(0, sent(f"{USERS}/alex@contoso.com")), at(1, sent(f"{USERS}/adele@contoso.com/messages")))
    assert facts.flag("before.token_worked_for_other_mailbox") is False


def test_a_call_to_no_mailbox_asks_for_none() -> None:
    facts = facts_after(at(0, sent()), at(1, sent(), REFUSED))
    assert facts.get("before.token_worked_for_this_mailbox") is None
    assert facts.flag("before.token_worked_for_other_mailbox") is False


def test_refusals_in_a_row_are_counted_for_the_same_call() -> None:
    story = [at(second, sent(), REFUSED) for second in range(3)]
    assert facts_after(*story, at(9, sent(GROUPS), REFUSED)).number("before.refusals_in_a_row") == 0
    assert facts_after(*story, at(9, sent(), REFUSED)).number("before.refusals_in_a_row") == 3
    assert facts_after(*story, at(5, sent()), at(9, sent(), REFUSED)).number("before.refusals_in_a_row") == 0


def test_a_token_sent_again_after_its_challenge_is_told() -> None:
    facts = facts_after(at(0, sent(), CHALLENGED), at(1, sent(), CHALLENGED))
    assert facts.flag("before.token_was_challenged") is True


def test_a_token_under_way_when_the_challenge_came_was_not_sent_again() -> None:
    facts = facts_after(at(0, sent(), CHALLENGED), at(0.1, sent(), CHALLENGED))
    assert facts.flag("before.token_was_challenged") is False


def test_a_token_that_was_never_challenged_is_told() -> None:
    assert facts_after(at(0, sent()), at(1, sent(), CHALLENGED)).flag("before.token_was_challenged") is False


@pytest.mark.parametrize("unknown", [0, 1], ids=["end of the first", "start of the second"])
def test_whether_the_challenge_came_in_time_is_not_known_without_a_clock(unknown: int) -> None:
    story = [at(0, sent(), CHALLENGED), at(1, sent(), CHALLENGED)]
    story[unknown] = without_times(story[unknown])
    assert facts_after(*story).get("before.token_was_challenged") is None


def test_a_newer_token_of_the_same_holder_is_told_with_what_it_gained() -> None:
    more = {**GRAPH_APP, "iat": NOW, "roles": ["User.Read.All", "Mail.Read"], "wids": [EXCHANGE_ADMINISTRATOR]}
    facts = facts_after(issuing(0, more), at(5, sent(), REFUSED))
    assert of_before(facts) == {
        "before.newer_token_issued": True,
        "before.newer_token_worked": False,
        "before.gained": ("Mail.Read",),
        "before.gained_roles": ("Exchange Administrator",),
        "before.gained_required": None,
    }


def test_the_newest_of_several_newer_tokens_counts() -> None:
    two = [issuing(n, {**GRAPH_APP, "iat": NOW + n, "roles": [f"Role.{n}"]}) for n in (2, 1)]
    assert facts_after(*two, at(5, sent(), REFUSED)).names("before.gained") == ("Role.2",)


@pytest.mark.parametrize(
    "claims",
    [{"iat": NOW - 700}, {"iat": NOW - 600, "uti": "x"}],
    ids=["older", "of the same second"],
)
def test_a_token_that_is_not_newer_gains_nothing(claims: dict[str, object]) -> None:
    facts = facts_after(issuing(0, {**GRAPH_APP, **claims}), at(5, sent(), REFUSED))
    assert facts.flag("before.newer_token_issued") is False
    assert facts.get("before.gained") is None


@pytest.mark.parametrize(
    "claims",
    [{"appid": "another"}, {"tid": "another"}, {"oid": "another"}, {"aud": "https://outlook.office365.com"}],
    ids=["app", "tenant", "user", "service"],
)
def test_a_token_of_somebody_else_is_no_newer_one(claims: dict[str, object]) -> None:
    newer = {**GRAPH_APP, "iat": NOW, **claims}
    assert facts_after(issuing(0, newer), at(5, sent(), REFUSED)).get("before.newer_token_issued") is None


def test_a_token_that_came_while_the_call_was_under_way_could_not_be_sent() -> None:
    facts = facts_after(issuing(0, {**GRAPH_APP, "iat": NOW}), at(0.1, sent(), REFUSED))
    assert facts.get("before.newer_token_issued") is None


def test_a_token_that_tells_no_age_has_no_newer_one() -> None:
    assert facts_after(issuing(0, GRAPH_APP), at(1, sent(iat=None))).get("before.newer_token_issued") is None


def test_a_token_that_names_no_app_belongs_to_nobody() -> None:
    newer = {**GRAPH_APP, "iat": NOW, "appid": None}
    assert facts_after(issuing(0, newer), at(1, sent(appid=None))).get("before.newer_token_issued") is None


@pytest.mark.parametrize(("url", "worked"), [(USERS, True), (GROUPS, False)])
def test_whether_the_newer_token_worked_is_told_for_the_same_operation(url: str, *, worked: bool) -> None:
    facts = facts_after(at(0, sent(url, iat=NOW)), at(5, sent(), REFUSED))
    assert facts.flag("before.newer_token_worked") is worked


@pytest.mark.parametrize(("gained", "required"), [("Mail.Read", True), ("Mail.Send", False)])
def test_whether_what_was_gained_is_what_the_service_wants_is_told(gained: str, *, required: bool) -> None:
    wants = answered(403, (), as_json({"error": {"message": "API requires one of 'Mail.Read, X.Y'"}}))
    facts = facts_after(issuing(0, {**GRAPH_APP, "iat": NOW, "roles": [gained]}), at(5, sent(), wants))
    assert facts.flag("before.gained_required") is required


def test_the_scopes_asked_for_are_told_of_the_token_they_brought() -> None:
    story = issuing(0, GRAPH_APP, scope="Mail.Read+offline_access")
    assert facts_after(story, at(5, sent(), REFUSED)).names("before.requested_scopes") == (
        "Mail.Read",
        "offline_access",
    )


@pytest.mark.parametrize(
    ("then", "headers", "changed"),
    [
        ({}, (), ()),
        ({"uti": "new", "iat": NOW}, (), ()),
        ({"roles": ["Mail.Read"]}, (), ("permissions",)),
        ({"wids": ["x"]}, (), ("roles",)),
        ({"aud": "00000003-0000-0000-c000-000000000000"}, (), ()),
        ({"aud": "https://x"}, (), ("audience",)),
        ({"tid": "u"}, (), ("tenant",)),
        ({"idtyp": "user"}, (), ("identity", "mailbox")),
        ({"oid": "p"}, (), ("user",)),
        ({}, (("User-Agent", "b"),), ("user-agent",)),
    ],
)
def test_what_differs_from_the_last_success_is_named(
    then: dict[str, object], headers: tuple[tuple[str, str], ...], changed: tuple[str, ...]
) -> None:
    now = asked(USERS, (*bearer(**{**GRAPH_APP, **then}), *headers), method="GET")
    facts = facts_after(at(0, sent()), at(60, now, REFUSED))
    assert facts.flag("before.app_worked") is True
    assert facts.number("before.app_worked_ago") == 60
    assert facts.names("before.changed") == changed


def test_another_object_shows_as_another_path() -> None:
    one, other = (sent(f"{GROUPS}/{n}1111111-0000-4000-8000-000000000000") for n in "ab")
    assert facts_after(at(0, one), at(1, other, REFUSED)).names("before.changed") == ("path",)


def test_what_was_lost_since_the_last_success_is_named() -> None:
    had = sent(roles=["User.Read.All", "Mail.Read"], wids=[EXCHANGE_ADMINISTRATOR, "unknown"])
    facts = facts_after(at(0, had), at(60, sent(), REFUSED))
    assert facts.names("before.lost") == ("Mail.Read",)
    assert facts.names("before.lost_roles") == ("Exchange Administrator",)


def test_a_token_request_is_compared_with_the_last_that_worked() -> None:
    elsewhere = Exchange(
        replace(issuing(0, GRAPH_APP).request, url=TOKEN_ENDPOINT.replace("contoso", "fabrikam")),
        answered(401),
        NOW + 9,
    )
    facts = facts_after(issuing(0, GRAPH_APP), elsewhere)
    assert facts.names("before.changed") == ("path", "url-tenant")
    assert facts.get("before.lost") is None


def test_a_success_without_a_token_is_not_compared_with_a_call_that_has_one() -> None:
    form = f"grant_type=client_credentials&client_id={APP}".encode()
    with_token = at(9, asked(TOKEN_ENDPOINT, bearer(**GRAPH_APP), form), answered(401))
    facts = facts_after(issuing(0, GRAPH_APP), with_token)
    assert facts.flag("before.app_worked") is True
    assert facts.get("before.changed") is None


def test_token_requests_of_the_last_five_minutes_are_counted() -> None:
    requests = [issuing(second, GRAPH_APP) for second in (0, 200, 300, 400)]
    assert facts_after(*requests, issuing(501, GRAPH_APP)).number("before.token_requests") == 2


@pytest.mark.parametrize("followed", [True, False])
def test_what_became_of_a_first_hop_is_told(*, followed: bool) -> None:
    facts = collect(at(0, asked(EWS), answered(401)), ROLES, NOTHING, credentials_followed=followed)
    assert facts.flag("later.credentials_followed") is followed
