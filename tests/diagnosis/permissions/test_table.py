from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.accepted import BeyondToken
from tests.support.permission_tables import APP, PERSONAL, WORK, entry, table


def test_an_operation_comes_with_all_the_table_says() -> None:
    roles = BeyondToken(directory_roles=("Global Reader",))
    known = table(entry("GET /me/messages", ["A.Read", "B.Read and C.Read"], None, beyond=roles))
    found = known.find("GET", "/v1.0/me/messages")
    assert found is not None
    assert (found.name, found.exact, found.beyond) == ("GET /me/messages", True, roles)
    assert found.accepted.get(WORK) == (("A.Read",), ("B.Read", "C.Read"))
    assert (found.accepted.get(APP), found.accepted.get(PERSONAL)) == (None, ())
    assert found.reference == "https://learn.microsoft.com/x"


def test_what_the_table_does_not_know_is_not_guessed() -> None:
    known = table("GET /me/messages")
    assert known.find("GET", "/me/contacts") is None
    assert known.find("POST", "/me/messages") is None


def test_another_address_of_the_same_resource_is_told_from_the_very_one() -> None:
    found = table("GET /users/{id}/licenseDetails").find("GET", "/me/licenseDetails")
    assert found is not None
    assert (found.template, found.exact) == ("/users/{id}/licenseDetails", False)


@pytest.mark.parametrize(("path", "beta"), [("/v1.0/print", False), ("/beta/print", True)])
def test_beta_only_entries_answer_for_beta(path: str, *, beta: bool) -> None:
    found = table("GET /print", entry("GET /print", beta=True)).find("GET", path)
    assert found is not None
    assert found.beta is beta


def test_entries_for_one_operation_are_joined() -> None:
    known = table(
        entry("GET /users/{id}", ["A.Read"], None),
        entry("GET /users/{user-id}", ["B.Read", "A.Read"], None),
    )
    found = known.find("GET", "/users/1")
    assert found is not None
    assert (found.template, found.accepted.get(WORK)) == ("/users/{id}", (("A.Read",), ("B.Read",)))
    assert found.accepted.get(APP) is None


def test_a_table_can_be_read_from_end_to_end() -> None:
    known = table("GET /a", "POST /b")
    assert (len(known), [each.name for each in known]) == (2, ["GET /a", "POST /b"])


def test_an_entry_without_reference_has_none() -> None:
    bare = entry("GET /a")
    known = table(type(bare)(bare.template, bare.method, bare.accepted))
    found = known.find("GET", "/a")
    assert found is not None
    assert found.reference == ""
