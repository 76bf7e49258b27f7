"""`why403 run --workers N`: the process above the workers. It carries no traffic, so nothing in traffic can end it.

It takes the ports, starts the workers, writes what they say, answers the admin port for all of them, and ends when they
have. The failure store each worker writes by itself: the store takes several writers, and no record then hangs on
another process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from proxy_addons.admin.access import AccessError, admin_access
from proxy_addons.admin.ews_callers import EwsCallers
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.proxy_banner import banner, log_ready
from proxy_addons.cli.proxy_ports import Ports, ProxyError, bind_admin
from proxy_addons.cli.run_output import FLUSH_SECONDS, box_look, log_level, logs_json
from proxy_addons.cli.shared_ports import claim_proxy_ports
from proxy_addons.cli.worker_channel import Plan, Told
from proxy_addons.cli.worker_crew import Crew
from proxy_addons.cli.worker_loads import new_loads
from proxy_addons.diagnosis.ruleset import RuleError
from proxy_addons.diagnosis.verdict import Certainty
from proxy_addons.intake.pseudonym_key import read_pseudonym_key
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.settings import as_given
from proxy_addons.sinks.event_log import start_logging, stop_logging
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.worker import LineWriter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from proxy_addons.admin.access import Access
    from proxy_addons.admin.ews_callers import EwsCaller
    from proxy_addons.admin.open_pages import OpenPages
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.settings import Settings

_END_SECONDS: Final = 15.0
"""What a worker needs at most to leave once it may: connections, store and bundles each have a limit of their own."""
_LOOK_SECONDS: Final = 1.0


async def run_workers(settings: Settings, ruleset: Ruleset, workers: int) -> int:
    """Run until SIGINT or SIGTERM; return the exit code. Raises ProxyError where it cannot start."""
    with ExitStack() as cleanup:
        counting = Metrics()
        errors, output = LineWriter(sys.stderr, "why403-log"), LineWriter(sys.stdout, "why403-screen")
        cleanup.callback(errors.close, FLUSH_SECONDS)
        cleanup.callback(output.close, FLUSH_SECONDS)
        as_json = logs_json(settings, sys.stderr, for_client=False)
        level = log_level(settings, as_json=as_json, for_client=False)
        handler = start_logging(errors, counting, as_json=as_json)
        cleanup.callback(stop_logging, handler)
        handler.setLevel(level)
        try:
            access = admin_access(settings, os.environ)
        except AccessError as error:
            raise ProxyError(str(error)) from error
        admin = bind_admin(settings)
        cleanup.callback(admin.close)
        shared = claim_proxy_ports(settings)
        cleanup.callback(shared.close)
        loads = new_loads(workers)
        cleanup.callback(os.close, loads)
        ports = Ports(*shared.numbers, admin.getsockname()[1], settings.listen_host, settings.upstream_proxy)
        look = box_look(sys.stdout)
        plan = Plan(
            as_given(settings),
            *shared.numbers,
            place=0,
            inherited=(shared.reverse.fileno(), shared.forward.fileno(), loads),
            as_json=as_json,
            log_level=level,
            boxes=not settings.quiet,
            coloured=look.coloured,
            width=look.width,
        )

        def written(told: Told, text: str) -> None:
            if not (errors if told is Told.LOG else output).put(text):
                counting.sink_failures.labels("log" if told is Told.LOG else "terminal").inc()

        crew = Crew(plan, shared, workers, counting, written)
        leaving = _Leaving(crew, counting, settings.drain_delay)
        leaving.hear_signals()
        try:
            starting = asyncio.get_running_loop().create_task(crew.start(), name="why403 start")
            # The workers begin before the half second that reading the code of the pages takes.
            await asyncio.sleep(0)
            rules = _RulesInUse(settings, ruleset, crew)
            pages = _open_pages(settings, access, admin, crew, rules)
            cleanup.callback(pages.close)
            following = asyncio.get_running_loop().create_task(rules.follow(), name="why403 rules in use")
            cleanup.callback(following.cancel)
            await starting
            if not crew.leaving:
                if not settings.quiet:
                    output.put(banner(settings, ruleset, ports))
                log_ready(ruleset, ports, workers)
            await leaving.begun.wait()
            await crew.gone(settings.drain_delay + settings.drain_limit, _END_SECONDS)
        finally:
            crew.end()
            await crew.gone(0, _END_SECONDS)
        return ExitCode.FINDINGS if not leaving.status and reaches(crew, settings.fail_on) else leaving.status


def _open_pages(
    settings: Settings, access: Access, listener: socket.socket, crew: Crew, rules: _RulesInUse
) -> OpenPages:
    """Serve the admin port for all workers."""
    from proxy_addons.admin.open_pages import OpenPages, Source

    pseudonyms = Pseudonyms(read_pseudonym_key(settings.confdir))
    source = Source(
        crew.counting,
        crew,
        lambda: readiness(crew),
        lambda: rules.ruleset,
        lambda: pseudonyms,
        _Callers(crew.callers),
        lambda: {"reverse": crew.plan.reverse, "forward": crew.plan.forward},
        lambda: next((state.rules_trouble for state in crew.states if state.rules_trouble), ""),
    )
    return OpenPages(source, settings, access, listener)


def readiness(crew: Crew) -> dict[str, bool]:
    """Whether traffic is welcome: half of the workers carry it until the others are back."""
    states = crew.states
    return {
        "listeners": 2 * crew.accepting >= crew.places,
        "rules": any(state.conditions.get("rules", False) for state in states),
        "staying": not crew.leaving,
    }


def reaches(crew: Crew, level: str | None) -> bool:
    """Whether a refusal was explained at least this surely; None asks for nothing."""
    if level is None or crew.strongest is None:
        return False
    return crew.strongest.weakness <= Certainty(level).weakness


class _Callers(EwsCallers):
    """Who calls EWS, as the workers know it."""

    def __init__(self, known: Callable[[], Sequence[EwsCaller]]) -> None:
        super().__init__()
        self._known = known

    def rows(self) -> Sequence[EwsCaller]:
        """Everybody who calls, the busiest first."""
        return self._known()


class _RulesInUse:
    """The rules the pages show: read again once workers use others."""

    def __init__(self, settings: Settings, ruleset: Ruleset, crew: Crew) -> None:
        self._settings = settings
        self._crew = crew
        self.ruleset = ruleset

    async def follow(self) -> None:
        """Look every second, until cancelled."""
        tried = self.ruleset.revision
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            used = {state.rules_revision for state in self._crew.states if state.accepts}
            other = next((revision for revision in used if revision not in {self.ruleset.revision, tried}), None)
            if other is None:
                continue
            tried = other
            try:
                place, shipped = self._settings.rules, self._settings.shipped_rules
                self.ruleset = await asyncio.to_thread(read_rules, place, shipped=shipped)
            except RuleError:
                # The workers tell what is wrong; here the rules of before stay on show.
                continue


class _Leaving:
    """What signals mean: SIGTERM an orderly end, a second one or Ctrl-C the end at once, SIGHUP reading rules again."""

    def __init__(self, crew: Crew, counting: Metrics, delay: float) -> None:
        self._crew = crew
        self._counting = counting
        self._delay = delay
        self.begun = asyncio.Event()
        self.status = ExitCode.CLEAN

    def hear_signals(self) -> None:
        """Take them."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        loop.add_signal_handler(signal.SIGHUP, self._crew.reload)

    def _terminate(self) -> None:
        if self.begun.is_set():
            self._crew.end()
            return
        self._counting.draining.set(1)
        self._crew.drain(self._delay)
        self.begun.set()

    def _interrupt(self) -> None:
        self.status = ExitCode.INTERRUPTED
        self._crew.end()
        self.begun.set()
