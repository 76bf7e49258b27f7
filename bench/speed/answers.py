"""What the upstream of the benchmarks answers, and who asks for it: Graph and EWS as refusals really look.

A thousand kinds are five operations each, ten answers, from twenty apps. Each answer carries ids and a time of its own.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRAPH: Final = "graph.microsoft.com"
EWS: Final = "outlook.office365.com"
EWS_PATH: Final = "/EWS/Exchange.asmx"
APPS: Final = 20
_TENANT: Final = "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21"
_IDS: Final = '"innerError":{"date":"$moment","request-id":"$guid","client-request-id":"$guid"}'
_BEARER: Final = f'Bearer realm="", authorization_uri="https://login.microsoftonline.com/{_TENANT}/oauth2/authorize"'
_GRAPH_PATHS: Final = (
    "/v1.0/groups",
    "/v1.0/me/messages?$top=25",
    "/v1.0/sites/root/lists",
    "/v1.0/users/adele@contoso.example/messages",
    "/v1.0/auditLogs/signIns",
)
_EWS_OPERATIONS: Final = ("GetFolder", "FindItem", "GetItem", "SyncFolderItems", "CreateItem")


@dataclass(frozen=True)
class Answer:
    """One way to be refused. The upstream fills `$guid` and `$moment`."""

    name: str
    host: str
    status: int
    body: str
    challenge: str = ""


def _graph(name: str, status: int, code: str, message: str, challenge: str = "") -> Answer:
    body = json.dumps({"error": {"code": code, "message": message}}).removesuffix("}}") + f",{_IDS}}}}}"
    return Answer(name, GRAPH, status, body, challenge)


ANSWERS: Final = (
    _graph("privileges", 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    _graph("access", 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    _graph("sharepoint", 403, "accessDenied", "Caller does not have required permissions for this API"),
    _graph("tenant-admin", 403, "Forbidden", "Access is denied to the requested resource."),
    _graph(
        "roles",
        403,
        "Forbidden",
        "Missing role permissions on the request. API requires one of Group.ReadWrite.All. Roles on the request "
        "User.Read.All, Mail.Read.",
    ),
    _graph("expired", 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.", _BEARER),
    _graph(
        "audience", 401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.", _BEARER
    ),
    Answer("ews-forbidden", EWS, 403, ""),
    Answer(
        "ews-credentials",
        EWS,
        401,
        "",
        'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-'
        '000000000000@*", error="invalid_token"',
    ),
    Answer(
        "ews-fault",
        EWS,
        500,
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:ErrorAccessDenied'
        "</faultcode><faultstring>Access is denied. Check credentials and try again.</faultstring><detail>"
        '<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorAccessDenied'
        "</e:ResponseCode></detail></s:Fault></s:Body></s:Envelope>",
    ),
)


@dataclass(frozen=True)
class Request:
    """One request of the load. `answer` is what the upstream is asked to say; none is the healthy answer."""

    method: str
    host: str
    path: str
    app: int
    answer: str = ""
    body: str = ""


HEALTHY: Final = Request("GET", GRAPH, "/v1.0/users?$select=id,displayName&$top=25", 0)


def refusals(kinds: int) -> Sequence[Request]:
    """So many different refusals, services and answers mixed."""
    requests = [_refusal(answer, operation, app) for app in range(APPS) for operation in range(5) for answer in ANSWERS]
    return requests[:kinds]


def _refusal(answer: Answer, operation: int, app: int) -> Request:
    if answer.host == GRAPH:
        return Request("GET", GRAPH, _GRAPH_PATHS[operation], app, answer.name)
    return Request("POST", EWS, EWS_PATH, app, answer.name, soap(_EWS_OPERATIONS[operation]))


def soap(operation: str) -> str:
    """A call of EWS, as short as one can be."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header>'
        '<t:RequestServerVersion Version="Exchange2016"/></s:Header><s:Body>'
        f'<m:{operation}><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:{operation}>'
        "</s:Body></s:Envelope>"
    )


_TEN_MINUTES_AGO: Final = int(time.time()) - 600


def token(host: str, app: int, issued: int = _TEN_MINUTES_AGO) -> str:
    """A token as Graph or Exchange gets it, of the usual length and life; its signature is nothing.

    `issued` in seconds since 1970. In one run an app has one token.
    """

    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    roles = ["User.Read.All", "Mail.Read", "Group.Read.All"] if host == GRAPH else ["full_access_as_app"]
    claims: Mapping[str, object] = {
        "aud": f"https://{host}",
        "iss": f"https://sts.windows.net/{_TENANT}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + 5400,
        "appid": f"3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f{app:04x}",
        "idtyp": "app",
        "roles": roles,
        "tid": _TENANT,
        "uti": f"q1w2e3r4t5y6u7i8o9p{app}",
        "ver": "1.0",
        "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
        "xms_filler": "x" * 300,
    }
    header = part({"typ": "JWT", "alg": "RS256", "kid": "x5t", "nonce": "n" * 40})
    return f"{header}.{part(claims)}.{base64.urlsafe_b64encode(b's' * 256).decode().rstrip('=')}"
