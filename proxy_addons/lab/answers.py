"""One HTTP answer as the lab builds it: header order, spelling and duplicates reach the wire as written here."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from datetime import datetime

type HeaderFields = tuple[tuple[str, str], ...]


class TurnedAway(Exception):  # noqa: N818 - named after what happened to the request, like the answer it carries
    """A request that ends here and now: gates raise it, and the face's entrance sends the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, header fields in order, body. Content-Length and Date are added when it is sent."""

    status: int
    fields: HeaderFields = ()
    body: bytes = b""

    def having(self, *fields: tuple[str, str]) -> Answer:
        """The same answer with more header fields, after those it has."""
        return replace(self, fields=(*self.fields, *fields))

    def sent(self, moment: datetime) -> Response:
        """For Starlette. `raw_headers` is set, because Starlette itself would write every name in lower case."""
        response = Response(self.body, self.status)
        every = (*self.fields, ("Date", format_datetime(moment, usegmt=True)), ("Content-Length", str(len(self.body))))
        response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in every]
        return response


def json_answer(status: int, content: object, *fields: tuple[str, str], kind: str = "application/json") -> Answer:
    """An answer with a JSON body, written as compactly as Microsoft's services do."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, (("Content-Type", kind), *fields), body)


def html_answer(status: int, page: str, *fields: tuple[str, str]) -> Answer:
    """An answer with an HTML page."""
    return Answer(status, (("Content-Type", "text/html; charset=utf-8"), *fields), page.encode())
