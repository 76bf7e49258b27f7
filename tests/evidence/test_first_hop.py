from __future__ import annotations

from dataclasses import replace

import pytest

from proxy_addons.evidence.exchange import Exchange, Response
from proxy_addons.evidence.first_hop import Return, is_first_hop, returned
from tests.support.story import at
from tests.support.wire import EWS, GRAPH, ON_PREMISES, Pairs, answered, asked

ASKS: Pairs = (("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM"))
PROXY_ASKS: Pairs = (("Proxy-Authenticate", "Negotiate"),)
HOP = at(0, asked(ON_PREMISES, (), b"<x/>"), answered(401, ASKS))
TOKEN: Pairs = (("Authorization", "Negotiate YII="),)


def again(
    response: Response | None,
    headers: Pairs = TOKEN,
    *,
    url: str = ON_PREMISES,
    body: bytes = b"<x/>",
    second: float = 1,
) -> Exchange:
    return at(second, asked(url, headers, body), response)


@pytest.mark.parametrize(
    ("url", "sent", "response", "is_one"),
    [
        (ON_PREMISES, (), answered(401, ASKS), True),
        (EWS, (("Authorization", "Bearer"),), answered(401, ASKS), True),
        (EWS, (("Authorization", "Bearer x"),), answered(401, ASKS), False),
        (EWS, (), answered(401), False),
        (EWS, (), answered(403, ASKS), False),
        (GRAPH, (), answered(401, ASKS), False),
        (GRAPH, (("Authorization", "Bearer x"),), answered(407, PROXY_ASKS), True),
        (GRAPH, (("Proxy-Authorization", "Basic x"),), answered(407, PROXY_ASKS), False),
    ],
)
def test_a_first_hop_brings_nothing_and_is_asked(url: str, sent: Pairs, response: Response, *, is_one: bool) -> None:
    assert is_first_hop(at(0, asked(url, sent), response)) is is_one


@pytest.mark.parametrize(
    ("url", "is_one"), [(GRAPH, True), ("https://contoso.sharepoint.com/_api/web", True), ("https://intra.net/", False)]
)
def test_where_the_recording_goes_on_other_services_may_have_asked_as_well(url: str, *, is_one: bool) -> None:
    assert is_first_hop(at(0, asked(url), answered(401, ASKS)), recorded=True) is is_one


def test_a_call_without_an_answer_is_no_first_hop() -> None:
    assert not is_first_hop(Exchange(asked(EWS), None))


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_a_client_that_comes_back_with_credentials_is_admitted(status: int) -> None:
    assert returned(HOP, again(answered(status))) is Return.ADMITTED


@pytest.mark.parametrize("status", [401, 403])
def test_a_client_whose_credentials_are_not_good_enough_is_refused(status: int) -> None:
    assert returned(HOP, again(answered(status, ASKS))) is Return.REFUSED


def test_a_handshake_that_goes_on_decides_nothing() -> None:
    middle = answered(401, (("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA"),))
    assert returned(HOP, again(middle)) is Return.UNDER_WAY


@pytest.mark.parametrize("status", [200, 401, 403])
def test_a_proxy_that_lets_the_call_pass_has_admitted_the_client_whatever_the_service_says(status: int) -> None:
    hop = at(0, asked(GRAPH), answered(407, PROXY_ASKS))
    later = at(1, asked(GRAPH, (("Proxy-Authorization", "Basic x"),)), answered(status))
    assert returned(hop, later) is Return.ADMITTED


@pytest.mark.parametrize(
    "later",
    [
        again(answered(401), ()),
        again(answered(200), url=EWS),
        again(answered(200), (*TOKEN, ("User-Agent", "other"))),
        again(answered(200), body=b"<y/>"),
        again(answered(200), second=61),
        again(answered(200), second=-1),
        Exchange(asked(ON_PREMISES, TOKEN, b"<x/>"), None),
    ],
    ids=["without credentials", "another URL", "another client", "another body", "too late", "earlier", "no answer"],
)
def test_what_is_not_the_same_call_with_credentials_has_nothing_to_do_with_it(later: Exchange) -> None:
    assert returned(HOP, later) is Return.UNRELATED


def test_a_client_that_is_let_in_without_credentials_of_its_own_was_admitted_by_its_connection() -> None:
    assert returned(HOP, again(answered(200), ())) is Return.ADMITTED


def test_a_body_sent_only_once_the_client_is_let_in_is_the_same_call() -> None:
    assert returned(replace(HOP, request=asked(ON_PREMISES)), again(answered(200))) is Return.ADMITTED


def test_without_times_the_order_of_the_recording_counts() -> None:
    assert returned(replace(HOP, started=None), again(answered(200), second=-1)) is Return.ADMITTED


def test_a_challenge_of_nobody_is_answered_by_nobody() -> None:
    assert returned(Exchange(asked(EWS), None), again(answered(200), url=EWS)) is Return.UNRELATED
