"""The pages of the admin port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from proxy_addons.admin.metrics_page import metrics_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from prometheus_client import CollectorRegistry
    from starlette.requests import Request

ALLOWED_HOSTS: Final = ("127.0.0.1", "localhost")
"""A page in the user's browser can have its own name resolve to 127.0.0.1; with another Host it learns nothing."""

_NOT_READY: Final = 503


def admin_application(
    registry: CollectorRegistry, readiness: Callable[[], Mapping[str, bool]], more: Sequence[Route] = ()
) -> Starlette:
    """The application. `readiness` names every condition of being ready and whether it holds now; `more` are pages."""

    async def metrics(request: Request) -> Response:
        page, content_type = await metrics_page(registry, request.headers.get("accept", ""))
        return Response(page, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    async def live(_: Request) -> Response:
        # Answered by the event loop that carries the traffic: if a hook hangs it, this hangs too, and says so by that.
        return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})

    async def ready(_: Request) -> Response:
        conditions = dict(readiness())
        everything = bool(conditions) and all(conditions.values())
        body = {"ready": everything, "conditions": conditions}
        return JSONResponse(body, 200 if everything else _NOT_READY, headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/metrics", metrics, methods=["GET"]),
            Route("/livez", live, methods=["GET"]),
            Route("/readyz", ready, methods=["GET"]),
            *more,
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=ALLOWED_HOSTS, www_redirect=False)],
    )
