from __future__ import annotations

import pytest

from proxy_addons.evidence.facts import MAX_TEXT, Facts
from proxy_addons.evidence.vocabulary import Kind, word_for
from tests.support.wire import (
    GRAPH,
    INVOKE_COMMAND,
    TOKEN_ENDPOINT,
    answered,
    as_json,
    asked,
    bearer,
    facts_of,
    token_facts,
)

DENIED = answered(403, (("Via", "a"),), as_json({"error": {"message": "API requires one of 'Mail.Read, X.Y'"}}))


@pytest.mark.parametrize(("kind", "empty"), [("text", ""), ("number", None), ("flag", None), ("names", ())])
def test_a_fact_that_is_not_known_has_the_empty_value_of_its_kind(kind: str, empty: object) -> None:
    assert getattr(Facts(), kind)("token.audience") == empty


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("text", "response.status"),
        ("number", "token.kind"),
        ("flag", "token.kind"),
        ("names", "token.kind"),
        ("number", "challenge.present"),
    ],
)
def test_a_fact_of_another_kind_has_the_empty_value(kind: str, name: str) -> None:
    assert getattr(facts_of(asked(GRAPH), DENIED), kind)(name) in {"", None, ()}


def test_a_value_has_its_kind() -> None:
    facts = facts_of(asked(GRAPH), DENIED)
    assert (facts.number("response.status"), facts.flag("challenge.present"), facts.names("response.proxies")) == (
        403,
        False,
        ("a",),
    )


@pytest.mark.parametrize("name", ["response.header.via", "request.form.scope", "token.claim.aud"])
def test_members_of_a_family_nobody_captured_are_not_known(name: str) -> None:
    assert facts_of(asked(GRAPH)).get(name) is None


def test_a_fact_outside_every_family_is_not_known() -> None:
    assert facts_of(asked(GRAPH)).get("response.status") is None


def test_the_marks_of_families_are_no_facts() -> None:
    assert not [fact for fact in facts_of(asked(GRAPH, bearer()), DENIED) if fact.name.endswith(".")]


@pytest.mark.parametrize(("held", "holds"), [("mail.read", True), ("User.Read", False)])
def test_whether_the_token_holds_what_the_service_wants_is_told(held: str, *, holds: bool) -> None:
    assert token_facts({"scp": held}, GRAPH, DENIED).flag("token.holds_required") is holds


def test_where_the_service_printed_no_permission_holding_one_is_no_question() -> None:
    fact = token_facts({"scp": "x"}, GRAPH, answered(403)).get("token.holds_required")
    assert fact is not None
    assert fact.value is None


def test_a_token_nobody_can_read_may_hold_what_is_wanted_or_not() -> None:
    assert facts_of(asked(GRAPH, (("Authorization", "Bearer opaque"),)), DENIED).get("token.holds_required") is None


def test_a_text_longer_than_any_is_cut() -> None:
    assert len(facts_of(asked(GRAPH, (("User-Agent", "x" * 99_999),))).text("request.user_agent")) == MAX_TEXT


def test_no_fact_holds_a_lone_surrogate() -> None:
    facts = token_facts({"roles": ["\ud800"], "app_displayname": "\ud800"})
    assert (facts.names("token.roles"), facts.text("token.claim.app_displayname")) == (("?",), "?")


@pytest.mark.parametrize(
    "facts",
    [
        facts_of(asked(GRAPH, bearer(aud="x", iss="y", exp=1, iat=0, nbf=0, tid="t", scp="s", roles=["r"])), DENIED),
        facts_of(asked(INVOKE_COMMAND, (), as_json({"CmdletInput": {"CmdletName": "Get-Mailbox"}})), DENIED),
        facts_of(
            asked(TOKEN_ENDPOINT, (), b"grant_type=x"), answered(400, (), as_json({"error": "x", "error_codes": [5]}))
        ),
        facts_of(
            asked(method="POST", body=b"<s:Envelope><s:Body><m:FindItem/></s:Body></s:Envelope>"), transport_error="x"
        ),
    ],
)
def test_every_fact_is_a_word_of_the_vocabulary_and_of_its_kind(facts: Facts) -> None:
    kinds = {str: Kind.TEXT, int: Kind.NUMBER, bool: Kind.FLAG, tuple: Kind.NAMES}
    wrong = [
        fact
        for fact in facts
        if (word := word_for(fact.name)) is None
        or (fact.value is not None and kinds[type(fact.value)] is not word.kind)
    ]
    assert wrong == []
