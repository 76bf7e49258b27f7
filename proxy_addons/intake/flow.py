"""A live mitmproxy flow as an `Exchange`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response, header_text
from proxy_addons.intake.body_tee import KEPT_BYTES, BodyTee
from proxy_addons.intake.content_encoding import undo_content_encoding
from proxy_addons.intake.recorded_time import on_the_calendar

if TYPE_CHECKING:
    from mitmproxy import http

TELLING: Final = frozenset({b"authorization", b"user-agent", b"x-anchormailbox", b"soapaction"})
"""Header names whose values are remembered of a call that went well."""
_DEFAULT_PORTS = {"https": 443, "http": 80}


def exchange_from_flow(flow: http.HTTPFlow, request_body: BodyTee | None, response_body: BodyTee | None) -> Exchange:
    """What the flow says. A body mitmproxy kept (an empty one always) is the flow's, a streamed one its tee's."""
    request, response = flow.request, flow.response
    return Exchange(
        request=Request(
            method=header_text(request.data.method),
            url=requested_url(request),
            headers=_headers(request.headers),
            body=_body(request, request_body),
            http_version=header_text(request.data.http_version),
        ),
        response=None
        if response is None
        else Response(
            status=response.status_code,
            headers=_headers(response.headers),
            body=_body(response, response_body),
            reason=header_text(response.data.reason),
            http_version=header_text(response.data.http_version),
        ),
        started=on_the_calendar(request.timestamp_start),
        ended=on_the_calendar(response.timestamp_end) if response is not None else None,
        transport_error=flow.error.msg if flow.error and response is None else "",
    )


def call_from_flow(flow: http.HTTPFlow, request_body: BodyTee) -> Exchange:
    """As much of a flow that went well as anybody will ask for later: what was called, by whom, and when."""
    request, response = flow.request, flow.response
    fields = request.headers.fields
    told = tuple((header_text(name), header_text(value)) for name, value in fields if name.lower() in TELLING)
    return Exchange(
        Request(header_text(request.data.method), requested_url(request), Headers(told), _body(request, request_body)),
        started=request.timestamp_start,
        ended=response.timestamp_end if response is not None else None,
    )


def requested_url(request: http.Request) -> str:
    """The absolute URL the client meant. `request.url` would do, if it did not fail on bytes that are not UTF-8."""
    scheme = request.scheme or "https"
    host = meant_host(request)
    shown = f"[{host}]" if ":" in host else host
    port = "" if request.port == _DEFAULT_PORTS.get(scheme) else f":{request.port}"
    return f"{scheme}://{shown}{port}{header_text(request.data.path)}"


def meant_host(request: http.Request) -> str:
    """The host the client asked for, in lower case. Where only an address is known, the Host header has the name."""
    host = request.host
    # Asked several times an exchange: names, which end in no digit, do without the parser and its exception.
    if ":" not in host and not host[-1:].isdigit():
        return host.lower().rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.lower().rstrip(".")
    return request.pretty_host.lower().rstrip(".")


def _headers(headers: http.Headers) -> Headers:
    try:
        return Headers(tuple([(name.decode(), value.decode()) for name, value in headers.fields]))
    except UnicodeDecodeError:
        return Headers(tuple((header_text(name), header_text(value)) for name, value in headers.fields))


def _body(message: http.Message, tee: BodyTee | None) -> Body:
    codings = message.headers.get("content-encoding", "")
    whole = message.raw_content
    if whole is not None:
        return undo_content_encoding(whole[:KEPT_BYTES], codings, truncated=len(whole) > KEPT_BYTES)
    if tee is not None:
        return undo_content_encoding(tee.kept, codings, truncated=not tee.complete)
    return Body(None, problem="the body was forwarded without being kept")
