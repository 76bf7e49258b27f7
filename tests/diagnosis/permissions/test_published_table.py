"""Microsoft's form of the table. The real file is not part of this repository; its shape is."""

from __future__ import annotations

import json

import pytest

from proxy_addons.diagnosis.permissions.accepted import Trait
from proxy_addons.diagnosis.permissions.published_table import PublishedTableError, read_published
from tests.support.permission_tables import APP, PERSONAL, WORK


def permission(
    *path_sets: object, kind: str = "oAuth2", level: int | None = 2, admin: bool = False
) -> dict[str, object]:
    scheme = {"requiresAdminConsent": admin, "adminDisplayName": "Read"} | ({"privilegeLevel": level} if level else {})
    return {
        "authorizationType": kind,
        "schemes": {"DelegatedWork": scheme, "Application": scheme},
        "pathSets": list(path_sets),
        "ownerInfo": {},
    }


def paths(marks: dict[str, str], *methods: str, schemes: tuple[str, ...] = ("DelegatedWork",)) -> dict[str, object]:
    return {"schemeKeys": list(schemes), "methods": list(methods or ("GET",)), "paths": marks}


def read(permissions: dict[str, object]) -> object:
    content = json.dumps({"$schema": "x", "permissions": permissions}).encode()
    return read_published(content, source="https://example.org/p.json", day="2026-08-07")


def ways(permissions: dict[str, object], path: str = "/x", method: str = "GET") -> tuple[tuple[str, ...], ...] | None:
    content = json.dumps({"permissions": permissions}).encode()
    found = read_published(content, source="x", day="2026-08-07").find(method, path)
    assert found is not None
    return found.accepted.get(WORK)


def test_the_table_is_turned_round_to_what_each_call_accepts() -> None:
    found = ways(
        {"A.Read": permission(paths({"/x": ""})), "A.ReadWrite": permission(paths({"/x": ""}, "GET", "PATCH"))}
    )
    assert found == (("A.Read",), ("A.ReadWrite",))


def test_the_least_marked_stands_first_and_the_rest_by_privilege() -> None:
    found = ways(
        {
            "A.ReadBasic": permission(paths({"/x": ""}), level=1),
            "A.Read": permission(paths({"/x": "least=DelegatedWork"}), level=2),
            "A.ReadWrite": permission(paths({"/x": "least=DelegatedWork,Application"}), level=3),
            "Z.Unrated": permission(paths({"/x": ""}), level=None),
        }
    )
    assert found == (("A.Read",), ("A.ReadBasic",), ("A.ReadWrite",), ("Z.Unrated",))


def test_of_two_with_one_level_the_one_that_opens_fewer_calls_stands_first() -> None:
    found = ways({"A.Read": permission(paths({"/x": "", "/y": "", "/z": ""})), "B.Read": permission(paths({"/x": ""}))})
    assert found == (("B.Read",), ("A.Read",))


def test_also_requires_asks_for_one_of_its_names_besides() -> None:
    marks = {"/x": "least=DelegatedWork;AlsoRequires=B.Read,A.Write"}
    assert ways({"A.Write": permission(paths(marks))}) == (("A.Write", "B.Read"),)


def test_also_requiring_only_itself_asks_for_nothing_more() -> None:
    assert ways({"A.Write": permission(paths({"/x": "AlsoRequires=A.Write"}))}) == (("A.Write",),)


def test_a_scheme_without_any_permission_is_not_offered() -> None:
    content = json.dumps({"permissions": {"A.Read": permission(paths({"/x": ""}))}}).encode()
    found = read_published(content, source="x", day="2026-08-07").find("GET", "/x")
    assert found is not None
    assert (found.accepted.get(APP), found.accepted.get(PERSONAL)) == ((), ())


def test_permissions_for_one_resource_open_the_call_without_any_in_the_token() -> None:
    permissions = {
        "A.Read.All": permission(paths({"/x": ""})),
        "A.Read.Group": permission(paths({"/x": ""}), kind="RSC"),
    }
    content = json.dumps({"permissions": permissions}).encode()
    found = read_published(content, source="x", day="2026-08-07").find("GET", "/x")
    assert found is not None
    assert found.accepted.get(WORK) == (("A.Read.All",),)
    assert found.beyond.instead == ("A.Read.Group",)


def test_traits_source_day_and_digest_are_kept() -> None:
    content = (
        b"\xef\xbb\xbf" + json.dumps({"permissions": {"A.Read": permission(paths({"/x": ""}), admin=True)}}).encode()
    )
    table = read_published(content, source="file", day="2026-08-07")
    assert table.traits["A.Read"][WORK] == Trait(2, admin_consent=True)
    assert (table.origin.name, table.origin.source, table.origin.day) == ("imported", "file", "2026-08-07")
    assert len(table.origin.digest) == 64


@pytest.mark.parametrize(
    ("permissions", "place"),
    [
        ({}, "permissions"),
        ({"A": {"schemes": {}}}, "permissions.A.pathSets"),
        ({"A": permission(paths({"x": ""}))}, "'x' is no path"),
        ({"A": permission(paths({"/x": "most=DelegatedWork"}))}, "neither `least=` nor `AlsoRequires=`"),
        ({"A": permission(paths({"/x": "least=Everybody"}))}, "names no scheme"),
        ({"A": permission(paths({"/x": ""}, schemes=("Everybody",)))}, "permissions.A.pathSets.0.schemeKeys.0"),
        ({"A": permission(paths({"/x": ""}, "get"))}, "permissions.A.pathSets.0.methods.0"),
        ({"A": permission(level=9)}, "privilegeLevel"),
        ({"A": permission()}, "names no path at all"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_place(permissions: dict[str, object], place: str) -> None:
    with pytest.raises(PublishedTableError) as caught:
        read(permissions)
    assert place in str(caught.value)


def test_text_that_is_no_json_is_refused_with_line_and_column() -> None:
    with pytest.raises(PublishedTableError, match=r"line 2, column 1"):
        read_published(b"{\n", source="x", day="2026-08-07")
