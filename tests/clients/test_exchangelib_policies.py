"""exchangelib before an Exchange whose settings keep it out: a 403 without a body, which reads the same every time.

Exchange Online says in `X-EWS-Policy-Reason` that a setting refused, in one of two sentences; not which setting. Older
servers say nothing. So why403 names candidates, the right one among them, and is never certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exchangelib.errors import MalformedResponseError

from tests.clients.real_clients import ADELE, ALEX, EXCHANGE, Clients, read

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.watch import Verdict, Watch

BARE_403 = r"Unknown failure in response\. Code: 403 headers: \{"
SOMEBODY_ELSE = "11111111-2222-4333-8444-555555555555"
HEADER = "response.header.x-ews-policy-reason"
BLOCK_EXCHANGELIB = {"ews_policy": "EnforceBlockList", "ews_block_list": ["exchangelib/*"]}


def refused_app(clients: Clients, watch: Watch) -> Verdict:
    """What is said when a sound app reads a mailbox."""
    with pytest.raises(MalformedResponseError, match=BARE_403):
        read(clients.mailbox_as_app("mail-daemon"))
    return only(watch)


def refused_user(clients: Clients, watch: Watch) -> Verdict:
    """What is said when a user reads the own mailbox."""
    token = clients.user_token(ADELE, f"{EXCHANGE}/EWS.AccessAsUser.All")
    with pytest.raises(MalformedResponseError, match=BARE_403):
        read(clients.mailbox_with(token))
    return only(watch)


def only(watch: Watch) -> Verdict:
    """The one failure, which no setting makes certain."""
    (verdict,) = watch.verdicts()
    assert verdict.line["auth.gate"] == "policy"
    assert "certain" not in verdict.findings.values()
    assert (verdict.gates["audience"], verdict.gates["lifetime"]) == ("passed", "passed")
    return verdict


def test_ews_switched_off_is_likely_where_exchange_says_disabled(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(ews_enabled=False)
    verdict = refused_app(clients, watch)
    assert verdict.evidence[HEADER] == "EWS is disabled for this user or tenant"
    assert verdict.findings["ews-org-disabled"] == "likely"
    assert "ews-appid-not-allowed" not in verdict.findings


def test_a_mailbox_without_ews_is_likely_where_exchange_says_disabled(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(ews_disabled_mailboxes=[ADELE])
    assert refused_app(clients, watch).findings["ews-mailbox-disabled"] == "likely"


def test_an_app_off_the_list_is_likely_where_exchange_says_blocked(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(ews_allowed_app_ids=[SOMEBODY_ELSE])
    verdict = refused_app(clients, watch)
    assert verdict.short == ("ews-appid-not-allowed", "likely")
    assert verdict.evidence[HEADER] == "EWS is blocked by policy for this user or tenant"
    assert verdict.line["auth.token.app_id"] == lab.app("mail-daemon").client_id
    assert "ews-org-disabled" not in verdict.findings


def test_a_blocked_user_agent_is_likely_for_a_user(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change_to(BLOCK_EXCHANGELIB)
    verdict = refused_user(clients, watch)
    assert verdict.findings["ews-ua-in-block-list"] == "likely"
    assert verdict.line["user_agent.original"].startswith("exchangelib/5.")


def test_a_user_agent_off_the_allow_list_is_likely_for_a_user(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(ews_policy="EnforceAllowList", ews_allow_list=["Outlook*"])
    assert refused_user(clients, watch).findings["ews-ua-not-in-allow-list"] == "likely"


def test_a_blocked_user_agent_stays_a_candidate_for_an_app(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change_to(BLOCK_EXCHANGELIB)
    assert refused_app(clients, watch).findings["ews-ua-in-block-list"] == "possible"


@pytest.mark.parametrize(
    ("switches", "cause"),
    [
        ({"ews_enabled": False}, "ews-org-disabled"),
        ({"ews_disabled_mailboxes": [ADELE]}, "ews-mailbox-disabled"),
        ({"ews_allowed_app_ids": [SOMEBODY_ELSE]}, "ews-appid-not-allowed"),
        (BLOCK_EXCHANGELIB, "ews-ua-in-block-list"),
        ({"app_access_policy": {"mail-daemon": [ALEX]}}, "ews-app-access-policy"),
    ],
)
def test_a_refusal_without_any_word_keeps_every_setting_as_a_candidate(
    lab: Lab, clients: Clients, watch: Watch, switches: dict[str, object], cause: str
) -> None:
    lab.tenant.change_to({**switches, "ews_policy_reason": False})
    verdict = refused_app(clients, watch)
    assert cause in verdict.findings
    assert "decide by" in verdict.box
