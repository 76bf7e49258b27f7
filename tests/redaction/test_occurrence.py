from dataclasses import replace

import pytest

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.redaction.occurrence import exchanging, occurrence_of

ASKED, ANSWERED = "7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e", "11111111-2222-4333-8444-555555555555"
DATE = "Mon, 21 Sep 2026 14:13:20 GMT"


def refused(*answer: tuple[str, str], body: bytes = b"", status: int = 403) -> Exchange:
    asked = Headers((("Client-Request-Id", ASKED), ("Accept", "*/*")))
    return Exchange(
        Request("GET", "https://graph.microsoft.com/v1.0/me", asked),
        Response(status, Headers(answer), Body(body)),
        started=1.0,
    )


def test_ids_and_the_date_are_the_calls_own_and_stand_once() -> None:
    inner = f'{{"error":{{"innerError":{{"date":"2026-09-21T14:13:20","request-id": "{ANSWERED}"}}}}}}'.encode()
    found = occurrence_of(refused(("Date", DATE), ("request-id", ANSWERED), body=inner))
    assert found is not None
    assert found.own == (ASKED, DATE, ANSWERED, "2026-09-21T14:13:20")
    assert ANSWERED not in "".join(found.fixed())


def test_two_calls_that_differ_in_their_own_values_are_the_same() -> None:
    one = occurrence_of(refused(("Date", DATE), ("request-id", ANSWERED)))
    other = occurrence_of(refused(("Date", DATE.replace("20 GMT", "21 GMT")), ("request-id", ASKED[::-1])))
    twice = occurrence_of(refused(("Date", DATE), ("request-id", ASKED)))
    assert one is not None
    assert other is not None
    assert twice is not None
    assert one.same != twice.same
    assert one.same != other.same  # the reversed id is no GUID
    again = occurrence_of(refused(("Date", DATE.replace("20 GMT", "21 GMT")), ("request-id", ANSWERED[:-1] + "6")))
    assert again is not None
    assert again.same == one.same
    assert again.own != one.own


@pytest.mark.parametrize(
    "header", [("Date", "yesterday"), ("request-id", "number seven"), ("x-ms-diagnostics", ANSWERED)]
)
def test_what_has_another_form_or_another_place_is_not_the_calls_own(header: tuple[str, str]) -> None:
    found = occurrence_of(refused(header))
    assert found is not None
    assert found.own == (ASKED,)


@pytest.mark.parametrize(
    ("trace", "own"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", False),
        (" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
    ],
)
def test_the_ids_of_a_trace_are_the_calls_own_where_it_is_one(trace: str, *, own: bool) -> None:
    exchange = refused()
    headers = Headers((("traceparent", trace),))
    found = occurrence_of(replace(exchange, request=replace(exchange.request, headers=headers)))
    assert found is not None
    assert found.own == (("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7") if own else ())


def test_two_dates_are_no_moment() -> None:
    found = occurrence_of(refused(("Date", DATE), ("Date", DATE)))
    assert found is not None
    assert found.own == (ASKED,)


def test_one_id_in_two_spellings_is_too_odd() -> None:
    assert occurrence_of(refused(("request-id", ASKED.upper()))) is None


@pytest.mark.parametrize(
    "exchange",
    [
        refused(status=302),
        replace(refused(), response=None),
        replace(refused(), hidden=True),
        replace(refused(), transport_error="reset"),
        replace(refused(), started=None),
        replace(refused(), started=float("nan")),
        refused(body=b"x" * 20_000),
        refused(("x-large", "x" * 70_000)),
        replace(refused(), request=Request("POST", "https://graph.microsoft.com/", body=Body(b"x" * 20_000))),
    ],
)
def test_what_is_large_or_seldom_is_not_taken_apart(exchange: Exchange) -> None:
    assert occurrence_of(exchange) is None


def test_values_are_exchanged_at_the_same_time() -> None:
    assert exchanging(("a", "b", "c"), ("b", "a", "c"))("a b c") == "b a c"
    assert exchanging(("a",), ("a",))("a b") == "a b"
