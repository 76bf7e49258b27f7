"""Everything the admin port answers: metrics and health for machines, pages for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from proxy_addons.admin.doorkeeper import Doorkeeper
from proxy_addons.admin.event_stream import EventStream
from proxy_addons.admin.ews_retirement import ews_retirement_route
from proxy_addons.admin.failure_groups import failure_groups_route
from proxy_addons.admin.failure_lines import failure_lines_route
from proxy_addons.admin.group_history import group_history_route
from proxy_addons.admin.metrics_page import metrics_page
from proxy_addons.admin.page_parts import PageParts
from proxy_addons.admin.rule_base import rule_base_routes
from proxy_addons.admin.running_state import running_state_route
from proxy_addons.admin.signing_in import signing_in_routes
from proxy_addons.admin.stored_failure import stored_failure_routes
from proxy_addons.diagnosis.report_style import STYLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from proxy_addons.admin.metrics_page import Collected

_STATIC: Final = Path(__file__).parent / "static"
_NOT_READY: Final = 503


def admin_application(
    collected: Collected,
    readiness: Callable[[], Mapping[str, bool]],
    parts: PageParts | None = None,
    more: Sequence[Route] = (),
) -> ASGIApp:
    """The application. `readiness` names every condition of being ready and whether it holds now; `more` are routes."""
    parts = parts or PageParts()

    async def missing(_: Request, __: Exception) -> Response:
        return parts.missing("", "There is no such page", "Start at `/`.")

    look = f"{STYLE}\n{(_STATIC / 'pages.css').read_text(encoding='utf-8')}"

    async def style(_: Request) -> Response:
        return Response(look, media_type="text/css")

    application = Starlette(
        routes=[
            *_machine_routes(collected, readiness),
            failure_groups_route(parts),
            group_history_route(parts),
            *stored_failure_routes(parts),
            *rule_base_routes(parts),
            ews_retirement_route(parts),
            running_state_route(parts, collected, readiness),
            failure_lines_route(parts),
            Route("/events", EventStream(parts.feed), methods=["GET"]),
            *signing_in_routes(parts),
            Route("/static/pages.css", style, methods=["GET"]),
            Mount("/static", StaticFiles(directory=_STATIC)),
            *more,
        ],
        exception_handlers={404: missing},
    )
    return Doorkeeper(application, parts.access)


def _machine_routes(collected: Collected, readiness: Callable[[], Mapping[str, bool]]) -> Sequence[Route]:
    async def metrics(request: Request) -> Response:
        page, content_type = await metrics_page(collected, request.headers.get("accept", ""))
        return Response(page, headers={"Content-Type": content_type})

    async def live(_: Request) -> Response:
        # Answered by the event loop that carries the traffic: if a hook hangs it, this hangs too, and says so by that.
        return PlainTextResponse("alive\n")

    async def ready(_: Request) -> Response:
        conditions = dict(readiness())
        everything = bool(conditions) and all(conditions.values())
        return JSONResponse({"ready": everything, "conditions": conditions}, 200 if everything else _NOT_READY)

    return (
        Route("/metrics", metrics, methods=["GET"]),
        Route("/livez", live, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
    )
