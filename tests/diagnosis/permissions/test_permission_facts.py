from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.permissions.accepted import Trait
from proxy_addons.diagnosis.permissions.doubt import Doubt
from proxy_addons.diagnosis.permissions.permission_facts import with_permissions
from proxy_addons.evidence.vocabulary import word_for
from tests.support.permission_tables import WORK, data, entry
from tests.support.wire import GRAPH, TOKEN_ENDPOINT, answered, as_json, asked, bearer, facts_of

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.evidence.facts import Facts

KNOWN = data(
    entry("GET /me/messages", ["Mail.ReadBasic", "Mail.Read"], ["Mail.Read"]),
    traits={"Mail.ReadBasic": {WORK: Trait(1, admin_consent=False)}, "Mail.Read": {WORK: Trait(2, admin_consent=True)}},
)
REFUSED = answered(403)


def told(known: PermissionData = KNOWN, *, printed: str = "", url: str = GRAPH, **claims: object) -> Facts:
    answer = answered(403, (), as_json({"error": {"code": "Forbidden", "message": printed}})) if printed else REFUSED
    sent = asked(url, bearer(aud="https://graph.microsoft.com", **claims), method="GET")
    return with_permissions(facts_of(sent, answer), known)


def test_a_gap_is_told_in_words_least_first() -> None:
    assert told(scp="User.Read").text("permission.needed") == "one of Mail.ReadBasic, Mail.Read (delegated)"


def test_a_single_way_is_told_without_a_choice() -> None:
    users = data(entry("GET /users", ["User.Read.All"], ["User.Read.All"]))
    facts = told(users, url="https://graph.microsoft.com/v1.0/users", idtyp="app", roles=[])
    assert facts.text("permission.needed") == "User.Read.All (application)"


def test_a_long_list_is_cut_in_the_sentence_and_whole_in_the_evidence() -> None:
    names = [f"P{number}.Read" for number in range(7)]
    facts = told(data(entry("GET /me/messages", names)), scp="User.Read")
    assert facts.text("permission.needed").endswith("P4.Read and 2 more (delegated)")
    assert len(facts.names("permission.missing")) == 7


def test_what_the_service_printed_beats_the_table() -> None:
    facts = told(
        printed="Missing scope permissions on the request. API requires one of 'A.Read, Mail.Read'.", scp="X.Y"
    )
    assert facts.text("permission.needed") == "one of A.Read, Mail.Read (so the service says)"
    assert facts.text("permission.least") == "Mail.Read"
    assert facts.text("permission.consent") == "yes"


def test_of_what_the_service_printed_what_is_held_need_not_be_granted() -> None:
    facts = told(printed="Missing scope permissions on the request. API requires one of 'A.Read'.", scp="A.Read")
    assert facts.get("permission.least") is None


def test_the_least_comes_with_its_consent() -> None:
    facts = told(scp="User.Read")
    assert (facts.text("permission.least"), facts.text("permission.consent")) == ("Mail.ReadBasic", "no")


def test_every_fact_says_which_table_it_is_from() -> None:
    fact = told(scp="User.Read").get("permission.missing")
    assert fact is not None
    assert fact.seen_in == "built-in permission table of 2026-11-21 against token claims"


def test_an_operation_no_table_knows_is_unknown_and_named_as_absent() -> None:
    facts = told(data("GET /x"), scp="User.Read")
    assert facts.text("permission.verdict") == "unknown"
    assert facts.get("permission.missing") is None
    operation = facts.get("permission.operation")
    assert operation is not None
    assert operation.value is None
    assert facts.text("permission.needed") == "another delegated permission than it has"


def test_a_token_that_holds_enough_is_told_so() -> None:
    facts = told(scp="Mail.Read")
    assert (facts.text("permission.verdict"), facts.names("permission.missing")) == ("granted", ())


def test_a_token_nobody_can_read_leaves_all_open() -> None:
    facts = told(sub="x")
    assert (facts.text("permission.verdict"), facts.text("permission.consent")) == ("unknown", "not known")
    assert facts.text("permission.needed") == "another permission than it has"


def test_the_schemes_a_call_is_offered_in_are_told() -> None:
    assert told(scp="Mail.Read").names("permission.offered") == ("delegated-work",)


def test_a_doubt_is_told() -> None:
    doubted = KNOWN.with_doubts(frozenset({Doubt("/me/messages", "GET", WORK, (), "built-in")}))
    assert told(doubted, scp="User.Read").flag("permission.doubted") is True
    assert told(scp="User.Read").flag("permission.doubted") is False


def test_other_apis_are_left_alone() -> None:
    facts = facts_of(asked(TOKEN_ENDPOINT), answered(400))
    assert with_permissions(facts, KNOWN) is facts


@pytest.mark.parametrize(
    "claims", [{"scp": "User.Read"}, {"idtyp": "app", "roles": []}, {"scp": "Mail.Read"}, {"sub": "x"}]
)
def test_every_fact_told_is_a_word_of_the_vocabulary(claims: dict[str, object]) -> None:
    sent = asked(GRAPH, bearer(aud="https://graph.microsoft.com", **claims), method="GET")
    facts = with_permissions(facts_of(sent, REFUSED), KNOWN)
    strays = [fact.name for fact in facts if fact.name.startswith("permission.") and word_for(fact.name) is None]
    assert strays == []
