from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from proxy_addons.diagnosis.course import PATIENCE, Course, conclude, proceed
from proxy_addons.diagnosis.failure import explain_next
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.evidence.timeline import NOTHING
from tests.support.any_exchange import EXCHANGES
from tests.support.rulebases import rule, ruleset
from tests.support.story import EWS_APP, GRAPH_APP, at
from tests.support.wire import BATCH, EWS, GRAPH, ON_PREMISES, Pairs, answered, as_json, asked, bearer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy_addons.diagnosis.failure import Failure

RULES = ruleset(
    rule("followed", {"later.credentials_followed": True}),
    rule("not-followed", {"later.credentials_followed": False}, certainty="likely"),
    rule("refused", {"response.status": 403}, certainty="likely"),
)
ASKS: Pairs = (("WWW-Authenticate", "Negotiate"),)
HOP = asked(ON_PREMISES, (), b"<x/>")
RETURN = asked(ON_PREMISES, (("Authorization", "Negotiate YII="),), b"<x/>")
REFUSED = asked(EWS, bearer(**EWS_APP))


def told(exchanges: Iterable[Exchange]) -> list[Failure]:
    """Every failure of a recording."""
    course = Course()
    found: list[Failure] = []
    for exchange in exchanges:
        course, failures = proceed(course, exchange, RULES)
        found += failures
    return [*found, *conclude(course, RULES)]


def causes(*exchanges: Exchange) -> list[str]:
    return [failure.report.diagnosis.leading.cause for failure in told(exchanges)]


def test_a_first_hop_followed_by_success_is_no_failure() -> None:
    assert causes(at(0, HOP, answered(401, ASKS)), at(1, RETURN)) == []


def test_a_call_of_graph_that_is_let_in_a_moment_later_is_no_failure() -> None:
    bare, asks = asked(GRAPH), (("WWW-Authenticate", "Bearer"),)
    assert causes(at(0, bare, answered(401, asks)), at(1, asked(GRAPH, bearer(**GRAPH_APP)))) == []


def test_a_handshake_of_three_calls_is_no_failure() -> None:
    middle = answered(401, (("WWW-Authenticate", "Negotiate TlRMTVNTUAACAAAA"),))
    assert causes(at(0, HOP, answered(401, ASKS)), at(1, RETURN, middle), at(2, RETURN)) == []


def test_credentials_that_are_refused_leave_both_calls_failed() -> None:
    assert causes(at(0, HOP, answered(401, ASKS)), at(1, RETURN, answered(403))) == ["followed", "refused"]


def test_a_first_hop_nobody_answers_within_reach_is_a_failure() -> None:
    others = [at(n, asked(EWS, bearer(**EWS_APP))) for n in range(PATIENCE)]
    assert causes(at(0, HOP, answered(401, ASKS)), *others) == ["not-followed"]


def test_a_first_hop_at_the_end_of_the_recording_is_a_failure_of_which_less_is_known() -> None:
    assert causes(at(0, HOP, answered(401, ASKS))) == ["undetermined"]


def test_failures_come_in_the_order_of_the_recording() -> None:
    hop, refused = at(0, HOP, answered(401, ASKS)), at(1, REFUSED, answered(403))
    course, ready = proceed(Course(), hop, RULES)
    assert ready == ()
    course, ready = proceed(course, refused, RULES)
    assert ready == ()
    assert [failure.exchange for failure in conclude(course, RULES)] == [hop, refused]


def test_nothing_else_waits() -> None:
    _, ready = proceed(Course(), at(0, REFUSED, answered(403)), RULES)
    assert len(ready) == 1


def test_a_first_hop_is_explained_with_what_was_known_when_it_came() -> None:
    success = at(1, asked(EWS, bearer(**EWS_APP)))
    (failure,) = told([at(0, HOP, answered(401, ASKS)), success])
    assert failure.report.notes == ()


def test_the_memory_passes_from_one_exchange_to_the_next() -> None:
    request = asked(GRAPH, bearer(**GRAPH_APP), method="GET")
    (failure,) = told([at(0, request), at(60, request, answered(403))])
    assert failure.report.notes[0].startswith("The same app succeeded with GET /me/messages 60 s earlier")


@given(st.lists(EXCHANGES, max_size=PATIENCE + 8))
@settings(deadline=None, max_examples=40)
def test_whatever_is_told_waits_within_bounds(exchanges: list[Exchange]) -> None:
    course = Course()
    for exchange in exchanges:
        course, _ = proceed(course, exchange, RULES)
        hops = [each for each in course.waiting if not hasattr(each, "report")]
        assert len(hops) <= PATIENCE
    conclude(course, RULES)


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (EWS, b'<s:Envelope><m:X ResponseClass="Error"><m:ResponseCode>ErrorItemNotFound</m:ResponseCode></m:X>'),
        (BATCH, as_json({"responses": [{"id": "1", "status": 404}]})),
    ],
)
def test_a_success_that_hides_another_error_is_no_success(url: str, body: bytes) -> None:
    exchange = at(0, asked(url, bearer(**GRAPH_APP)), answered(200, (), body))
    failures, memory = explain_next(exchange, RULES, NOTHING)
    assert failures == ()
    assert not memory.calls


@pytest.mark.parametrize(
    ("exchange", "refusals"),
    [
        (at(0, REFUSED, answered(403)), 1),
        (Exchange(REFUSED, None, 5.0, "connection refused"), 0),
        (at(0, REFUSED, answered(404)), 0),
    ],
    ids=["refused", "no answer", "not found"],
)
def test_only_an_answer_that_refuses_counts_as_a_refusal(exchange: Exchange, refusals: int) -> None:
    _, memory = explain_next(exchange, RULES, NOTHING)
    (past,) = memory.tokens.values()
    counted: Any = [outcomes.refusals for outcomes in past.places.values()]
    assert sum(counted) == refusals
