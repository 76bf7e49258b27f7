"""Failures only several calls explain: what the proxy remembers of one day in the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.clients.real_clients import ADELE, ALEX, EXCHANGE, GRAPH, Clients, read

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.clock import Clock
    from tests.clients.watch import Watch

MESSAGES = f"{GRAPH}/v1.0/users/{ADELE}/messages"
MAIL = ("Mail.ReadWrite", "Mail.Send")
BACKDATED = 300
"""Seconds by which Entra dates a token back."""


def refused(clients: Clients, token: str, url: str) -> None:
    """A plain call that must be refused."""
    with pytest.raises(httpx.HTTPStatusError, match=r"40[13] "):
        clients.call(token, "GET", url)


def test_a_call_that_worked_until_the_permission_was_removed_says_what_is_gone(
    lab: Lab, clients: Clients, clock: Clock, watch: Watch
) -> None:
    clients.call(clients.app_token("mail-daemon", GRAPH), "GET", MESSAGES)
    lab.tenant.change(permissions_removed={lab.app("mail-daemon").client_id: MAIL})
    clock.advance(minutes=1)
    refused(clients, clients.app_token("mail-daemon", GRAPH), MESSAGES)
    verdict = watch.verdict("graph-permission-missing-app", "likely")
    note, *_ = verdict.told["notes"]
    assert note.startswith("The same app succeeded with GET /users/{id}/messages ")
    assert note.endswith("Different since then: permissions. The token no longer carries Mail.ReadWrite, Mail.Send.")
    assert "before    The same app succeeded" in verdict.box


def test_a_token_older_than_the_grant_is_told_by_the_newer_one_that_worked(
    lab: Lab, clients: Clients, clock: Clock, watch: Watch
) -> None:
    lab.tenant.change(permissions_removed={lab.app("mail-daemon").client_id: MAIL})
    clock.advance(minutes=10)
    old = clients.app_token("mail-daemon", GRAPH)
    lab.tenant.reset()
    clock.advance(minutes=10)
    clients.call(clients.app_token("mail-daemon", GRAPH), "GET", MESSAGES)
    refused(clients, old, MESSAGES)
    verdict = watch.verdict("graph-stale-token", "likely")
    assert verdict.evidence["before.gained"] == "Mail.ReadWrite, Mail.Send"
    assert verdict.evidence["before.newer_token_worked"] == "yes"


def test_a_revoked_token_sent_again_after_its_challenge_is_told_as_the_clients_fault(
    lab: Lab, clients: Clients, clock: Clock, watch: Watch
) -> None:
    app = clients.confidential("mail-daemon", client_capabilities=["cp1"])
    token = app.acquire_token_for_client([f"{GRAPH}/.default"])["access_token"]
    clock.advance(minutes=30)
    lab.tenant.change(sessions_revoked={"mail-daemon": lab.tenant.now - BACKDATED - 1})
    for _ in range(2):
        refused(clients, token, f"{GRAPH}/v1.0/users")
    assert [verdict.short for verdict in watch.verdicts()] == [
        ("graph-cae-revoked", "certain"),
        ("graph-client-not-cae-capable", "certain"),
    ]


def test_one_mailbox_refused_after_another_was_opened_is_told(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(app_access_policy={lab.app("mail-daemon").client_id: [ALEX]}, ews_policy_reason=False)
    token = clients.app_token("mail-daemon", EXCHANGE)
    read(clients.mailbox_with(token, ALEX, impersonate=True))
    with pytest.raises(Exception, match="403"):
        read(clients.mailbox_with(token, ADELE, impersonate=True))
    verdict = watch.verdicts()[-1]
    assert verdict.short == ("ews-app-access-policy", "likely")
    assert "The same token opened another mailbox within the last 15 minutes." in verdict.told["notes"]


def test_nothing_of_a_token_is_told_but_what_it_says(lab: Lab, clients: Clients, clock: Clock, watch: Watch) -> None:
    clients.call(clients.app_token("mail-daemon", GRAPH), "GET", MESSAGES)
    lab.tenant.change(permissions_removed={lab.app("mail-daemon").client_id: MAIL})
    clock.advance(minutes=1)
    token = clients.app_token("mail-daemon", GRAPH)
    refused(clients, token, MESSAGES)
    (verdict,) = watch.verdicts()
    shown = f"{verdict.line} {verdict.told} {verdict.box}"
    signature = token.rpartition(".")[2]
    assert signature not in shown
    assert ADELE not in shown
