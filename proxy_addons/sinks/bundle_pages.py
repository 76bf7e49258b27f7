"""The pages of a bundle, one for each reader: who writes the client, who may grant something, who works on the case.

Drawn from redacted reports only, by the same rules of Markdown as `support_summary`.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.report_text import certainty_words, code_span, escaped_markdown, headline, helper_name
from proxy_addons.diagnosis.verdict import GateState, Helper
from proxy_addons.sinks.support_summary import commands, evidence_lines, not_known, prose, to_quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Fix

_SIGNS: Final = {GateState.PASSED: "passed", GateState.FAILED: "**refused**", GateState.UNKNOWN: "not known"}
_NOTHING: Final = "Nothing is known that would have to be done here."


def developer_page(reports: Sequence[FailureReport]) -> str:
    """developer.md: what the client sent, what to change in it, and how to see that it helped."""
    lines = ["# For the developer of the client", "", "What to change in the code, and what the token said."]
    for number, report in enumerate(reports, 1):
        lines += ["", *_title(number, report), "", *_sent(report)]
        fixes = [fix for fix in report.diagnosis.leading.fixes if fix.helper is Helper.DEVELOPER]
        lines += ["", "### What to do", "", *(_fixes(fixes) if fixes else (_NOTHING,))]
        if report.diagnosis.leading.deciding_test:
            lines += ["", "### How to be sure", "", prose(report.diagnosis.leading.deciding_test)]
        lines += evidence_lines(report.diagnosis.leading)
        lines += _references(report)
    return "\n".join(lines) + "\n"


def admin_page(reports: Sequence[FailureReport]) -> str:
    """admin.md: what to grant or change, for which application in which tenant, with the commands."""
    lines = ["# For the administrator", "", "What to grant or change, and how long it takes until it counts."]
    for number, report in enumerate(reports, 1):
        leading = report.diagnosis.leading
        lines += ["", *_title(number, report)]
        about = (("Application", report.token.app), ("Tenant", report.token.tenant))
        lines += ["", *(f"- {name}: {code_span(value)}" for name, value in about if value)]
        others = sorted((fix for fix in leading.fixes if fix.helper is not Helper.DEVELOPER), key=_helper)
        for helper, fixes in groupby(others, key=_helper):
            lines += ["", f"### {helper[:1].upper()}{helper[1:]}", "", *_fixes(fixes)]
        if not others:
            lines += ["", _NOTHING]
        if others and leading.propagation:
            lines += ["", f"Takes effect: {prose(leading.propagation)}"]
    return "\n".join(lines) + "\n"


def support_page(reports: Sequence[FailureReport]) -> str:
    """support.md: the ids of each call, and every gate with what it did."""
    lines = ["# For the support engineer", "", "Ids and times (UTC) of each call, and which gate refused it."]
    for number, report in enumerate(reports, 1):
        lines += ["", *_title(number, report), "", *to_quote(report)]
        lines += ["", "| gate | state | because |", "|---|---|---|"]
        lines += [
            f"| {reading.gate} | {_SIGNS[reading.state]} | {prose(reading.because).replace('|', chr(92) + '|')} |"
            for reading in report.diagnosis.gates
        ]
        lines += not_known(report)
    return "\n".join(lines) + "\n"


def _title(number: int, report: FailureReport) -> Iterator[str]:
    leading = report.diagnosis.leading
    yield f"## {number}. {escaped_markdown(headline(report))}: {prose(leading.title)}"
    yield ""
    yield prose(leading.verdict)
    yield ""
    yield f"Cause `{leading.cause}` ({certainty_words(leading)}), failure `{report.id}`, group `{report.fingerprint}`."


def _sent(report: FailureReport) -> Iterator[str]:
    exchange, token = report.exchange, report.token
    rows = (
        ("Called", f"{exchange.method} {exchange.url}"),
        ("Operation", exchange.operation),
        ("Answer", "none" if exchange.status is None else f"{exchange.status} {exchange.error_code}".strip()),
        ("Token", ", ".join(filter(None, (token.kind, token.identity, token.app_auth)))),
        ("Audience", token.audience),
        ("Permissions", ", ".join(token.permissions)),
        ("Client", exchange.user_agent),
    )
    yield from (f"- {name}: {code_span(value)}" for name, value in rows if value)


def _fixes(fixes: Iterable[Fix]) -> Iterator[str]:
    for fix in fixes:
        yield f"- {prose(fix.do)}"
        for command in fix.commands:
            yield from commands(command)


def _helper(fix: Fix) -> str:
    return helper_name(fix.helper)


def _references(report: FailureReport) -> Iterator[str]:
    if report.diagnosis.leading.references:
        yield from ("", "### To read", "")
    for reference in report.diagnosis.leading.references:
        yield f"- {prose(reference)}"
