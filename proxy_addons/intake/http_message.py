"""One HTTP/1.1 message as it was on the wire, taken apart (RFC 9112), as far as its bytes allow."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from proxy_addons.evidence.exchange import Body, Headers, header_text
from proxy_addons.intake.content_encoding import undo_content_encoding

_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_CHUNK_LINE: Final = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_LENGTH: Final = 18
_TEXT_BEGINS_WITH: Final = frozenset("{[<")
NO_BODY: Final = "the recording holds no body"
WITHOUT_BODY: Final = frozenset({204, 205, 304})
"""Answers whose body is always empty, whatever length they announce (RFC 9110, section 6.4.1)."""


@dataclass(frozen=True, slots=True)
class Message:
    """Start line in words, header fields, and the body as it was recorded: chunked and packed, if it was."""

    start: tuple[str, ...]
    headers: Headers
    raw_body: bytes
    truncated: bool = False

    def body(self, *, expected: bool = True) -> Body:
        """The body without its framing. `expected` is false where none can be: the answer to HEAD, a 204, a 304.

        Recorders may keep a body they have taken apart already and leave the header that no longer fits; so what does
        not look framed is taken as it is.
        """
        content, cut = self.raw_body, self.truncated
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            content, cut = _without_chunks(content, cut_before=cut)
        elif expected and not cut:
            announced = announced_length(self.headers)
            if announced and not content:
                return Body(None, problem=NO_BODY)
            cut = len(content) < announced
        codings = ", ".join(self.headers.get_all("content-encoding"))
        unpacked = undo_content_encoding(content, codings, truncated=cut) if content else Body(content, cut)
        return Body(content, cut) if unpacked.problem and _is_text(content) else unpacked


def _is_text(content: bytes) -> bool:
    """Whether these bytes are JSON or markup as it stands, which nothing packed ever looks like to its end."""
    with suppress(UnicodeDecodeError):
        return content.decode().lstrip()[:1] in _TEXT_BEGINS_WITH
    return False


def announced_length(headers: Headers) -> int:
    """The Content-Length in bytes; 0 where there is none, or none that is a number."""
    length = headers.get("content-length") or ""
    return int(length) if length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH else 0


def read_message(raw: bytes, *, truncated: bool = False) -> Message:
    """Take a message apart; `truncated` says that `raw` is only its beginning. A line that is no header is left out."""
    end = _END_OF_HEAD.search(raw)
    head, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    start, *lines = (line.removesuffix("\r") for line in header_text(head).split("\n"))
    fields: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and fields:
            # A folded line (RFC 9112 section 5.2) goes on with the field before it.
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif colon and name.strip():
            fields.append((name.strip(), value.strip()))
    return Message(tuple(start.split(" ", 2)), Headers(tuple(fields)), body, truncated)


def _without_chunks(raw: bytes, *, cut_before: bool) -> tuple[bytes, bool]:
    """The content of a chunked body, and whether it ends before its last chunk."""
    content, place = bytearray(), 0
    while (line := _CHUNK_LINE.match(raw, place)) is not None:
        size = int(line[1], 16)
        if not size:
            return bytes(content), cut_before
        content += raw[line.end() : line.end() + size]
        place = line.end() + size
        if place > len(raw):
            return bytes(content), True
        place += 2 if raw[place : place + 2] == b"\r\n" else raw[place : place + 1] == b"\n"
    return (bytes(content), True) if place else (raw, cut_before)
