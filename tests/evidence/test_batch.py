from __future__ import annotations

from proxy_addons.evidence.batch import batch_calls
from proxy_addons.evidence.exchange import Exchange
from tests.support.wire import BATCH, GRAPH, answered, as_json, asked

ASKED = as_json(
    {"requests": [{"id": "1", "method": "GET", "url": "/me"}, {"id": "2", "method": "PATCH", "url": "/me"}]}
)


def calls(answer: object) -> list[tuple[str, str, int]]:
    exchange = Exchange(asked(BATCH, (), ASKED), answered(200, (), as_json(answer)))
    return [
        (each.request.method, each.request.url, each.response.status) for each in batch_calls(exchange) if each.response
    ]


def test_every_call_of_a_batch_comes_out_with_its_own_status() -> None:
    assert calls({"responses": [{"id": "2", "status": 403}, {"id": "1", "status": 200}]}) == [
        ("PATCH", "https://graph.microsoft.com/v1.0/me", 403),
        ("GET", "https://graph.microsoft.com/v1.0/me", 200),
    ]


def test_an_answer_without_a_question_or_a_status_is_left_out() -> None:
    assert calls({"responses": [{"id": "9", "status": 200}, {"id": "1", "status": "200"}]}) == []


def test_any_other_exchange_is_one_call() -> None:
    exchange = Exchange(asked(GRAPH), answered(200))
    assert [*batch_calls(exchange)] == [exchange]


def test_a_batch_nobody_answered_is_one_call() -> None:
    exchange = Exchange(asked(BATCH, (), ASKED))
    assert [*batch_calls(exchange)] == [exchange]
