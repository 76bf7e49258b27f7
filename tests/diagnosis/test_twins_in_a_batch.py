"""A batch that asks for the same thing twice is refused twice."""

from __future__ import annotations

from proxy_addons.diagnosis.failure import explain, explain_next
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.evidence.timeline import NOTHING
from tests.support.rulebases import ruleset
from tests.support.wire import BATCH, answered, as_json, asked

REFUSED = [{"id": str(number), "status": 403, "body": {"error": {"code": "x"}}} for number in range(3)]
THREE_ALIKE = Exchange(asked(BATCH), answered(200, (), as_json({"responses": REFUSED})))


def test_each_has_an_id_of_its_own() -> None:
    assert len({failure.report.id for failure in explain(THREE_ALIKE, ruleset())}) == 3


def test_each_gets_that_id_again_offline() -> None:
    live, _ = explain_next(THREE_ALIKE, ruleset(), NOTHING)
    assert [each.report.id for each in live] == [each.report.id for each in explain(THREE_ALIKE, ruleset())]
