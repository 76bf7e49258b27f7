from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.redaction.clean_exchange import clean_exchange
from tests.redaction.notes import ledger, plain
from tests.support.wire import jwt

URL = "https://graph.microsoft.com/v1.0/me"


def test_what_the_answer_echoes_of_the_token_is_replaced() -> None:
    sent = Headers(
        (("X-Note", "by Tove"), ("Authorization", f"Bearer {jwt({'name': 'Tove', 'upn': 'tove@contoso.com'})}"))
    )
    answer = Response(403, body=Body(b"Tove (tove@contoso.com) is not allowed"))
    shown = clean_exchange(Exchange(Request("GET", URL, sent), answer), ledger())
    assert plain(shown.response_body or "") == "<name> (<user>) is not allowed"


def test_headers_keep_their_order_though_credentials_are_read_first() -> None:
    sent = Headers((("Accept", "*/*"), ("Authorization", "Bearer x"), ("Host", "graph.microsoft.com")))
    shown = clean_exchange(Exchange(Request("GET", URL, sent)), ledger())
    assert [name for name, _ in shown.request_headers] == ["Accept", "Authorization", "Host"]


def test_the_length_of_a_body_is_told_of_answers_only() -> None:
    length = Headers((("Content-Length", "38"),))
    shown = clean_exchange(Exchange(Request("GET", URL, length), Response(403, length)), ledger())
    assert shown.request_headers == (("Content-Length", "<number>"),)
    assert shown.response_headers == (("Content-Length", "38"),)
    empty = Request("GET", URL, Headers((("Content-Length", "0"),)))
    assert clean_exchange(Exchange(empty), ledger()).request_headers == (("Content-Length", "0"),)


def test_methods_and_versions_nobody_defined_are_not_shown() -> None:
    request = Request("TOVE", URL, http_version="HTTP/Tove")
    shown = clean_exchange(Exchange(request, Response(200, http_version="Tove")), ledger())
    assert (shown.method, shown.request_version, shown.response_version) == ("<method>", "", "")


def test_an_exchange_without_answer_tells_why() -> None:
    shown = clean_exchange(Exchange(Request("GET", URL), transport_error="connection refused by Tove"), ledger())
    assert (shown.answered, shown.transport_error) == (False, "connection refused by <text>")


def test_a_part_in_which_something_forbidden_survives_is_left_out_and_nothing_else() -> None:
    sent = Headers(
        (("Cookie", "sid=ErrorAccessDenied99"), ("client-request-id", "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"))
    )
    answer = Response(403, body=Body(b'{"error":{"code":"ErrorAccessDenied99"}}'))
    notes = ledger()
    shown = clean_exchange(Exchange(Request("GET", URL, sent), answer), notes)
    assert shown.response_body == "<removed>"
    assert shown.request_headers[1] == ("client-request-id", "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b")
    assert [(part.place, part.reason) for part in notes.dropped()] == [
        ("response body", "something forbidden survived")
    ]


def test_a_failure_taken_out_of_a_success_is_an_error() -> None:
    answer = Response(200, body=Body(b'{"message":"Access is denied."}'))
    shown = clean_exchange(Exchange(Request("GET", URL), answer, hidden=True), ledger())
    assert shown.response_body == '{"message":"Access is denied."}'
