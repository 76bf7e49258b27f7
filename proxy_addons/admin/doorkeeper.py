"""What stands before every page: the Host check, the token, no writes from other sites, and the security headers."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse

from proxy_addons.setting_values import is_loopback

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from proxy_addons.admin.access import Access

SESSION_COOKIE: Final = "why403_session"
LOGIN: Final = "/login"
_PROBES: Final = frozenset({"/livez", "/readyz"})
_METRICS: Final = "/metrics"
_STATIC: Final = "/static/"
_VERIFY: Final = "/refused/"
"""Has a secret of its own, which only the owner of this process can read, and is for this machine alone."""

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_BAD_HOST, _UNKNOWN, _FORBIDDEN, _UNAUTHORIZED, _ERROR, _SEE_OTHER = 400, 404, 403, 401, 500, 303
_logger = logging.getLogger(__name__)


class Doorkeeper:
    """Wraps the application; nothing reaches a page but through here."""

    def __init__(self, application: ASGIApp, access: Access) -> None:
        self._application = application
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] != "http":
            return
        try:
            answer: ASGIApp = self._refusal(Request(scope)) or self._application
            await answer(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 - a page that fails costs that page, and its text may quote values
            _logger.error("the admin page %s fails: %s", _known(scope), type(error).__name__)  # noqa: TRY400 - the same
            if not begun:
                await PlainTextResponse("This page failed; the log names the error.\n", _ERROR)(
                    scope, receive, send_guarded
                )

    def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        open_port = not self._access.local and (path in _PROBES or path == _METRICS)
        # Probes call a pod by its address, which nobody could list here.
        if not open_port and not self._access.answers_to(request.headers.get("host", "")):
            return PlainTextResponse("Invalid host header. Remedy: --admin-names, if this name is yours\n", _BAD_HOST)
        if path.startswith(_VERIFY):
            peer = request.client.host if request.client else ""
            return None if is_loopback(peer) else PlainTextResponse("Not Found", _UNKNOWN)
        if request.method not in _SAFE_METHODS and _from_elsewhere(request):
            return PlainTextResponse("Other sites may not write here.\n", _FORBIDDEN)
        return None if self._may_pass(request, path) else _ask_for_token(request, path)

    def _may_pass(self, request: Request, path: str) -> bool:
        access = self._access
        if not access.token or path in _PROBES or path == LOGIN or path.startswith(_STATIC):
            return True
        if path == _METRICS and not access.protect_metrics:
            return True
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and access.knows(given.strip()):
            return True
        return path != _METRICS and access.in_session(request.cookies.get(SESSION_COOKIE, ""), time.time())


def _from_elsewhere(request: Request) -> bool:
    """Whether another site has the browser write. Programs that are no browsers send neither header."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")


def _ask_for_token(request: Request, path: str) -> Response:
    if request.method in _SAFE_METHODS and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"{LOGIN}?to={quote(path, safe='/')}", _SEE_OTHER)
    body = {"error": "this page wants WHY403_ADMIN_TOKEN", "remedy": f"Authorization: Bearer <token>, or {LOGIN}"}
    return JSONResponse(body, _UNAUTHORIZED, {"WWW-Authenticate": 'Bearer realm="why403"'})


def _known(scope: Scope) -> str:
    """The path's first part; the rest may be anything somebody typed."""
    return f"/{str(scope['path']).strip('/').partition('/')[0]}"[:20].encode("ascii", "replace").decode()
