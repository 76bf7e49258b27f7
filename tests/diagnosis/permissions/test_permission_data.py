from __future__ import annotations

from dataclasses import replace

import pytest

from proxy_addons.diagnosis.permissions.accepted import Trait
from proxy_addons.diagnosis.permissions.doubt import Doubt
from proxy_addons.diagnosis.permissions.permission_data import Call, PermissionData
from proxy_addons.diagnosis.permissions.table import TableOrigin
from tests.support.permission_tables import APP, WORK, data, entry, table

GRAPH = "graph.microsoft.com"
EXCHANGE = "outlook.office365.com"
IMPORTED = TableOrigin("imported", "x", "2026-08-07")
TENANT = "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21"


def test_the_imported_table_answers_before_the_built_in_one() -> None:
    both = data("GET /me/messages").with_imported(table("GET /me/messages", origin=IMPORTED))
    found = both.find(Call("GET", GRAPH, "/v1.0/me/messages"))
    assert found is not None
    assert found.origin == IMPORTED


def test_what_the_imported_table_lacks_the_built_in_one_answers() -> None:
    both = data("GET /me/messages").with_imported(table("GET /me", origin=IMPORTED))
    found = both.find(Call("GET", GRAPH, "/v1.0/me/messages"))
    assert found is not None
    assert found.origin.name == "built-in"


def test_a_table_that_names_the_very_address_answers_before_one_that_names_another() -> None:
    both = data("GET /me/events/{id}").with_imported(table("GET /users/{id}/events/{id}", origin=IMPORTED))
    found = both.find(Call("GET", GRAPH, "/v1.0/me/events/1"))
    assert found is not None
    assert found.origin.name == "built-in"


def test_another_address_is_better_than_none() -> None:
    found = data("GET /users/{id}/events/{id}").find(Call("GET", GRAPH, "/v1.0/me/events/1"))
    assert found is not None
    assert not found.exact


@pytest.mark.parametrize(
    ("path", "name", "template"),
    [
        ("/EWS/Exchange.asmx", "FindItem", "/ews/FindItem"),
        ("/EWS/Exchange.asmx", "", "/ews/{operation}"),
        (f"/adminapi/v2.0/{TENANT}/Mailbox", "Get-Mailbox", "/adminapi/v2.0/{tenant}/Mailbox"),
        (f"/adminapi/beta/{TENANT}/InvokeCommand", "Get-Mailbox", "/adminapi/beta/{tenant}/InvokeCommand/Get-Mailbox"),
    ],
)
def test_calls_of_exchange_are_found_by_what_their_body_asks_for(path: str, name: str, template: str) -> None:
    exchange = table(
        "POST /ews/FindItem",
        "POST /ews/{operation}",
        "POST /adminapi/v2.0/{tenant}/Mailbox",
        "POST /adminapi/beta/{tenant}/InvokeCommand/Get-Mailbox",
    )
    found = PermissionData((), exchange).find(Call("POST", EXCHANGE, path, name))
    assert found is not None
    assert found.template == template


@pytest.mark.parametrize("call", [Call("GET", "example.org", "/me"), Call("GET", GRAPH, "/v1.0/nobody")])
def test_an_api_or_an_operation_no_table_knows_is_unknown(call: Call) -> None:
    assert data("GET /me").find(call) is None


def test_a_national_cloud_has_the_same_operations() -> None:
    assert data("GET /users").find(Call("GET", "graph.microsoft.us", "/v1.0/users")) is not None


def test_doubts_are_about_one_operation_in_one_scheme() -> None:
    doubt = Doubt("/me", "GET", WORK, (), "built-in")
    known = data("GET /me").with_doubts(frozenset({doubt, replace(doubt, method="PATCH")}))
    found = known.find(Call("GET", GRAPH, "/v1.0/me"))
    assert found is not None
    assert (known.doubts_about(found, WORK), known.doubts_about(found, APP)) == ((doubt,), ())


def test_traits_come_from_the_first_table_that_has_them() -> None:
    known = PermissionData(
        (
            table("GET /a", traits={"A.Read": {APP: Trait(4)}}),
            table(entry("GET /a"), traits={"A.Read": {APP: Trait(1), WORK: Trait(2)}}),
        )
    )
    assert (known.trait("A.Read", APP).level, known.trait("A.Read", WORK).level) == (4, 2)
    assert known.trait("B.Read", WORK) == Trait()


@pytest.mark.parametrize(("name", "known"), [("A.Read", True), ("a.READ", True), ("B.Read", False)])
def test_a_permission_is_known_in_any_case(name: str, *, known: bool) -> None:
    assert data("GET /a", traits={"A.Read": {}}).knows(name) is known
