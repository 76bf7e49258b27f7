"""Notices what was stored, by this proxy or by another one that shares the store, and tells the open pages."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from proxy_addons.admin.store_reader import BusyError
from proxy_addons.sinks.store.browsing import pulse
from proxy_addons.sinks.store.trouble import RefusedDataError, StoreError

if TYPE_CHECKING:
    from proxy_addons.admin.event_stream import Feed
    from proxy_addons.admin.store_reader import StoreReader
    from proxy_addons.sinks.store.browsing import Pulse

_GLANCE_SECONDS: Final = 0.5
CHANGED: Final = "changed"


async def watch_store(store: StoreReader, feed: Feed) -> None:
    """Look at the store's pulse while anybody reads, until cancelled."""
    known: Pulse | None = None
    while True:
        if not feed.joined.is_set():
            await feed.joined.wait()
            known = None
        # A store in trouble says so on the page itself; here it only has nothing new.
        with contextlib.suppress(StoreError, RefusedDataError, BusyError):
            found = await store.ask(pulse)
            if known is not None and found != known:
                feed.publish(CHANGED, str(found.counted))
            known = found
        await asyncio.sleep(_GLANCE_SECONDS)
