from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.lattice import privilege, reach


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("Mail.ReadBasic", "Mail.Read"),
        ("Mail.Read", "Mail.ReadWrite"),
        ("Mail.Read", "Mail.Read.Shared"),
        ("User.Read", "User.Read.All"),
        ("Sites.Selected", "Sites.ReadWrite.All"),
        ("Sites.Manage.All", "Sites.FullControl.All"),
        ("User.Read.All", "Directory.Read.All"),
        ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"),
    ],
)
def test_what_reaches_less_stands_before_what_reaches_more(less: str, more: str) -> None:
    assert reach(less) < reach(more)


def test_a_name_of_one_word_has_its_place_too() -> None:
    assert reach("full_access_as_app") > reach("Mail.Read")


def test_what_nobody_rated_counts_as_more_than_any_level() -> None:
    assert privilege(None) > privilege(5)
