"""The diagnosis on the flow itself, where mitmproxy's own interfaces show it.

`flow.comment` is what mitmweb and the console show beside a flow; its first line is the whole answer in short.
`flow.metadata` may hold only what a flow file can store: texts, numbers, lists and mappings of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.report_text import one_line, printable
from proxy_addons.diagnosis.verdict import UNDETERMINED, Certainty, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mitmproxy import http

    from proxy_addons.diagnosis.failure_report import FailureReport

METADATA_KEY: Final = "why403"
MARKERS: Final[Mapping[Certainty, str]] = {
    Certainty.CERTAIN: ":red_circle:",
    Certainty.LIKELY: ":orange_circle:",
    Certainty.POSSIBLE: ":yellow_circle:",
}
UNDETERMINED_MARKER: Final = ":white_circle:"


def annotate(flow: http.HTTPFlow, reports: Sequence[FailureReport]) -> None:
    """Write redacted reports onto their flow: comment, marker and metadata. The first report gives the marker."""
    if not reports:
        return
    leading = reports[0].diagnosis.leading
    flow.comment = "\n\n".join(_comment(report) for report in reports)
    flow.marked = UNDETERMINED_MARKER if leading.cause == UNDETERMINED else MARKERS[leading.certainty]
    flow.metadata[METADATA_KEY] = [_entry(report) for report in reports]


def _comment(report: FailureReport) -> str:
    leading = report.diagnosis.leading
    others = [_in_short(finding) for finding in report.diagnosis.findings[1:]]
    lines = [
        one_line(report),
        leading.verdict,
        *(f"because {seen.fact} = {seen.value} ({seen.seen_in})" for seen in leading.evidence if seen.supports),
        *(f"against it: {seen.fact} = {seen.value} ({seen.seen_in})" for seen in leading.evidence if not seen.supports),
        *([f"also possible: {', '.join(others)}"] if others else []),
        *([f"decide by: {leading.deciding_test}"] if leading.deciding_test else []),
        *(f"fix ({fix.helper}): {fix.do}" for fix in leading.fixes),
        f"gate {leading.gate}, id {report.id}",
    ]
    return "\n".join(map(printable, lines))


def _in_short(finding: Finding) -> str:
    return f"{finding.cause} ({finding.certainty})"


def _entry(report: FailureReport) -> dict[str, str]:
    leading = report.diagnosis.leading
    return {
        "id": report.id,
        "fingerprint": report.fingerprint,
        "cause": leading.cause,
        "certainty": leading.certainty.value,
        "gate": leading.gate.value,
    }
