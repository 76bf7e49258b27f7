from __future__ import annotations

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.facts import collect

SYNC = Request("POST", "https://outlook.office365.com/Microsoft-Server-ActiveSync?Cmd=FolderSync", Headers())


def _status(content: bytes) -> int | None:
    return collect(Exchange(SYNC, Response(200, Headers(), Body(content))), {}).number("activesync.status")


def test_activesync_tells_which_policy_it_demands() -> None:
    assert _status(b"<FolderSync><Status>142</Status></FolderSync>") == 142


def test_activesync_tells_that_user_or_device_are_shut_out() -> None:
    assert _status(b"<Sync><Status>126</Status></Sync>") == 126
    assert _status(b"<FolderSync><Status>129</Status></FolderSync>") == 129


def test_a_synchronised_folder_demands_none() -> None:
    assert _status(b"<FolderSync><Status>1</Status></FolderSync>") is None
