"""Values drawn by chance, planted anywhere an exchange can carry one: none survives, whatever it looks like."""

import json

from hypothesis import given, settings, strategies as st

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.redaction.sweep import prepare
from tests.redaction.corpus.case import GRAPH_FACTS, graph_error
from tests.redaction.encodings import spelled_in
from tests.redaction.finished import finished, shown, written
from tests.redaction.planting import addresses, planted, secrets
from tests.support.wire import jwt

_PIECES = (b"{", b"}", b"[", b"]", b'"', b":", b",", b"<a>", b"</a>", b"a", b"=", b"&", b"\\u", b"null", b"1e9")


@settings(max_examples=400, deadline=None)
@given(planted())
def test_a_value_planted_anywhere_does_not_survive(case: tuple[str, Exchange]) -> None:
    value, exchange = case
    entry = finished(exchange)
    assert spelled_in(value, written(entry)) == []
    assert prepare(entry.originals).over(written(entry)) == ()


@settings(max_examples=100, deadline=None)
@given(st.one_of(secrets, addresses), st.sampled_from(["Access is denied for {}.", "User {} was not found", "{}"]))
def test_what_is_known_from_the_token_is_not_echoed_by_the_answer(value: str, sentence: str) -> None:
    bearer = Headers((("Authorization", f"Bearer {jwt({'upn': value})}"),))
    answer = Body(graph_error("ErrorAccessDenied", sentence.format(value)).encode())
    request = Request("GET", "https://graph.microsoft.com/v1.0/me", bearer)
    assert spelled_in(value, written(finished(Exchange(request, Response(403, Headers(()), answer))))) == []


@settings(max_examples=100, deadline=None)
@given(planted())
def test_the_facts_of_an_exchange_survive_whatever_else_it_carries(case: tuple[str, Exchange]) -> None:
    text = shown(finished(case[1]))
    assert [fact for fact in GRAPH_FACTS if fact not in text] == []


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=3000), st.binary(max_size=300), st.sampled_from([200, 403]))
def test_no_bytes_whatsoever_make_redaction_fail(content: bytes, header: bytes, status: int) -> None:
    said = header.decode("latin-1")
    sent = Headers((("X-A", said), ("Cookie", said), ("Authorization", said), ("X-AnchorMailbox", said)))
    received = Headers((("WWW-Authenticate", said), ("x-ms-ags-diagnostic", said), ("Set-Cookie", said)))
    exchange = Exchange(
        Request("GET", f"https://x/{said}", sent, Body(content)), Response(status, received, Body(content))
    )
    assert json.loads(written(finished(exchange)))["response"]["status"] == status


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=60).map(b"".join))
def test_no_half_document_makes_redaction_fail(content: bytes) -> None:
    request = Request("POST", "https://graph.microsoft.com/v1.0/me", body=Body(content))
    entry = finished(Exchange(request, Response(400, body=Body(content))))
    assert json.loads(written(entry))["response"]["status"] == 400
