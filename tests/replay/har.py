"""From a case to the HAR file some recorder would have written of it, with that recorder's habits.

The habits are the ones seen in exports of Chrome, Fiddler, mitmproxy, Charles, Proxyman and Burp: lower-case HTTP/2
names and pseudo headers, seven digits of a second in somebody's own zone, bodies in base64, a byte order mark, headers
in capital case, no bodies at all. Which recorder wrote a case follows from its name, so the same corpus is replayed
every time.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from tests.replay.scenery import CLIENTS, OTHER_TENANT, SERVICES, TENANT, authorization, guid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import JsonValue

    from tests.replay.case import Case, Step

DRESSES: Final = ("chrome", "fiddler", "mitmproxy", "charles", "burp", "plain", "firefox")
_SOAP: Final = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
    'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">'
)
_BEARER: Final = (
    'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers='
    '"00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", '
    'authorization_uri="https://login.windows.net/common/oauth2/authorize", error="invalid_token"'
)

_FILLED: Final = {
    "tenant": TENANT,
    "other": OTHER_TENANT,
    "app": guid("app"),
    "ews": "POST https://outlook.office365.com/EWS/Exchange.asmx",
    "admin": f"POST https://outlook.office365.com/adminapi/v2.0/{TENANT}",
    "invoke": f"POST https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand",
    "token-endpoint": f"POST https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
    "graph": "https://graph.microsoft.com/v1.0",
}
"""What a case need not write out."""

type Fields = list[tuple[str, str]]


def har_of(cases: Sequence[Case]) -> bytes:
    """One HAR file with the exchanges of these cases, in their order and in the dress of the first."""
    dress = cases[0].dress or _drawn(cases[0].case)
    entries = [entry for case in cases for entry in _entries(case, case.dress or _drawn(case.case))]
    log = {"log": {"version": "1.2", "creator": {"name": dress, "version": "1"}, "pages": [], "entries": entries}}
    text = json.dumps(log, indent=None if dress == "chrome" else 2, ensure_ascii=dress != "firefox")
    return (b"\xef\xbb\xbf" if dress == "charles" else b"") + text.encode()


def _drawn(name: str) -> str:
    return DRESSES[hashlib.sha256(name.encode()).digest()[0] % len(DRESSES)]


def _entries(case: Case, dress: str) -> list[JsonValue]:
    moment = datetime.fromisoformat(case.at)
    found: list[JsonValue] = []
    for step in case.exchanges:
        moment += timedelta(seconds=step.wait)
        found.append(_entry(step, moment, dress, guid(f"{case.case}{len(found)}")))
    return found


def _entry(step: Step, moment: datetime, dress: str, request_id: str) -> JsonValue:
    method, url = _filled(step.ask).split(" ", 1)
    body, kind = _request_body(step)
    sent = _sent(step, url, kind, int(moment.timestamp()))
    request: dict[str, JsonValue] = {
        "method": method,
        "url": url,
        "httpVersion": _version(dress),
        "cookies": [],
        "headers": _named(sent, dress, pseudo=(method, url)),
        "queryString": [],
        "headersSize": -1,
        "bodySize": len(body or ""),
    }
    if body is not None:
        request["postData"] = {"mimeType": kind, "text": body}
    return {
        "startedDateTime": _stamp(moment, dress),
        "time": 187.4,
        "request": request,
        "response": _lost(step.lost) if step.lost else _response(step, moment, dress, request_id),
        "cache": {},
        "timings": {"send": 0, "wait": 180, "receive": 7},
    }


def _version(dress: str) -> str:
    return {"chrome": "http/2.0", "mitmproxy": "HTTP/2.0", "firefox": "HTTP/2"}.get(dress, "HTTP/1.1")


def _stamp(moment: datetime, dress: str) -> str:
    if dress == "fiddler":
        return moment.astimezone(timezone(timedelta(hours=5, minutes=30))).strftime("%Y-%m-%dT%H:%M:%S.1234567+05:30")
    if dress == "firefox":
        return moment.astimezone(timezone(timedelta(hours=-8))).isoformat(timespec="milliseconds")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.123Z")


def _filled(text: str) -> str:
    for name, value in _FILLED.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _named(fields: Fields, dress: str, pseudo: tuple[str, str] | None = None) -> list[JsonValue]:
    names = {"chrome": str.lower, "mitmproxy": str.lower, "firefox": str.lower, "burp": str.title}
    spell = names.get(dress, str)
    if dress == "fiddler":
        fields = sorted(fields, key=lambda pair: hashlib.sha256(pair[0].encode()).digest())
    if dress == "chrome":
        joined: dict[str, str] = {}
        for name, value in fields:
            joined[name] = f"{joined[name]}\n{value}" if name in joined else value
        fields = list(joined.items())
    named: list[JsonValue] = [{"name": spell(name), "value": value} for name, value in fields]
    if dress == "chrome" and pseudo:
        parts = urlsplit(pseudo[1])
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        heads = ((":authority", parts.netloc), (":method", pseudo[0]), (":path", path), (":scheme", parts.scheme))
        named[:0] = [{"name": name, "value": value} for name, value in heads]
    return named


def _pairs(headers: dict[str, str | tuple[str, ...]]) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        for one in (value,) if isinstance(value, str) else value:
            yield name, _filled(one)


def _sent(step: Step, url: str, kind: str, now: int) -> Fields:
    sent: Fields = [("Host", urlsplit(url).netloc), *CLIENTS.get(step.client or _usual_client(step, url), {}).items()]
    value = authorization(json.loads(_filled(json.dumps(step.token))), now)
    if value is not None:
        sent.append(("Authorization", value))
    if kind:
        sent.append(("Content-Type", kind))
    if step.as_:
        sent.append(("X-AnchorMailbox", _filled(step.as_)))
    given = {name.lower() for name in step.send}
    return [pair for pair in sent if pair[0].lower() not in given] + list(_pairs(step.send))


def _usual_client(step: Step, url: str) -> str:
    host, path = urlsplit(url).netloc, urlsplit(url).path.lower()
    if "/adminapi/" in path:
        return "exops"
    if step.soap or "/ews/" in path or "autodiscover" in path:
        return "exchangelib"
    if host.startswith("login."):
        return "msal"
    return "phone" if "activesync" in path else "graphsdk"


def _request_body(step: Step) -> tuple[str | None, str]:
    if step.form is not None:
        return urlencode(
            {name: _filled(value) for name, value in step.form.items()}
        ), "application/x-www-form-urlencoded"
    if step.json_ is not None:
        return _filled(json.dumps(step.json_)), "application/json"
    if step.soap:
        return _soap_request(step), "text/xml; charset=utf-8"
    return (step.text, "text/plain") if step.text is not None else (None, "")


def _soap_request(step: Step) -> str:
    operation, _, inside = step.soap.partition(" ")
    user = (
        f"<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{step.as_}</t:PrimarySmtpAddress>"
        "</t:ConnectingSID></t:ExchangeImpersonation>"
    )
    folder = f"<t:Mailbox><t:EmailAddress>{step.mailbox}</t:EmailAddress></t:Mailbox>" if step.mailbox else ""
    inside = inside or (
        "<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
        f'<t:DistinguishedFolderId Id="inbox">{folder}</t:DistinguishedFolderId></m:FolderIds>'
    )
    return (
        f'{_SOAP}<s:Header><t:RequestServerVersion Version="Exchange2016"/>{user if step.as_ else ""}</s:Header>'
        f"<s:Body><m:{operation}>{inside}</m:{operation}></s:Body></s:Envelope>"
    )


def _lost(reason: str) -> JsonValue:
    return {
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "headers": [],
        "cookies": [],
        "content": {"size": 0, "mimeType": "x-unknown"},
        "redirectURL": "",
        "_error": reason,
    }


def _response(step: Step, moment: datetime, dress: str, request_id: str) -> JsonValue:
    raw, kind = _answer(step, moment, request_id)
    headers = _answer_headers(step, moment, kind, request_id)
    content: dict[str, JsonValue] = {"size": len(raw), "mimeType": kind}
    if dress == "gzip":
        headers.append(("Content-Encoding", "gzip"))
        content |= {"text": base64.b64encode(gzip.compress(raw, mtime=0)).decode(), "encoding": "base64"}
    elif dress == "nobody":
        content["size"] = max(len(raw), 1)
    elif dress == "fiddler" or b"\0" in raw:
        content |= {"text": base64.b64encode(raw).decode(), "encoding": "base64"}
    elif raw or dress == "plain":
        content["text"] = raw.decode(errors="replace")
    return {
        "status": step.got,
        "statusText": "",
        "httpVersion": _version(dress),
        "headers": _named(headers, dress),
        "cookies": [],
        "content": content,
        "redirectURL": next((value for name, value in headers if name.lower() == "location"), ""),
        "headersSize": -1,
        "bodySize": len(raw),
    }


def _answer_headers(step: Step, moment: datetime, kind: str, request_id: str) -> Fields:
    base = {"Date": format_datetime(moment.astimezone(UTC), usegmt=True), **SERVICES[step.by or "bare"]}
    if kind:
        base["Content-Type"] = kind
    if step.diag:
        number, category, reason = step.diag
        base["x-ms-diagnostics"] = f'{number};reason="{reason}";error_category="{category}"'
        base["WWW-Authenticate"] = _BEARER
    given = {name.lower() for name in (*step.headers, *step.without)}
    kept = {name: value for name, value in base.items() if name.lower() not in given}
    pairs = [*_pairs(kept), *_pairs(step.headers)]
    return [(name, value.replace("{id}", request_id).replace("{status}", str(step.got))) for name, value in pairs]


def _answer(step: Step, moment: datetime, request_id: str) -> tuple[bytes, str]:
    """The response body and its media type; empty where the case gives none."""
    if step.error:
        return _graph_error(step, moment, request_id), "application/json"
    if step.aadsts:
        return _entra_error(step, moment, request_id), "application/json; charset=utf-8"
    if step.fault:
        return _soap_fault(*step.fault).encode(), "text/xml; charset=utf-8"
    if step.ews:
        return _soap_messages(step.ews).encode(), "text/xml; charset=utf-8"
    if step.body is None:
        return b"", ""
    if isinstance(step.body, str):
        return _filled(step.body).encode(), _sniffed(step.body)
    return _filled(json.dumps(step.body, ensure_ascii=False)).encode(), "application/json; charset=utf-8"


def _sniffed(text: str) -> str:
    start = text.lstrip()[:5].lower()
    if start.startswith(("<!doc", "<html")):
        return "text/html; charset=UTF-8"
    return (
        "text/xml; charset=utf-8"
        if start.startswith(("<?xml", "<s:en"))
        else "application/json"
        if start[:1] == "{"
        else "text/plain"
    )


def _graph_error(step: Step, moment: datetime, request_id: str) -> bytes:
    code, message = step.error
    inner: dict[str, JsonValue] = {
        "date": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request_id,
        **step.inner,
    }
    body: JsonValue = {"error": {"code": code, "message": _filled(message), "innerError": inner, **step.more}}
    return json.dumps(body, ensure_ascii=False).encode()


def _entra_error(step: Step, moment: datetime, request_id: str) -> bytes:
    error, number, message = step.aadsts
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    gap = " " if int(number) % 2 else "\r\n"
    tail = f"Trace ID: {request_id}{gap}Correlation ID: {guid(request_id)}{gap}Timestamp: {stamp}"
    body: dict[str, JsonValue] = {
        "error": error,
        "error_description": _filled(f"AADSTS{number}: {message}{gap}{tail}"),
        "error_codes": [int(number)],
        "timestamp": stamp,
        "trace_id": request_id,
        "correlation_id": guid(request_id),
        **step.more,
    }
    return json.dumps({key: value for key, value in body.items() if value is not None}).encode()


def _soap_fault(code: str, text: str) -> str:
    return (
        f'{_SOAP}<s:Body><s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:{code}'
        f'</faultcode><faultstring xml:lang="en-US">{text}</faultstring><detail><e:ResponseCode '
        f'xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{code}</e:ResponseCode><e:Message '
        f'xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{text}</e:Message></detail></s:Fault>'
        "</s:Body></s:Envelope>"
    )


def _soap_messages(told: tuple[str, ...]) -> str:
    """`told` is the operation, then class, code and text of each response message."""
    operation, rest = told[0], told[1:]
    messages = "".join(
        f'<m:{operation}ResponseMessage ResponseClass="{kind}">'
        + (f"<m:MessageText>{text}</m:MessageText>" if text else "")
        + f"<m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>"
        f"</m:{operation}ResponseMessage>"
        for kind, code, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    )
    return (
        f"{_SOAP}<s:Body><m:{operation}Response><m:ResponseMessages>{messages}</m:ResponseMessages>"
        f"</m:{operation}Response></s:Body></s:Envelope>"
    )
