"""What `why403 logs` asks: stored failures as the lines of the log, the oldest first, from a place on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proxy_addons.admin.store_reader import BusyError
from proxy_addons.diagnosis.report_text import one_line
from proxy_addons.sinks.event_log import failure_fields
from proxy_addons.sinks.failure_filters import PARAMETERS, Filters, trace_id_of
from proxy_addons.sinks.store.browsing import pulse, records_from
from proxy_addons.sinks.store.trouble import RefusedDataError, StoreError

if TYPE_CHECKING:
    from starlette.requests import Request

    from proxy_addons.admin.page_parts import PageParts
    from proxy_addons.sinks.store.browsing import NumberedRecord
    from proxy_addons.sinks.store.database import Database

LINES_SCHEMA: Final = "why403.lines/1"
LINES_PATH: Final = "/lines"
LINES_AT_ONCE: Final = 100
_LONGEST: Final = 200
_NUMBER: Final = re.compile(r"\d{1,15}\Z", re.ASCII)
_UNAVAILABLE: Final = 503


def failure_lines_route(parts: PageParts) -> Route:
    """The answer: `after` is the number of the last line one has; without it the latest `last` lines are given."""

    async def show(request: Request) -> Response:
        if parts.store is None:
            return JSONResponse({"schema": LINES_SCHEMA, "stored": False, "lines": [], "newest": 0, "counted": 0})
        after = _number(request, "after")
        limit = LINES_AT_ONCE if after is not None else min(_number(request, "last") or 0, LINES_AT_ONCE)
        texts = {field: _text(request, name) for name, field in PARAMETERS.items()}
        texts["trace"] = trace_id_of(texts["trace"]) or texts["trace"]
        filters = Filters(_number(request, "since"), **texts)

        def look(database: Database) -> bytes:
            # Read first: what is stored in between is told a second time, and never left out.
            known = pulse(database)
            found = records_from(database, filters, after, limit)
            told = {
                "schema": LINES_SCHEMA,
                "stored": True,
                "lines": [_line(each) for each in found],
                "newest": known.newest,
                "counted": known.counted,
            }
            return orjson.dumps(told)

        try:
            return Response(await parts.store.ask(look), media_type="application/json")
        except (StoreError, RefusedDataError) as error:
            return JSONResponse({"error": str(error)}, _UNAVAILABLE)
        except BusyError:
            return JSONResponse({"error": "too much is being asked at once"}, _UNAVAILABLE, {"Retry-After": "5"})

    return Route(LINES_PATH, show, methods=["GET"])


def _line(found: NumberedRecord) -> dict[str, object]:
    """The line of the log, as `sinks.event_log` writes it, but for the time: when the failure was seen."""
    seen = datetime.fromtimestamp(found.seen / 1000, UTC)
    return {
        "number": found.number,
        "line": {
            "@timestamp": f"{seen:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "log.level": "info",
            "message": one_line(found.record.report),
            "service.name": "why403",
            **failure_fields(found.record.report),
        },
    }


def _number(request: Request, name: str) -> int | None:
    given = request.query_params.get(name, "")
    return int(given) if _NUMBER.match(given) else None


def _text(request: Request, name: str) -> str:
    return request.query_params.get(name, "")[:_LONGEST]
