"""Read a body by what its bytes are, whatever the label says, and rebuild it.

What follows no form we know is left out whole. A body costs itself and nothing else: headers, status and ids of the
exchange still go out.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from proxy_addons.redaction.form_body import clean_form, clean_multipart, is_form, multipart_boundary
from proxy_addons.redaction.html_body import clean_html, is_html
from proxy_addons.redaction.json_body import clean_json
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pieces import Pending, Pieces
from proxy_addons.redaction.scope import Scope, UnreadableError
from proxy_addons.redaction.xml_body import clean_xml

if TYPE_CHECKING:
    from proxy_addons.evidence.exchange import Body
    from proxy_addons.redaction.ledger import Ledger

READ_AT_MOST: Final = 1024 * 1024
"""Bytes of one body that are read, after decompression; a larger one is left out."""

_GZIP: Final = b"\x1f\x8b"
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_BINARY: Final = bytes(code for code in range(32) if code not in b"\t\n\r")
_BINARY_SHARE: Final = 20
_DOCUMENT_START: Final = ("{", "[", "<")


def clean_body(body: Body, ledger: Ledger, *, in_error: bool) -> Pieces | None:
    """A body as it may be shown, None where it is left out; the ledger then holds size and reason.

    `in_error`: it answers a refused request, so its sentences say why. `ledger.place` names the body.
    """
    content = body.content
    if content is None:
        ledger.drop(0, "never captured")
        return None
    if not content.strip(b"\0"):
        return [f"<{len(content)} zero bytes>"] if content else []
    try:
        return read_bytes(content, Scope(_embedded, in_error=in_error), ledger)
    except UnreadableError as unreadable:
        ledger.gather(content[:READ_AT_MOST].decode("utf-8", "replace"))
        reason = "cut off at the capture limit" if body.truncated else str(unreadable)
        ledger.drop(len(content), reason)
        return None


def read_bytes(content: bytes, scope: Scope, ledger: Ledger) -> Pieces:
    """Bytes as they may be shown; `UnreadableError` where they follow no form we know."""
    if content.startswith(_GZIP):
        return read_bytes(_unzipped(content), scope.another_document(), ledger)
    if len(content) > READ_AT_MOST:
        raise UnreadableError("too large to read")
    boundary = multipart_boundary(content)
    if boundary is not None:
        return clean_multipart(content, boundary, lambda part, inner: read_bytes(part, inner, ledger), scope, ledger)
    text = _text(content)
    ledger.see(text)
    raw = text.encode("utf-8", "replace")
    if (len(raw) - len(raw.translate(None, _BINARY)) + text.count("\ufffd")) * _BINARY_SHARE > len(text):
        raise UnreadableError("binary")
    return _read_text(text.strip("\0\ufeff \t\r\n"), scope, ledger)


def _read_text(text: str, scope: Scope, ledger: Ledger) -> Pieces:
    if is_html(text):
        return clean_html(text, ledger) if scope.in_error else [ledger.text(text)]
    if text.startswith(("{", "[")):
        return _json_lines(text, scope, ledger)
    if text.startswith("<"):
        return clean_xml(text, scope, ledger)
    document = _embedded(text, scope, ledger)
    if document is not None:
        return document
    if is_form(text):
        return clean_form(text, ledger)
    return [Pending(text)] if scope.in_error else [ledger.text(text)]


def _json_lines(text: str, scope: Scope, ledger: Ledger) -> Pieces:
    """JSON, or a JSON document on each line (NDJSON)."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
        shown: Pieces = []
        for line in lines:
            shown += [*clean_json(line, scope, ledger), "\n"]
        return shown
    return clean_json(text, scope, ledger)


def _embedded(text: str, scope: Scope, ledger: Ledger) -> Pieces | None:
    """A text that is itself a document, as it may be shown; None where it is none, or nested too deep."""
    stripped = text.strip()
    try:
        if stripped.startswith(_DOCUMENT_START):
            return _read_text(stripped, scope.another_document(), ledger)
        # One GUID in thirty would begin with a brace if it were base64.
        if _BASE64.fullmatch(stripped) and not GUID.fullmatch(stripped):
            return _based(stripped, scope, ledger)
    except UnreadableError:
        ledger.gather(text)
    return None


def _based(text: str, scope: Scope, ledger: Ledger) -> Pieces | None:
    standard = text.translate(str.maketrans("-_", "+/"))
    try:
        decoded = b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:
        return None
    document = decoded.startswith(_GZIP) or decoded.lstrip().startswith((b"{", b"[", b"<"))
    return read_bytes(decoded, scope.another_document(), ledger) if document else None


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding, zeros in (("utf-16-le", content[1:64:2]), ("utf-16-be", content[0:64:2])):
        if len(zeros) > 1 and not zeros.strip(b"\0"):
            return content.decode(encoding, "replace")
    return content.decode("utf-8-sig", "replace")


def _unzipped(content: bytes) -> bytes:
    """A gzip body, read no further than the bound: a bomb costs a megabyte and no more."""
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(content, READ_AT_MOST + 1)
    except zlib.error as error:
        raise UnreadableError("broken gzip") from error
    if len(plain) > READ_AT_MOST:
        raise UnreadableError("too large when unpacked")
    return plain
