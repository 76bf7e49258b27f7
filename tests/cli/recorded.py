"""Recordings for the command line: exchanges in the form of the rules' examples, as a browser would save them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ruamel.yaml import YAML

from proxy_addons.diagnosis.example_exchange import build_exchange
from proxy_addons.diagnosis.examples import Example, HealthyFile
from proxy_addons.evidence.exchange import Exchange

if TYPE_CHECKING:
    from proxy_addons.evidence.exchange import Headers

RECORDINGS: Final = Path(__file__).parent / "recordings"
REFUSALS: Final = RECORDINGS / "refusals.har"
REPORT_RULES: Final = Path(__file__).parent / "report_rules"
"""Rules for the golden reports, which no change of the rules that ship is to touch."""

RULES: Final = Path(__file__).parent / "rule_base"
"""Two rules: enough for tests which are not about the rules that ship, and loaded a hundred times as fast."""

ONLY_RULES: Final = ("--no-shipped-rules", "--rules", RULES)


def examples() -> tuple[Example, ...]:
    """What `refusals.har` is made of."""
    text = (RECORDINGS / "refusals.yaml").read_text(encoding="utf-8")
    return HealthyFile.model_validate(YAML(typ="safe").load(text)).exchanges


def example(name: str) -> Example:
    """One of them, by name."""
    return next(each for each in examples() if each.name == name)


def har(*parts: Example | Exchange | object) -> str:
    """A recording of these exchanges; a part that is neither example nor exchange becomes an entry as it stands."""
    built = [
        build_exchange(part.request, part.response, part.transport_error) if isinstance(part, Example) else part
        for part in parts
    ]
    entries = [_entry(part) if isinstance(part, Exchange) else part for part in built]
    log = {"version": "1.2", "creator": {"name": "browser", "version": "1"}, "entries": entries}
    return json.dumps({"log": log}, indent=1) + "\n"


def _entry(exchange: Exchange) -> dict[str, object]:
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.started or 0, UTC).isoformat(),
        "time": 12,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": 12, "receive": 0},
    }


def _request(exchange: Exchange) -> dict[str, object]:
    request, sent = exchange.request, exchange.request.body.content or b""
    body = {"mimeType": request.headers.get("content-type") or "", "text": sent.decode()}
    return {
        "method": request.method,
        "url": request.url,
        "httpVersion": request.http_version,
        "headers": _headers(request.headers),
        "cookies": [],
        "queryString": [],
        "headersSize": -1,
        "bodySize": len(sent),
        **({"postData": body} if sent else {}),
    }


def _response(exchange: Exchange) -> dict[str, object]:
    response = exchange.response
    received = (response.body.content or b"") if response else b""
    kind = (response.headers.get("content-type") or "") if response else ""
    return {
        "status": response.status if response else 0,
        "statusText": "",
        "httpVersion": response.http_version if response else "",
        "headers": _headers(response.headers) if response else [],
        "cookies": [],
        "content": {"size": len(received), "mimeType": kind, "text": received.decode()},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": len(received),
        **({} if response else {"_error": exchange.transport_error}),
    }


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.fields]
