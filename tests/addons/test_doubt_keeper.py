"""Successes the tables call impossible, with a real worker and a real folder."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from proxy_addons.addons import doubt_keeper
from proxy_addons.addons.doubt_keeper import DoubtKeeper, keep_doubts
from proxy_addons.diagnosis.permissions.doubt import Doubt
from proxy_addons.diagnosis.ruleset import Ruleset
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.intake.permission_doubts import unpack_doubts
from tests.support.permission_tables import WORK, data, entry
from tests.support.wire import GRAPH, answered, asked, bearer

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = data(entry("GET /me/messages", ["Mail.Read"]), traits={"User.Read": {}, "Mail.Read": {}})
RULES = Ruleset(permissions=KNOWN)
DOUBT = Doubt("/me/messages", "GET", WORK, ("User.Read",), "built-in")


def success(scope: str, url: str = GRAPH) -> Exchange:
    return Exchange(asked(url, bearer(aud="https://graph.microsoft.com", scp=scope), method="GET"), answered(200))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHY403_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def kept(folder: Path) -> frozenset[Doubt]:
    return unpack_doubts((folder / "permission-doubts.json").read_bytes())


def test_a_success_the_table_calls_impossible_is_kept(folder: Path) -> None:
    keeper = DoubtKeeper()
    assert keeper.notice(success("User.Read"), RULES) == DOUBT
    keeper.close()
    assert kept(folder) == {DOUBT}


def test_the_same_call_with_the_same_token_is_judged_once(folder: Path) -> None:
    keeper = DoubtKeeper()
    keeper.notice(success("User.Read"), RULES)
    assert keeper.notice(success("User.Read"), RULES) is None
    keeper.close()
    assert kept(folder) == {DOUBT}


def test_what_is_known_already_is_not_told_again(folder: Path) -> None:
    keeper = DoubtKeeper()
    known = Ruleset(permissions=KNOWN.with_doubts(frozenset({DOUBT})))
    assert keeper.notice(success("User.Read"), known) is None
    keeper.close()
    assert not folder.exists()


@pytest.mark.parametrize(
    "exchange",
    [
        success("Mail.Read"),
        success("User.Read", "https://graph.microsoft.com/v1.0/nobody"),
        Exchange(asked(GRAPH, method="GET"), answered(200)),
    ],
)
def test_what_the_table_expects_or_does_not_know_is_no_doubt(folder: Path, exchange: Exchange) -> None:
    keeper = DoubtKeeper()
    assert keeper.notice(exchange, RULES) is None
    keeper.close()
    assert not folder.exists()


def test_no_more_is_remembered_than_agreed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubt_keeper, "JUDGED_AT_MOST", 0)
    assert DoubtKeeper().notice(success("User.Read"), RULES) is None
    assert not folder.exists()


def test_doubts_are_added_to_those_kept(folder: Path) -> None:
    other = Doubt("/me", "GET", WORK, (), "built-in")
    keep_doubts([DOUBT])
    keep_doubts([other])
    keep_doubts([other])
    assert kept(folder) == {DOUBT, other}


def test_a_damaged_file_is_replaced(folder: Path) -> None:
    folder.mkdir()
    (folder / "permission-doubts.json").write_bytes(b"damaged")
    keep_doubts([DOUBT])
    assert kept(folder) == {DOUBT}


def test_a_folder_that_cannot_be_written_costs_a_line_in_the_log(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_bytes(b"a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        keep_doubts([DOUBT])
    assert "is not kept" in caplog.text
