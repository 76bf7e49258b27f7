from __future__ import annotations

from proxy_addons.diagnosis.permissions.accepted import KIND_WORDS, Scheme, parsed, spelled
from tests.support.permission_tables import APP, PERSONAL, WORK, accepted


def test_permissions_needed_together_are_written_with_and() -> None:
    assert spelled(("Policy.Read.All", "Application.Read.All")) == "Policy.Read.All and Application.Read.All"


def test_what_is_written_with_and_is_read_back_as_needed_together() -> None:
    assert parsed("A.Read and B.Read") == ("A.Read", "B.Read")


def test_each_scheme_has_its_own_column() -> None:
    columns = accepted(work=["A.Read"], app=[], personal=None)
    assert (columns.get(WORK), columns.get(APP), columns.get(PERSONAL)) == ((("A.Read",),), (), None)


def test_every_scheme_has_words_for_a_sentence() -> None:
    assert set(KIND_WORDS) == set(Scheme)
