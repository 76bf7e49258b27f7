"""`why403 diff`: what differs between two calls, and nothing of anybody's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from tests.cli.recorded import har
from tests.cli.test_command import GOLDEN
from tests.sinks.reports import assert_golden
from tests.support.our_own_calls import run_here
from tests.support.wire import TENANT, bearer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.our_own_calls import Ended

URL = "https://graph.microsoft.com/v1.0/groups"


def _call(status: int, body: bytes = b"{}", url: str = URL, agent: str = "client/1", **claims: object) -> Exchange:
    told = {"aud": "https://graph.microsoft.com", "tid": TENANT, "idtyp": "app", "uti": f"u{status}", **claims}
    sent = (*bearer(**told), ("User-Agent", agent))
    got = (
        ("request-id", f"0000-{status}"),
        ("Content-Type", "application/json"),
        ("Date", "Sat, 21 Nov 2026 12:00:00 GMT"),
    )
    return Exchange(Request("GET", url, Headers(sent)), Response(status, Headers(got), Body(body)), 1_795_262_400)


REFUSED = _call(
    403,
    b'{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}',
    roles=["User.Read.All"],
    upn="adele@contoso.com",
)
ANSWERED = _call(200, agent="client/2", roles=["Group.Read.All"], upn="alex@contoso.com")


def _diff(folder: Path, *arguments: str) -> Ended:
    (folder / "a.har").write_text(
        har(_call(200, url="https://graph.microsoft.com/v1.0/users"), REFUSED), encoding="utf-8"
    )
    (folder / "b.har").write_text(
        har(_call(200, url="https://graph.microsoft.com/v1.0/users"), ANSWERED), encoding="utf-8"
    )
    return run_here("diff", *arguments, folder=folder)


def test_the_refused_call_is_compared_with_the_answered_one_of_its_kind(tmp_path: Path) -> None:
    ended = _diff(tmp_path, "a.har", "b.har")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert_golden(GOLDEN / "diff.txt", ended.stdout)


def test_people_become_stand_ins_that_can_be_told_apart(tmp_path: Path) -> None:
    told = json.loads(_diff(tmp_path, "a.har", "b.har", "--format", "json").stdout)

    upn = next(each for each in told["differences"] if each["name"] == "upn")
    assert (upn["a"], upn["b"]) == ("<user:1>", "<user:2>")
    assert "contoso.com" not in json.dumps(told["differences"])


def test_what_differs_in_every_call_is_left_out_unless_asked_for(tmp_path: Path) -> None:
    few = json.loads(_diff(tmp_path, "a.har", "b.har", "--format", "json").stdout)["differences"]
    every = json.loads(_diff(tmp_path, "a.har", "b.har", "--all", "--format", "json").stdout)["differences"]

    more = {each["name"] for each in every} - {each["name"] for each in few}
    assert more == {"uti", "request-id"}


def test_calls_are_chosen_by_number_or_by_id(tmp_path: Path) -> None:
    ended = _diff(tmp_path, "a.har#2", "a.har#2")

    assert ended.returncode == 0
    assert ended.stdout.endswith("Nothing differs.\n")


@pytest.mark.parametrize(
    ("one", "other", "complaint"),
    [
        ("a.har#9", "b.har", "a.har#9: there are 2 calls in it"),
        ("b.har", "a.har", "b.har: nothing was refused in it"),
        ("a.har", "a.har", "a.har: no call like A's was answered in it"),
        ("a.har#f-000000000000", "b.har", "it holds no failure f-000000000000"),
        ("c.har", "b.har", "c.har: No such file"),
    ],
)
def test_a_call_that_is_not_there_is_one_line(tmp_path: Path, one: str, other: str, complaint: str) -> None:
    ended = _diff(tmp_path, one, other)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert complaint in ended.stderr
