from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.table_file import load_permissions, load_table
from proxy_addons.diagnosis.yaml_file import RuleError
from tests.support.permission_tables import APP, PERSONAL, WORK

GOOD = """\
verified: 2026-11-21
permissions:
  Mail.Read:
    delegated: {level: 2, admin_consent: false}
    application: {level: 4, admin_consent: true}
  Mail.ReadWrite: {}
operations:
  - paths: [/me/messages, '/users/{id}/messages']
    methods:
      GET:
        delegated-work: [Mail.Read, Mail.ReadWrite]
        application: [{all: [Mail.Read, Mail.ReadWrite]}]
      POST:
        delegated-work: [Mail.ReadWrite]
        delegated-personal: []
    source: https://learn.microsoft.com/graph/api/user-list-messages
"""
EXCHANGE = """\
verified: 2026-11-20
permissions: {full_access_as_app: {}}
operations:
  - paths: [/ews/FindItem]
    methods: {POST: {application: [full_access_as_app]}}
    source: https://learn.microsoft.com/exchange
    directory_roles: [Global Reader]
    role_groups: [Recipient Management]
    rights: read items
    instead: [Application EWS.AccessAsApp]
    impersonation: true
"""


def test_a_table_says_what_each_method_accepts_per_scheme() -> None:
    known = load_table("graph.yaml", GOOD)
    found = known.find("GET", "/users/x/messages")
    assert found is not None
    assert found.accepted.get(WORK) == (("Mail.Read",), ("Mail.ReadWrite",))
    assert found.accepted.get(APP) == (("Mail.Read", "Mail.ReadWrite"),)
    assert found.accepted.get(PERSONAL) is None


def test_a_table_knows_its_day_its_digest_and_the_traits_of_its_permissions() -> None:
    known = load_table("graph.yaml", GOOD)
    assert (known.origin.name, known.origin.day, len(known.origin.digest)) == ("built-in", "2026-11-21", 64)
    assert known.traits["Mail.Read"][PERSONAL].level == 2
    assert known.traits["Mail.Read"][APP].admin_consent is True
    assert known.traits["Mail.ReadWrite"] == {}


def test_what_an_exchange_call_needs_besides_is_kept() -> None:
    found = load_table("exchange.yaml", EXCHANGE).find("POST", "/ews/FindItem")
    assert found is not None
    beyond = found.beyond
    assert (beyond.directory_roles, beyond.role_groups) == (("Global Reader",), ("Recipient Management",))
    assert (beyond.rights, beyond.instead) == ("read items", ("Application EWS.AccessAsApp",))
    assert beyond.impersonation


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        ("verified: 2026-11-21", "verified: [", "", "no YAML"),
        ("verified: 2026-11-21", "verfied: 2026-11-21", "1:1", "there is no such key"),
        ("[Mail.ReadWrite]", "[Mail.ReadWrte]", "14:26", "`Mail.ReadWrte` is not among"),
        ("[Mail.ReadWrite]", "[7]", "14:26", "an item is the name of a permission"),
        ("[Mail.ReadWrite]", "['a b']", "14:26", "no name of a permission"),
        ("{all: [Mail.Read, Mail.ReadWrite]}", "{all: [Mail.Read]}", "12:23", "takes two permissions or more"),
        ("/me/messages,", "me/messages,", "8:13", "no path template"),
        ("/me/messages,", "'/me/{id/messages',", "8:13", "without its partner"),
        ("/me/messages,", "/v1.0/me/messages,", "8:13", "names a version"),
        ("/me/messages,", "'/users/{id}/messages',", "8:37", "is stated already"),
        ("GET:", "FETCH:", "10:7", "GET"),
        ("level: 2", "level: 6", "4:17", "less than or equal to 5"),
        ("https://", "http://", "16:5", "match"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_column(old: str, new: str, place: str, told: str) -> None:
    with pytest.raises(RuleError) as caught:
        load_table("graph.yaml", GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(f"graph.yaml:{place}")
    assert told in str(caught.value)


def test_a_list_is_no_table() -> None:
    with pytest.raises(RuleError, match="1:1: a permission table is a mapping"):
        load_table("graph.yaml", "- 1\n")


def test_two_spellings_of_one_address_may_stand_side_by_side_where_they_say_the_same() -> None:
    twice = GOOD.replace("'/users/{id}/messages'", "\"/users('{id}')/messages\", '/users/{id}/messages'")
    assert len(load_table("graph.yaml", twice)) == 4


def test_the_tables_of_a_rule_base_are_found_by_their_names() -> None:
    known = load_permissions(
        {"permissions/graph.yaml": GOOD, "permissions/exchange-ews.yaml": EXCHANGE, "graph/x.yaml": ""}
    )
    assert (len(known.graph), len(known.exchange)) == (1, 1)


def test_a_rule_base_without_tables_knows_nothing() -> None:
    known = load_permissions({})
    assert (known.graph, len(known.exchange)) == ((), 0)


def test_a_table_of_several_files_is_as_old_as_its_oldest() -> None:
    head, operations = GOOD.split("operations:\n")
    parts = {
        "permissions/graph/names.yaml": head,
        "permissions/graph/mail.yaml": f"verified: 2026-11-01\noperations:\n{operations}",
    }
    (graph,) = load_permissions(parts).graph
    assert (len(graph), graph.origin.day) == (4, "2026-11-01")


def test_a_table_without_operations_is_refused() -> None:
    with pytest.raises(RuleError, match="states no"):
        load_table("graph.yaml", GOOD.split("operations:\n", maxsplit=1)[0])


def test_a_file_of_another_name_is_refused() -> None:
    with pytest.raises(RuleError, match="no table has this name"):
        load_permissions({"permissions/grpah.yaml": GOOD})
