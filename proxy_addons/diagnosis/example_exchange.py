"""Build the exchange a short example stands for: usual URLs, headers, tokens and bodies filled in."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from proxy_addons.diagnosis import example_defaults as usual
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

_RELATIVE: Final = 10_000_000
"""Times below this count in seconds from the response's Date; no real NumericDate is that small."""

_EWS_SENT: Final = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header>{header}</s:Header>'
    "<s:Body>{body}</s:Body></s:Envelope>"
)
_SIGNATURE: Final = ("c2lnbmF0dXJl" * 29)[:342]
"""As long as an RSA signature with a key of 2048 bits, the length Entra's have; it signs nothing."""
_IDENTIFIER: Final = {"smtp": "PrimarySmtpAddress", "upn": "PrincipalName", "sid": "SID"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EwsExample(_Strict):
    """An EWS call: operation, whom it impersonates and how, and another mailbox named in its body."""

    operation: str = "FindItem"
    impersonate: str | None = None
    impersonate_by: Literal["smtp", "upn", "sid"] = "smtp"
    mailbox: str = ""


class RequestExample(_Strict):
    """The request of an example; see docs/rules.md for every key."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    token: dict[str, JsonValue] | None = None
    authorization: str | None = None
    ews: EwsExample | None = None
    cmdlet: str = ""
    tenant: str = usual.TENANT
    endpoint: str = ""
    form: dict[str, str] | None = None
    json_: JsonValue = Field(default=None, alias="json")
    body: str | None = None


class GraphErrorExample(_Strict):
    """A Graph error object."""

    code: str
    message: str = ""
    inner: dict[str, JsonValue] = Field(default_factory=dict)


class EwsErrorExample(_Strict):
    """An EWS error: a fault, or with an operation a failed response message."""

    code: str
    message: str = ""
    operation: str = "FindItem"


class EntraErrorExample(_Strict):
    """An Entra error body."""

    number: int
    error: str = "invalid_grant"
    text: str = "The request was refused."
    suberror: str | None = None
    claims: str | None = None


class DiagnosticsExample(_Strict):
    """x-ms-diagnostics and the challenge Exchange sends with it."""

    number: int
    reason: str = ""
    category: str = "invalid_token"


class ResponseExample(_Strict):
    """The response of an example; see docs/rules.md for every key."""

    like: Literal["exchange-backend", "exchange-front-end", "graph-gateway", "entra", "on-premises", "bare"] = "bare"
    status: int
    headers: dict[str, str | list[str]] = Field(default_factory=dict)
    date: datetime = usual.DATE
    json_: JsonValue = Field(default=None, alias="json")
    body: str | None = None
    nul: int = 0
    graph_error: GraphErrorExample | None = None
    ews_fault: EwsErrorExample | None = None
    ews_error: EwsErrorExample | None = None
    aadsts: EntraErrorExample | None = None
    diagnostics: DiagnosticsExample | None = None
    issues: dict[str, JsonValue] | None = None


def build_exchange(asked: RequestExample, answered: ResponseExample | None, transport_error: str = "") -> Exchange:
    """The exchange an example stands for; the token's relative times count from the response's Date."""
    date = example_date(answered)
    response = _build_response(answered, date, date) if answered else None
    return Exchange(_build_request(asked, date), response, started=date.timestamp(), transport_error=transport_error)


def build_earlier(asked: RequestExample, answered: ResponseExample, now: datetime, ago: int) -> Exchange:
    """An exchange that went before by `ago` seconds; tokens count from `now`, so that one sent twice is the same."""
    date = now - timedelta(seconds=ago)
    began = date.timestamp()
    return Exchange(_build_request(asked, now), _build_response(answered, date, now), started=began, ended=began)


def example_date(answered: ResponseExample | None) -> datetime:
    """The moment of an example."""
    return _utc(answered.date if answered else usual.DATE)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _build_request(asked: RequestExample, date: datetime) -> Request:
    method, url, label, body = _addressed(asked)
    fields = dict(usual.REQUEST_HEADERS)
    if label:
        fields["Content-Type"] = label
    if asked.ews and asked.ews.impersonate:
        fields["X-AnchorMailbox"] = asked.ews.impersonate
    if asked.authorization is not None:
        fields["Authorization"] = asked.authorization
    elif asked.token is not None:
        fields["Authorization"] = f"Bearer {mint(asked.token, date)}"
    names = {name.lower() for name in asked.headers}
    kept = tuple((name, value) for name, value in fields.items() if name.lower() not in names)
    return Request(asked.method or method, asked.url or url, Headers((*kept, *asked.headers.items())), Body(body))


def _addressed(asked: RequestExample) -> tuple[str, str, str, bytes]:
    """Method, URL, content type and body an example implies."""
    if asked.ews is not None:
        return "POST", usual.EWS_URL, "text/xml; charset=utf-8", (asked.body or _soap(asked.ews)).encode()
    if asked.form is not None:
        url = f"https://login.microsoftonline.com/{asked.tenant}/oauth2/v2.0/token"
        return "POST", url, "application/x-www-form-urlencoded", urlencode(asked.form).encode()
    if asked.cmdlet or asked.endpoint:
        version = f"v2.0/{asked.tenant}/{asked.endpoint}" if asked.endpoint else f"beta/{asked.tenant}/InvokeCommand"
        content = asked.json_ if asked.json_ is not None else {"CmdletInput": {"CmdletName": asked.cmdlet}}
        url = f"https://outlook.office365.com/adminapi/{version}"
        return "POST", url, "application/json", json.dumps(content).encode()
    if asked.json_ is not None:
        return "POST", asked.url, "application/json", json.dumps(asked.json_).encode()
    return "GET", asked.url, "", (asked.body or "").encode()


def _soap(call: EwsExample) -> str:
    header = '<t:RequestServerVersion Version="Exchange2016"/>'
    if call.impersonate is not None:
        name = _IDENTIFIER[call.impersonate_by]
        inside = f"<t:{name}>{escape(call.impersonate)}</t:{name}>" if call.impersonate else ""
        header += f"<t:ExchangeImpersonation><t:ConnectingSID>{inside}</t:ConnectingSID></t:ExchangeImpersonation>"
    named = f"<t:Mailbox><t:EmailAddress>{escape(call.mailbox)}</t:EmailAddress></t:Mailbox>" if call.mailbox else ""
    folder = f'<t:DistinguishedFolderId Id="inbox">{named}</t:DistinguishedFolderId>'
    body = f"<m:{call.operation}>{folder}</m:{call.operation}>"
    return _EWS_SENT.format(header=header, body=body)


def mint(claims: Mapping[str, JsonValue], date: datetime) -> str:
    """An unsigned token with these claims over the usual ones of its kind (`like`); null removes a claim."""
    chosen = dict(claims)
    header: dict[str, JsonValue] = {"typ": "JWT", "alg": "RS256", "kid": "example"}
    extra = chosen.pop("header", None)
    header.update(extra if isinstance(extra, dict) else {})
    kind = chosen.pop("like", None)
    merged = {**usual.COMMON_CLAIMS, **(usual.TOKENS[str(kind)] if kind is not None else {}), **chosen}
    now = int(date.timestamp())
    payload: dict[str, JsonValue] = {}
    for name, value in merged.items():
        if value is None:
            continue
        relative = name in {"iat", "nbf", "exp"} and isinstance(value, int) and abs(value) < _RELATIVE
        payload[name] = now + value if relative and isinstance(value, int) else value
    return ".".join((_segment(header), _segment(payload), _SIGNATURE))


def _segment(value: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _build_response(answered: ResponseExample, date: datetime, now: datetime) -> Response:
    fields: list[tuple[str, str]] = [("Date", format_datetime(date, usegmt=True))]
    fields += [(name, value.format(status=answered.status)) for name, value in usual.SPEAKERS[answered.like].items()]
    if answered.diagnostics is not None:
        given = answered.diagnostics
        reason = f'reason="{given.reason}";' if given.reason else ""
        fields.append(("x-ms-diagnostics", f'{given.number};{reason}error_category="{given.category}"'))
        fields.append(("WWW-Authenticate", usual.EXCHANGE_CHALLENGE))
    label, body = _answer_body(answered, now)
    if label:
        fields.append(("Content-Type", label))
    names = {name.lower() for name in answered.headers}
    given_fields = [
        (name, item)
        for name, value in answered.headers.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    kept = [(name, value) for name, value in fields if name.lower() not in names]
    return Response(answered.status, Headers((*kept, *given_fields)), Body(body))


def _answer_body(answered: ResponseExample, now: datetime) -> tuple[str, bytes]:
    if answered.nul:
        return "application/json", b"\0" * answered.nul
    if answered.ews_fault is not None:
        return "text/xml; charset=utf-8", usual.FAULT.format(
            code=escape(answered.ews_fault.code), message=escape(answered.ews_fault.message)
        ).encode()
    if answered.ews_error is not None:
        return "text/xml; charset=utf-8", usual.RESPONSE_ERROR.format(
            operation=answered.ews_error.operation,
            code=escape(answered.ews_error.code),
            message=escape(answered.ews_error.message),
        ).encode()
    content = _answer_json(answered, now)
    if content is not None:
        return "application/json; charset=utf-8", json.dumps(content).encode()
    label = "text/html" if (answered.body or "").lstrip().startswith("<") else "text/plain"
    return (label if answered.body else ""), (answered.body or "").encode()


def _answer_json(answered: ResponseExample, now: datetime) -> JsonValue:
    if answered.graph_error is not None:
        given = answered.graph_error
        inner: dict[str, JsonValue] = {"date": "2026-11-21T12:00:00", "request-id": usual.REQUEST_ID, **given.inner}
        return {"error": {"code": given.code, "message": given.message, "innerError": inner}}
    if answered.aadsts is not None:
        told = answered.aadsts
        text = f"AADSTS{told.number}: {told.text} Trace ID: {usual.REQUEST_ID} Correlation ID: {usual.CORRELATION_ID}"
        body: dict[str, JsonValue] = {
            "error": told.error,
            "error_description": f"{text} Timestamp: 2026-11-21 12:00:00Z",
            "error_codes": [told.number],
            "timestamp": "2026-11-21 12:00:00Z",
            "trace_id": usual.REQUEST_ID,
            "correlation_id": usual.CORRELATION_ID,
        }
        return body | {key: value for key in ("suberror", "claims") if (value := getattr(told, key)) is not None}
    if answered.issues is not None:
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": mint(answered.issues, now)}
    return answered.json_
