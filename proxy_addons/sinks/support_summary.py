"""summary.md: what a support engineer asks for first, one block per failure that can be pasted into a case as it is.

Drawn from redacted reports only. Values stand in fenced blocks and code spans, where nothing from the wire can become a
link or a heading, and which read the same in a plain text field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.report_text import (
    certainty_words,
    code_span,
    escaped_markdown,
    headline,
    helper_name,
    printable,
)
from proxy_addons.diagnosis.verdict import UNDETERMINED, GateState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Finding

_WORD: Final = re.compile(r"(?:<[^<>]*>|\S)+")
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>#|!~]")
_STARTS_BLOCK: Final = re.compile(r"(?:[-+]|\d+[.)])\s")
_QUOTED_FIRST: Final = (
    "request-id",
    "client-request-id",
    "x-ms-request-id",
    "x-ms-ags-diagnostic",
    "x-feserver",
    "x-beserver",
    "x-calculatedbetarget",
    "x-diaginfo",
    "x-ms-diagnostics",
)
_LABEL: Final = 24


def support_summary(reports: Sequence[FailureReport], *, tool: str, rules_revision: str, created: str) -> str:
    """The whole summary. `created` is RFC 3339 in UTC; the reports must be redacted."""
    lines = [
        "# Refused Microsoft 365 calls",
        "",
        f"{_count(len(reports))}, collected {created} by {tool}, rules {code_span(rules_revision or 'unknown')}.",
        "",
        "People, addresses, tokens and other values that are nobody's business were replaced. The same stand-in",
        "(`<user:1>`, `<token:1>`) means the same person or token throughout this bundle. All times are UTC.",
    ]
    if len(reports) > 1:
        lines += ["", "## Overview", "", *(_line(number, report) for number, report in enumerate(reports, 1))]
    for number, report in enumerate(reports, 1):
        lines += ["", *_failure(number, report)]
    return "\n".join(lines) + "\n"


def _count(number: int) -> str:
    return "1 failure" if number == 1 else f"{number} failures"


def _line(number: int, report: FailureReport) -> str:
    leading = report.diagnosis.leading
    exchange = report.exchange
    name, value = (
        ("request-id", exchange.request_id)
        if exchange.request_id
        else ("client-request-id", exchange.client_request_id)
    )
    quoted = f", {name} {code_span(value)}" if value else ""
    certainty = "" if leading.cause == UNDETERMINED else f" ({certainty_words(leading)})"
    return f"{number}. {prose(headline(report))}: {prose(leading.title)}{certainty}{quoted}"


def _failure(number: int, report: FailureReport) -> Iterator[str]:
    leading = report.diagnosis.leading
    yield f"## {number}. {escaped_markdown(headline(report))}: {prose(leading.title)}"
    yield ""
    yield prose(leading.verdict)
    yield ""
    ids = f"Cause `{leading.cause}`, failure `{report.id}`, group `{report.fingerprint}`."
    yield f"Certainty: **{certainty_words(leading)}**. {ids}"
    yield ""
    yield "### To quote"
    yield ""
    yield from to_quote(report)
    yield from evidence_lines(leading)
    yield from _ruled_out(report)
    yield from not_known(report)
    yield from _next_steps(leading)


def to_quote(report: FailureReport) -> Iterator[str]:
    """What identifies the call, as plain text with one value a line, in a fenced block."""
    rows = [(name, printable(" ".join(value.split()))) for name, value in _rows(report) if value]
    longest = max((len(run) for _, value in rows for run in re.findall("`+", value)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from (f"{name:<{_LABEL}}{value}" for name, value in rows)
    yield fence


def _rows(report: FailureReport) -> Iterator[tuple[str, str]]:
    exchange, token = report.exchange, report.token
    yield "Called", f"{exchange.method} {exchange.url}"
    yield "Operation", exchange.operation
    yield "When (UTC)", exchange.time
    inside = " (failure inside a successful answer)" if exchange.hidden_in_success else ""
    yield "Status", "no answer" if exchange.status is None else f"{exchange.status}{inside}"
    yield "Answered by", exchange.speaker
    yield "Service", ", ".join(dict.fromkeys((exchange.service, exchange.surface, f"cloud {exchange.cloud}")))
    yield from _headers(report)
    yield "Error code", exchange.error_code
    yield "Error message", exchange.error_message
    yield "Transport error", exchange.transport_error
    yield "Tenant id", token.tenant
    yield "App id", token.app
    yield "Token", ", ".join(filter(None, (token.kind, token.identity, token.app_auth)))
    yield "Token audience", token.audience
    yield "Token issuer", token.issuer
    yield "Token permissions", ", ".join(token.permissions)
    yield "Token directory roles", ", ".join(token.directory_roles)
    yield "Token issued", token.issued
    yield "Token expires", f"{token.expires} ({token.lifetime_state})" if token.expires else ""
    yield "Token id (uti)", token.unique_id
    yield "User-Agent", exchange.user_agent


def _headers(report: FailureReport) -> Iterator[tuple[str, str]]:
    """The headers support asks for, the correlation ids first; ids that only the request carried are added."""
    headers = report.exchange.support_headers
    names = {name.casefold() for name, _ in headers}
    if "client-request-id" not in names:
        yield "client-request-id", report.exchange.client_request_id
    order = {name: place for place, name in enumerate(_QUOTED_FIRST)}
    yield from sorted(headers, key=lambda header: order.get(header[0].casefold(), len(order)))


def evidence_lines(leading: Finding) -> Iterator[str]:
    """What speaks for and against a cause, with a heading; nothing where there is none."""
    if leading.evidence:
        yield from ("", "### Evidence", "")
    for seen in leading.evidence:
        side = "" if seen.supports else "against: "
        yield f"- {side}{code_span(f'{seen.fact} = {seen.value}')} ({prose(seen.seen_in)})"


def _ruled_out(report: FailureReport) -> Iterator[str]:
    passed = [reading for reading in report.diagnosis.gates if reading.state is GateState.PASSED]
    if passed:
        yield from ("", "### Ruled out", "")
    for reading in passed:
        yield f"- {reading.gate}: {prose(reading.because)}"
    others = report.diagnosis.findings[1:]
    if others:
        yield from ("", "### Also possible", "")
    for finding in others:
        yield f"- {prose(finding.title)} ({certainty_words(finding)}, `{finding.cause}`)"


def not_known(report: FailureReport) -> Iterator[str]:
    """What the exchange does not tell, with a heading; nothing where all is known."""
    unknown = [reading for reading in report.diagnosis.gates if reading.state is GateState.UNKNOWN]
    questions = report.diagnosis.open_questions
    if unknown or questions or report.notes:
        yield from ("", "### Not known", "")
    for because in dict.fromkeys(reading.because for reading in unknown):
        gates = ", ".join(reading.gate for reading in unknown if reading.because == because)
        yield f"- {gates}: {prose(because)}"
    for question in questions:
        decides = ", ".join(f"`{cause}`" for cause in question.would_decide)
        yield f"- {prose(question.question)}" + (f" (would decide: {decides})" if decides else "")
    for note in report.notes:
        yield f"- {prose(note)}"


def _next_steps(leading: Finding) -> Iterator[str]:
    if leading.deciding_test:
        yield from ("", "### What decides it", "", prose(leading.deciding_test))
    if leading.fixes:
        yield from ("", "### What was advised", "")
    for fix in leading.fixes:
        yield f"- for the {helper_name(fix.helper)}: {prose(fix.do)}"
        for command in fix.commands:
            yield from commands(command)


def commands(command: str) -> Iterator[str]:
    """A command below an item of a list, ready to paste."""
    yield from ("", "  ```", *(f"  {printable(line)}" for line in command.splitlines()), "  ```")


def prose(text: str) -> str:
    """A sentence in which every word that Markdown would interpret stands in a code span."""
    shown = printable(" ".join(text.split()))
    if _STARTS_BLOCK.match(shown) or "`" in shown:
        return escaped_markdown(shown)
    return _WORD.sub(lambda match: _span(match[0]) if _MARKUP.search(match[0]) else match[0], shown)


def _span(word: str) -> str:
    bare = word.rstrip(".,;:!?)")
    opening = "(" if bare.startswith("(") else ""
    return f"{opening}{code_span(bare.removeprefix('('))}{word[len(bare) :]}" if bare.strip("(") else word
