from __future__ import annotations

from mitmproxy.test.tutils import treq

from proxy_addons.addons.known_calls import KNOWN_AT_MOST, KnownCalls, mark_of
from proxy_addons.evidence.timeline import NOTHING, Memory

CHANGED = Memory(NOTHING.tokens, NOTHING.calls, NOTHING.token_requests)


def noted(mark: int = 1, began: float = 100.0, before: Memory = NOTHING, after: Memory = NOTHING) -> KnownCalls:
    known = KnownCalls()
    known.note(mark, began, before, after)
    return known


def test_a_call_that_changed_nothing_is_known_for_a_second() -> None:
    known = noted(began=100.0)
    assert known.has(1, 100.5, NOTHING)
    assert not known.has(1, 101.0, NOTHING)
    assert not known.has(2, 100.5, NOTHING)


def test_a_clock_that_was_put_back_makes_no_call_known() -> None:
    assert not noted(began=100.0).has(1, 99.0, NOTHING)


def test_a_call_that_was_news_is_not_known_yet() -> None:
    assert not noted(after=CHANGED).has(1, 100.0, CHANGED)


def test_whatever_else_is_remembered_makes_every_call_news() -> None:
    known = noted()
    assert not known.has(1, 100.0, CHANGED)
    known.note(2, 100.0, CHANGED, CHANGED)
    assert known.has(2, 100.0, CHANGED)
    assert not known.has(1, 100.0, CHANGED)


def test_no_more_calls_are_known_than_fit() -> None:
    known = noted(mark=0)
    for mark in range(1, KNOWN_AT_MOST + 1):
        known.note(mark, 100.0, NOTHING, NOTHING)
    assert known.has(KNOWN_AT_MOST, 100.0, NOTHING)
    assert not known.has(0, 100.0, NOTHING)


def test_a_mark_goes_by_place_token_and_client_and_by_no_id() -> None:
    def mark(path: str = "/v1.0/me", token: str = "a", agent: str = "x", trace: str = "1") -> int:
        told = {"Authorization": f"Bearer {token}", "User-Agent": agent, "client-request-id": trace}
        headers = tuple((name.encode(), value.encode()) for name, value in told.items())
        return mark_of(treq(path=path.encode(), headers=headers))

    assert mark() == mark(trace="2")
    assert len({mark(), mark(path="/v1.0/users"), mark(token="b"), mark(agent="y")}) == 4
