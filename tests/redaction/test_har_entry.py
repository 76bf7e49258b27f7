from dataclasses import replace

import pytest

from proxy_addons.redaction.clean_exchange import CleanExchange
from proxy_addons.redaction.har_entry import har_entry

CLEAN = CleanExchange(
    method="POST",
    url="https://graph.microsoft.com/v1.0/me?$top=5&q=a+b",
    request_version="HTTP/1.1",
    request_headers=(("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", "a=<secret>; b=<secret>")),
    request_body="scope=a%20b&x",
    request_size=30,
    started=1_795_262_400.123,
    answered=True,
    status=302,
    response_version="HTTP/2",
    response_headers=(("Location", "https://x.example/"), ("Set-Cookie", "c=<secret>; path=/")),
    response_body="hello",
    response_size=5,
)


def part(entry: object, *names: str) -> object:
    for name in names:
        assert isinstance(entry, dict)
        entry = entry[name]
    return entry


@pytest.mark.parametrize("seconds", [None, 1e300, -1e300, float("nan"), float("inf"), 253_402_300_800])
def test_a_moment_no_calendar_holds_reads_1970(seconds: float | None) -> None:
    assert har_entry(replace(CLEAN, started=seconds))["startedDateTime"] == "1970-01-01T00:00:00.000Z"


def test_every_copy_of_a_value_is_cut_from_the_same_text() -> None:
    entry = har_entry(CLEAN)
    assert part(entry, "request", "queryString") == [{"name": "$top", "value": "5"}, {"name": "q", "value": "a b"}]
    assert part(entry, "request", "cookies") == [{"name": "a", "value": "<secret>"}, {"name": "b", "value": "<secret>"}]
    assert part(entry, "request", "postData", "params") == [
        {"name": "scope", "value": "a b"},
        {"name": "x", "value": ""},
    ]
    assert part(entry, "response", "cookies") == [{"name": "c", "value": "<secret>"}]
    assert part(entry, "response", "redirectURL") == "https://x.example/"


def test_the_moment_is_utc() -> None:
    assert har_entry(CLEAN)["startedDateTime"] == "2026-11-21T12:00:00.123Z"


def test_an_unknown_moment_is_the_epoch() -> None:
    assert har_entry(replace(CLEAN, started=None))["startedDateTime"] == "1970-01-01T00:00:00.000Z"


def test_bodies_that_were_left_out_say_so() -> None:
    entry = har_entry(replace(CLEAN, request_body=None, response_body=None))
    assert part(entry, "request", "postData", "_dropped") is True
    assert part(entry, "response", "content", "_dropped") is True


def test_the_size_of_what_was_sent_is_not_told() -> None:
    assert part(har_entry(CLEAN), "request", "bodySize") == -1
    assert part(har_entry(replace(CLEAN, request_size=0)), "request", "bodySize") == 0
    assert part(har_entry(CLEAN), "response", "bodySize") == 5


def test_no_body_sent_is_no_body() -> None:
    assert "postData" not in str(har_entry(replace(CLEAN, request_size=0, request_body="")))


def test_no_answer_is_an_answer_of_status_zero() -> None:
    entry = har_entry(replace(CLEAN, answered=False, status=0, response_body=None, transport_error="refused"))
    assert part(entry, "response", "status") == 0
    assert part(entry, "response", "bodySize") == -1
    assert entry["_transport_error"] == "refused"


def test_tokens_are_told_as_json() -> None:
    entry = har_entry(replace(CLEAN, tokens={"<token:1>": {"claims": {"wids": ["a"], "exp": 1, "odd": object}}}))
    assert part(entry, "_tokens", "<token:1>", "claims", "wids") == ["a"]
    assert isinstance(part(entry, "_tokens", "<token:1>", "claims", "odd"), str)
