from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from proxy_addons.evidence import timeline
from proxy_addons.evidence.bearer_token import sent_token_digest, token_digest
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.timeline import NOTHING, Ending, Memory, Place, read_call, read_call_again, remember
from tests.support.any_exchange import EXCHANGES
from tests.support.story import APP, EWS_APP, GRAPH_APP, at, issuing, remembered, without_times
from tests.support.wire import EWS, GRAPH, NOW, TOKEN_ENDPOINT, answered, as_json, asked, bearer, jwt

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = "https://graph.microsoft.com/v1.0/users"


def _call(number: int = 0, second: float = 0, url: str = USERS) -> Exchange:
    return at(second, asked(url, bearer(**GRAPH_APP, uti=str(number)), method="GET"))


def test_a_memory_without_exchanges_is_empty() -> None:
    assert Memory() == NOTHING


def test_remembering_leaves_the_memory_it_started_from_as_it_was() -> None:
    before = remembered(_call(1))
    remember(before, _call(2), Ending.WORKED)
    assert before == remembered(_call(1))


def test_an_exchange_without_any_time_is_not_remembered() -> None:
    exchange = replace(without_times(_call()), response=answered(200, date=None))
    assert remember(NOTHING, exchange, Ending.WORKED) is NOTHING


def test_the_date_of_the_answer_serves_where_the_capture_has_no_clock() -> None:
    (past,) = remember(NOTHING, without_times(_call()), Ending.WORKED).tokens.values()
    assert past.known_since == NOW


@pytest.mark.parametrize("started", [float("nan"), float("inf"), 1e300])
def test_a_clock_that_tells_no_moment_is_not_believed(started: float) -> None:
    (past,) = remember(NOTHING, replace(_call(), started=started), Ending.WORKED).tokens.values()
    assert past.known_since == NOW


def test_no_token_address_or_secret_is_kept() -> None:
    token = jwt({**EWS_APP, "upn": "adele@contoso.com"})
    headers = (("Authorization", f"Bearer {token}"), ("X-AnchorMailbox", "alex@contoso.com"), ("User-Agent", "mailer"))
    body = f"grant_type=client_credentials&client_id={APP}&client_secret=geheim&scope=x".encode()
    answer = answered(200, (), as_json({"access_token": token, "refresh_token": "0.Arefresh"}))
    kept = str(remembered(at(0, asked(EWS, headers)), at(1, asked(TOKEN_ENDPOINT, (), body), answer)))
    for secret in (token, token.split(".")[1], "adele", "alex", "mailer", "geheim", "refresh"):
        assert secret not in kept


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer  ", "token", ""])
def test_passwords_and_empty_headers_have_no_digest(value: str) -> None:
    assert sent_token_digest((value,)) == ""


def test_several_tokens_in_one_request_have_no_digest() -> None:
    assert sent_token_digest(("Bearer a", "Bearer b")) == ""


@pytest.mark.parametrize("value", ["Bearer abc", "bearer   abc ", "PoP abc"])
def test_a_token_has_the_digest_of_its_text(value: str) -> None:
    assert sent_token_digest((value,)) == token_digest("abc")


def test_a_known_token_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = remembered(_call())
    monkeypatch.setattr(timeline, "read_authorization", None)
    assert len(remember(memory, _call(second=5), Ending.WORKED).tokens) == 1


def test_of_a_call_that_is_made_again_only_the_clock_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = _call(), _call(second=5)
    memory = remembered(first)
    call, expected = read_call(first, memory), read_call(later, memory)
    assert call is not None
    monkeypatch.setattr(timeline, "identify", None)
    assert read_call_again(call, later, memory) == expected


def test_a_call_made_again_is_read_anew_where_other_things_are_known_of_its_token() -> None:
    first, later = _call(), _call(second=5)
    call = read_call(first, NOTHING)
    assert call is not None
    # Handed out for another service than it is used with: its past tells another grant than the call itself would.
    others = Memory(tokens={call.token: timeline.TokenPast(None, NOW)})
    for memory in (NOTHING, others):
        assert read_call_again(call, later, memory) == read_call(later, memory)
    known = read_call_again(call, later, others)
    assert known is not None
    assert known.grant is None


def test_a_call_without_any_time_is_none_the_second_time_as_well() -> None:
    call = read_call(_call(), NOTHING)
    assert call is not None
    assert read_call_again(call, replace(without_times(_call()), response=None), NOTHING) is None


def test_a_token_from_an_answer_is_known_when_the_answer_was_complete() -> None:
    memory = remembered(issuing(0, GRAPH_APP))
    past = memory.tokens[token_digest(jwt(GRAPH_APP))]
    assert (past.known_since, past.grant and past.grant.app) == (NOW + 0.2, APP)


def test_a_token_handed_out_again_keeps_its_past() -> None:
    call = at(0, asked(USERS, bearer(**GRAPH_APP), method="GET"))
    memory = remembered(call, issuing(5, GRAPH_APP, scope="a"))
    past = memory.tokens[token_digest(jwt(GRAPH_APP))]
    assert (past.known_since, len(past.places), past.requested) == (NOW, 1, ("a",))


def test_an_answer_whose_end_nobody_noted_counts_from_its_beginning() -> None:
    memory = remembered(replace(issuing(3, GRAPH_APP), ended=None))
    assert memory.tokens[token_digest(jwt(GRAPH_APP))].known_since == NOW + 3


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"no json",
        b"[" * 100_000,
        b'["access_token"]',
        b'{"access_token": 5}',
        b'{"access_token": "x' + b"y" * timeline.MAX_ANSWER + b'"}',
    ],
    ids=["not captured", "empty", "text", "deep", "list", "number", "long"],
)
def test_an_answer_without_a_readable_token_teaches_none(content: bytes | None) -> None:
    assert not remembered(at(0, asked(TOKEN_ENDPOINT), answered(200, (), content))).tokens


def test_a_refused_token_request_teaches_no_token() -> None:
    refused = replace(issuing(0, GRAPH_APP), response=answered(401, (), as_json({"access_token": "x"})))
    assert not remembered(refused).tokens


def test_a_token_request_of_nobody_is_not_counted() -> None:
    assert not remembered(at(0, asked(TOKEN_ENDPOINT, (), b"grant_type=password"))).token_requests


@pytest.mark.parametrize("token", ["EwB" + "x" * 60, jwt({**GRAPH_APP, "x": "y" * 20_000})], ids=["opaque", "huge"])
def test_of_a_token_that_is_not_read_only_its_use_is_remembered(token: str) -> None:
    call = at(0, asked(USERS, (("Authorization", f"Bearer {token}"),), method="GET"))
    (past,) = remembered(call).tokens.values()
    assert (past.grant, len(past.places)) == (None, 1)


@pytest.mark.parametrize("stand_in", ["***", "<redacted>", "eyJ0eXAi...", "token", "System.Security.SecureString"])
def test_what_stands_for_a_token_somebody_took_out_is_no_token(stand_in: str) -> None:
    issued = replace(issuing(0, GRAPH_APP), response=answered(200, (), as_json({"access_token": stand_in})))
    call = at(1, asked(USERS, (("Authorization", f"Bearer {stand_in}"),), method="GET"))
    assert not remembered(issued, call).tokens


def test_a_success_ends_a_row_of_refusals() -> None:
    request = asked(USERS, bearer(**GRAPH_APP), method="GET")
    memory = remembered(at(0, request, answered(403)), at(1, request, answered(403)))
    (outcomes,) = next(iter(memory.tokens.values())).places.values()
    assert outcomes.refusals == 2
    (outcomes,) = next(iter(remember(memory, at(2, request), Ending.WORKED).tokens.values())).places.values()
    assert (outcomes.refusals, outcomes.worked) == (0, NOW + 2)


def test_what_failed_for_another_reason_is_neither_success_nor_refusal() -> None:
    (past,) = remembered(at(0, asked(USERS, bearer(**GRAPH_APP)), answered(404))).tokens.values()
    assert not past.places


def test_the_own_mailbox_of_a_user_is_the_one_that_carries_the_name() -> None:
    claims = {**GRAPH_APP, "idtyp": "user", "upn": "Adele@contoso.com"}
    own = at(0, asked(GRAPH, bearer(**claims), method="GET"))
    named = at(1, asked("https://graph.microsoft.com/v1.0/users/adele@contoso.com", bearer(**claims), method="GET"))
    (past,) = remembered(own, named).tokens.values()
    assert len({place.mailbox for place in past.places}) == 1


def test_the_first_challenge_of_a_service_counts() -> None:
    challenge = answered(401, (("WWW-Authenticate", 'Bearer claims="eyJ9"'),))
    request = asked(USERS, bearer(**GRAPH_APP), method="GET")
    (past,) = remembered(at(0, request, challenge), at(9, request, challenge)).tokens.values()
    assert past.challenged == {"graph": NOW + 0.2}


def test_a_call_without_a_response_is_remembered_as_sent() -> None:
    lost = Exchange(asked(USERS, bearer(**GRAPH_APP)), None, started=NOW)
    (past,) = remember(NOTHING, lost, Ending.NEITHER).tokens.values()
    assert not past.challenged


def test_a_call_that_worked_a_moment_ago_is_not_noted_again() -> None:
    memory = remembered(_call(1))
    assert remember(memory, _call(1, second=4.9), Ending.WORKED) is memory


@pytest.mark.parametrize(
    "later",
    [
        _call(1, second=5),
        _call(1, second=-1),
        at(1, asked(USERS, (*bearer(**GRAPH_APP, uti="1"), ("User-Agent", "x")), method="GET")),
        at(1, asked(f"{USERS}/a@b.c", bearer(**GRAPH_APP, uti="1"), method="GET")),
        _call(2, second=1),
    ],
    ids=["later", "earlier", "another client", "another place", "another token"],
)
def test_a_success_that_is_news_is_noted(later: Exchange) -> None:
    memory = remembered(_call(1))
    assert remember(memory, later, Ending.WORKED) != memory


def test_a_success_after_a_refusal_is_always_noted() -> None:
    refused = replace(_call(1, second=1), response=answered(403))
    (past,) = remembered(_call(1), refused, _call(1, second=2)).tokens.values()
    assert [outcomes.refusals for outcomes in past.places.values()] == [0]


def test_the_oldest_token_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "MAX_TOKENS", 2)
    memory = remembered(_call(1), _call(2, 1), _call(1, 60), _call(3, 61))
    assert set(memory.tokens) == {sent_token_digest((bearer(**GRAPH_APP, uti=str(n))[0][1],)) for n in (1, 3)}


def _all(memory: Memory) -> Iterator[tuple[int, int]]:
    yield len(memory.tokens), timeline.MAX_TOKENS
    yield len(memory.calls), timeline.MAX_CALLS
    yield len(memory.token_requests), timeline.MAX_REQUESTERS
    yield from ((len(past.places), timeline.MAX_PLACES) for past in memory.tokens.values())
    yield from ((len(moments), timeline.MAX_REQUESTS) for moments in memory.token_requests.values())


@given(st.lists(st.tuples(EXCHANGES, st.sampled_from(Ending)), max_size=12))
@settings(deadline=None, max_examples=60)
def test_nothing_that_goes_by_stops_the_memory_or_passes_its_bounds(story: list[tuple[Exchange, Ending]]) -> None:
    memory = NOTHING
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MAX_TOKENS", "MAX_CALLS", "MAX_PLACES", "MAX_REQUESTERS", "MAX_REQUESTS"):
            patch.setattr(timeline, name, 3)
        for exchange, ending in story:
            memory = remember(memory, exchange, ending)
        assert all(count <= limit for count, limit in _all(memory))


def test_a_thousand_tokens_apps_and_mailboxes_stay_within_the_bounds() -> None:
    memory = NOTHING
    for number in range(1000):
        claims = {**GRAPH_APP, "appid": str(number)}
        memory = remember(memory, at(number, asked(USERS, bearer(**claims), method="GET")), Ending.WORKED)
        to_one = asked(f"{USERS}/u{number}@contoso.com", bearer(**GRAPH_APP), method="GET")
        memory = remember(memory, at(number, to_one), Ending.WORKED)
        memory = remember(memory, issuing(number, claims, client_id=str(number % 200)), Ending.WORKED)
    assert all(count <= limit for count, limit in _all(memory))
    assert len(memory.tokens) == timeline.MAX_TOKENS


def test_every_part_of_a_memory_is_frozen() -> None:
    memory = remembered(_call(), issuing(1, GRAPH_APP))
    past, success = next(iter(memory.tokens.values())), next(iter(memory.calls.values()))
    for part in (memory, past, past.grant, success, Place("", "", "")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, dataclasses.fields(part)[0].name, None)  # type: ignore[arg-type]  # a grant is there


def test_a_body_of_a_megabyte_costs_no_memory() -> None:
    request = Request("POST", EWS, Headers(bearer(**EWS_APP)), Body(b"<x/>" * 250_000))
    memory = remember(NOTHING, at(0, request, Response(200, Headers(), Body(b"y" * 1_000_000))), Ending.WORKED)
    assert len(json.dumps(str(memory))) < 5000
