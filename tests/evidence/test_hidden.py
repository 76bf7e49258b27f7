from __future__ import annotations

import json
from base64 import b64encode

import pytest

from proxy_addons.evidence import hidden
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.hidden import batch_successes, hidden_failures, may_hide_failures, tells_failure
from tests.support.wire import BATCH, EWS, GRAPH, Pairs, answered, as_json, asked

AUTHORIZATION = (("Authorization", "Bearer outer"), ("Content-Length", "10"), ("Accept", "*/*"))


def _batch(requests: object, responses: object, headers: Pairs = ()) -> tuple[Exchange, ...]:
    request = asked(BATCH, AUTHORIZATION, as_json({"requests": requests}))
    return hidden_failures(Exchange(request, answered(200, headers, as_json({"responses": responses}))))


def _one(request: object, response: object) -> Exchange:
    (found,) = _batch([request], [response])
    return found


ITEM = {"id": "1", "method": "get", "url": "/users/adele"}
DENIED = {"id": "1", "status": 403, "headers": {"X": "y"}, "body": {"error": {"code": "Forbidden"}}}


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("POST", "/v1.0/$batch", True),
        ("post", "/beta/%24batch", True),
        ("GET", "/v1.0/$batch", False),
        ("POST", "/v1.0/me", False),
    ],
)
def test_only_a_posted_batch_can_hide_failures_on_graph(method: str, path: str, *, may: bool) -> None:
    assert may_hide_failures(method, "graph.microsoft.com", path) is may


def test_an_ews_call_can_hide_failures() -> None:
    assert may_hide_failures("POST", "outlook.office365.com", "/EWS/Exchange.asmx")


def test_a_failed_item_becomes_an_exchange_of_its_own() -> None:
    found = _one(ITEM, DENIED)
    assert found.response is not None
    assert (found.request.method, found.request.url, found.response.status, found.hidden) == (
        "GET",
        "https://graph.microsoft.com/v1.0/users/adele",
        403,
        True,
    )


def test_an_item_inherits_the_authorization_of_the_batch() -> None:
    assert _one(ITEM, DENIED).request.headers.get("authorization") == "Bearer outer"


def test_an_item_does_not_inherit_the_length_of_the_batch() -> None:
    assert "content-length" not in _one(ITEM, DENIED).request.headers


def test_an_items_own_header_replaces_that_of_the_batch() -> None:
    found = _one({**ITEM, "headers": {"authorization": "Bearer inner"}}, DENIED)
    assert found.request.headers.get_all("authorization") == ("Bearer inner",)


def test_an_answer_takes_its_date_and_ids_from_the_batch() -> None:
    (found,) = _batch([ITEM], [DENIED], (("request-id", "r"), ("Server", "s")))
    assert found.response is not None
    assert (found.response.date, found.response.headers.get("request-id"), found.response.headers.get("server")) == (
        1_795_262_400.0,
        "r",
        None,
    )


def test_every_failed_item_is_taken_out_and_no_other() -> None:
    statuses = [200, 302, 401, 404, 500, 600, 99, "403", True, None, 10**30]
    found = _batch([], [{"id": "1", "status": status} for status in statuses])
    assert [each.response.status for each in found if each.response] == [401, 404, 500]


def test_an_item_nobody_asked_for_is_told_at_the_address_of_the_batch() -> None:
    (found,) = _batch([], [DENIED])
    assert (found.request.method, found.request.url) == ("GET", BATCH)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (None, b""),
        ({"a": 1}, b'{"a": 1}'),
        (b64encode(b"<p>no</p>").decode(), b"<p>no</p>"),
        ("not base64!", b"not base64!"),
        ("é", "é".encode()),
        ("\ud800", b"?"),
    ],
)
def test_the_body_of_an_item_is_json_or_base64_or_text(body: object, content: bytes) -> None:
    found = _one(ITEM, {**DENIED, "body": body})
    assert found.response is not None
    assert found.response.body.content == content


def test_a_body_nested_too_deep_is_told_as_not_captured() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    body = hidden._inner_body(deep)
    assert (body.content, "too deep" in body.problem) == (None, True)


@pytest.mark.parametrize(
    "answer", [b"", b"{", b"[]", b"{}", b'{"responses": 1}', b'{"responses": [1, null]}', b"[" * 100_000, None]
)
def test_a_batch_answer_that_cannot_be_read_hides_nothing(answer: bytes | None) -> None:
    assert hidden_failures(Exchange(asked(BATCH), answered(200, (), answer))) == ()


@pytest.mark.parametrize("item", [{"id": 7}, {"id": "1", "headers": 5, "url": 7, "method": ["x"]}, {"id": {"a": 1}}])
def test_items_of_any_shape_are_no_error(item: object) -> None:
    assert len(_batch([item], [DENIED])) == 1


def test_at_most_a_hundred_items_are_looked_at() -> None:
    assert len(_batch([], [DENIED] * 300)) == 100


def test_ids_sent_as_numbers_are_matched() -> None:
    (found,) = _batch([{**ITEM, "id": 1}], [{**DENIED, "id": 1}])
    assert found.request.url.endswith("/users/adele")


def _ews(answer: str) -> tuple[Exchange, ...]:
    body = f"<s:Envelope><s:Body>{answer}</s:Body></s:Envelope>".encode()
    return hidden_failures(Exchange(asked(EWS), answered(200, (), body)))


def test_an_ews_answer_with_an_error_inside_is_a_hidden_failure() -> None:
    (found,) = _ews('<m:X ResponseClass="Error"><m:ResponseCode>ErrorAccessDenied</m:ResponseCode></m:X>')
    assert found.hidden


def test_an_ews_answer_without_one_hides_nothing() -> None:
    assert _ews('<m:X ResponseClass="Success"/>') == ()


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(asked(BATCH)),
        Exchange(asked(BATCH), answered(403, (), as_json({"responses": [DENIED]}))),
        Exchange(asked(GRAPH), answered(200, (), as_json({"responses": [DENIED]}))),
    ],
)
def test_only_a_successful_batch_can_hide_anything(exchange: Exchange) -> None:
    assert hidden_failures(exchange) == ()


def test_the_request_body_of_an_item_goes_with_it() -> None:
    found = _one({**ITEM, "method": "PATCH", "body": {"accountEnabled": False}}, DENIED)
    assert json.loads(found.request.body.text) == {"accountEnabled": False}


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"X-OWA-Error": "Microsoft.Exchange.Data.Storage.InvalidLicenseException"}),
        (302, {"X-OWA-Error": "Microsoft.Exchange.Data.Storage.AccountDisabledException"}),
        (302, {"Location": "/ews/genericerrorpage.htm?aspxerrorpath=x"}),
        (302, {"Location": "https://app.contoso.com/cb#error=access_denied"}),
    ],
)
def test_headers_tell_a_failure_that_the_status_does_not(status: int, headers: dict[str, str]) -> None:
    assert tells_failure(status, Headers(tuple(headers.items())))


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {}), (302, {"Location": "https://app.contoso.com/cb?code=x"}), (302, {}), (500, {"X-OWA-Error": "x"})],
)
def test_other_answers_tell_none(status: int, headers: dict[str, str]) -> None:
    assert not tells_failure(status, Headers(tuple(headers.items())))


def test_a_marked_page_is_a_hidden_failure() -> None:
    owa = Request("GET", "https://outlook.office365.com/owa/", Headers())
    marked = Response(200, Headers((("X-OWA-Error", "OwaUserHasNoMailboxAndNoLicenseAssignedException"),)))
    assert [found.hidden for found in hidden_failures(Exchange(owa, marked))] == [True]


@pytest.mark.parametrize(
    "body", [b"<Provision><Status>142</Status></Provision>", b"\x03\x01\x6a\x00\x4c\x03142\x00\x01"]
)
def test_a_demanded_policy_is_a_hidden_failure_of_activesync(body: bytes) -> None:
    sync = Request("POST", "https://outlook.office365.com/Microsoft-Server-ActiveSync?Cmd=Sync", Headers())
    assert len(hidden_failures(Exchange(sync, Response(200, Headers(), Body(body))))) == 1


@pytest.mark.parametrize(
    ("words", "hidden"), [(b"Connection blocked by Client Access Rules", True), (b"Connected", False)]
)
def test_what_mapi_tells_in_an_answer_that_says_ok_is_a_hidden_failure(words: bytes, *, hidden: bool) -> None:
    connect = Request("POST", "https://outlook.office365.com/mapi/emsmdb/?MailboxId=x", Headers())
    answer = Response(200, Headers(), Body(b"PROCESSING\r\nDONE\r\n\r\n" + words))
    assert bool(hidden_failures(Exchange(connect, answer))) is hidden


def test_another_status_of_activesync_is_none() -> None:
    sync = Request("POST", "https://outlook.office365.com/Microsoft-Server-ActiveSync?Cmd=Sync", Headers())
    answer = Response(200, Headers(), Body(b"<Ping><Status>1</Status></Ping>"))
    assert hidden_failures(Exchange(sync, answer)) == ()


def test_the_items_of_a_batch_that_succeeded_come_out_as_well() -> None:
    asked = Body(b'{"requests":[{"id":"1","method":"GET","url":"/me"},{"id":"2","method":"GET","url":"/users"}]}')
    answered = Body(b'{"responses":[{"id":"1","status":200,"body":{}},{"id":"2","status":403,"body":{}}]}')
    batch = Request("POST", "https://graph.microsoft.com/v1.0/$batch", Headers(), asked)
    found = batch_successes(Exchange(batch, Response(200, Headers(), answered)))
    assert [(item.request.url, item.hidden) for item in found] == [("https://graph.microsoft.com/v1.0/me", False)]


def test_what_is_no_answered_batch_has_no_items() -> None:
    batch = Request("POST", "https://graph.microsoft.com/v1.0/$batch", Headers())
    single = Request("GET", "https://graph.microsoft.com/v1.0/me", Headers())
    for exchange in (
        Exchange(batch, Response(403, Headers())),
        Exchange(batch),
        Exchange(single, Response(200, Headers())),
    ):
        assert batch_successes(exchange) == ()
