"""Opens the admin port when the proxy runs and closes it when it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mitmproxy import ctx

from proxy_addons.addons.guard import Guard
from proxy_addons.admin.access import AccessError, admin_access
from proxy_addons.admin.open_pages import OpenPages, Source, load_libraries
from proxy_addons.admin.refused_calls import key_file, refused_calls_route
from proxy_addons.admin.server import BACKLOG, bind

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.routing import Route

    from proxy_addons.addons.drain import Drain
    from proxy_addons.addons.options import Options
    from proxy_addons.addons.reporter import Reporter
    from proxy_addons.admin.ews_callers import EwsCallers
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)


class AdminPort:
    """The admin server's life. `listener` may be bound already, by whoever wants to fail early when it is taken."""

    name = "why403-admin"

    def __init__(
        self,
        options: Options,
        metrics: Metrics,
        reporter: Reporter,
        drain: Drain,
        callers: EwsCallers,
        listener: socket.socket | None = None,
    ) -> None:
        self._options = options
        self._metrics = metrics
        self._reporter = reporter
        self._drain = drain
        self._callers = callers
        self._listener = listener
        self._guard = Guard("admin", metrics)
        self._pages: OpenPages | None = None
        self._opening: asyncio.Task[None] | None = None
        self._key: Path | None = None

    def running(self) -> None:
        """Start serving. Inside mitmproxy's own tools a taken port costs the metrics, not the session."""
        with self._guard:
            settings = self._options.settings
            try:
                access = admin_access(settings, os.environ)
            except AccessError as error:
                _logger.error("no admin port: %s", error)  # noqa: TRY400 - the text is complete
                return
            try:
                self._listener = listener = self._listener or bind(settings.admin_port, settings.admin_host)
                # Whoever comes before the pages are there waits for them.
                listener.listen(BACKLOG)
            except OSError as error:
                place = f"{settings.admin_host}:{settings.admin_port}"
                _logger.warning("no admin port: %s on %s; set why403_admin_port", error.strerror, place)
                return
            more = [self._refused_calls(listener.getsockname()[1])] if settings.allow_verify else []
            source = Source(
                self._metrics,
                self._metrics.registry,
                lambda: readiness(self._reporter, self._drain),
                lambda: self._reporter.ruleset,
                lambda: self._reporter.pseudonyms,
                self._callers,
                _ports,
                lambda: self._reporter.rules_trouble,
            )
            self._metrics.workers.set(1)
            opening = self._open(partial(OpenPages, source, settings, access, listener, more))
            self._opening = asyncio.get_running_loop().create_task(opening, name="why403 admin pages")

    async def _open(self, pages: Callable[[], OpenPages]) -> None:
        """Serve as soon as the libraries are there; connections are accepted and calls go by in the meantime."""
        with self._guard:
            await asyncio.to_thread(load_libraries)
            self._pages = pages()
        if self._pages is None and self._listener is not None:
            self._listener.close()

    def done(self) -> None:
        """Stop serving, also when mitmproxy reloads the script."""
        with self._guard:
            if self._opening is not None:
                self._opening.cancel()
            if self._pages is not None:
                self._pages.close()
                self._pages = None
            elif self._listener is not None:
                self._listener.close()
            if self._key is not None:
                self._key.unlink(missing_ok=True)

    def _refused_calls(self, port: int) -> Route:
        """The page `why403 verify` asks, and the file with the secret it takes."""
        secret = secrets.token_urlsafe(32)
        self._key = key_file(Path(ctx.options.confdir).expanduser(), port)
        self._key.unlink(missing_ok=True)
        with os.fdopen(os.open(self._key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secret)
        return refused_calls_route(self._reporter.kept, secret)


def _ports() -> dict[str, int]:
    """The proxy ports in use by purpose; of several for one purpose, as `--mode` opens them, the first."""
    found: dict[str, int] = {}
    for server in ctx.master.addons.get("proxyserver").servers:
        purpose = "reverse" if server.mode.type_name == "reverse" else "forward"
        for address in server.listen_addrs[:1]:
            found.setdefault(purpose, address[1])
    return found


def readiness(reporter: Reporter, drain: Drain) -> dict[str, bool]:
    """What must hold before traffic is welcome: every listener up, rules loaded, no end in sight."""
    servers = [*ctx.master.addons.get("proxyserver").servers]
    return {
        "listeners": bool(servers) and all(server.is_running for server in servers),
        "rules": reporter.ruleset is not None,
        "staying": not drain.draining,
    }
