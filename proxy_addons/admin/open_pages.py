"""The admin pages while they are served: their server, their view of the store, and those who read along."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence

    from starlette.routing import Route

    from proxy_addons.admin.access import Access
    from proxy_addons.admin.ews_callers import EwsCallers
    from proxy_addons.admin.metrics_page import Collected
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.settings import Settings
    from proxy_addons.sinks.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Source:
    """What the pages show, whoever serves them: the proxy itself, or the process above several workers.

    `counting` is where readers are counted; `collected` what `/metrics` shows; `readiness` names every condition of
    being ready and whether it holds now. `ports` are the proxy ports in use, where they are not those of the settings;
    `rules_trouble` says why changed rules were not taken up, where that is known here.
    """

    counting: Metrics
    collected: Collected
    readiness: Callable[[], Mapping[str, bool]]
    rules: Callable[[], Ruleset | None]
    pseudonyms: Callable[[], Pseudonyms | None]
    callers: EwsCallers
    ports: Callable[[], Mapping[str, int]] = dict
    rules_trouble: Callable[[], str] = str


def load_libraries() -> None:
    """Import what the pages are made with; it takes a while, so that a thread had better do it."""
    import_module("uvicorn.protocols.http.h11_impl")
    for name in ("application", "guest_server", "store_reader", "store_watch"):
        import_module(f"proxy_addons.admin.{name}")


class OpenPages:
    """Serves on a bound socket of the running loop from its making until `close`."""

    def __init__(
        self, source: Source, settings: Settings, access: Access, listener: socket.socket, more: Sequence[Route] = ()
    ) -> None:
        from proxy_addons.admin.application import admin_application
        from proxy_addons.admin.event_stream import Feed
        from proxy_addons.admin.page_parts import PageParts
        from proxy_addons.admin.server import AdminServer
        from proxy_addons.admin.store_reader import StoreReader
        from proxy_addons.admin.store_watch import watch_store

        metrics = source.counting
        feed = Feed(metrics.page_readers.set, metrics.page_readers_dropped.inc)
        self._store = StoreReader(settings.store) if settings.keeps_failures else None
        admin_port = int(listener.getsockname()[1])
        parts = PageParts(
            self._store,
            source.rules,
            source.pseudonyms,
            source.callers,
            feed,
            access,
            lambda: {**_set_ports(settings), **source.ports(), "admin": admin_port},
            source.rules_trouble,
        )
        self._server = AdminServer(
            admin_application(source.collected, source.readiness, parts, more), listener, feed.close
        )
        self._server.start()
        self._watch: asyncio.Task[None] | None = None
        if self._store is not None:
            watch = watch_store(self._store, feed)
            self._watch = asyncio.get_running_loop().create_task(watch, name="why403 store watch")

    def close(self) -> None:
        """Stop serving at once."""
        self._server.stop()
        if self._watch is not None:
            self._watch.cancel()
        if self._store is not None:
            self._store.close()


def _set_ports(settings: Settings) -> dict[str, int]:
    """The proxy ports as the settings name them; 0 says nothing about the one that was taken."""
    chosen = {"reverse": settings.reverse_port, "forward": settings.forward_port}
    return {purpose: port for purpose, port in chosen.items() if port}
