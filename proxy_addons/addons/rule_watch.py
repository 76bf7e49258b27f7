"""Take up changed rules while the proxy runs. What cannot be used changes nothing: the rules before stay.

Files are looked at and read by a worker, never on the event loop: a slow disk must not hold up a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Final

from mitmproxy import command

from proxy_addons.addons.guard import Guard
from proxy_addons.diagnosis.ruleset import RuleError
from proxy_addons.intake.rule_files import read_rules, rules_stamp

if TYPE_CHECKING:
    from pathlib import Path

    from proxy_addons.addons.options import Options
    from proxy_addons.addons.reporter import Reporter
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.sinks.metrics import Metrics

_logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS: Final = 1.0
_EVENT: Final = "why403.rules"

type _Stamp = tuple[object, ...]


class RuleWatch:
    """Looks at the rule files every second, and at once where somebody asks (`why403.rules.reload`, SIGHUP)."""

    name = "why403-rule-watch"

    def __init__(self, options: Options, metrics: Metrics, reporter: Reporter) -> None:
        self._options = options
        self._metrics = metrics
        self._reporter = reporter
        self._guard = Guard("rules", metrics)
        self._seen: _Stamp | None = None
        self._read: _Stamp | None = None
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def running(self) -> None:
        """Begin to watch; what was loaded at the start counts as a success."""
        with self._guard:
            self._metrics.note_rules(time.time())
            self._task = asyncio.get_running_loop().create_task(self._watch(), name=self.name)

    def done(self) -> None:
        """Stop."""
        with self._guard:
            if self._task is not None:
                self._task.cancel()

    @command.command("why403.rules.reload")  # type: ignore[untyped-decorator]  # mitmproxy leaves it so
    def reload(self) -> None:
        """Read the rules again now, changed or not."""
        self._asked.set()

    async def _watch(self) -> None:
        while True:
            with self._guard:
                await self._look(at_once=self._asked.is_set())
            self._asked.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_EVERY_SECONDS)

    async def _look(self, *, at_once: bool) -> None:
        """Read the rules where their files are others than when they were read last.

        Files that have changed since the look before may be in the middle of being written: they get another second.
        """
        place, shipped = self._options.settings.rules, self._options.settings.shipped_rules
        stamp = await asyncio.to_thread(_stamp, place, shipped=shipped)
        before, self._seen = self._seen, stamp
        if not at_once and (stamp == self._read or stamp != before):
            return
        first, self._read = self._read is None, stamp
        try:
            # The shipped rules come prepared where their files are the same: reading them holds the event loop up.
            ruleset = await asyncio.to_thread(read_rules, place, shipped=shipped, prepared=True)
        except RuleError as error:
            self._metrics.count_rules_reload(None)
            self._reporter.rules_trouble = str(error)
            fields = {"event.name": _EVENT, "event.outcome": "failure"}
            # The text is complete: file, line, column, remedy.
            _logger.error("the rules stay as they were: %s", error, extra={"fields": fields})  # noqa: TRY400
            return
        # At the first look nobody knows whether a file has changed since the start read it.
        if (
            at_once
            or not first
            or self._reporter.ruleset is None
            or ruleset.revision != self._reporter.ruleset.revision
        ):
            self._take_up(ruleset)

    def _take_up(self, ruleset: Ruleset) -> None:
        self._reporter.use(ruleset)
        self._metrics.count_rules_reload(time.time())
        fields = {
            "event.name": _EVENT,
            "event.outcome": "success",
            "why403.rules": len(ruleset.rules),
            "why403.rules_revision": ruleset.revision,
        }
        _logger.info(
            "rules read again: %d, revision %s", len(ruleset.rules), ruleset.revision, extra={"fields": fields}
        )


def _stamp(place: Path | None, *, shipped: bool) -> _Stamp:
    """What the rule files in use look like from outside; the option is part of it, because it can be set anew."""
    own = () if place is None else rules_stamp(place)
    return place, shipped, own, rules_stamp() if shipped or place is None else ()
