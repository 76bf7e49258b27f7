"""From a captured exchange to everywhere its diagnosis goes: explain, redact, hand out.

Nothing here does I/O on the event loop, and nothing here raises: the traffic has gone its way already.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx, exceptions, hooks

from proxy_addons.addons.doubt_keeper import DoubtKeeper
from proxy_addons.addons.guard import Guard, described
from proxy_addons.addons.known_calls import KnownCalls, mark_of
from proxy_addons.addons.verdict_header import add_verdict_header
from proxy_addons.admin.refused_calls import RefusedCalls
from proxy_addons.diagnosis.failure import Failure
from proxy_addons.diagnosis.ruleset import RuleError, Ruleset
from proxy_addons.evidence.timeline import NOTHING, Ending, Memory, remember
from proxy_addons.intake.flow import call_from_flow
from proxy_addons.intake.pseudonym_key import read_pseudonym_key
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.sinks.annotation import annotate
from proxy_addons.sinks.event_log import log_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mitmproxy import http

    from proxy_addons.addons.bundle_writer import BundleWriter
    from proxy_addons.addons.failure_store import FailureStore
    from proxy_addons.addons.options import Options
    from proxy_addons.addons.repetitions import Repetitions
    from proxy_addons.addons.screen import Screen
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.intake.body_tee import BodyTee
    from proxy_addons.redaction.record import Record
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)

_WORKSHOP: Final = "proxy_addons.addons.repetitions"
_RULES_OPTIONS: Final = frozenset({"why403_rules", "why403_shipped_rules"})


class Reporter:
    """Holds the rules and knows the sinks."""

    name = "why403-reporter"

    def __init__(
        self, options: Options, metrics: Metrics, screen: Screen, store: FailureStore, bundles: BundleWriter
    ) -> None:
        self._options = options
        self._metrics = metrics
        self._screen = screen
        self._store = store
        self._bundles = bundles
        self._pseudonyms: Pseudonyms | None = None
        self._guard = Guard("diagnosis", metrics)
        self._failing_sinks: set[str] = set()
        self._memory: Memory = NOTHING
        self._known_calls = KnownCalls()
        self._repetitions: Repetitions | None = None
        self._doubts = DoubtKeeper()
        self.ruleset: Ruleset | None = None
        self._place: tuple[Path | None, bool] | None = None
        self.rules_trouble = ""
        self.kept = RefusedCalls()

    @property
    def pseudonyms(self) -> Pseudonyms | None:
        """The stand-ins of this installation, None before the first configuration."""
        return self._pseudonyms

    def configure(self, updated: set[str]) -> None:
        """Load the rules when their place is set; a mistake in them stops the start, or takes the change back."""
        if "confdir" in updated:
            self._pseudonyms = Pseudonyms(read_pseudonym_key(Path(ctx.options.confdir).expanduser()))
            self._repetitions = None
        settings = self._options.settings
        place = (settings.rules, settings.shipped_rules)
        if not updated & _RULES_OPTIONS or place == self._place:
            return
        try:
            self.use(read_rules(settings.rules, shipped=settings.shipped_rules), place)
        except RuleError as error:
            raise exceptions.OptionsError(str(error)) from error

    def running(self) -> None:
        """Load what refusals are worked out with, while the first calls go by that are none."""
        with self._guard:
            threading.Thread(target=import_module, args=(_WORKSHOP,), name="why403-loading", daemon=True).start()

    def use(self, ruleset: Ruleset, place: tuple[Path | None, bool] | None = None) -> None:
        """Explain with these rules from now on; `place` is where they come from: a folder, and whether others ship."""
        self.rules_trouble = ""
        self.ruleset = ruleset
        self._place = place or self._place
        self._metrics.announce_rules(ruleset.revision, [rule.id for rule in ruleset.rules])

    def remember(self, exchange: Exchange) -> None:
        """Note a success, so that a later refusal can be compared with it."""
        with self._guard:
            self._memory = remember(self._memory, exchange, Ending.WORKED)
            self._notice_doubt(exchange)

    def remember_call(self, flow: http.HTTPFlow, body: BodyTee) -> None:
        """Note a success of whose answer nothing was kept."""
        with self._guard:
            # What a kept body asks for is no part of the mark.
            whole = not body.kept and not flow.request.raw_content
            mark, began = mark_of(flow.request) if whole else None, flow.request.timestamp_start
            if mark is not None and self._known_calls.has(mark, began, self._memory):
                return
            before = self._memory
            self.remember(call_from_flow(flow, body))
            if mark is not None:
                self._known_calls.note(mark, began, before, self._memory)

    def _notice_doubt(self, exchange: Exchange) -> None:
        """Learn from a success the permission tables call impossible; a stand-in for Microsoft proves nothing."""
        ruleset = self.ruleset
        if ruleset is None or self._options.settings.connect_to:
            return
        doubt = self._doubts.notice(exchange, ruleset)
        if doubt is not None:
            doubts = ruleset.permissions.doubts | {doubt}
            self.ruleset = replace(ruleset, permissions=ruleset.permissions.with_doubts(doubts))

    def done(self) -> None:
        """Keep what was learnt about the permission tables."""
        self._doubts.close()

    def report(self, flow: http.HTTPFlow, exchange: Exchange, *, credentials_followed: bool | None = None) -> bool:
        """Explain an exchange and tell every sink; False when nothing in it was refused (or explaining failed).

        `credentials_followed` tells of a first hop whether its client came back with credentials.
        """
        if self._guard.rests:
            return False
        with self._guard:
            records = self._explained(exchange, credentials_followed=credentials_followed)
            reports = [record.report for record in records]
            if records:
                for record in records:
                    self._metrics.count_failure(record.report, record.removed)
                self._hand_out(flow, reports, records)
            return bool(records)
        # It may be what was remembered that it stumbled over, and would again every time.
        self._memory = NOTHING
        return False

    def _explained(self, exchange: Exchange, *, credentials_followed: bool | None) -> list[Record]:
        ruleset, pseudonyms = self.ruleset, self._pseudonyms
        if ruleset is None or pseudonyms is None:
            return []
        started = time.perf_counter()
        if self._repetitions is None:
            from proxy_addons.addons.repetitions import Repetitions

            self._repetitions = Repetitions(pseudonyms)
        told, self._memory = self._repetitions.records(
            exchange, ruleset, self._memory, credentials_followed=credentials_followed
        )
        if self._options.settings.allow_verify:
            self.kept.keep(Failure(each.exchange, each.record.report) for each in told)
        records = [each.record for each in told]
        if records:
            self._metrics.diagnosis_seconds.observe(time.perf_counter() - started)
        return records

    def _hand_out(self, flow: http.HTTPFlow, reports: Sequence[FailureReport], records: Sequence[Record]) -> None:
        if self._options.settings.verdict_header:
            self._deliver("header", len(reports), lambda: add_verdict_header(flow, reports))
        self._deliver("annotation", len(reports), lambda: _annotate(flow, reports))
        self._deliver("terminal", len(reports), lambda: self._screen.show(reports))
        self._deliver("log", len(reports), lambda: _log(reports))
        revision = self.ruleset.revision if self.ruleset else ""
        for record in records:
            with self._guard:
                self._store.offer(record, revision)
            with self._guard:
                self._bundles.offer(record, revision)

    def _deliver(self, sink: str, failures: int, write: Callable[[], None]) -> None:
        """One sink's turn. It may fail without the others noticing; the log says so once, until it works again."""
        try:
            write()
        except Exception as error:  # noqa: BLE001 - whatever a sink does, the next one and the traffic go on
            self._metrics.sink_failures.labels(sink).inc(failures)
            self._guard.note(error)
            if sink not in self._failing_sinks:
                self._failing_sinks.add(sink)
                _logger.error("the sink %s fails: %s", sink, described(error))  # noqa: TRY400 - a traceback quotes values
        else:
            self._metrics.count_written(sink, failures)
            self._failing_sinks.discard(sink)


def _annotate(flow: http.HTTPFlow, reports: Sequence[FailureReport]) -> None:
    annotate(flow, reports)
    # The interfaces drew this flow when its response came; they have to look again.
    ctx.master.addons.trigger(hooks.UpdateHook([flow]))


def _log(reports: Sequence[FailureReport]) -> None:
    for report in reports:
        log_failure(report)
