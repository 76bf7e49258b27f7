"""Reports on flows for mitmproxy's own screens: made while the call went by, or now for a flow from a file."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx, http

from proxy_addons.diagnosis.failure import explain_next
from proxy_addons.evidence.timeline import NOTHING
from proxy_addons.intake.flow import exchange_from_flow
from proxy_addons.intake.pseudonym_key import read_pseudonym_key
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.sinks.annotation import METADATA_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mitmproxy.flow import Flow

    from proxy_addons.addons.reporter import Reporter
    from proxy_addons.addons.screen import Screen
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.redaction.record import Record

_REMEMBERED_AT_MOST: Final = 1000
_FIRST_REFUSAL: Final = 400


class RememberedReports:
    """A screen in front of another, which can be asked again for what was shown."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._reports: OrderedDict[str, FailureReport] = OrderedDict()

    def show(self, reports: Sequence[FailureReport]) -> None:
        """Remember and hand on; the oldest are forgotten."""
        for report in reports:
            self._reports[report.id] = report
        while len(self._reports) > _REMEMBERED_AT_MOST:
            self._reports.popitem(last=False)
        self._screen.show(reports)

    def of(self, flow: Flow) -> tuple[FailureReport, ...]:
        """The reports whose ids stand in a flow's metadata."""
        entries = flow.metadata.get(METADATA_KEY, ())
        found = (self._reports.get(entry.get("id", "")) for entry in entries if isinstance(entry, dict))
        return tuple(report for report in found if report is not None)


class FlowExplainer:
    """Explains a flow with the rules of the moment, as if it were the first call of its client."""

    def __init__(self, remembered: RememberedReports, reporter: Reporter) -> None:
        self._remembered = remembered
        self._reporter = reporter
        self.pseudonyms: Pseudonyms | None = None

    def configure(self, updated: set[str]) -> None:
        """Learn where the key of stand-ins lies, so that the same person is called the same everywhere."""
        if "confdir" in updated:
            self.pseudonyms = Pseudonyms(read_pseudonym_key(Path(ctx.options.confdir).expanduser()))

    @property
    def revision(self) -> str:
        """The revision of the rules."""
        return self._reporter.ruleset.revision if self._reporter.ruleset else ""

    def reports(self, flow: Flow) -> tuple[FailureReport, ...]:
        """What is known of a flow; nothing where it was not refused."""
        return self._remembered.of(flow) or tuple(record.report for record in self.records(flow))

    def records(self, flow: Flow) -> tuple[Record, ...]:
        """The flow explained now and redacted, as a bundle needs it."""
        from proxy_addons.redaction.record import redact

        ruleset = self._reporter.ruleset
        if not isinstance(flow, http.HTTPFlow) or ruleset is None or self.pseudonyms is None:
            return ()
        failures, _ = explain_next(exchange_from_flow(flow, None, None), ruleset, NOTHING)
        return tuple(redact(failure, self.pseudonyms) for failure in failures)


def is_refused(flow: Flow | None) -> bool:
    """Whether a flow is a failing one at first sight: cheap, because screens ask for every message they draw."""
    if not isinstance(flow, http.HTTPFlow):
        return False
    refused = flow.response is not None and flow.response.status_code >= _FIRST_REFUSAL
    return METADATA_KEY in flow.metadata or refused
