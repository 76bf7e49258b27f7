from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.permissions.doubt import Doubt
from proxy_addons.diagnosis.permissions.table import TableOrigin
from proxy_addons.intake.permission_doubts import pack_doubts
from proxy_addons.intake.permission_index import pack
from proxy_addons.intake.permission_store import permissions_in_use, this_users_folder
from tests.support.permission_tables import WORK, data, table

if TYPE_CHECKING:
    from pathlib import Path

BUILT_IN = data("GET /me")
IMPORTED = table("GET /users", origin=TableOrigin("imported", "x", "2026-08-07"))
DOUBT = Doubt("/me", "GET", WORK, (), "built-in")


def test_without_an_import_the_built_in_table_is_used(tmp_path: Path) -> None:
    in_use = permissions_in_use(BUILT_IN, tmp_path / "none")
    assert (in_use.data, in_use.problems) == (BUILT_IN, ())


def test_an_imported_table_and_the_doubts_are_used_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "graph-permissions.index").write_bytes(pack(IMPORTED))
    (tmp_path / "permission-doubts.json").write_bytes(pack_doubts([DOUBT]))
    in_use = permissions_in_use(BUILT_IN, tmp_path)
    assert [each.origin.name for each in in_use.data.graph] == ["imported", "built-in"]
    assert (in_use.data.doubts, in_use.problems) == (frozenset({DOUBT}), ())


@pytest.mark.parametrize("name", ["graph-permissions.index", "permission-doubts.json"])
def test_what_is_damaged_is_named_and_the_built_in_table_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"damaged")
    in_use = permissions_in_use(BUILT_IN, tmp_path)
    assert in_use.data == BUILT_IN
    (problem,) = in_use.problems
    assert problem.startswith(str(tmp_path / name))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "graph-permissions.index").mkdir()
    (problem,) = permissions_in_use(BUILT_IN, tmp_path).problems
    assert "directory" in problem


def test_the_folder_can_be_set_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHY403_DATA_DIR", str(tmp_path))
    assert this_users_folder() == tmp_path
