"""Stored failures and their groups as tables for people and as JSON for programs."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Final

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from proxy_addons import __version__
from proxy_addons.cli.printing import counted
from proxy_addons.diagnosis.report import SCHEMA, failure_json
from proxy_addons.diagnosis.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from proxy_addons.sinks.store.reading import StoredFailure, StoredGroup
    from proxy_addons.sinks.store.stored_record import StoredRecord

FAILURES_SCHEMA: Final = "why403.failures/1"
GROUPS_SCHEMA: Final = "why403.groups/1"
_NARROWEST: Final = 72


def failures_table(failures: Sequence[StoredFailure], *, more: bool) -> str:
    """A page of failures; `more` says that another follows."""
    if not failures:
        return "No failure of that kind is stored.\n"
    table = _table("seen (UTC)", "id", "status", "operation", "cause", "group")
    for each in failures:
        status = "-" if each.status is None else str(each.status)
        _add(table, _time(each.seen), each.id, status, each.operation or each.service, each.cause, each.fingerprint)
    tail = f"More with --before {failures[-1].id}\n" if more else ""
    return f"{_drawn(table)}{counted(len(failures), 'failure')}.\n{tail}"


def groups_table(groups: Sequence[StoredGroup]) -> str:
    """Groups with their parts."""
    if not groups:
        return "No failure of that kind has been counted.\n"
    blocks = "\n".join(map(_group, groups))
    total = sum(each.occurrences for each in groups)
    return f"{blocks}\n{counted(total, 'failure')} in {counted(len(groups), 'group')}.\n"


def _group(group: StoredGroup) -> str:
    status = "no answer" if group.status is None else str(group.status)
    surface = group.surface if group.surface == group.service else f"{group.service} {group.surface}".strip()
    rows = (
        ("seen", _when(group)),
        ("cause", group.cause),
        ("service", surface),
        ("app", group.app or "none seen"),
        ("audience", group.audience or "none seen"),
        ("identity", group.identity or "none seen"),
    )
    heading = f"{group.fingerprint}  {status} {group.operation or surface}"
    return "".join(f"{printable(line)}\n" for line in (heading, *(f"    {name:<10}{value}" for name, value in rows)))


def _when(group: StoredGroup) -> str:
    if group.occurrences == 1:
        return f"once, {_time(group.last_seen)} UTC"
    return f"{group.occurrences} times, {_time(group.first_seen)} to {_time(group.last_seen)} UTC"


def failures_json(failures: Sequence[StoredFailure], *, more: bool) -> str:
    """The same page for programs; `next` goes into --before."""
    rows = [{**_without_number(each), "seen": _rfc3339(each.seen)} for each in failures]
    return _json({"schema": FAILURES_SCHEMA, "failures": rows, "next": failures[-1].id if more else None})


def groups_json(groups: Sequence[StoredGroup]) -> str:
    """Groups for programs."""
    rows = [
        {**asdict(each), "first_seen": _rfc3339(each.first_seen), "last_seen": _rfc3339(each.last_seen)}
        for each in groups
    ]
    return _json({"schema": GROUPS_SCHEMA, "groups": rows})


def exported(records: Iterable[StoredRecord], *, lines: bool) -> Iterator[str]:
    """Whole reports: a line each, or together one report `why403.report/1`, written as they are read."""
    if lines:
        for each in records:
            yield orjson.dumps(failure_json(each.report)).decode() + "\n"
        return
    count, revision = 0, ""
    yield f'{{"schema":"{SCHEMA}","tool":{{"name":"why403","version":"{__version__}"}},"source":"store","failures":['
    for each in records:
        yield f"{',' if count else ''}\n{orjson.dumps(failure_json(each.report)).decode()}"
        count, revision = count + 1, revision or each.rules_revision
    yield f'\n],"exchanges":{count},"rules":{{"revision":{orjson.dumps(revision).decode()}}}}}\n'


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, no_wrap=name in {"id", "status", "group"}, overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(printable(cell)) for cell in cells))


def _drawn(table: Table) -> str:
    width = max(_NARROWEST, shutil.get_terminal_size((120, 24)).columns)
    text = StringIO()
    Console(file=text, width=width, color_system=None).print(table)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _without_number(failure: StoredFailure) -> dict[str, object]:
    return {name: value for name, value in asdict(failure).items() if name != "number"}


def _time(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%m-%d %H:%M:%S}"


def _rfc3339(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def _json(content: dict[str, object]) -> str:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n"
