from __future__ import annotations

import hashlib

import pytest

from proxy_addons.diagnosis.permissions.accepted import BeyondToken, Trait
from proxy_addons.intake.permission_index import IndexDamagedError, pack, unpack
from tests.support.permission_tables import APP, WORK, entry, table

TABLE = table(
    entry("GET /me/messages", ["Mail.Read", "A.Read and B.Read"], None),
    entry("GET /teams/{id}", ["Team.ReadBasic.All"], [], beyond=BeyondToken(instead=("Team.Read.Group",))),
    traits={
        "Mail.Read": {WORK: Trait(2, admin_consent=False), APP: Trait(None, admin_consent=True)},
        "A.Read": {APP: Trait()},
    },
)


def test_a_table_comes_back_as_it_went() -> None:
    back = unpack(pack(TABLE))
    assert [*back] == [*TABLE]
    assert (back.origin, back.traits) == (TABLE.origin, TABLE.traits)
    assert back.find("GET", "/v1.0/teams/1") == TABLE.find("GET", "/v1.0/teams/1")


def test_an_index_of_another_form_is_refused() -> None:
    with pytest.raises(IndexDamagedError, match="another version"):
        unpack(pack(TABLE).replace(b"permissions/1", b"permissions/0", 1))


@pytest.mark.parametrize("content", [pack(TABLE)[:-1], pack(TABLE).replace(b"Mail.Read", b"Mail.Raed", 1)])
def test_an_index_that_was_cut_off_or_changed_is_refused(content: bytes) -> None:
    with pytest.raises(IndexDamagedError, match="digest"):
        unpack(content)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"{", b'{"origin": 1}', b"\xff"])
def test_an_index_with_the_right_digest_over_something_else_is_refused(body: bytes) -> None:
    head = b"why403.permissions/1 " + hashlib.sha256(body).hexdigest().encode()
    with pytest.raises(IndexDamagedError, match="does not hold a table"):
        unpack(head + b"\n" + body)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(IndexDamagedError, match="no index at all"):
        unpack(b"")
