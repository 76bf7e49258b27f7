"""The report on recordings, piece by piece, in each of its formats."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

import orjson

from proxy_addons import __version__
from proxy_addons.cli.printing import counted
from proxy_addons.cli.report_format import Format
from proxy_addons.diagnosis.report import failure_json, report_json
from proxy_addons.diagnosis.report_html import Page, html_page
from proxy_addons.diagnosis.report_text import code_span, markdown, printable, terminal_box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.cli.recording import Recording
    from proxy_addons.cli.report_spool import ReportSpool


def printed(form: Format, recording: Recording, reports: ReportSpool) -> Iterator[str]:
    """The whole report on a recording that was read to its end."""
    match form:
        case Format.JSON:
            return _json(recording, reports)
        case Format.MARKDOWN:
            return _markdown(recording, reports)
        case Format.TEXT:
            return _text(recording, reports)
        case Format.HTML:
            return _html(recording, reports)


def _summary(recording: Recording, reports: ReportSpool) -> str:
    return f"{len(reports)} refused of {counted(recording.exchanges, 'exchange')} in {recording.source}\n"


def _json(recording: Recording, reports: ReportSpool) -> Iterator[str]:
    """The report `why403.report/1`. Where several recordings were read, each failure names its own."""
    several = len(recording.sources) > 1
    frame = report_json(
        (),
        source=recording.source,
        exchanges=recording.exchanges,
        tool_version=__version__,
        rules_revision=recording.ruleset.revision,
    )
    before, _, after = orjson.dumps(frame, option=orjson.OPT_INDENT_2).decode().rpartition("[]")
    yield f"{before}["
    separator = "\n"
    for source, report in reports:
        failure = failure_json(report, source if several else "")
        yield separator + textwrap.indent(orjson.dumps(failure, option=orjson.OPT_INDENT_2).decode(), "    ")
        separator = ",\n"
    yield f"{'\n  ' if len(reports) else ''}]{after}\n"


def _markdown(recording: Recording, reports: ReportSpool) -> Iterator[str]:
    yield f"# {_summary(recording, reports)}"
    for source, group in groupby(reports, key=lambda each: each[0]):
        if len(recording.sources) > 1:
            yield f"\nIn {code_span(source)}:\n"
        for _, report in group:
            yield f"\n{markdown(report)}"


def _text(recording: Recording, reports: ReportSpool) -> Iterator[str]:
    for source, group in groupby(reports, key=lambda each: each[0]):
        if len(recording.sources) > 1:
            yield f"{printable(source)}\n"
        for _, report in group:
            yield f"{terminal_box(report)}\n"
    yield _summary(recording, reports)


def _html(recording: Recording, reports: ReportSpool) -> Iterator[str]:
    page = Page(
        source=recording.source,
        exchanges=recording.exchanges,
        tool_version=__version__,
        rules_revision=recording.ruleset.revision,
        problems=recording.problems,
    )
    return html_page(page, reports)
