"""The admin port with pages over a store of its own, and a client that asks them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from proxy_addons.admin.access import Access
from proxy_addons.admin.application import admin_application
from proxy_addons.admin.event_stream import Feed
from proxy_addons.admin.ews_callers import EwsCallers
from proxy_addons.admin.page_parts import PageParts
from proxy_addons.admin.server import AdminServer, bind
from proxy_addons.admin.store_reader import StoreReader
from proxy_addons.admin.store_watch import watch_store
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import Record
from proxy_addons.sinks.metrics import Metrics
from tests.sinks.reports import REPORT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

SECONDS = 60
NOON = 1_795_262_400.0
TOKEN = "0123456789abcdef0123"
HAR_ENTRY: dict[str, Any] = {
    "request": {
        "method": "GET",
        "url": "https://graph.microsoft.com/v1.0/users",
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": "User-Agent", "value": "python-requests/2.34"}],
    },
    "response": {
        "status": 403,
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": "request-id", "value": "11111111-1111-1111-1111-111111111111"}],
        "content": {"text": '{"error":{"code":"Authorization_RequestDenied"}}', "mimeType": "application/json"},
    },
    "_tokens": {"<token:1>": {"kind": "jwt", "claims": {"scp": "User.Read", "idtyp": "user"}}},
}


@dataclass
class Site:
    """A running site."""

    server: AdminServer
    client: httpx.AsyncClient
    feed: Feed
    metrics: Metrics
    callers: EwsCallers = field(default_factory=EwsCallers)

    async def text(self, path: str, **headers: str) -> str:
        """The text of a page that is there."""
        answer = await self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text


def record(number: int, group: int = 0, cause: str = "graph-scope-missing", **exchange: Any) -> Record:  # noqa: ANN401  # fields of the exchange, whatever their types
    """A record of a group, with an exchange to look at."""
    # Only the second cause takes its time.
    waiting = "Up to two hours." if cause == "token-expired" else REPORT.diagnosis.leading.propagation
    leading = replace(REPORT.diagnosis.leading, cause=cause, propagation=waiting)
    report = replace(
        REPORT,
        id=f"f-{number:012x}",
        fingerprint=f"g1-{group:016x}",
        exchange=replace(REPORT.exchange, **exchange),
        diagnosis=replace(REPORT.diagnosis, findings=(leading, *REPORT.diagnosis.findings[1:])),
    )
    return Record(report, HAR_ENTRY)


@asynccontextmanager
async def site(store: Path | str | None, access: Access | None = None, port: int = 0) -> AsyncIterator[Site]:
    """Serve the pages on a real socket. Without a store it is off."""
    metrics, callers = Metrics(), EwsCallers()
    feed = Feed(metrics.page_readers.set, metrics.page_readers_dropped.inc)
    reader = None if store is None else StoreReader(str(store))
    ruleset = read_rules()
    parts = PageParts(reader, lambda: ruleset, lambda: Pseudonyms(bytes(32)), callers, feed, access or Access())
    server = AdminServer(admin_application(metrics.registry, lambda: {"all": True}, parts), bind(port), feed.close)
    server.start()
    watch = None if reader is None else asyncio.create_task(watch_store(reader, feed))
    try:
        base = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=SECONDS) as client:
            # Listening begins with the server's first turn on the loop.
            await client.get("/livez")
            yield Site(server, client, feed, metrics, callers)
    finally:
        if watch is not None:
            watch.cancel()
        server.stop()
        await server.stopped()
        if reader is not None:
            reader.close()


def with_site(
    check: Callable[[Site], Awaitable[None]], store: Path | None = None, access: Access | None = None
) -> None:
    """Run a check against a site."""

    async def main() -> None:
        async with site(store, access) as running:
            await check(running)

    asyncio.run(main())
