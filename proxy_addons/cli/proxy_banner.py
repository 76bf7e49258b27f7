"""What `why403 run` says when it is ready: where to send traffic, and what a client has to trust."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mitmproxy.options import CONF_BASENAME

from proxy_addons import __version__
from proxy_addons.setting_values import reached_at
from proxy_addons.sinks.store.place import shown, store_url
from proxy_addons.sinks.store.trouble import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from proxy_addons.cli.proxy_ports import Ports
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.settings import Settings

_logger = logging.getLogger("why403.run")


def log_ready(ruleset: Ruleset, ports: Ports, workers: int = 1) -> None:
    """Say in the log that the proxy is ready, and on which ports."""
    fields = {
        "event.name": "why403.ready",
        "why403.reverse_port": ports.reverse,
        "why403.forward_port": ports.forward,
        "why403.admin_port": ports.admin,
        "why403.workers": workers,
        "why403.rules": len(ruleset.rules),
        "why403.rules_revision": ruleset.revision,
    }
    text = "ready: reverse port %d, forward port %d, admin port %d"
    _logger.info(text, ports.reverse, ports.forward, ports.admin, extra={"fields": fields})


def banner(settings: Settings, ruleset: Ruleset, ports: Ports, page: str = "") -> str:
    """Some lines for a person; `page` is where mitmweb is, if it is."""
    host = reached_at(ports.host)
    rows = [
        ("reverse", f"https://{host}:{ports.reverse}/<host>/<path>", "instead of https://<host>/<path>"),
        ("forward", f"http://{host}:{ports.forward}", "as HTTPS_PROXY, nothing else changes"),
        *(("mode", spec, "") for spec in settings.mode),
        ("trust", str(settings.confdir / f"{CONF_BASENAME}-ca-cert.pem"), "clients have to trust this authority"),
        ("admin", f"http://{reached_at(settings.admin_host)}:{ports.admin}", "failures live; /metrics /livez /readyz"),
    ]
    if settings.keeps_failures:
        rows.append(("store", _store(settings), "why403 failures list"))
    if page:
        rows.append(("screen", page, "mitmweb: why403's column says why"))
    if settings.bundle_directory is not None:
        rows.append(("bundles", _without_query(settings.bundle_directory), "one per kind of failure"))
    width = max(len(value) for _, value, _ in rows)
    lines = [f"  {name:<9}{value:<{width}}  {meaning}".rstrip() for name, value, meaning in rows]
    heading = f"why403 {__version__} is ready: {len(ruleset.rules)} rules, revision {ruleset.revision}"
    return "\n".join([heading, *lines, ""])


def _without_query(place: Path | str) -> str:
    """A place without what may be a signature."""
    return str(place).partition("?")[0]


def _store(settings: Settings) -> str:
    try:
        return shown(store_url(settings.store))
    except StoreError:
        return "cannot be used, see the log"


def client_banner(_settings: Settings, ruleset: Ruleset, ports: Ports, page: str = "") -> str:
    """One line above the output of a client we start."""
    where = f"the client goes through http://{reached_at(ports.host)}:{ports.forward}"
    screen = f", watch it on {page}" if page else ""
    return f"why403 {__version__}: {len(ruleset.rules)} rules; {where}{screen}"
