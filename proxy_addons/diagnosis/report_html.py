"""The report as one HTML page that needs nothing else: no script, no other file, no network.

Everything goes through `_text`, so nothing from the wire is ever markup; a Content-Security-Policy that allows the one
style sheet and nothing more stands behind it. The page comes in pieces, because there may be many failures.
"""

from __future__ import annotations

import hashlib
import html
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.report_style import STYLE
from proxy_addons.diagnosis.report_text import certainty_words, headline, helper_name, printable
from proxy_addons.diagnosis.verdict import UNDETERMINED, GateState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Evidence, Finding, Fix, GateReading, OpenQuestion

_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)
_SIGNS: Final = {GateState.PASSED: "✓", GateState.FAILED: "✗", GateState.UNKNOWN: "?"}
_LINKS_PER_CAUSE: Final = 12


@dataclass(frozen=True, slots=True)
class Page:
    """What stands above and below the failures. `problems` are sentences about what could not be read."""

    source: str
    exchanges: int
    tool_version: str
    rules_revision: str
    problems: Sequence[str] = ()


@dataclass(slots=True)
class _Group:
    """The failures of one cause: the first of them, and the numbers of all."""

    finding: Finding
    numbers: list[int] = field(default_factory=list)


def html_page(page: Page, failures: Iterable[tuple[str, FailureReport]]) -> Iterator[str]:
    """The page over these failures, each with the recording it comes from; they are gone through twice."""
    groups: dict[str, _Group] = {}
    recordings: set[str] = set()
    count = 0
    for count, (source, report) in enumerate(failures, 1):
        leading = report.diagnosis.leading
        groups.setdefault(leading.cause, _Group(leading)).numbers.append(count)
        recordings.add(source)
    yield from _beginning(page, count)
    yield from _summary(groups.values())
    for number, (source, report) in enumerate(failures, 1):
        yield from _failure(number, report, source if len(recordings) > 1 else "")
    yield from _ending(page)


def _beginning(page: Page, count: int) -> Iterator[str]:
    refused = f"{count} refused of {page.exchanges} {'exchange' if page.exchanges == 1 else 'exchanges'}"
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_text(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{refused} in {_text(page.source)} - why403</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<p class="quiet">why403 report</p>\n<h1>{refused}</h1>\n<p>in {_text(page.source)}</p>\n'
        "</header>\n<main>\n"
    )


def _ending(page: Page) -> Iterator[str]:
    if page.problems:
        yield '<section class="card">\n<h2>What could not be read</h2>\n<ul>\n'
        yield from (f"<li>{_text(problem)}</li>\n" for problem in page.problems)
        yield "</ul>\n</section>\n"
    yield (
        f'</main>\n<footer class="quiet">\n<p>why403 {_text(page.tool_version)}, rules {_text(page.rules_revision)}. '
        "<b>certain</b>: this exchange alone proves it. <b>likely</b>: the best of several. <b>possible</b>: "
        "a candidate.</p>\n</footer>\n</body>\n</html>\n"
    )


def _summary(groups: Iterable[_Group]) -> Iterator[str]:
    ordered = sorted(groups, key=lambda group: -len(group.numbers))
    if not ordered:
        yield '<section class="card">\n<p>Nothing was refused.</p>\n</section>\n'
        return
    yield (
        '<nav class="card" aria-labelledby="causes">\n<h2 id="causes">Causes</h2>\n<table class="causes">\n<thead><tr>'
        '<th scope="col">Cause</th><th scope="col">How sure</th><th scope="col">Gate</th>'
        '<th scope="col">Times</th><th scope="col">Refusals</th></tr></thead>\n<tbody>\n'
    )
    for group in ordered:
        finding, shown = group.finding, group.numbers[:_LINKS_PER_CAUSE]
        links = " ".join(f'<a href="#f{number}" aria-label="refusal {number}">#{number}</a>' for number in shown)
        more = len(group.numbers) - len(shown)
        yield (
            f'<tr><th scope="row">{_text(finding.title)} <code>{_text(finding.cause)}</code></th>'
            f"<td>{_badge(finding)}</td><td>{_text(finding.gate)}</td>"
            f"<td>{len(group.numbers)}</td><td>{links}{f' and {more} more' if more else ''}</td></tr>\n"
        )
    yield "</tbody>\n</table>\n</nav>\n"


def _failure(number: int, report: FailureReport, source: str) -> Iterator[str]:
    exchange, diagnosis = report.exchange, report.diagnosis
    leading, *others = diagnosis.findings
    seen = " · ".join(_text(part) for part in (exchange.time or "time not recorded", source) if part)
    yield (
        f'<article class="card" id="f{number}" aria-labelledby="t{number}">\n'
        f'<p class="quiet">#{number} · {_text(headline(report))} · {seen}</p>\n'
        f'<h2 id="t{number}">{_text(leading.title)} {_badge(leading)}</h2>\n'
        f'<p class="url"><code>{_text(exchange.method)} {_text(exchange.url)}</code></p>\n'
    )
    yield f'<p class="verdict">{_prose(leading.verdict)}</p>\n'
    yield from _gates(diagnosis.gates)
    yield from _proof(leading)
    if others:
        yield "<h3>Other explanations</h3>\n"
        for other in others:
            yield f"<details>\n<summary>{_text(other.title)} {_badge(other)}</summary>\n"
            yield f"<p>{_prose(other.verdict)}</p>\n"
            yield from _proof(other)
            yield "</details>\n"
    yield from _questions(diagnosis.open_questions)
    if report.notes:
        yield "<h3>What went before</h3>\n<ul>\n"
        yield from (f"<li>{_prose(note)}</li>\n" for note in report.notes)
        yield "</ul>\n"
    yield from _to_quote(report)
    yield "</article>\n"


def _gates(gates: Iterable[GateReading]) -> Iterator[str]:
    """Every gate in its order as a strip, and below it, on demand, how each state is known."""
    listed = tuple(gates)
    if not listed:
        return
    yield '<ol class="gates" aria-label="Gates">\n'
    for gate in listed:
        state = gate.state.value
        yield (
            f'<li class="{state}"><span aria-hidden="true">{_SIGNS[gate.state]}</span> {_text(gate.gate)}'
            f'<span class="unseen"> {state}</span></li>\n'
        )
    yield "</ol>\n<details>\n<summary>How each gate is known</summary>\n<dl>\n"
    yield from (f"<dt>{_text(gate.gate)}, {gate.state.value}</dt><dd>{_prose(gate.because)}</dd>\n" for gate in listed)
    yield "</dl>\n</details>\n"


def _proof(finding: Finding) -> Iterator[str]:
    """What speaks for a finding and against it, what decides, and what can be done."""
    if finding.evidence:
        yield (
            '<h3>Evidence</h3>\n<table class="evidence">\n<thead><tr><th scope="col">Side</th>'
            '<th scope="col">Seen</th><th scope="col">Where</th></tr></thead>\n<tbody>\n'
        )
        yield from map(_evidence, finding.evidence)
        yield "</tbody>\n</table>\n"
    if finding.deciding_test:
        yield f"<h3>What decides</h3>\n<p>{_prose(finding.deciding_test)}</p>\n"
    if finding.fixes or finding.propagation:
        yield "<h3>Fix</h3>\n"
    if finding.fixes:
        yield "<ul>\n"
        yield from map(_fix, finding.fixes)
        yield "</ul>\n"
    if finding.propagation:
        yield f"<p>Takes effect: {_prose(finding.propagation)}</p>\n"
    if finding.references:
        yield "<h3>References</h3>\n<ul>\n"
        yield from (f"<li>{_reference(reference)}</li>\n" for reference in finding.references)
        yield "</ul>\n"
    if finding.documentation:
        yield f"<p>More: <code>{_text(finding.documentation)}</code></p>\n"


def _evidence(seen: Evidence) -> str:
    side = "for" if seen.supports else "against"
    return (
        f'<tr class="{side}"><td>{side}</td><td><code>{_text(seen.fact)}</code> = <code>{_text(seen.value)}</code></td>'
        f"<td>{_text(seen.seen_in)}</td></tr>\n"
    )


def _fix(fix: Fix) -> str:
    commands = "\n".join(fix.commands)
    shown = "\n".join(map(_text, commands.splitlines()))
    pasted = f'\n<pre tabindex="0" aria-label="Commands"><code>{shown}</code></pre>' if commands else ""
    return f"<li><b>{helper_name(fix.helper)}</b>: {_prose(fix.do)}{pasted}</li>\n"


def _questions(questions: Sequence[OpenQuestion]) -> Iterator[str]:
    if not questions:
        return
    yield "<h3>Open questions</h3>\n<ul>\n"
    for each in questions:
        decides = ", ".join(f"<code>{_text(cause)}</code>" for cause in each.would_decide)
        yield f"<li>{_prose(each.question)}{f' It would decide: {decides}.' if decides else ''}</li>\n"
    yield "</ul>\n"


def _to_quote(report: FailureReport) -> Iterator[str]:
    """What a support case asks for."""
    exchange, token = report.exchange, report.token
    named = (
        ("Error code", exchange.error_code),
        ("Error message", exchange.error_message),
        ("No answer", exchange.transport_error),
        ("Tenant", token.tenant),
        ("App", token.app),
        ("Token audience", token.audience),
        ("Token permissions", ", ".join(token.permissions)),
        ("Token expires", token.expires),
        *exchange.support_headers,
        ("why403", f"{report.id}, kind {report.fingerprint}"),
    )
    yield "<h3>To quote</h3>\n<dl>\n"
    yield from (f"<dt>{_text(name)}</dt><dd><code>{_text(value)}</code></dd>\n" for name, value in named if value)
    yield "</dl>\n"


def _badge(finding: Finding) -> str:
    look = "open" if finding.cause == UNDETERMINED else finding.certainty.value
    return f'<span class="badge {look}">{_text(certainty_words(finding))}</span>'


def _reference(reference: str) -> str:
    shown = _text(reference)
    return f'<a href="{shown}" rel="noreferrer">{shown}</a>' if reference.startswith("https://") else shown


def _prose(sentence: str) -> str:
    """A sentence in which rules mark code with backticks; one without a partner stays what it is."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return _text(sentence)
    return "".join(f"<code>{_text(part)}</code>" if index % 2 else _text(part) for index, part in enumerate(parts))


def _text(text: str) -> str:
    """Text that stays text: no markup, no control characters, nothing that turns the direction of reading."""
    return html.escape(printable(text), quote=True)
