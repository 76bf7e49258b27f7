from __future__ import annotations

import math

import pytest

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response, header_text, well_formed


def test_a_header_is_found_whatever_its_case() -> None:
    assert Headers((("X-FEServer", "AS8"),)).get("x-feserver") == "AS8"


def test_a_header_that_was_not_sent_is_none() -> None:
    assert Headers().get("via") is None


def test_a_header_sent_empty_was_sent() -> None:
    assert "via" in Headers((("Via", ""),))


def test_only_text_can_name_a_header() -> None:
    assert 7 not in Headers((("7", ""),))


def test_every_field_of_one_name_is_kept_in_order() -> None:
    assert Headers((("Via", "a"), ("x", "y"), ("via", "b"))).get_all("VIA") == ("a", "b")


def test_fields_of_one_name_are_joined_as_http_has_it() -> None:
    assert Headers((("Via", "a"), ("x", "y"), ("via", "b"))).joined() == {"via": "a, b", "x": "y"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (None, ""),
        ("é".encode(), "é"),
        (b"\xef\xbb\xbfok", "ok"),
        ("ok".encode("utf-16"), "ok"),
        (b"\xfe\xff\x00o\x00k", "ok"),
        (b"\xff\xfeo", "�"),
        (b"\xe9", "�"),
    ],
)
def test_a_body_is_read_as_text_whatever_its_bytes(content: bytes | None, text: str) -> None:
    assert Body(content).text == text


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Graph.Microsoft.com./v1.0/me", "graph.microsoft.com"),
        ("https://user:secret@mail.contoso.com:8443/x", "mail.contoso.com"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("https://graph.microsoft.com:99999/v1.0", "graph.microsoft.com"),
        ("https://[bad/", ""),
        ("", ""),
        ("/EWS/Exchange.asmx", ""),
    ],
)
def test_the_host_is_told_without_case_port_and_final_dot(url: str, host: str) -> None:
    assert Request("GET", url).host == host


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Sat, 21 Nov 2026 12:00:00 GMT", 1_795_262_400.0),
        ("Sat, 21 Nov 2026 12:00:00 -0000", 1_795_262_400.0),
        ("Sat, 21 Nov 2026 13:00:00 +0100", 1_795_262_400.0),
        ("yesterday", None),
        ("", None),
        ("31 Dec 9999 23:59:59 -2359", None),
        ("21 Nov 2026 12:00:00 +99999999999999999999", None),
    ],
)
def test_the_date_is_read_where_the_calendar_holds_it(date: str, seconds: float | None) -> None:
    assert Response(401, Headers((("Date", date),))).date == seconds


def test_an_answer_without_a_date_has_none() -> None:
    assert Response(401).date is None


def test_the_servers_clock_goes_before_that_of_the_capture() -> None:
    dated = Response(401, Headers((("Date", "Sat, 21 Nov 2026 12:00:00 GMT"),)))
    assert Exchange(Request("GET", ""), dated, started=5.0).server_time == 1_795_262_400.0


@pytest.mark.parametrize(("started", "seconds"), [(5.0, 5.0), (None, None), (math.nan, None), (math.inf, None)])
def test_without_a_date_the_capture_tells_the_time(started: float | None, seconds: float | None) -> None:
    assert Exchange(Request("GET", ""), Response(401), started=started).server_time == seconds


def test_without_an_answer_the_capture_tells_the_time() -> None:
    assert Exchange(Request("GET", ""), started=5.0).server_time == 5.0


@pytest.mark.parametrize(("raw", "text"), [(b"plain", "plain"), ("é".encode(), "é"), (b"\xe9", "é")])
def test_header_bytes_are_utf8_or_else_latin_1(raw: bytes, text: str) -> None:
    assert header_text(raw) == text


@pytest.mark.parametrize(("text", "kept"), [("plain", "plain"), ("é", "é"), ("a\ud800b", "a?b")])
def test_only_lone_surrogates_are_taken_out_of_a_text(text: str, kept: str) -> None:
    assert well_formed(text) == kept
