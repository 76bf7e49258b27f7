"""One worker of `why403 run --workers`: the proxy without ports of its own, screen or admin port.

It takes connections by turns with its siblings, and sends everything a person or a scrape would see to the process
above. When that one is gone it leaves in order, so that the ports are free for a successor.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx

from proxy_addons.addons.assembly import Outside, assemble
from proxy_addons.addons.screen import NoScreen, TerminalScreen
from proxy_addons.admin.worker_state import encoded
from proxy_addons.cli.collector import loading
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.proxy import configure, trusted_authorities
from proxy_addons.cli.proxy_master import ProxyMaster
from proxy_addons.cli.proxy_ports import Ports, ProxyError
from proxy_addons.cli.run_output import FLUSH_SECONDS
from proxy_addons.cli.run_summary import Tally
from proxy_addons.cli.worker_channel import FramedText, Plan, Told, WorkerEnd, read_frame
from proxy_addons.cli.worker_listener import SharingLoop
from proxy_addons.cli.worker_loads import Loads, Share
from proxy_addons.diagnosis.ruleset import RuleError
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.settings import read_settings
from proxy_addons.sinks.event_log import start_logging, stop_logging
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.worker import LineWriter, Worker

if TYPE_CHECKING:
    from proxy_addons.addons.drain import Drain
    from proxy_addons.addons.state_teller import StateTeller
    from proxy_addons.admin.worker_state import WorkerState

_STATES_AT_MOST: Final = 4


def main() -> None:
    """What the process above starts."""
    end, loop = WorkerEnd(), SharingLoop()
    try:
        status = asyncio.run(_run(end, loop), loop_factory=lambda: loop)
    except (ProxyError, RuleError) as error:
        end.send(Told.UNUSABLE, str(error).encode(errors="backslashreplace"))
        status = ExitCode.USAGE
    sys.exit(status)


async def _run(end: WorkerEnd, loop: SharingLoop) -> int:
    commands = await end.commands()
    first = await read_frame(commands)
    if first is None:
        return ExitCode.CLEAN
    plan = Plan.decoded(first[1])
    _inherit(plan, loop)
    settings = read_settings(plan.settings, {})
    with loading():
        ruleset = read_rules(settings.rules, shipped=settings.shipped_rules, prepared=True)
    with ExitStack() as cleanup:
        metrics = Metrics()
        tally = Tally(NoScreen())
        states: Worker[WorkerState] = Worker(
            "why403-state", lambda state: end.send(Told.STATE, encoded(state)), _STATES_AT_MOST
        )

        def tell(state: WorkerState) -> None:
            states.offer(replace(state, strongest=tally.strongest or ""))

        errors = LineWriter(FramedText(end, Told.LOG), "why403-log")
        output = LineWriter(FramedText(end, Told.SCREEN), "why403-screen")
        if plan.boxes:
            tally = Tally(TerminalScreen(output, coloured=plan.coloured, width=plan.width))
        addons = assemble(
            Outside(
                metrics,
                tally,
                ruleset=ruleset,
                rules_place=(settings.rules, settings.shipped_rules),
                stream_everything=True,
                tell_state=tell,
            )
        )
        master = ProxyMaster([*addons, _Loaded(end)])
        teller: StateTeller = master.addons.get("why403-state")

        def tell_last() -> None:
            tell(teller.last())
            states.close(FLUSH_SECONDS)

        # Last of all, when every line is counted and every sink has written what it had.
        cleanup.callback(tell_last)
        cleanup.callback(output.close, FLUSH_SECONDS)
        cleanup.callback(errors.close, FLUSH_SECONDS)
        handler = start_logging(errors, metrics, as_json=plan.as_json)
        cleanup.callback(stop_logging, handler)
        handler.setLevel(plan.log_level)
        scratch = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="why403-")))
        ports = Ports(plan.reverse, plan.forward, 0, settings.listen_host, settings.upstream_proxy)
        configure(master, settings, ports, trusted_authorities(settings.upstream_ca, scratch))
        loop.add_signal_handler(signal.SIGINT, master.interrupted)
        loop.add_signal_handler(signal.SIGTERM, master.shutdown)
        loop.add_signal_handler(signal.SIGHUP, master.commands.call, "why403.rules.reload")
        listening = loop.create_task(_obey(commands, loop, master, teller), name="why403 commands")
        try:
            await master.run()
        finally:
            listening.cancel()
            await master.hang_up()
        return master.exit_code


def _inherit(plan: Plan, loop: SharingLoop) -> None:
    *listening, memory = plan.inherited
    sockets = [socket.socket(fileno=descriptor) for descriptor in listening]
    for each in sockets:
        each.set_inheritable(False)
        each.settimeout(0)
    loads = Loads(memory)
    os.close(memory)
    loop.inherit(dict(zip((plan.reverse, plan.forward), sockets, strict=True)), Share(loads, plan.place, loop))


class _Loaded:
    """Says that connections may come: the last of the addons."""

    name = "why403-loaded"

    def __init__(self, end: WorkerEnd) -> None:
        self._end = end

    def running(self) -> None:
        """Say it."""
        # After the drain addon, which would take a second SIGTERM for impatience. Here it is none: a service manager
        # signals every process of a service, and the process above says the same in its own way.
        drain: Drain = ctx.master.addons.get("why403-drain")
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _drain, drain)
        # A pipe takes these few bytes at once: nothing but the log has been written to it so far.
        self._end.send(Told.LOADED)


async def _obey(commands: asyncio.StreamReader, loop: SharingLoop, master: ProxyMaster, teller: StateTeller) -> None:
    """Do what the process above says, until it says no more."""
    drain: Drain = master.addons.get("why403-drain")
    while (command := await read_frame(commands)) is not None:
        told, content = command
        if told is Told.ASK:
            teller.ask(int(content))
        elif told is Told.GO:
            loop.begin()
        elif told is Told.RELOAD:
            master.commands.call("why403.rules.reload")
        elif told is Told.DRAIN:
            _drain(drain)
        elif told is Told.END:
            master.shutdown()  # type: ignore[no-untyped-call]  # mitmproxy's master is untyped here
    logging.getLogger("why403.worker").warning("the process that started this worker is gone")
    _drain(drain)


def _drain(drain: Drain) -> None:
    """Begin to leave, or go on leaving."""
    if not drain.draining:
        drain.begin()
