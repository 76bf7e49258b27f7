from base64 import b64encode

import pytest

from proxy_addons.redaction.form_body import clean_form, clean_multipart, is_form, multipart_boundary
from proxy_addons.redaction.pieces import Pieces
from proxy_addons.redaction.scope import Scope, UnreadableError
from tests.redaction.notes import ledger, text_of


def parts(content: bytes) -> str:
    notes = ledger()

    def read(part: bytes, scope: Scope) -> Pieces:
        return [f"[{part.decode()}|{'error' if scope.in_error else 'fine'}]"]

    boundary = multipart_boundary(content)
    assert boundary is not None
    scope = Scope(lambda _text, _scope, _ledger: None)
    return text_of(clean_multipart(content, boundary, read, scope, notes), notes).replace("\r\n", "\n")


@pytest.mark.parametrize("text", ["a=b", "a=b&c=&d", "grant_type=client_credentials&client_secret=x%20y"])
def test_forms_are_recognised(text: str) -> None:
    assert is_form(text)


@pytest.mark.parametrize("text", ["", "plain", "a = b", "<a=b>", "a=b c=d", "&".join(["a=b"] * 300)])
def test_other_texts_are_no_forms(text: str) -> None:
    assert not is_form(text)


def test_a_form_is_rebuilt_field_by_field() -> None:
    notes = ledger()
    assert text_of(clean_form("grant_type=password&username=jane%40contoso.com&password=x\n", notes), notes) == (
        "grant_type=password&username=<user>&password=<secret:up-to-16>"
    )


@pytest.mark.parametrize("content", [b"", b"no boundary", b"--only one\r\n"])
def test_other_bytes_are_no_multipart(content: bytes) -> None:
    assert multipart_boundary(content) is None


def test_fields_of_a_multipart_form_follow_the_rules_of_their_names() -> None:
    assert parts(b'--x9y8\r\nContent-Disposition: form-data; name="password"\r\n\r\nZwiebel\r\n--x9y8--\r\n') == (
        "--part\nContent-Disposition: <text:up-to-64>\n\n<secret:up-to-16>\n--part--"
    )


def test_files_are_read_like_bodies() -> None:
    head = b'--b\nContent-Disposition: form-data; name="f";\n filename="Tove.txt"\n\n'
    assert "[hello|fine]" in parts(head + b"hello\n--b--\n")


@pytest.mark.parametrize(
    ("encoding", "content"), [("base64", b64encode(b"hello")), ("quoted-printable", b"h=65llo"), ("binary", b"hello")]
)
def test_transfer_encodings_are_undone(encoding: str, content: bytes) -> None:
    head = f"--b\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    assert "[hello|fine]" in parts(head + content + b"\r\n--b--")


def test_broken_base64_makes_the_body_unreadable() -> None:
    with pytest.raises(UnreadableError, match="base64"):
        parts(b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\nabcde\r\n--b--")


def test_http_messages_inside_are_read_like_exchanges() -> None:
    shown = parts(
        b"--b\r\nContent-Type: application/http\r\n\r\nGET /v1.0/users/jane@contoso.com HTTP/1.1\r\nX-Tove: 1\r\n\r\n\r\n"
        b"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 403 Forbidden\r\nRetry-After: 5\r\n\r\nno\r\n--b--"
    )
    assert "GET /v1.0/users/<user> HTTP/1.1\n<text:up-to-16>: <text:digits:up-to-16>\n" in shown
    assert "HTTP/1.1 403\nRetry-After: 5\n\n[no|error]" in shown


def test_a_part_without_headers_is_a_body() -> None:
    assert parts(b"--b\r\n\r\n\r\n--b--") == "--part\n\n[|fine]\n--part--"


def test_more_parts_than_anybody_sends_are_left_out() -> None:
    assert parts(b"--b\r\n\r\n\r\nx\r\n" * 100 + b"--b--").count("--part\n") == 50
