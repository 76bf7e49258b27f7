"""The latest refused calls as they were sent, for `why403 verify`: in memory only, and only with --allow-verify.

They are handed to whoever knows the secret of this run, which lies in a file only its owner can read. Nothing here ever
reaches a disk, a log or a page.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response as Answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request as Asked
    from starlette.responses import Response
    from starlette.routing import Route

    from proxy_addons.diagnosis.failure import Failure

KEPT_CALLS: Final = 64
_SECRET_BYTES: Final = 32
_NOT_FOUND: Final = 404
_FORBIDDEN: Final = 403

type Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


class RefusedCalls:
    """The last refusals by their ids; what is older is forgotten."""

    def __init__(self, at_most: int = KEPT_CALLS) -> None:
        self._at_most = at_most
        self._exchanges: OrderedDict[str, Exchange] = OrderedDict()

    def keep(self, failures: Iterable[Failure]) -> None:
        """Remember these refusals."""
        for failure in failures:
            self._exchanges[failure.report.id] = failure.exchange
            self._exchanges.move_to_end(failure.report.id)
        while len(self._exchanges) > self._at_most:
            self._exchanges.popitem(last=False)

    def get(self, identifier: str) -> Exchange | None:
        """The exchange behind an id, None where it is not, or no longer, remembered."""
        return self._exchanges.get(identifier)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._exchanges)


def key_file(directory: Path, port: int) -> Path:
    """Where the secret of the proxy on this admin port lies."""
    return directory / f"why403-verify-{port}.key"


def refused_calls_route(calls: RefusedCalls, secret: str) -> Route:
    """The page `/refused/{id}`. Without the secret it tells nobody anything, not even which ids there are."""
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def refused(asked: Asked) -> Response:
        given = asked.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {secret}".encode()):
            return JSONResponse({"error": "this page is for why403 verify"}, _FORBIDDEN)
        exchange = calls.get(asked.path_params["id"])
        if exchange is None:
            return JSONResponse({"error": "no such refusal is remembered", "remembered": len(calls)}, _NOT_FOUND)
        return JSONResponse(exchange_json(exchange), headers={"Cache-Control": "no-store"})

    return Route("/refused/{id}", refused, methods=["GET"])


def exchange_json(exchange: Exchange) -> dict[str, Json]:
    """An exchange whole, secrets included, to be read back by `exchange_from_json`."""
    request, response = exchange.request, exchange.response
    return {
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": _fields(request.headers),
            "body": _body(request.body),
            "version": request.http_version,
        },
        "response": None
        if response is None
        else {
            "status": response.status,
            "headers": _fields(response.headers),
            "body": _body(response.body),
            "reason": response.reason,
            "version": response.http_version,
        },
        "started": exchange.started,
        "ended": exchange.ended,
        "transport_error": exchange.transport_error,
        "hidden": exchange.hidden,
    }


def exchange_from_json(told: dict[str, object]) -> Exchange:
    """The exchange again. Raises ValueError or TypeError for what is none."""
    asked, answered = _mapping(told["request"]), told["response"]
    request = Request(
        str(asked["method"]),
        str(asked["url"]),
        _headers(asked["headers"]),
        _read_body(asked["body"]),
        str(asked["version"]),
    )
    response = None
    if answered is not None:
        answer = _mapping(answered)
        response = Answer(
            int(str(answer["status"])),
            _headers(answer["headers"]),
            _read_body(answer["body"]),
            str(answer["reason"]),
            str(answer["version"]),
        )
    return Exchange(
        request,
        response,
        _moment(told["started"]),
        str(told["transport_error"]),
        hidden=told["hidden"] is True,
        ended=_moment(told["ended"]),
    )


def _fields(headers: Headers) -> list[Json]:
    return [[name, value] for name, value in headers.fields]


def _body(body: Body) -> dict[str, Json]:
    content = None if body.content is None else b64encode(body.content).decode()
    return {"content": content, "truncated": body.truncated, "problem": body.problem}


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("is no JSON object")
    return value


def _headers(value: object) -> Headers:
    if not isinstance(value, list):
        raise TypeError("is no list of headers")
    return Headers(tuple((str(name), str(content)) for name, content in value))


def _read_body(value: object) -> Body:
    told = _mapping(value)
    content = told["content"]
    raw = None if content is None else b64decode(str(content))
    return Body(raw, truncated=told["truncated"] is True, problem=str(told["problem"]))


def _moment(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
