"""`why403 run --ui web|console`: mitmproxy's own screens around our proxy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from mitmproxy import options as mitmproxy_options
from mitmproxy.tools.console.master import ConsoleMaster
from mitmproxy.tools.web.app import ExecuteCommand
from mitmproxy.tools.web.master import WebMaster

from proxy_addons.admin.server import bind
from proxy_addons.cli.proxy_master import Listening

if TYPE_CHECKING:
    from mitmproxy.master import Master

COLUMNS: Final = ["tls", "icon", "path", "method", "status", "comment", "size", "time"]
"""mitmweb's own, and the one that says why."""
_USUAL_PORT: Final = 8081


class WebProxyMaster(Listening, WebMaster):
    """mitmweb with our addons: its page shows comment and marker of every refused call."""

    def __init__(self, addons: list[object], *, open_browser: bool) -> None:
        super().__init__(mitmproxy_options.Options(), with_termlog=False)
        # It names its page's address, token included, in the log; the banner does that.
        logging.getLogger("mitmproxy.tools.web").setLevel(logging.WARNING)
        _prepare(self, addons)
        self.listen()
        # mitmweb's own route knows letters only, and our commands begin with why403.
        self.app.add_handlers(".*", [(r"/commands/(?P<cmd>[a-z0-9.]+)", ExecuteCommand)])
        self.options.update(web_columns=COLUMNS, web_port=_free_port(), web_open_browser=open_browser)


class ConsoleProxyMaster(Listening, ConsoleMaster):
    """mitmproxy's console with our addons."""

    def __init__(self, addons: list[object]) -> None:
        super().__init__(mitmproxy_options.Options())
        _prepare(self, addons)
        self.listen()


def _prepare(master: Master, addons: list[object]) -> None:
    # Listeners that fail are reported by us, with the remedy; this one would print and exit before.
    master.addons.remove(master.addons.get("errorcheck"))
    master.addons.add(*addons)


def _free_port() -> int:
    try:
        listener = bind(_USUAL_PORT)
    except OSError:
        listener = bind(0)
    with listener:
        return int(listener.getsockname()[1])
