from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.doubt import Doubt, doubt_of
from proxy_addons.diagnosis.permissions.holding import Holding
from proxy_addons.diagnosis.permissions.table import Operation
from proxy_addons.diagnosis.permissions.verdict import judge
from tests.support.permission_tables import APP, WORK, accepted, data

KNOWN = data("GET /me", traits={"User.Read": {}, "Mail.Read": {}})
USERS = Operation("/users", "GET", accepted(["User.ReadBasic.All"], []))


def test_a_success_without_any_listed_permission_is_a_doubt() -> None:
    found = doubt_of(judge(USERS, Holding(WORK, ("User.Read", "Mail.Read"))), KNOWN)
    assert found == Doubt("/users", "GET", WORK, ("Mail.Read", "User.Read"), "built-in")


def test_a_success_in_a_scheme_that_is_not_offered_is_a_doubt() -> None:
    assert doubt_of(judge(USERS, Holding(APP, ())), KNOWN) == Doubt("/users", "GET", APP, (), "built-in")


def test_only_names_the_tables_know_are_kept() -> None:
    found = doubt_of(judge(USERS, Holding(WORK, ("adele@contoso.com", "User.Read"))), KNOWN)
    assert found is not None
    assert found.permissions == ("User.Read",)


@pytest.mark.parametrize(
    ("operation", "holding"),
    [
        (USERS, Holding(WORK, ("User.ReadBasic.All",))),
        (None, Holding(WORK, ("User.Read",))),
        (USERS, Holding()),
        (Operation("/users", "GET", accepted(["A.Read"]), exact=False), Holding(WORK, ("User.Read",))),
    ],
)
def test_what_the_table_expected_or_does_not_name_is_none(operation: Operation | None, holding: Holding) -> None:
    assert doubt_of(judge(operation, holding), KNOWN) is None
