"""All addons, wired together in the order mitmproxy has to call them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proxy_addons.addons.admin_port import AdminPort
from proxy_addons.addons.bundle_writer import BundleWriter
from proxy_addons.addons.capture import Capture
from proxy_addons.addons.client_tls import ClientTls
from proxy_addons.addons.commands import Commands
from proxy_addons.addons.drain import Drain
from proxy_addons.addons.empty_frames import EmptyFrames
from proxy_addons.addons.failure_store import FailureStore
from proxy_addons.addons.flow_explainer import FlowExplainer, RememberedReports
from proxy_addons.addons.links import Links
from proxy_addons.addons.options import Options
from proxy_addons.addons.own_machine import OwnMachine
from proxy_addons.addons.reporter import Reporter
from proxy_addons.addons.routing import Routing
from proxy_addons.addons.rule_watch import RuleWatch
from proxy_addons.addons.scope import Scope
from proxy_addons.addons.screen import LogScreen
from proxy_addons.addons.state_teller import StateTeller
from proxy_addons.addons.stopwatch import Stopwatch
from proxy_addons.addons.unbuffered import Unbuffered
from proxy_addons.addons.upstream import Upstream
from proxy_addons.addons.vital_signs import VitalSigns
from proxy_addons.addons.watchdog import Watchdog
from proxy_addons.admin.ews_callers import EwsCallers
from proxy_addons.sinks.metrics import Metrics

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from proxy_addons.addons.screen import Screen
    from proxy_addons.addons.state_teller import Tell
    from proxy_addons.diagnosis.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Outside:
    """What the surroundings bring along; the defaults suit mitmdump, mitmweb and mitmproxy.

    With `tell_state` this is one of several workers, and somebody else serves the admin port.
    """

    metrics: Metrics = field(default_factory=Metrics)
    screen: Screen = field(default_factory=LogScreen)
    admin_listener: socket.socket | None = None
    ruleset: Ruleset | None = None
    rules_place: tuple[Path | None, bool] | None = None
    stream_everything: bool = False
    tell_state: Tell | None = None


def assemble(outside: Outside | None = None) -> list[object]:
    """A fresh set of addons with a registry of its own, so that reloading a script duplicates nothing.

    Between the two ends of the stopwatch options come first, because the others read them; routing comes before
    capture, which wants to see the real host, and links after it, because it keeps what the server sent.
    """
    outside = outside or Outside()
    metrics, options = outside.metrics, Options()
    drain, stopwatch = Drain(options, metrics), Stopwatch(metrics)
    scope = Scope(options, metrics)
    store, bundles = FailureStore(options, metrics), BundleWriter(options, metrics)
    remembered, callers = RememberedReports(outside.screen), EwsCallers()
    reporter = Reporter(options, metrics, remembered, store, bundles)
    if outside.ruleset is not None:
        reporter.use(outside.ruleset, outside.rules_place)
    return [
        stopwatch.first,
        options,
        Watchdog(),
        drain,
        VitalSigns(metrics),
        ClientTls(metrics),
        EmptyFrames(),
        scope,
        Routing(scope, metrics),
        *([Unbuffered()] if outside.stream_everything else []),
        OwnMachine(options, metrics),
        Upstream(options, metrics),
        reporter,
        RuleWatch(options, metrics, reporter),
        Capture(options, scope, reporter, metrics, callers),
        Links(options, scope, metrics),
        store,
        bundles,
        Commands(FlowExplainer(remembered, reporter)),
        AdminPort(options, metrics, reporter, drain, callers, outside.admin_listener)
        if outside.tell_state is None
        else StateTeller(metrics, reporter, drain, callers, outside.tell_state),
        stopwatch.last,
    ]
