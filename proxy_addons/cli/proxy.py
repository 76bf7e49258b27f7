"""The proxy as one coroutine: everything `why403 run` puts together, and takes down in the end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
from cryptography import x509
from mitmproxy import ctx, exceptions
from mitmproxy.options import CONF_BASENAME

from proxy_addons.addons.assembly import Outside, assemble
from proxy_addons.addons.options import as_mitmproxy_options
from proxy_addons.addons.screen import LogScreen, NoScreen, TerminalScreen
from proxy_addons.admin.access import AccessError, admin_access
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.own_authority import make_authority
from proxy_addons.cli.proxy_banner import banner, client_banner, log_ready
from proxy_addons.cli.proxy_master import LISTENER_LOGGER, Listening, ProxyMaster, modes
from proxy_addons.cli.proxy_ports import ProxyError, choose_ports
from proxy_addons.cli.run_client import Client
from proxy_addons.cli.run_environment import (
    PROXY_VARIABLES,
    UnreadableAuthoritiesError,
    client_environment,
    write_trusted,
)
from proxy_addons.cli.run_output import FLUSH_SECONDS, box_look, log_level, logs_json
from proxy_addons.cli.run_summary import Tally, summary
from proxy_addons.intake.body_tee import KEPT_BYTES
from proxy_addons.sinks.event_log import start_logging, stop_logging
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.worker import LineWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from proxy_addons.addons.screen import Screen
    from proxy_addons.cli.proxy_ports import Ports
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.settings import Settings


async def run_proxy(settings: Settings, ruleset: Ruleset, command: Sequence[str] = ()) -> int:
    """Run until SIGINT or SIGTERM, or until the client started by `command` ends; return the exit code.

    Raises ProxyError where it cannot start.
    """
    with ExitStack() as cleanup:
        metrics = Metrics()
        errors, output = LineWriter(sys.stderr, "why403-log"), LineWriter(sys.stdout, "why403-screen")
        cleanup.callback(errors.close, FLUSH_SECONDS)
        cleanup.callback(output.close, FLUSH_SECONDS)
        # Standard output is the client's alone, so everything of ours goes where errors go, in one order.
        output = errors if command else output
        as_json = logs_json(settings, sys.stderr, for_client=bool(command))
        handler = start_logging(errors, metrics, as_json=as_json)
        cleanup.callback(stop_logging, handler)
        handler.setLevel(log_level(settings, as_json=as_json, for_client=bool(command)))
        if settings.ui == "console" and sys.stderr.isatty():
            # The console owns the screen and shows log lines in a place of their own.
            handler.setLevel(logging.CRITICAL + 1)
        try:
            admin_access(settings, os.environ)
        except AccessError as error:
            raise ProxyError(str(error)) from error
        ports, admin_listener = choose_ports(settings)
        cleanup.callback(admin_listener.close)
        tally = Tally(_screen(settings, output, sys.stderr if command else sys.stdout))
        addons = assemble(
            Outside(
                metrics,
                tally,
                admin_listener,
                ruleset,
                # Loaded before, to fail with a message of their own.
                (settings.rules, settings.shipped_rules),
                stream_everything=settings.ui == "none",
            )
        )
        client: Client | None = None
        dropped: tuple[str, ...] = ()
        scratch = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="why403-")))
        trusted_by_client = scratch / "client-trust.pem"
        if command:
            variables, dropped = client_environment(os.environ, ports, trusted_by_client, settings.hosts)
            client = Client(command, variables)
        master = _master(settings, [*addons, _Announcement(settings, ruleset, ports, output, command)], command)
        if client is not None:
            master.addons.add(client)
        configure(master, settings, ports, trusted_authorities(settings.upstream_ca, scratch))
        if client is not None:
            _write_trusted(settings, trusted_by_client, dropped, output)
            cleanup.callback(_sum_up, settings, tally, metrics, client, output)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, master.interrupted)
        loop.add_signal_handler(signal.SIGTERM, master.shutdown)
        loop.add_signal_handler(signal.SIGHUP, master.commands.call, "why403.rules.reload")
        try:
            await master.run()
        finally:
            if client is not None:
                await client.end()
            await master.hang_up()
        status = client.status if client is not None else master.exit_code
        return ExitCode.FINDINGS if status == ExitCode.CLEAN and tally.reaches(settings.fail_on) else status


def _master(settings: Settings, addons: list[object], command: Sequence[str]) -> Listening:
    if settings.ui == "none":
        return ProxyMaster(addons)
    from proxy_addons.cli.run_ui import ConsoleProxyMaster, WebProxyMaster

    if settings.ui == "web":
        return WebProxyMaster(addons, open_browser=sys.stdout.isatty() and not command)
    if command:
        raise ProxyError("--ui console needs the terminal the client has. Remedy: --ui web")
    if not sys.stdout.isatty():
        raise ProxyError("--ui console needs a terminal. Remedy: run it in one, or take --ui web")
    return ConsoleProxyMaster(addons)


def _write_trusted(settings: Settings, target: Path, dropped: tuple[str, ...], output: LineWriter) -> None:
    try:
        write_trusted(os.environ, settings.confdir / f"{CONF_BASENAME}-ca-cert.pem", target)
    except UnreadableAuthoritiesError as error:
        raise ProxyError(str(error)) from None
    if dropped:
        output.put(f"why403: left out of the client's NO_PROXY, because it leads around us: {', '.join(dropped)}")
    if settings.upstream_proxy is None and any(name in os.environ for name in PROXY_VARIABLES):
        output.put(
            "why403: HTTPS_PROXY was set; the client goes through why403 instead, which connects directly. "
            'With --upstream-proxy "$HTTPS_PROXY" it goes through that proxy'
        )


def _sum_up(settings: Settings, tally: Tally, metrics: Metrics, client: Client, output: LineWriter) -> None:
    if not settings.quiet:
        samples = (sample for family in metrics.exchanges.collect() for sample in family.samples)
        calls = sum(sample.value for sample in samples if sample.name.endswith("_total"))
        output.put(summary(tally, int(calls), client.status, settings.fail_on))


class _Announcement:
    """Says that the proxy is ready, where it listens and what a client needs: the last of our addons."""

    name = "why403-announcement"

    def __init__(
        self, settings: Settings, ruleset: Ruleset, ports: Ports, output: LineWriter, command: Sequence[str]
    ) -> None:
        self._settings = settings
        self._ruleset = ruleset
        self._ports = ports
        self._output = output
        self._command = command

    def running(self) -> None:
        """Print and log it."""
        page = getattr(ctx.master, "web_url", "")
        if self._settings.ui != "console" and not self._settings.quiet:
            shown = client_banner if self._command else banner
            self._output.put(shown(self._settings, self._ruleset, self._ports, page))
        log_ready(self._ruleset, self._ports)


def configure(master: Listening, settings: Settings, ports: Ports, trusted: Path | None) -> None:
    """Translate the settings into mitmproxy's options; ProxyError where it takes them not."""
    chosen: dict[str, object] = {
        **as_mitmproxy_options(settings),
        "confdir": str(settings.confdir),
        "mode": [*modes(ports), *settings.mode],
        # Only bodies that are held back on purpose are ever buffered; past this size they go on as well.
        "stream_large_bodies": str(KEPT_BYTES),
    }
    if trusted is not None:
        chosen["ssl_verify_upstream_trusted_ca"] = str(trusted)
    # Listeners that fail are reported once, by ProxyMaster; mitmproxy would log the same in other words.
    LISTENER_LOGGER.setLevel(logging.CRITICAL)
    try:
        make_authority(settings.confdir)
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


def trusted_authorities(extra: Path | None, scratch: Path) -> Path | None:
    """A file with the given authorities and the public ones: mitmproxy takes one file, in place of its own."""
    if extra is None:
        return None
    try:
        added = extra.read_bytes()
        x509.load_pem_x509_certificates(added)
    except (OSError, ValueError):
        raise ProxyError(
            f"--upstream-ca {extra}: holds no certificate in PEM form. Remedy: give the authority's .pem or .crt file"
        ) from None
    combined = scratch / "trusted.pem"
    combined.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + added)
    return combined


def _screen(settings: Settings, output: LineWriter, stream: TextIO) -> Screen:
    if settings.quiet:
        return NoScreen()
    if settings.ui == "console":
        return LogScreen()
    look = box_look(stream)
    return TerminalScreen(output, coloured=look.coloured, width=look.width)
