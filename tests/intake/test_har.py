from __future__ import annotations

import gzip
import io
import json
import os
from base64 import b64encode

import pytest

from proxy_addons.evidence.exchange import Body, Exchange
from proxy_addons.intake.har import BODY_CHARACTERS, read_har
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry


def entry(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "startedDateTime": "2026-11-21T12:00:00.500Z",
        "request": {
            "method": "GET",
            "url": "https://graph.microsoft.com/v1.0/me",
            "httpVersion": "HTTP/2",
            "headers": [{"name": ":authority", "value": "graph.microsoft.com"}, {"name": "Accept", "value": "*/*"}],
            "bodySize": 0,
        },
        "response": {
            "status": 403,
            "statusText": "Forbidden",
            "httpVersion": "HTTP/2",
            "headers": [{"name": "Date", "value": "Sat, 21 Nov 2026 12:00:01 GMT"}],
            "content": {"size": 2, "mimeType": "application/json", "text": "{}"},
        },
    }
    return plain | changes


def har(*entries: object) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def read(raw: bytes) -> list[Exchange | UnreadableEntry]:
    return list(read_har(io.BytesIO(raw)))


def first(raw: bytes) -> Exchange:
    exchange = read(raw)[0]
    assert isinstance(exchange, Exchange)
    return exchange


def test_an_entry_becomes_an_exchange() -> None:
    exchange = first(har(entry()))

    assert exchange.request.method == "GET"
    assert exchange.request.url == "https://graph.microsoft.com/v1.0/me"
    assert exchange.response is not None
    assert exchange.response.status == 403
    assert exchange.response.body.content == b"{}"
    assert exchange.started == 1795262400.5


def test_pseudo_headers_of_http_2_are_left_out() -> None:
    assert first(har(entry())).request.headers.fields == (("Accept", "*/*"),)


def test_equal_header_names_that_chrome_joined_are_taken_apart() -> None:
    response = {"status": 401, "headers": [{"name": "WWW-Authenticate", "value": "Bearer a=1\nBasic b=2"}]}

    exchange = first(har(entry(response=response)))

    assert exchange.response is not None
    assert exchange.response.headers.get_all("www-authenticate") == ("Bearer a=1", "Basic b=2")


def test_a_byte_order_mark_does_not_matter() -> None:
    assert len(read(b"\xef\xbb\xbf" + har(entry()))) == 1


def test_a_base64_body_is_decoded() -> None:
    content = {"size": 3, "text": b64encode(b"\xff\x00!").decode(), "encoding": "base64"}

    exchange = first(har(entry(response={"status": 403, "headers": [], "content": content})))

    assert exchange.response is not None
    assert exchange.response.body.content == b"\xff\x00!"


def test_a_body_the_recorder_left_out_is_not_taken_for_an_empty_one() -> None:
    exchange = first(har(entry(response={"status": 403, "headers": [], "content": {"size": 470}})))

    assert exchange.response is not None
    assert exchange.response.body.content is None
    assert exchange.response.body.problem == "the recording holds no body"


def test_a_request_body_the_recorder_left_out_is_not_taken_for_an_empty_one() -> None:
    request = {"method": "POST", "url": "https://graph.microsoft.com/v1.0/$batch", "headers": [], "bodySize": 12}

    assert first(har(entry(request=request))).request.body.content is None


def test_form_parameters_without_text_become_the_form_they_were() -> None:
    post = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "scope", "value": "a b"}]}
    request = {"method": "POST", "url": "https://login.microsoftonline.com/x/oauth2/token", "postData": post}

    assert first(har(entry(request=request))).request.body.content == b"scope=a+b"


def test_status_zero_means_that_no_answer_came() -> None:
    exchange = first(har(entry(response={"status": 0, "headers": [], "_error": "net::ERR_CONNECTION_REFUSED"})))

    assert exchange.response is None
    assert exchange.transport_error == "net::ERR_CONNECTION_REFUSED"


def test_a_time_nobody_can_read_is_no_time() -> None:
    assert first(har(entry(startedDateTime="yesterday"))).started is None


def test_an_entry_nobody_can_read_costs_only_itself() -> None:
    found = read(har({"request": {"method": "GET"}}, entry()))

    assert found[0] == UnreadableEntry("log.entries[0]", "request.url: field required")
    assert isinstance(found[1], Exchange)


def test_a_file_that_breaks_off_yields_what_came_before_and_says_where() -> None:
    raw = har(entry(), entry())
    iterator = read_har(io.BytesIO(raw[:-40]))

    assert isinstance(next(iterator), Exchange)
    with pytest.raises(RecordingError, match=r"log\.entries\[1\]: the JSON breaks here; everything before it was read"):
        next(iterator)


def test_the_complaint_about_broken_json_never_quotes_the_recording() -> None:
    raw = har(entry()).replace(b'"startedDateTime"', b'eyJhbGciOiJSUzI1NiJ9.secret "startedDateTime"')

    with pytest.raises(RecordingError) as caught:
        read(raw)

    assert "secret" not in str(caught.value)


def test_json_that_is_no_har_is_refused_with_the_remedy() -> None:
    with pytest.raises(RecordingError, match="no HAR"):
        read(b'{"hello": 1}')


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e400", "9" * 5000])
def test_a_number_nobody_can_count_with_costs_nothing_else(number: str) -> None:
    raw = har(entry(time=0), entry(), entry(time=0)).replace(b'"time": 0', f'"time": {number}'.encode())

    assert [item.ended for item in read(raw) if isinstance(item, Exchange)] == [None] * 3


def test_bytes_that_are_no_utf_8_cost_only_themselves() -> None:
    found = read(har(entry(), entry(comment="Zurich"), entry()).replace(b"Zurich", b"Z\xfcrich"))

    assert isinstance(found[0], UnreadableEntry)
    assert found[0].problem == "is no UTF-8; it and others like it are read as U+FFFD"
    assert not found[0].lost
    assert [type(item) for item in found[1:]] == [Exchange] * 3


def test_a_recording_without_traffic_is_fine() -> None:
    assert read(har()) == []


@pytest.mark.parametrize("status", [1e308, -1e308, 1e15, -3, 403.5, 0.0])
def test_a_status_that_is_none_costs_only_its_entry(status: float) -> None:
    found = read(har(entry(response={"status": status}), entry()))

    assert isinstance(found[1], Exchange)


def test_half_a_character_costs_only_itself() -> None:
    request = {"method": "GET", "url": "https://graph.microsoft.com/v1.0/me?q=\ud83d", "headers": []}

    assert first(har(entry(request=request))).request.url == "https://graph.microsoft.com/v1.0/me?q=\ufffd"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"hello": 1}',
        b'{"log": {}}',
        b'{"entries": []}',
        b"[]",
        b"1",
        b'{"log": {"entries": {}}}',
        b'{"log": {"entries": null}}',
    ],
)
def test_json_that_is_no_har_is_refused_from_a_pipe_too(raw: bytes) -> None:
    reading, writing = os.pipe()
    os.write(writing, raw)
    os.close(writing)

    with os.fdopen(reading, "rb") as pipe, pytest.raises(RecordingError, match="no HAR"):
        list(read_har(pipe))


def test_a_recording_without_traffic_may_have_a_long_preface() -> None:
    assert read(json.dumps({"log": {"comment": "x" * 100_000, "entries": []}}).encode()) == []


def _kept_packed(content: bytes, coding: str) -> bytes:
    body = {"text": b64encode(content).decode(), "encoding": "base64"}
    headers = [{"name": "Content-Encoding", "value": coding}]
    return har(entry(response={"status": 403, "headers": headers, "content": body}))


def test_a_body_kept_in_its_packing_is_unpacked() -> None:
    response = first(_kept_packed(gzip.compress(b'{"error": {}}'), "gzip")).response
    assert response is not None
    assert response.body.content == b'{"error": {}}'


def test_a_body_that_was_unpacked_already_stays_as_it_is() -> None:
    response = first(_kept_packed(b'{"error": {}}', "gzip")).response
    assert response is not None
    assert response.body.content == b'{"error": {}}'


def answered(content: dict[str, object], *, method: str = "GET", status: int = 403, **headers: str) -> Body:
    """The body of an answer with this content and these headers."""
    request = {"method": method, "url": "https://graph.microsoft.com/v1.0/me", "headers": []}
    fields = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    response = first(har(entry(request=request, response={"status": status, "headers": fields, "content": content})))
    assert response.response is not None
    return response.response.body


@pytest.mark.parametrize("content", [{"size": 0}, {"size": 0, "text": ""}, {}])
def test_an_empty_body_where_one_was_announced_was_left_out(content: dict[str, object]) -> None:
    body = answered(content, content_length="470")

    assert (body.content, body.problem) == (None, "the recording holds no body")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 403), ("GET", 204), ("GET", 304)])
def test_no_body_is_missed_where_none_can_be(method: str, status: int) -> None:
    assert answered({"size": 0}, method=method, status=status, content_length="470").content == b""


def test_nothing_may_have_a_length_when_it_is_packed() -> None:
    assert answered({"size": 0, "text": ""}, content_length="20", content_encoding="gzip").content == b""


def test_base64_that_is_none_is_a_problem_and_never_bytes() -> None:
    body = answered({"text": "!!! no base64", "encoding": "base64"})

    assert (body.content, body.problem) == (None, "the recording's base64 cannot be decoded")


def test_base64_in_lines_is_base64() -> None:
    assert answered({"text": "aGVs\r\nbG8=\n", "encoding": "base64"}).content == b"hello"


def test_a_body_longer_than_any_worth_reading_is_cut() -> None:
    body = answered({"text": "x" * (BODY_CHARACTERS + 1)})

    assert (len(body.content or b""), body.truncated) == (BODY_CHARACTERS, True)


def test_packed_letters_longer_than_any_worth_reading_are_cut_where_they_can_be_decoded() -> None:
    body = answered({"text": f"\n{'aGVs' * (BODY_CHARACTERS // 4 + 1)}", "encoding": "base64"})

    assert (len(body.content or b"") // 3, body.truncated) == (BODY_CHARACTERS // 4 - 1, True)


def test_an_entry_nested_without_end_costs_nothing_but_its_depths() -> None:
    deep = json.loads("[" * 900 + "]" * 900)

    assert all(isinstance(each, Exchange) for each in read(har(entry(_deep=deep), entry())))
