from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.evidence.bearer_token import BearerToken
from proxy_addons.evidence.token_facts import CONSUMER_TENANT, moments_named
from tests.support.wire import (
    ADMIN_API,
    EWS,
    EXCHANGE_ADMINISTRATOR,
    GRAPH,
    NOW,
    ON_PREMISES,
    TENANT,
    answered,
    asked,
    bearer,
    facts_of,
    jwt,
    token_facts,
)

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Facts

APP = "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36"


def _value(facts: Facts, name: str) -> object:
    fact = facts.get(name)
    return "not known" if fact is None else fact.value


def test_without_a_header_the_token_is_known_to_be_absent() -> None:
    facts = facts_of(asked(EWS))
    assert (_value(facts, "token.scheme"), facts.text("token.kind")) == (None, "absent")


@pytest.mark.parametrize(
    "name", ["token.roles", "token.audience", "token.claim.aud", "token.identity", "token.expires"]
)
def test_what_an_opaque_token_holds_is_not_known(name: str) -> None:
    facts = facts_of(asked(GRAPH, (("Authorization", "Bearer EwBwA8l6BAAU" + "a" * 60),)))
    assert (_value(facts, name), facts.flag("token.consumer")) == ("not known", True)


def test_a_token_without_any_claim_is_known_to_lack_them() -> None:
    assert token_facts({}).flag("token.has_permissions") is False


def test_what_a_token_sent_twice_holds_is_not_known() -> None:
    facts = facts_of(asked(EWS, bearer(aud="x") + bearer(aud="y")))
    assert (facts.text("token.problem"), _value(facts, "token.audience")) == ("several", "not known")


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("x", "x"),
        (5, "5"),
        (True, "true"),
        (["a", 1, False, ["b"]], "a 1 false"),
        ({"jwk": {}}, "(object)"),
        (None, None),
    ],
)
def test_a_claim_is_told_as_text(claim: object, text: str | None) -> None:
    assert _value(token_facts({"Foo": claim}), "token.claim.foo") == text


def test_claims_nested_beyond_reason_are_told_as_far_as_they_go() -> None:
    deep: object = "x"
    for _ in range(900):
        deep = [deep]
    assert _value(token_facts({"foo": deep}), "token.claim.foo") == ""


# Audience and issuer


@pytest.mark.parametrize(
    ("url", "audience", "matches"),
    [
        (EWS, "https://outlook.office365.com/", True),
        (EWS, "https://graph.microsoft.com", False),
        (EWS, ["https://graph.microsoft.com", "https://outlook.office.com"], True),
        (EWS, None, "not known"),
        (ON_PREMISES, "https://mail.contoso.com", True),
        (ON_PREMISES, "https://autodiscover.contoso.com", "not known"),
        ("https://example.com/", "https://example.com", "not known"),
    ],
)
def test_whether_the_audience_fits_is_told_where_it_is_known(url: str, audience: object, matches: object) -> None:
    assert _value(token_facts({"aud": audience}, url), "token.audience_matches") == matches


def test_owner_and_cloud_of_the_audience_are_told() -> None:
    facts = token_facts({"aud": "https://outlook.office365.us"})
    assert (facts.text("token.audience_service"), facts.text("token.audience_cloud")) == ("exchange", "usgov-high")


@pytest.mark.parametrize(
    ("claims", "is_id_token"),
    [
        ({"aud": APP, "nonce": "n", "preferred_username": "a@b.c"}, True),
        ({"aud": APP, "nonce": "n", "azp": APP}, True),
        ({"aud": APP, "nonce": "n", "azp": TENANT}, False),
        ({"aud": APP, "nonce": "n", "scp": "User.Read"}, False),
        ({"aud": "https://graph.microsoft.com", "nonce": "n"}, False),
        ({"aud": APP}, False),
        ({"nonce": "n"}, False),
    ],
)
def test_an_id_token_is_told_by_its_shape(claims: dict[str, str], *, is_id_token: bool) -> None:
    assert token_facts(claims).flag("token.is_id_token") is is_id_token


def test_kind_and_cloud_of_the_issuer_are_told() -> None:
    facts = token_facts({"iss": f"https://login.microsoftonline.us/{TENANT}/v2.0"})
    assert (facts.text("token.issuer_kind"), facts.text("token.issuer_cloud")) == ("entra-v2", "usgov-high")


def test_claims_without_an_issuer_have_none_of_any_kind() -> None:
    assert _value(token_facts({"aud": "x"}), "token.issuer_kind") is None


# Who


@pytest.mark.parametrize(
    ("claims", "identity"),
    [
        ({"idtyp": "app"}, "app"),
        ({"idtyp": "User", "roles": ["x"]}, "user"),
        ({"scp": "User.Read"}, "user"),
        ({"upn": "adele@contoso.com"}, "user"),
        ({"roles": ["Mail.Read"]}, "app"),
        ({"oid": "o", "sub": "o"}, "app"),
        ({"oid": "o", "sub": "s"}, "not known"),
        ({"idtyp": "device"}, "not known"),
    ],
)
def test_app_and_user_are_told_apart_where_the_claims_tell(claims: dict[str, object], identity: str) -> None:
    assert _value(token_facts(claims), "token.identity") == identity


@pytest.mark.parametrize(
    ("claims", "auth"),
    [({"appidacr": "1"}, "secret"), ({"azpacr": "2"}, "certificate"), ({"appidacr": "9"}, None), ({}, None)],
)
def test_how_the_app_proved_itself_is_told(claims: dict[str, str], auth: str | None) -> None:
    assert _value(token_facts(claims), "token.app_auth") == auth


@pytest.mark.parametrize(
    ("user", "domain"),
    [
        ("Adele@Contoso.com", "contoso.com"),
        ("alex_fabrikam.com#EXT#@contoso.onmicrosoft.com", None),
        ("live.com#alex@outlook.com", None),
        ("adele", None),
    ],
)
def test_the_users_domain_is_told_where_the_name_is_at_home_there(user: str, domain: str | None) -> None:
    facts = token_facts({"unique_name": user})
    assert (facts.text("token.user"), _value(facts, "token.user_domain")) == (user, domain)


@pytest.mark.parametrize(
    ("claims", "guest"),
    [
        ({"scp": "x", "acct": 1}, True),
        ({"scp": "x", "acct": "0", "idp": "live.com"}, False),
        ({"scp": "x", "tid": TENANT, "idp": f"https://sts.windows.net/{TENANT}/"}, False),
        ({"scp": "x", "tid": TENANT, "idp": "https://sts.windows.net/00000000-0000-0000-0000-000000000001/"}, True),
        ({"scp": "x", "tid": TENANT}, False),
        ({"idtyp": "app", "acct": 1}, False),
    ],
)
def test_a_guest_is_told_by_the_account_or_by_another_tenants_provider(
    claims: dict[str, object], *, guest: bool
) -> None:
    assert token_facts(claims).flag("token.guest") is guest


@pytest.mark.parametrize(
    ("claims", "consumer"),
    [({"tid": CONSUMER_TENANT}, True), ({"tid": TENANT, "unique_name": "live.com#alex@outlook.com"}, False)],
)
def test_a_personal_account_invited_as_a_guest_has_a_work_token(claims: dict[str, str], *, consumer: bool) -> None:
    assert token_facts(claims).flag("token.consumer") is consumer


@pytest.mark.parametrize(("xms_cc", "capable"), [(["CP1"], True), ("cp1", True), (["protapp"], False), (None, False)])
def test_a_client_that_can_handle_challenges_is_told(xms_cc: object, *, capable: bool) -> None:
    assert token_facts({"xms_cc": xms_cc}).flag("token.cae_capable") is capable


def test_a_token_bound_to_a_key_is_told() -> None:
    assert token_facts({"cnf": {"kid": "k"}}).flag("token.bound")


# Permissions


def test_scopes_and_roles_are_told_apart_and_together() -> None:
    facts = token_facts({"scp": "Mail.Read openid", "roles": ["X.Y", 7]})
    assert [facts.names(f"token.{name}") for name in ("scopes", "roles", "permissions")] == [
        ("Mail.Read", "openid"),
        ("X.Y",),
        ("Mail.Read", "openid", "X.Y"),
    ]


def test_roles_sent_as_one_text_are_one_role() -> None:
    assert token_facts({"roles": "full_access_as_app"}).names("token.roles") == ("full_access_as_app",)


def test_markers_among_the_role_ids_are_no_directory_roles() -> None:
    facts = token_facts({"wids": [EXCHANGE_ADMINISTRATOR.upper(), "b79fbf4d-3ef9-4689-8143-76b194e85509"]})
    assert facts.names("token.directory_roles") == ("Exchange Administrator",)
    assert len(facts.names("token.wids")) == 2


# Tenant


@pytest.mark.parametrize(
    ("url", "tenant", "matches"),
    [
        (ADMIN_API, TENANT.upper(), True),
        (ADMIN_API, APP, False),
        (ADMIN_API.replace(TENANT, "contoso.com"), TENANT, "not known"),
        (ADMIN_API, None, "not known"),
    ],
)
def test_the_tenant_is_compared_with_the_urls_where_that_names_a_guid(
    url: str, tenant: str | None, matches: object
) -> None:
    assert _value(token_facts({"tid": tenant}, url), "token.tenant_matches_url") == matches


# Lifetime


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(NOW, NOW), (float(NOW) + 0.5, NOW), (str(NOW), NOW), (None, None)],
)
def test_moments_are_whole_seconds(value: object, seconds: int | None) -> None:
    assert _value(token_facts({"exp": value}), "token.expires") == seconds


@pytest.mark.parametrize("value", ["soon", True, [NOW], 10**30, float("inf"), float("nan"), "9" * 5000])
def test_a_moment_nobody_can_read_is_not_known_to_be_absent(value: object) -> None:
    assert _value(token_facts({"exp": value}), "token.expires") == "not known"


def test_the_moments_a_token_names_are_told_with_those_it_lacks() -> None:
    assert moments_named(BearerToken(claims={"iat": 5, "exp": "soon"})) == (5, None, None)


def test_the_age_of_a_token_is_told_by_the_servers_clock() -> None:
    facts = token_facts({"iat": NOW - 600, "nbf": NOW + 30, "exp": NOW - 5}, EWS, answered(401))
    assert [facts.number(f"token.{name}") for name in ("age", "lifetime", "expired_by", "early_by")] == [
        600,
        595,
        5,
        30,
    ]


def _by_the_recorder(seconds: float) -> list[int | None]:
    request = asked(EWS, bearer(iat=NOW, nbf=NOW, exp=NOW + 3600))
    facts = facts_of(request, answered(401, date=None), started=NOW + seconds)
    return [facts.number(f"token.{name}") for name in ("age", "expired_by", "early_by")]


def test_without_the_servers_clock_a_token_well_within_its_life_counts_as_valid() -> None:
    assert _by_the_recorder(600.0) == [600, -3000, -600]


@pytest.mark.parametrize("seconds", [3590.0, 9000.0])
def test_without_the_servers_clock_nobody_knows_whether_a_token_has_expired(seconds: float) -> None:
    assert _by_the_recorder(seconds)[1] is None


@pytest.mark.parametrize("seconds", [30.0, -9000.0])
def test_without_the_servers_clock_nobody_knows_whether_a_token_was_valid_already(seconds: float) -> None:
    assert _by_the_recorder(seconds)[2] is None


def test_a_token_from_the_recorders_future_has_no_age() -> None:
    assert _by_the_recorder(-9000.0)[0] is None


@pytest.mark.parametrize("name", ["token.age", "token.expired_by", "token.early_by"])
def test_without_an_answer_or_a_clock_nothing_is_said_of_a_tokens_age(name: str) -> None:
    request = asked(EWS, bearer(iat=NOW, nbf=NOW, exp=NOW))
    assert facts_of(request, started=NOW + 9000.0).get(name) is None
    assert facts_of(request, answered(401, date=None)).get(name) is None


def _challenged(claims: str, **token: object) -> Facts:
    return facts_of(asked(EWS, bearer(**token)), answered(401, (("WWW-Authenticate", f"Bearer claims={claims}"),)))


NBF = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7InZhbHVlIjoiMTcyNjI1ODEyMiJ9fX0="


@pytest.mark.parametrize(("issued", "older"), [(1_726_258_121, True), (1_726_258_122, False)])
def test_a_token_from_before_the_revocation_is_told(issued: int, *, older: bool) -> None:
    assert _challenged(NBF, iat=issued).flag("token.older_than_challenge") is older


@pytest.mark.parametrize("claims", ["e30=", "%%%", "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJ2YWx1ZSI6ImMxIn19fQ=="])
def test_a_challenge_without_a_moment_makes_no_token_old(claims: str) -> None:
    assert _value(_challenged(claims, iat=5), "token.older_than_challenge") == "not known"


def test_a_token_with_a_shortened_signature_still_tells_its_claims() -> None:
    header = (("Authorization", f"Bearer {jwt({'aud': 'https://graph.microsoft.com'})[:-9]}"),)
    facts = facts_of(asked(EWS, header))
    assert (facts.text("token.kind"), facts.flag("token.audience_matches")) == ("jwt", False)
