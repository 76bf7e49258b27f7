from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.accepted import BeyondToken
from proxy_addons.diagnosis.permissions.holding import Holding
from proxy_addons.diagnosis.permissions.table import Operation
from proxy_addons.diagnosis.permissions.verdict import Verdict, judge
from tests.support.permission_tables import APP, PERSONAL, WORK, accepted

READ = Operation("/x", "GET", accepted(["A.Read", "A.ReadWrite", "B.Read and C.Read"], [], None))


@pytest.mark.parametrize("held", [("A.Read",), ("a.readwrite",), ("B.Read", "C.Read")])
def test_any_alternative_opens_the_call(held: tuple[str, ...]) -> None:
    assert judge(READ, Holding(WORK, held)).verdict is Verdict.GRANTED


def test_what_is_missing_is_told_least_first_and_only_as_far_as_it_is_missing() -> None:
    judgement = judge(READ, Holding(WORK, ("B.Read",)))
    assert judgement.verdict is Verdict.MISSING
    assert judgement.missing == (("A.Read",), ("A.ReadWrite",), ("C.Read",))


def test_a_broader_name_the_table_does_not_list_opens_nothing() -> None:
    assert judge(READ, Holding(WORK, ("A.ReadWrite.All",))).verdict is Verdict.MISSING


def test_an_empty_column_means_that_the_scheme_is_not_offered() -> None:
    assert judge(READ, Holding(APP, ("A.Read",))).verdict is Verdict.UNSUPPORTED_SCHEME


@pytest.mark.parametrize(
    ("operation", "holding"), [(None, Holding(WORK, ("A.Read",))), (READ, Holding()), (READ, Holding(PERSONAL))]
)
def test_without_operation_scheme_or_column_nothing_is_known(operation: Operation | None, holding: Holding) -> None:
    assert judge(operation, holding).verdict is Verdict.UNKNOWN


def test_a_directory_role_the_token_does_not_show_leaves_it_open() -> None:
    roles = BeyondToken(directory_roles=("Global Reader", "Exchange Administrator"))
    operation = Operation("/x", "POST", accepted(["E.Manage"]), beyond=roles)
    without = judge(operation, Holding(WORK, ("E.Manage",)))
    assert (without.verdict, without.missing_roles) == (Verdict.UNKNOWN, roles.directory_roles)
    assert judge(operation, Holding(WORK, ("E.Manage",), ("Global Reader",))).verdict is Verdict.GRANTED
