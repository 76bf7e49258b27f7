"""The proxy as one coroutine: everything `why403 run` puts together, and takes down in the end."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import certifi
from cryptography import x509
from mitmproxy import exceptions

from proxy_addons.addons.assembly import Outside, assemble
from proxy_addons.addons.options import as_mitmproxy_options
from proxy_addons.addons.screen import NoScreen, TerminalScreen
from proxy_addons.cli.proxy_banner import banner
from proxy_addons.cli.proxy_master import LISTENER_LOGGER, ProxyError, ProxyMaster, choose_ports
from proxy_addons.diagnosis.report_text import DEFAULT_WIDTH
from proxy_addons.intake.body_tee import KEPT_BYTES
from proxy_addons.sinks.event_log import start_logging, stop_logging
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.worker import LineWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.addons.screen import Screen
    from proxy_addons.cli.proxy_master import Ports
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.settings import Settings

_logger = logging.getLogger("why403.run")

_FLUSH_SECONDS: Final = 2.0
_NARROWEST_BOX: Final = 60
_WIDEST_BOX: Final = 110


async def run_proxy(settings: Settings, ruleset: Ruleset) -> int:
    """Run until SIGINT or SIGTERM and return the exit code. Raises ProxyError where it cannot start."""
    with ExitStack() as cleanup:
        metrics = Metrics()
        errors, output = LineWriter(sys.stderr, "why403-log"), LineWriter(sys.stdout, "why403-screen")
        cleanup.callback(errors.close, _FLUSH_SECONDS)
        cleanup.callback(output.close, _FLUSH_SECONDS)
        handler = start_logging(errors, metrics, as_json=_wants_json(settings))
        cleanup.callback(stop_logging, handler)
        if not settings.quiet and not _wants_json(settings):
            # A person reads both streams on one terminal, and the box has said it already.
            handler.setLevel(logging.WARNING)
        ports, admin_listener = choose_ports(settings)
        cleanup.callback(admin_listener.close)
        screen = NoScreen() if settings.quiet else _screen(output)
        addons = assemble(
            Outside(
                metrics,
                screen,
                admin_listener,
                ruleset,
                # Loaded before, to fail with a message of their own.
                (settings.rules, settings.shipped_rules),
                stream_everything=True,
            )
        )
        master = ProxyMaster([*addons, _Announcement(settings, ruleset, ports, output)])
        trusted = cleanup.enter_context(_trusted(settings.upstream_ca))
        _configure(master, settings, ports, trusted)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, master.interrupted)
        loop.add_signal_handler(signal.SIGTERM, master.shutdown)
        loop.add_signal_handler(signal.SIGHUP, master.commands.call, "why403.rules.reload")
        try:
            await master.run()
        finally:
            await master.hang_up()
        return master.exit_code


class _Announcement:
    """Says that the proxy is ready, where it listens and what a client needs: the last of our addons."""

    name = "why403-announcement"

    def __init__(self, settings: Settings, ruleset: Ruleset, ports: Ports, output: LineWriter) -> None:
        self._settings = settings
        self._ruleset = ruleset
        self._ports = ports
        self._output = output

    def running(self) -> None:
        """Print and log it."""
        if not self._settings.quiet:
            self._output.put(banner(self._settings, self._ruleset, self._ports))
        fields = {
            "event.name": "why403.ready",
            "why403.reverse_port": self._ports.reverse,
            "why403.forward_port": self._ports.forward,
            "why403.admin_port": self._ports.admin,
            "why403.rules": len(self._ruleset.rules),
            "why403.rules_revision": self._ruleset.revision,
        }
        _logger.info(
            "ready: reverse port %d, forward port %d, admin port %d",
            self._ports.reverse,
            self._ports.forward,
            self._ports.admin,
            extra={"fields": fields},
        )


def _configure(master: ProxyMaster, settings: Settings, ports: Ports, trusted: Path | None) -> None:
    """Translate the settings into mitmproxy's options."""
    chosen: dict[str, object] = {
        **as_mitmproxy_options(settings),
        "confdir": str(settings.confdir),
        "mode": [*ports.modes, *settings.mode],
        # Only bodies that are held back on purpose are ever buffered; past this size they go on as well.
        "stream_large_bodies": str(KEPT_BYTES),
    }
    if trusted is not None:
        chosen["ssl_verify_upstream_trusted_ca"] = str(trusted)
    # Listeners that fail are reported once, by ProxyMaster; mitmproxy would log the same in other words.
    LISTENER_LOGGER.setLevel(logging.CRITICAL)
    try:
        settings.confdir.mkdir(parents=True, exist_ok=True)
        master.options.update(**chosen)
    except exceptions.OptionsError as error:
        raise ProxyError(f"{error}. Remedy: see --mode in why403 run --help") from error
    except OSError as error:
        raise ProxyError(f"--confdir {settings.confdir}: {error.strerror}. Remedy: name another directory") from error
    if getattr(master.tls, "certstore", None) is None:
        raise ProxyError(
            f"--confdir {settings.confdir}: no certificate authority can be read or written there. "
            "Remedy: name a directory of your own"
        )


@contextmanager
def _trusted(extra: Path | None) -> Iterator[Path | None]:
    """A file with the given authorities and the public ones: mitmproxy takes one file, in place of its own."""
    if extra is None:
        yield None
        return
    try:
        added = extra.read_bytes()
        x509.load_pem_x509_certificates(added)
    except (OSError, ValueError):
        raise ProxyError(
            f"--upstream-ca {extra}: holds no certificate in PEM form. Remedy: give the authority's .pem or .crt file"
        ) from None
    with tempfile.TemporaryDirectory(prefix="why403-") as scratch:
        combined = Path(scratch) / "trusted.pem"
        combined.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + added)
        yield combined


def _wants_json(settings: Settings) -> bool:
    return settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())


def _screen(output: LineWriter) -> Screen:
    terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, _WIDEST_BOX) if terminal else DEFAULT_WIDTH
    coloured = terminal and "NO_COLOR" not in os.environ
    return TerminalScreen(output, coloured=coloured, width=max(width, _NARROWEST_BOX))
