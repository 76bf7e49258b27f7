"""Reports for people: one line, the terminal box, and Markdown. All drawn from a redacted `FailureReport`."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.verdict import UNDETERMINED, Certainty, GateState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Evidence, Finding, Helper

DEFAULT_WIDTH: Final = 88
_LABEL: Final = 10
_MARKS: Final = {GateState.PASSED: "✓", GateState.FAILED: "✗", GateState.UNKNOWN: "·"}
_PEOPLE: Final = {
    "developer": "developer",
    "entra-admin": "Entra admin",
    "exchange-admin": "Exchange admin",
    "network": "network team",
    "tenant-admin": "tenant admin",
}


def printable(text: str) -> str:
    """A text a terminal cannot be hijacked with: control characters, which could move the cursor, are shown as ·."""
    if text.isprintable():
        return text
    return "".join("·" if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} else letter for letter in text)


def headline(report: FailureReport) -> str:
    """Status and operation in a few words: `403  EWS FindItem`."""
    exchange = report.exchange
    status = str(exchange.status) if exchange.status is not None else "no answer"
    return f"{status}  {exchange.operation or f'{exchange.method} {exchange.surface}'}"


def one_line(report: FailureReport) -> str:
    """The failure in one line: cause, certainty, title. First line of a flow's comment."""
    leading = report.diagnosis.leading
    return printable(f"{leading.cause} ({leading.certainty}): {leading.title}")


def terminal_box(report: FailureReport, width: int = DEFAULT_WIDTH) -> str:
    """The short box shown when a refusal is seen: verdict, certainty, the strongest evidence, a note, a fix, an id."""
    leading = report.diagnosis.leading
    inner = width - 4
    lines = [*_wrapped(leading.title, inner), *_labelled("why", leading.verdict, inner)]
    for seen in _strongest(leading.evidence):
        mark = "evidence" if seen.supports else "against"
        lines += _labelled(mark, f"{seen.fact} = {seen.value}  ({seen.seen_in})", inner)
    for note in report.notes[:1]:
        lines += _labelled("before", note, inner)
    others = report.diagnosis.findings[1:4]
    if others and leading.certainty is not Certainty.CERTAIN:
        lines += _labelled("or", "; ".join(f"{other.title} ({other.certainty})" for other in others), inner)
    if leading.deciding_test and leading.certainty is not Certainty.CERTAIN:
        lines += _labelled("decide by", leading.deciding_test, inner)
    if leading.fixes:
        first = leading.fixes[0]
        lines += _labelled("fix", f"{helper_name(first.helper)}: {first.do}", inner)
    if leading.propagation:
        lines += _labelled("takes", leading.propagation, inner)
    if leading.documentation:
        lines += _labelled("more", leading.documentation, inner)
    top = _cut(f" {printable(headline(report))} ── {certainty_words(leading)} ", width - 4)
    bottom = _cut(f" {leading.cause} · {report.id} ", width - 4)
    return "\n".join(
        (
            f"┌─{top}{'─' * (width - 3 - len(top))}┐",
            *(f"│ {line.ljust(inner)} │" for line in lines),
            f"└─{bottom}{'─' * (width - 3 - len(bottom))}┘",
        )
    )


def certainty_words(finding: Finding) -> str:
    """How sure a finding is, for a person."""
    if finding.cause == UNDETERMINED:
        return "not determined"
    return f"{finding.certainty}, not an authorization problem" if finding.lookalike else str(finding.certainty)


def _strongest(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """The two strongest pieces for, and the first against."""
    listed = tuple(evidence)
    yield from [seen for seen in listed if seen.supports][:2]
    yield from [seen for seen in listed if not seen.supports][:1]


def helper_name(helper: Helper) -> str:
    """Who can carry out a fix, for a person."""
    return _PEOPLE[helper.value]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 2]}… "


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(printable(text), width, break_long_words=True, break_on_hyphens=False) or [""]


def _labelled(label: str, text: str, width: int) -> list[str]:
    first, *rest = _wrapped(text, width - _LABEL)
    return [f"{label.ljust(_LABEL)}{first}", *(f"{' ' * _LABEL}{line}" for line in rest)]


def markdown(report: FailureReport) -> str:
    """The whole report on one failure as Markdown, for issues, chats and support cases."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: FailureReport) -> Iterator[str]:
    exchange = report.exchange
    yield f"## {escaped_markdown(headline(report))}: {escaped_markdown(report.diagnosis.leading.title)}"
    yield ""
    yield f"`{report.id}` · {exchange.time or 'time not recorded'} · {code_span(f'{exchange.method} {exchange.url}')}"
    yield ""
    yield " ".join(f"{_MARKS[gate.state]} {gate.gate}" for gate in report.diagnosis.gates)
    for number, finding in enumerate(report.diagnosis.findings, 1):
        yield ""
        yield f"### {number}. {escaped_markdown(finding.title)} ({certainty_words(finding)})"
        yield ""
        yield escaped_markdown(finding.verdict)
        yield ""
        yield from _finding_lines(finding)
    if report.notes:
        yield ""
        yield "### Before this call"
        yield ""
        yield from (f"- {escaped_markdown(note)}" for note in report.notes)
    if report.diagnosis.open_questions:
        yield ""
        yield "### Open questions"
        yield ""
        for question in report.diagnosis.open_questions:
            decides = ", ".join(f"`{cause}`" for cause in question.would_decide)
            yield f"- {escaped_markdown(question.question)}" + (f" It would decide: {decides}." if decides else "")
    yield ""
    yield "### To quote"
    yield ""
    for name, value in exchange.support_headers:
        yield f"- {code_span(name)}: {code_span(value)}"
    for name, value in (
        ("Error code", exchange.error_code),
        ("Tenant", report.token.tenant),
        ("App", report.token.app),
    ):
        if value:
            yield f"- {name}: {code_span(value)}"


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield f"Cause `{finding.cause}`, gate {finding.gate}."
    for seen in finding.evidence:
        side = "for" if seen.supports else "against"
        yield f"- {side}: {code_span(f'{seen.fact} = {seen.value}')}, {escaped_markdown(seen.seen_in)}"
    if finding.deciding_test:
        yield f"- decide by: {escaped_markdown(finding.deciding_test)}"
    for fix in finding.fixes:
        yield f"- fix ({helper_name(fix.helper)}): {escaped_markdown(fix.do)}"
        if fix.commands:
            yield ""
            yield "  ```"
            yield from (f"  {printable(line)}" for command in fix.commands for line in command.splitlines())
            yield "  ```"
    if finding.propagation:
        yield f"- takes effect: {escaped_markdown(finding.propagation)}"
    for reference in finding.references:
        yield f"- see {escaped_markdown(reference)}"
    if finding.documentation:
        yield f"- more: `{finding.documentation}`"


def escaped_markdown(text: str) -> str:
    """Text that stays text in Markdown: nothing from the wire may become a link, an image or a heading.

    Paired backticks stay code, as rules write commands; inside them Markdown interprets nothing.
    """
    parts = printable(" ".join(text.split())).split("`")
    if len(parts) % 2 == 0:
        return _plain("`".join(parts))
    return "`".join(part if index % 2 else _plain(part) for index, part in enumerate(parts))


def _plain(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|!" else letter for letter in text)


def code_span(text: str) -> str:
    """Text as a code span, with a fence longer than any run of backticks inside."""
    shown = printable(" ".join(text.split()))
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}" if longest else f"`{shown}`"
