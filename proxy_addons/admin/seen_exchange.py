"""The redacted exchange of a failure as it is shown, and where in it a piece of evidence was seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_BODY: Final = 64 * 1024
_NOT_IN_AN_ID: Final = re.compile(r"[^a-z0-9]+")
_BETWEEN_TAGS: Final = re.compile(r">\s*<")
_OPENING: Final = re.compile(r"<[A-Za-z_][^<>]*(?<!/)>")
_CLOSING: Final = re.compile(r"</[A-Za-z_]")
_DEEPEST: Final = 12
_PLACES: Final = (
    (re.compile(r"request header (\S+)\Z", re.IGNORECASE), "request-header-"),
    (re.compile(r"response header (\S+)\Z", re.IGNORECASE), "response-header-"),
    (re.compile(r"token claims? (\S+)", re.IGNORECASE), "claim-"),
)
_WHOLE: Final = {
    "request url": "request-line",
    "request body": "request-body",
    "request headers": "request-headers",
    "response status line": "response-line",
    "response headers": "response-headers",
    "response body": "response-body",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A header or a claim; `anchor` is its id on the page, empty for one whose name came before."""

    name: str
    value: str
    anchor: str


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A request or a response."""

    line: str
    headers: tuple[Row, ...]
    body: str
    dropped: bool


@dataclass(frozen=True, slots=True)
class SeenExchange:
    """Both messages and the claims of the token; `response` is None where none came."""

    request: SeenMessage
    response: SeenMessage | None
    claims: tuple[Row, ...]

    def anchors(self) -> frozenset[str]:
        """Every place that can be linked to."""
        found = {"request-line", "request-headers"}
        rows = [*self.request.headers, *self.claims]
        if self.request.body:
            found.add("request-body")
        if self.response is not None:
            found |= {"response-line", "response-headers"}
            rows += self.response.headers
            if self.response.body:
                found.add("response-body")
        if self.claims:
            found.add("claims")
        return frozenset(found | {row.anchor for row in rows if row.anchor})

    def anchor_of(self, seen_in: str, fact: str = "") -> str:
        """Where `seen_in` of a piece of evidence is on the page; empty for what is not part of the exchange."""
        known = self.anchors()
        wanted = [_anchor(prefix, match[1]) for form, prefix in _PLACES if (match := form.match(seen_in))]
        if fact.startswith("response.header."):
            wanted.insert(0, _anchor("response-header-", fact.removeprefix("response.header.")))
        if seen_in.lower().startswith("token claim"):
            wanted.append("claims")
        wanted.append(_WHOLE.get(seen_in.lower(), ""))
        return next((anchor for anchor in wanted if anchor in known), "")


def seen_exchange(har_entry: Mapping[str, object]) -> SeenExchange:
    """What a stored HAR entry shows; whatever a later version may have left out of it is shown as nothing."""
    request, response = _mapping(har_entry.get("request")), _mapping(har_entry.get("response"))
    posted, content = _mapping(request.get("postData")), _mapping(response.get("content"))
    status = response.get("status")
    answered = isinstance(status, int) and status > 0
    asked = f"{_text(request.get('method'))} {_text(request.get('url'))}".strip()
    return SeenExchange(
        SeenMessage(
            asked,
            tuple(_rows(request.get("headers"), "request-header-")),
            _body(_text(posted.get("text"))),
            posted.get("_dropped") is True,
        ),
        SeenMessage(
            f"{_text(response.get('httpVersion'))} {status}".strip(),
            tuple(_rows(response.get("headers"), "response-header-")),
            _body(_text(content.get("text"))),
            content.get("_dropped") is True,
        )
        if answered
        else None,
        tuple(_claims(har_entry.get("_tokens"))),
    )


def _rows(headers: object, prefix: str) -> Iterator[Row]:
    taken: set[str] = set()
    for header in headers if isinstance(headers, Sequence) else ():
        name = _text(_mapping(header).get("name"))
        anchor = _anchor(prefix, name)
        yield Row(name, _text(_mapping(header).get("value")), "" if anchor in taken else anchor)
        taken.add(anchor)


def _claims(tokens: object) -> Iterator[Row]:
    """The claims of the first token; a refused call carries one."""
    for token in _mapping(tokens).values():
        for name, value in _mapping(_mapping(token).get("claims")).items():
            shown = ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)
            yield Row(name, shown, _anchor("claim-", name))
        return


def _anchor(prefix: str, name: str) -> str:
    return prefix + _NOT_IN_AN_ID.sub("-", name.lower()).strip("-")


def _body(text: str) -> str:
    """A body as people read it: JSON with a line for each member, XML with a line for each element."""
    if text[:1] in {"{", "["} and len(text) <= LONGEST_BODY:
        try:
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return text
    if text.lstrip()[:1] == "<" and len(text) <= LONGEST_BODY:
        text = "\n".join(_xml_lines(text))
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}\n[...]"


def _xml_lines(text: str) -> Iterator[str]:
    """XML a line for each element, indented; markup that does not close is shown all the same."""
    depth = 0
    for line in _BETWEEN_TAGS.sub(">\n<", text.strip()).split("\n"):
        opens, closes = len(_OPENING.findall(line)), len(_CLOSING.findall(line))
        depth = max(0, depth - (closes if line.startswith("</") else 0))
        yield f"{'  ' * min(depth, _DEEPEST)}{line}"
        depth = max(0, depth + opens - (0 if line.startswith("</") else closes))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
