"""Signing in to the pages with the token, and out again: the only two things that can be written here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.responses import RedirectResponse
from starlette.routing import Route

from proxy_addons.admin.access import SESSION_SECONDS
from proxy_addons.admin.doorkeeper import LOGIN, SESSION_COOKIE
from proxy_addons.admin.page_templates import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from proxy_addons.admin.page_parts import PageParts

LOGOUT: Final = "/logout"
_LONGEST_FORM: Final = 4096
_UNAUTHORIZED: Final = 401
_SEE_OTHER: Final = 303
_OWN_FORM: Final = {"Referrer-Policy": "same-origin"}
"""Without a referrer browsers send `Origin: null` with a form, which cannot be told from another site's."""


def signing_in_routes(parts: PageParts) -> Sequence[Route]:
    """The form, what it is sent to, and the way out."""
    access = parts.access

    async def form(request: Request) -> Response:
        return _form(_local(request.query_params.get("to", "")))

    async def enter(request: Request) -> Response:
        fields = parse_qs((await _content(request)).decode("ascii", "replace"))
        to = _local(fields.get("to", [""])[0])
        if not access.knows(fields.get("token", [""])[0].strip()):
            return _form(to, wrong=True)
        answer = RedirectResponse(to, _SEE_OTHER)
        answer.set_cookie(
            SESSION_COOKIE,
            access.session(time.time()),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def leaving(_: Request) -> Response:
        shown = page("logout.html", {**parts.values("")})
        shown.headers.update(_OWN_FORM)
        return shown

    async def leave(_: Request) -> Response:
        answer = RedirectResponse(LOGIN, _SEE_OTHER)
        answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
        return answer

    def _form(to: str, *, wrong: bool = False) -> Response:
        values = {**parts.values(""), "signed_in": False, "to": to, "wrong": wrong, "wanted": bool(access.token)}
        shown = page("login.html", values, _UNAUTHORIZED if wrong else 200)
        shown.headers.update(_OWN_FORM)
        return shown

    return (
        Route(LOGIN, form, methods=["GET"]),
        Route(LOGIN, enter, methods=["POST"]),
        Route(LOGOUT, leaving, methods=["GET"]),
        Route(LOGOUT, leave, methods=["POST"]),
    )


def _local(to: str) -> str:
    """A page of ours to go to; anything that may lead elsewhere is the first page."""
    plain = to.isascii() and to.isprintable() and "\\" not in to
    return to if plain and to.startswith("/") and not to.startswith("//") else "/"


async def _content(request: Request) -> bytes:
    """The form's content, as far as a token needs."""
    content = b""
    async for piece in request.stream():
        content += piece[:_LONGEST_FORM]
        if len(content) > _LONGEST_FORM:
            return b""
    return content
