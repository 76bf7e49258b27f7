from __future__ import annotations

from proxy_addons.diagnosis.permissions.judged_call import call_of, judge_call
from proxy_addons.diagnosis.permissions.permission_data import Call
from proxy_addons.diagnosis.permissions.verdict import Verdict
from tests.support.permission_tables import data, entry
from tests.support.wire import ADMIN_API, GRAPH, answered, as_json, asked, bearer, facts_of


def test_a_call_is_looked_up_by_what_its_body_asks_for() -> None:
    body = as_json({"CmdletInput": {"CmdletName": "Get-Mailbox"}})
    called = call_of(facts_of(asked(ADMIN_API, (), body), answered(403)))
    assert called == Call("POST", "outlook.office365.com", ADMIN_API.partition(".com")[2], "Get-Mailbox")


def test_a_captured_call_is_held_against_the_tables() -> None:
    sent = asked(GRAPH, bearer(aud="https://graph.microsoft.com", scp="User.Read"), method="GET")
    judgement = judge_call(facts_of(sent, answered(403)), data(entry("GET /me/messages", ["Mail.Read"])))
    assert (judgement.verdict, judgement.missing) == (Verdict.MISSING, (("Mail.Read",),))
