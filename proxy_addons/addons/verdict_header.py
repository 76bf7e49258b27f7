"""`--verdict-header`: the diagnosis in the refused response itself, for clients whose log is all one gets to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mitmproxy import http

    from proxy_addons.diagnosis.failure_report import FailureReport

HEADER: Final = "X-Why403-Diagnosis"


def add_verdict_header(flow: http.HTTPFlow, reports: Sequence[FailureReport]) -> None:
    """Add the header to a response that was held back for it; one whose headers have left is as it is."""
    if flow.response is None or flow.response.stream or not reports:
        return
    flow.response.headers[HEADER] = verdict_header(reports[0])


def verdict_header(report: FailureReport) -> str:
    """`<cause>; certainty=...; gate=...; id=...`: words from rule files and an id, nothing from the wire."""
    leading = report.diagnosis.leading
    return f"{leading.cause}; certainty={leading.certainty}; gate={leading.gate}; id={report.id}"
