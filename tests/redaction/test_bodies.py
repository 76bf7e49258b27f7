import gzip
import json
from base64 import b64encode

import pytest

from proxy_addons.evidence.exchange import Body
from proxy_addons.redaction.bodies import READ_AT_MOST, clean_body
from tests.redaction.notes import ledger, text_of

ERROR = '{"error":{"code":"ErrorAccessDenied","message":"Access is denied."}}'


def shown(content: bytes | None, *, in_error: bool = True, truncated: bool = False) -> tuple[str | None, list[str]]:
    notes = ledger()
    pieces = clean_body(Body(content, truncated), notes, in_error=in_error)
    return None if pieces is None else text_of(pieces, notes), [part.reason for part in notes.dropped()]


@pytest.mark.parametrize(
    "content",
    [
        ERROR.encode(),
        b"\xef\xbb\xbf" + ERROR.encode(),
        ERROR.encode("utf-16"),
        ERROR.encode("utf-16-le"),
        ERROR.encode("utf-16-be"),
        gzip.compress(ERROR.encode()),
        b64encode(ERROR.encode()),
        b64encode(gzip.compress(ERROR.encode())),
        b"\0\0" + ERROR.encode() + b"\0",
    ],
    ids=["plain", "mark", "utf-16", "utf-16-le", "utf-16-be", "gzip", "base64", "base64 of gzip", "zeros around"],
)
def test_a_body_is_read_by_what_its_bytes_are(content: bytes) -> None:
    assert shown(content) == (ERROR, [])


def test_an_id_whose_bytes_might_be_a_packed_document_is_an_id() -> None:
    # As base64 it would begin with a brace, and what follows would count as said by the server.
    body, notes = json.dumps({"error": {"request-id": "e2aaaaaa-2222-4333-8444-555555555556"}}), ledger()
    pieces = clean_body(Body(body.encode()), notes, in_error=True)
    assert pieces is not None
    assert text_of(pieces, notes) == body.replace(" ", "")
    assert "{f" not in notes.wire.folded


def test_an_empty_body_is_evidence() -> None:
    assert shown(b"") == ("", [])


def test_a_body_of_zero_bytes_is_told_as_one() -> None:
    assert shown(b"\0" * 470) == ("<470 zero bytes>", [])


def test_json_lines_are_read_line_by_line() -> None:
    assert shown(b'{"code":"A"}\n\n{"code":"B"}\n') == ('{"code":"A"}\n{"code":"B"}\n', [])


def test_several_lines_of_one_document_are_one_document() -> None:
    assert shown(b'{\n"code":\n"A"\n}') == ('{"code":"A"}', [])


def test_prose_stays_in_an_error_only() -> None:
    assert shown(b"Access is denied, Tove.") == ("Access is denied, <text>.", [])
    assert shown(b"Access is denied, Tove.", in_error=False) == ("<text:up-to-64>", [])
    assert shown(b"<html><p>denied</p></html>", in_error=False) == ("<text:up-to-64>", [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "never captured"),
        (b"{broken", "no JSON"),
        (b"<broken", "no XML"),
        (b"\x1f\x8b broken", "broken gzip"),
        (bytes(range(256)) * 4, "binary"),
        (b"x" * (READ_AT_MOST + 1), "too large to read"),
        (gzip.compress(b"x" * (READ_AT_MOST * 4)), "too large when unpacked"),
        (gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x"))))), "documents nested too deep"),
    ],
    ids=["absent", "json", "xml", "gzip", "binary", "large", "bomb", "onion"],
)
def test_what_nobody_can_read_is_left_out_with_its_reason(content: bytes | None, reason: str) -> None:
    assert shown(content) == (None, [reason])


def test_a_body_that_was_cut_off_is_left_out_for_that() -> None:
    assert shown(b'{"error":{"message":"For jane', truncated=True) == (None, ["cut off at the capture limit"])


def test_addresses_of_a_body_left_out_are_known_all_the_same() -> None:
    notes = ledger()
    clean_body(Body(b'{"to":"tove.lindqvist@kestrel-labs.example"'), notes, in_error=False)
    assert notes.survives_in("tove.lindqvist@kestrel-labs.example")


def test_documents_inside_documents_are_read() -> None:
    inner = json.dumps({"password": "Zwiebel", "code": "A"})
    body = json.dumps({"error": {"message": inner, "details": b64encode(inner.encode()).decode()}})
    cleaned = json.dumps({"password": "<secret:up-to-16>", "code": "A"}, separators=(",", ":"))
    assert shown(body.encode()) == (
        json.dumps({"error": {"message": cleaned, "details": cleaned}}, separators=(",", ":")),
        [],
    )


def test_a_string_that_only_looks_like_a_document_is_text() -> None:
    assert shown(b'{"error":{"message":"{broken","detail":"aGVsbG8gd29ybGQgISE=","reason":"AAAAAAAAAAAAAAAAA"}}') == (
        '{"error":{"message":"{broken","detail":"<text>=","reason":"<text>"}}',
        [],
    )
