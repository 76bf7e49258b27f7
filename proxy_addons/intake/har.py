"""HAR recordings (HTTP Archive 1.2) as exchanges, read entry by entry so that size does not matter.

Browsers, Fiddler, Charles, Proxyman and mitmproxy each bend the format a little: byte order marks, missing bodies,
bodies in base64, HTTP/2 pseudo headers, status 0 for a request that failed. What can be read is read; an entry nobody
can read costs only itself.
"""

from __future__ import annotations

import contextlib
import io
from base64 import b64decode
from typing import IO, TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

import ijson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.intake.content_encoding import undo_content_encoding
from proxy_addons.intake.http_message import NO_BODY, WITHOUT_BODY, announced_length
from proxy_addons.intake.json_stream import BEGINNING, JsonStream
from proxy_addons.intake.recorded_time import on_the_calendar, seconds_since_epoch
from proxy_addons.intake.shallow_json import LONGEST_STRING, ShallowJson
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY_CHARACTERS: Final = LONGEST_STRING // 12  # one character may take two escapes
"""How much of a recorded body is taken: no answer worth explaining is longer."""

_PIECE: Final = 1024 * 1024
_NO_UTF_8: Final = "is no UTF-8; it and others like it are read as U+FFFD"
_WRONG_TYPES: Final = {"model_type": "should be an object", "tuple_type": "should be a list"}
_Size = Annotated[int, BeforeValidator(lambda size: size if isinstance(size, int) else 0)]
_Text = Annotated[str, BeforeValidator(lambda text: text if isinstance(text, str) else "")]
"""What is of another type tells nothing here, and costs nothing else."""


_CONFIG: Final = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class _Pair(BaseModel):
    model_config = _CONFIG

    name: str
    value: str | None = ""


class _Lenient(BaseModel):
    """A part where null counts as left out. Not for header fields: there are too many of them for a call each."""

    model_config = _CONFIG

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, raw: object) -> object:
        return {name: value for name, value in raw.items() if value is not None} if isinstance(raw, dict) else raw


class _PostData(_Lenient):
    text: str | None = None
    encoding: str = ""
    params: tuple[_Pair, ...] = ()


class _Request(_Lenient):
    method: str
    url: str
    http_version: _Text = Field(default="HTTP/1.1", alias="httpVersion")
    headers: tuple[_Pair, ...] = ()
    post_data: _PostData | None = Field(default=None, alias="postData")
    body_size: _Size = Field(default=-1, alias="bodySize")


class _Content(_Lenient):
    text: str | None = None
    encoding: str = ""
    size: _Size = 0


class _Response(_Lenient):
    status: int = 0
    status_text: _Text = Field(default="", alias="statusText")
    http_version: _Text = Field(default="HTTP/1.1", alias="httpVersion")
    headers: tuple[_Pair, ...] = ()
    content: _Content = Field(default_factory=_Content)
    error: _Text = Field(default="", alias="_error")


class _Entry(_Lenient):
    started: _Text = Field(default="", alias="startedDateTime")
    milliseconds: object = Field(default=None, alias="time")
    request: _Request
    response: _Response = Field(default_factory=_Response)
    error: _Text = Field(default="", alias="_error")


def read_har(stream: IO[bytes]) -> Iterator[Exchange | UnreadableEntry]:
    """Every entry of a recording, in order. RecordingError where the file is no HAR or breaks off."""
    source, index, told = JsonStream(stream), -1, False
    for index, entry in enumerate(_raw_entries(source)):
        if source.damaged_at is not None and not told:
            told = True
            yield UnreadableEntry(f"byte {source.damaged_at}", _NO_UTF_8, lost=False)
        yield _exchange(f"log.entries[{index}]", entry)
    if index < 0 and not _has_log(source.beginning):
        problem = "there is no `log.entries` in it: this is JSON, but no HAR. Save the traffic as HAR 1.2"
        raise RecordingError(problem, foreign=True)


def _raw_entries(source: JsonStream) -> Iterator[object]:
    read = 0
    try:
        # Without use_float, ijson 3.6 crashes the process on a number of more than 4300 digits.
        for entry in ijson.items(ShallowJson(source), "log.entries.item", use_float=True, buf_size=_PIECE):
            yield entry
            read += 1
    except (ijson.JSONError, ValueError):
        # The parser's own words quote the recording around the mistake, and that may be a token.
        raise RecordingError(
            f"log.entries[{read}]: the JSON breaks here; everything before it was read. "
            "Save the recording again, complete and unedited",
            foreign=not read and b'"log"' not in source.beginning,
        ) from None


def _has_log(beginning: bytes) -> bool:
    """Whether a recording without any entry is a HAR all the same; where its beginning does not tell, it is one."""
    whole = len(beginning) < BEGINNING
    with contextlib.suppress(ijson.JSONError):
        return any(
            each[:2] == ("log.entries", "start_array") for each in ijson.parse(ShallowJson(io.BytesIO(beginning)))
        )
    return not whole


def _exchange(place: str, raw: object) -> Exchange | UnreadableEntry:
    try:
        entry = _Entry.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "entry"
        problem = _WRONG_TYPES.get(first["type"], f"{first['msg'][:1].lower()}{first['msg'][1:]}")
        return UnreadableEntry(place, f"{field}: {problem}")
    failed = entry.response.status <= 0
    started = seconds_since_epoch(entry.started)
    return Exchange(
        request=Request(
            method=entry.request.method,
            url=entry.request.url,
            headers=_headers(entry.request.headers),
            body=_request_body(entry.request),
            http_version=entry.request.http_version,
        ),
        response=None if failed else _response(entry.response, entry.request.method),
        started=started,
        transport_error=(entry.response.error or entry.error or "the recording holds no response") if failed else "",
        ended=_end(started, entry.milliseconds),
    )


def _response(response: _Response, method: str) -> Response:
    headers = _headers(response.headers)
    body = _unpacked(_content(response.content), response.content, headers)
    if body.content == b"" and _was_left_out(response, headers, method):
        body = Body(None, problem=NO_BODY)
    return Response(
        status=response.status,
        headers=headers,
        body=body,
        reason=response.status_text,
        http_version=response.http_version,
    )


def _unpacked(body: Body, content: _Content, headers: Headers) -> Body:
    """The body without the packing it travelled in, which the format wants undone and some recorders keep."""
    codings = headers.get("content-encoding")
    if not codings or content.encoding.lower() != "base64" or not body.content:
        return body
    unpacked = undo_content_encoding(body.content, codings, truncated=body.truncated)
    return body if unpacked.problem else unpacked


def _was_left_out(response: _Response, headers: Headers, method: str) -> bool:
    """Whether an empty body is one the recorder did not keep: the answer announces one, and not only by packing."""
    nothing_expected = method.upper() == "HEAD" or response.status in WITHOUT_BODY
    packed = response.content.text is not None and "content-encoding" in headers
    return announced_length(headers) > 0 and not nothing_expected and not packed


def _headers(pairs: tuple[_Pair, ...]) -> Headers:
    """Header fields without HTTP/2's pseudo headers; equal names that Chrome joined with line feeds are taken apart."""
    return Headers(
        tuple(
            (pair.name, value)
            for pair in pairs
            if not pair.name.startswith(":")
            for value in (pair.value or "").split("\n")
        )
    )


def _request_body(request: _Request) -> Body:
    post = request.post_data
    if post is None:
        return Body(b"") if request.body_size <= 0 else Body(None, problem=NO_BODY)
    if post.text is not None:
        return _decoded(post.text, post.encoding)
    return Body(urlencode([(pair.name, pair.value or "") for pair in post.params]).encode())


def _content(content: _Content) -> Body:
    if content.text is None:
        return Body(b"") if content.size <= 0 else Body(None, problem=NO_BODY)
    return _decoded(content.text, content.encoding)


def _decoded(text: str, encoding: str) -> Body:
    taken, cut = text[:BODY_CHARACTERS], len(text) > BODY_CHARACTERS
    if encoding.lower() != "base64":
        return Body(taken.encode(errors="surrogatepass"), cut)
    letters = "".join(taken.split())
    try:
        return Body(b64decode(letters[: len(letters) // 4 * 4] if cut else letters, validate=True), cut)
    except ValueError:
        return Body(None, problem="the recording's base64 cannot be decoded")


def _end(started: float | None, milliseconds: object) -> float | None:
    """When the whole response was there; unknown where the recorder took no time, which HAR writes as -1."""
    if started is None or not isinstance(milliseconds, int | float) or milliseconds < 0:
        return None
    return on_the_calendar(started + milliseconds / 1000)
