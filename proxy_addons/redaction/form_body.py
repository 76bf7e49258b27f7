"""Form bodies (`application/x-www-form-urlencoded`) and multipart bodies, part by part."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.fields import clean_field, clean_query, clean_url
from proxy_addons.redaction.header_rules import clean_header, shown_header_name
from proxy_addons.redaction.scope import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.redaction.ledger import Ledger
    from proxy_addons.redaction.pieces import Pieces
    from proxy_addons.redaction.scope import Scope

    type Reader = Callable[[bytes, Scope], Pieces]

_FORM: Final = re.compile(r"[^=&\s<>{}\"]{1,200}=[^&\s]*(?:&[^=&\s]{0,200}=?[^&\s]*)*")
_FIELDS_AT_MOST: Final = 200
_PARTS_AT_MOST: Final = 50
_BOUNDARY: Final = re.compile(rb"--(?P<boundary>[^\r\n]{1,100})\r?\n")
_NAME: Final = re.compile(r"""\bname\*?="?(?P<name>[^";]*)"?""")
_START_LINE: Final = re.compile(
    r"(?:(?P<method>[A-Z]{3,10}) (?P<url>\S+) HTTP/[\d.]+|HTTP/[\d.]+ (?P<status>\d{3})[^\r\n]*)\r?\n"
)
_REFUSED: Final = 400
PART_LINE: Final = "--part\r\n"


def is_form(text: str) -> bool:
    """Whether a text is a form body."""
    return _FORM.fullmatch(text) is not None and text.count("&") < _FIELDS_AT_MOST


def clean_form(text: str, ledger: Ledger) -> Pieces:
    """A form body as it may be shown."""
    return clean_query(text.strip(), ledger)


def multipart_boundary(content: bytes) -> bytes | None:
    """What parts a multipart body, judged by its first line and not by its label; None where the bytes are none."""
    match = _BOUNDARY.match(content)
    if match is None or content.count(b"--" + match["boundary"]) < 2:  # noqa: PLR2004  # one opens, one closes
        return None
    return b"--" + match["boundary"]


def clean_multipart(content: bytes, boundary: bytes, read: Reader, scope: Scope, ledger: Ledger) -> Pieces:
    """A multipart body as it may be shown; `read` reads the body of a part. The boundary, often random, is ours."""
    shown: Pieces = []
    for part in content.split(boundary)[1 : _PARTS_AT_MOST + 1]:
        if part.startswith(b"--"):
            break
        shown.append(PART_LINE)
        shown += _part(part.lstrip(b"\r\n").removesuffix(b"\n").removesuffix(b"\r"), read, scope, ledger)
    return [*shown, "--part--"]


def _part(part: bytes, read: Reader, scope: Scope, ledger: Ledger) -> Pieces:
    head, body = _halves(part)
    headers = _headers(head)
    shown: Pieces = []
    for name, value in headers:
        shown += [f"{shown_header_name(name, ledger)}: ", *clean_header(name, value, ledger), "\r\n"]
    shown.append("\r\n")
    body = _decoded(body, {name.casefold(): value.casefold() for name, value in headers})
    disposition = next((value for name, value in headers if name.casefold() == "content-disposition"), "")
    field = _NAME.search(disposition)
    if field and "filename" not in disposition:
        value = body.decode("utf-8", "replace")
        ledger.see(value)
        shown += clean_field(field["name"], value, ledger)
    elif start := _START_LINE.match(body[:4096].decode("utf-8", "replace")):
        shown += _message(start, body, read, scope, ledger)
    else:
        shown += read(body, scope.another_document())
    return [*shown, "\r\n"]


def _message(start: re.Match[str], content: bytes, read: Reader, scope: Scope, ledger: Ledger) -> Pieces:
    """An HTTP message inside a part (`application/http`, OData batches)."""
    head, body = _halves(content)
    refused = start["status"] is not None and int(start["status"]) >= _REFUSED
    if start["status"] is None:
        shown: Pieces = [f"{start['method']} ", *clean_url(start["url"], ledger), " HTTP/1.1\r\n"]
    else:
        shown = [f"HTTP/1.1 {start['status']}\r\n"]
    for name, value in _headers(head.partition("\n")[2]):
        shown += [f"{shown_header_name(name, ledger)}: ", *clean_header(name, value, ledger), "\r\n"]
    inner = scope.another_document().inside(in_error=scope.in_error or refused)
    return [*shown, "\r\n", *(read(body, inner) if body.strip() else [])]


def _halves(content: bytes) -> tuple[str, bytes]:
    match = re.search(rb"\r?\n\r?\n", content)
    head, body = (content[: match.start()], content[match.end() :]) if match else (content, b"")
    return head.decode("utf-8", "replace"), body


def _headers(head: str) -> list[tuple[str, str]]:
    unfolded = re.sub(r"\r?\n[ \t]+", " ", head)
    pairs = (line.partition(":") for line in unfolded.splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in pairs if colon]


def _decoded(body: bytes, headers: dict[str, str]) -> bytes:
    encoding = headers.get("content-transfer-encoding", "")
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding == "base64":
        try:
            return base64.b64decode(body)
        except binascii.Error as error:
            raise UnreadableError("broken base64") from error
    return body
