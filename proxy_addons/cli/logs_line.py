"""One line of the log as `why403 logs` prints it, and which lines are wanted."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson

from proxy_addons.cli.printing import print_out
from proxy_addons.diagnosis.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.sinks.failure_filters import Filters

    type Line = Mapping[str, object]

FAILURE: Final = "why403.failure"
_COLOURS: Final[Mapping[str, str]] = {"certain": "31", "likely": "33", "possible": "2"}
_LONGEST_WORD: Final = 200
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "group": ("why403.fingerprint",),
    "cause": ("rule.id",),
    "service": ("why403.service",),
    "app": ("auth.token.app_id",),
    "request-id": ("ms.request_id", "ms.client_request_id"),
    "trace": ("trace.id",),
}
"""The fields of a line that hold what a filter names."""


def is_chosen(line: Line, filters: Filters) -> bool:
    """Whether a line of the log is one of a refused call, and of those that are wanted."""
    if line.get("event.name") != FAILURE:
        return False
    for parameter, text in filters.parameters.items():
        if text not in [line.get(name) for name in _FIELDS[parameter]]:
            return False
    return filters.since is None or _milliseconds(line) >= filters.since


def read_line(text: bytes) -> Line | None:
    """A line of the log; None for what is none, such as a text of another program in the same file."""
    try:
        line = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return line if isinstance(line, dict) else None


def printed(line: Line, *, as_json: bool, coloured: bool) -> None:
    """Write one line to standard output at once. Raises Complaint where it cannot be kept."""
    if as_json:
        print_out(orjson.dumps(line).decode() + "\n", encoding="utf-8")
    else:
        print_out(line_text(line, coloured=coloured and "NO_COLOR" not in os.environ) + "\n")


def line_text(line: Line, *, coloured: bool = False) -> str:
    """The line for a person: when, status, operation, cause and how sure it is, app, id; no terminal is hijacked."""
    moment = _word(line, "@timestamp")[:19].replace("T", " ")
    status = _word(line, "http.response.status_code") or "-"
    operation = _word(line, "why403.operation") or _word(line, "url.full")
    cause, certainty = _word(line, "rule.id"), _word(line, "auth.certainty")
    found = f"{cause} ({certainty})"
    if coloured and certainty in _COLOURS:
        found = f"\x1b[{_COLOURS[certainty]}m{found}\x1b[0m"
    app = _word(line, "auth.token.app_id")
    identifier = _word(line, "why403.id")
    return f"{moment}  {status:<3}  {operation}  {found}{f'  app {app}' if app else ''}  {identifier}"


def _word(line: Line, name: str) -> str:
    value = line.get(name)
    if value is None:
        return ""
    text = str(value)
    shown = printable(text[:_LONGEST_WORD])
    return f"{shown}…" if len(text) > _LONGEST_WORD else shown


def _milliseconds(line: Line) -> int:
    """When a line says it is of; 0 where it does not."""
    try:
        moment = datetime.fromisoformat(str(line.get("@timestamp")))
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
