"""A batch that asks for the same thing twice is refused twice."""

from __future__ import annotations

from dataclasses import replace

from proxy_addons.diagnosis.failure import explain, explain_next
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.evidence.timeline import NOTHING
from tests.support.rulebases import ruleset
from tests.support.wire import BATCH, answered, as_json, asked, jwt

REFUSED = [{"id": str(number), "status": 403, "body": {"error": {"code": "x"}}} for number in range(3)]
THREE_ALIKE = Exchange(asked(BATCH), answered(200, (), as_json({"responses": REFUSED})))


def test_each_has_an_id_of_its_own() -> None:
    assert len({failure.report.id for failure in explain(THREE_ALIKE, ruleset())}) == 3


def test_each_gets_that_id_again_offline() -> None:
    live, _ = explain_next(THREE_ALIKE, ruleset(), NOTHING)
    assert [each.report.id for each in live] == [each.report.id for each in explain(THREE_ALIKE, ruleset())]


def test_an_item_that_succeeded_is_remembered_like_a_call_of_its_own() -> None:
    sent = {"requests": [{"id": "1", "method": "GET", "url": "/me"}]}
    answer = {"responses": [{"id": "1", "status": 200, "body": {}}]}
    token = (
        ("Authorization", f"Bearer {jwt({'aud': 'https://graph.microsoft.com', 'appid': 'a', 'scp': 'User.Read'})}"),
    )
    batch = replace(Exchange(asked(BATCH, token, as_json(sent)), answered(200, (), as_json(answer))), started=1.0)
    _, memory = explain_next(batch, ruleset(), NOTHING)
    assert "GET /me" in {operation for _, _, _, operation in memory.calls}
