"""How Microsoft Graph answers: its headers, its error object, its pages.

Source: Graph's error reference and observed answers. `x-ms-ags-diagnostic` proves that the gateway itself answered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.answers import Answer, json_answer

if TYPE_CHECKING:
    from datetime import datetime

    from proxy_addons.lab.answers import HeaderFields
    from proxy_addons.lab.asked import Asked

_GATEWAY: Final = json.dumps(
    {
        "ServerInfo": {
            "DataCenter": "West Europe",
            "Slice": "E",
            "Ring": "5",
            "ScaleUnit": "003",
            "RoleInstance": "AM4PEPF0002AD1B",
        }
    },
    separators=(",", ":"),
)
_DATA: Final = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def graph_fields(asked: Asked) -> HeaderFields:
    """The header fields of every answer of the gateway."""
    return (
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept-Encoding"),
        ("Strict-Transport-Security", "max-age=31536000"),
        ("request-id", asked.request_id),
        ("client-request-id", asked.client_request_id),
        ("x-ms-ags-diagnostic", _GATEWAY),
    )


def graph_error(
    asked: Asked, moment: datetime, status: int, code: str, message: str, inner: dict[str, object] | None = None
) -> Answer:
    """An error object; `innerError` carries the ids and, where given, a more specific code."""
    content = {
        "error": {
            "code": code,
            "message": message,
            "innerError": {
                **(inner or {}),
                "date": f"{moment:%Y-%m-%dT%H:%M:%S}",
                "request-id": asked.request_id,
                "client-request-id": asked.client_request_id,
            },
        }
    }
    return json_answer(status, content, *graph_fields(asked))


def graph_data(asked: Asked, content: object, status: int = 200) -> Answer:
    """A successful answer."""
    return json_answer(
        status, content, *graph_fields(asked), ("OData-Version", "4.0"), ("x-ms-resource-unit", "1"), kind=_DATA
    )


def graph_page(asked: Asked, context: str, items: list[dict[str, object]], *, delta: bool = False) -> Answer:
    """A collection, cut to `$top` with an absolute `@odata.nextLink` where more follows.

    `delta`: the last page has a `@odata.deltaLink`, and whoever comes back with it hears of nothing new.
    """
    parameters = asked.parameters
    start = _number(parameters.get("$skiptoken", parameters.get("$deltatoken", "")), 0)
    size = _number(parameters.get("$top", ""), 100)
    version = asked.path.split("/")[1]
    content: dict[str, object] = {
        "@odata.context": f"https://{asked.host}/{version}/$metadata#{context}",
        "value": items[start : start + size],
    }
    if start + size < len(items):
        content["@odata.nextLink"] = f"https://{asked.host}{asked.path}?$top={size}&$skiptoken={start + size}"
    elif delta:
        content["@odata.deltaLink"] = f"https://{asked.host}{asked.path}?$deltatoken={len(items)}"
    return graph_data(asked, content)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() else otherwise
