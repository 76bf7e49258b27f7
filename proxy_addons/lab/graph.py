"""graph.microsoft.com: gateway, routing to a workload, `$batch`; and its retired predecessor graph.windows.net."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers

from proxy_addons.lab.answers import Answer, TurnedAway, json_answer
from proxy_addons.lab.graph_call import GraphCall
from proxy_addons.lab.graph_directory import user_content
from proxy_addons.lab.graph_errors import graph_data, graph_error
from proxy_addons.lab.graph_gate import admit_to_graph
from proxy_addons.lab.graph_operations import find_operation
from proxy_addons.lab.tokens_presented import FaultyToken

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant
    from proxy_addons.lab.tokens_presented import Caller

_VERSIONED: Final = re.compile(r"/(?:v1\.0|beta)(?:/(?P<rest>.*))?")
_MOST_BATCHED: Final = 20
_PERSONAL_PATHS: Final = ("me", "me/messages", "me/mailFolders")


def answer_graph(tenant: Tenant, asked: Asked) -> Answer:
    """A request to Graph, single or batched."""
    try:
        return _routed(tenant, asked)
    except TurnedAway as refused:
        return refused.answer


def _routed(tenant: Tenant, asked: Asked) -> Answer:
    admitted = admit_to_graph(tenant, asked)
    match = _VERSIONED.fullmatch(asked.path)
    if match is None:
        said = f"Invalid version: {asked.path.split('/')[1]}"
        return graph_error(asked, tenant.clock(), 400, "BadRequest", said)
    rest = (match["rest"] or "").strip("/")
    if rest == "$batch":
        return _batch(tenant, asked)
    if isinstance(admitted, FaultyToken):
        return _personal(tenant, asked, admitted, rest)
    return _operated(tenant, asked, admitted, rest)


def _operated(tenant: Tenant, asked: Asked, caller: Caller, rest: str) -> Answer:
    if caller.is_app and rest.split("/", maxsplit=1)[0].lower() == "me":
        said = "/me request is only valid with delegated authentication flow."
        return graph_error(asked, tenant.clock(), 400, "BadRequest", said)
    found = find_operation(asked.method, rest)
    if found is None:
        said = f"Resource not found for the segment '{rest.split('/', maxsplit=1)[0]}'."
        return graph_error(asked, tenant.clock(), 400, "BadRequest", said)
    operation, named = found
    call = GraphCall(tenant, asked, caller, named)
    return operation.refusal(call) or operation.handler(call)


def _personal(tenant: Tenant, asked: Asked, token: FaultyToken, rest: str) -> Answer:
    """A personal account's call: its own profile and mail, nothing an organization has."""
    if rest not in _PERSONAL_PATHS or token.account is None:
        said = "This API is not supported for MSA accounts (no addressUrl for Microsoft.DirectoryServices,False)."
        return graph_error(asked, tenant.clock(), 400, "BadRequest", said)
    return graph_data(asked, user_content(token.account) if rest == "me" else {"value": []})


def _batch(tenant: Tenant, asked: Asked) -> Answer:
    """Up to twenty requests in one; the outer status is 200 whatever happens to them."""
    requests = asked.json.get("requests")
    if asked.method != "POST" or not isinstance(requests, list) or len(requests) > _MOST_BATCHED:
        said = "Invalid batch payload format."
        return graph_error(asked, tenant.clock(), 400, "BadRequest", said)
    return graph_data(asked, {"responses": [_inner(tenant, asked, each) for each in requests]})


def _inner(tenant: Tenant, outer: Asked, request: object) -> dict[str, object]:
    """One request of a batch, made with the outer token unless it brings its own."""
    given = request if isinstance(request, dict) else {}
    url = urlsplit(str(given.get("url", "")))
    own = given.get("headers")
    headers = {**outer.headers, **({str(k).lower(): str(v) for k, v in own.items()} if isinstance(own, dict) else {})}
    version = outer.path.split("/")[1]
    answer = answer_graph(
        tenant,
        replace(
            outer,
            method=str(given.get("method", "GET")).upper(),
            path=f"/{version}/{unquote(url.path).strip('/')}",
            query=url.query,
            headers=Headers(headers),
            body=json.dumps(given.get("body", {})).encode(),
        ),
    )
    content = json.loads(answer.body) if answer.body else None
    return {
        "id": str(given.get("id", "")),
        "status": answer.status,
        "headers": {"Cache-Control": "no-cache", "Content-Type": "application/json"},
        **({"body": content} if content is not None else {}),
    }


def answer_legacy_graph(tenant: Tenant, asked: Asked) -> Answer:
    """graph.windows.net, which Microsoft switched off."""
    content = {
        "odata.error": {
            "code": "Authentication_Unauthorized",
            "message": {
                "lang": "en",
                "value": "Access blocked to AAD Graph API for this application. https://aka.ms/AzureADGraphMigration.",
            },
            "requestId": asked.request_id,
            "date": f"{tenant.clock():%Y-%m-%dT%H:%M:%S}",
        }
    }
    return json_answer(
        403,
        content,
        ("Cache-Control", "no-cache"),
        ("request-id", asked.request_id),
        ("client-request-id", asked.client_request_id),
        ("ocp-aad-diagnostics-server-name", "7Z3mWb1yKpKX0EuHkC6xV5yOt2o="),
        ("ocp-aad-session-key", "none"),
        kind="application/json; odata=minimalmetadata; streaming=true; charset=utf-8",
    )
