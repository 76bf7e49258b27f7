"""uvicorn as a guest on mitmproxy's event loop."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator


class GuestServer(uvicorn.Server):
    """uvicorn without its signal handlers: how the process ends is mitmproxy's decision."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
