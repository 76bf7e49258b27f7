"""How many workers a run has: what was asked for, where that is possible."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from proxy_addons.cli.proxy_ports import ProxyError
from proxy_addons.cli.shared_ports import can_share
from proxy_addons.setting_values import AUTO

if TYPE_CHECKING:
    from proxy_addons.settings import Settings


def workers_for(settings: Settings, *, with_client: bool) -> int:
    """The number of workers; where several make no sense one, with a line that says why.

    Raises ProxyError for settings that only one process can keep.
    """
    wanted = _cores() if settings.workers == AUTO else settings.workers
    if wanted == 1:
        return 1
    if with_client:
        return _one("a client of its own is served by one worker, which then knows all it did before")
    if not can_share():
        return _one("on this system workers cannot take connections from one port, so there is one worker")
    needing_one = {
        f"--ui {settings.ui}": settings.ui != "none",
        "--mode": bool(settings.mode),
        "--allow-verify": settings.allow_verify,
    }
    for option, given in needing_one.items():
        if given:
            raise ProxyError(f"{option} needs a single process. Remedy: leave out --workers, or {option.split()[0]}")
    return wanted


def _cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _one(why: str) -> int:
    sys.stderr.write(f"why403: {why}\n")
    return 1
