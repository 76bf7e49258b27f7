"""`why403 permissions import`, `status` and `doubts`: which data answers, how old it is, and where it was wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.permissions_format import PermissionsFormat
from proxy_addons.cli.printing import counted
from proxy_addons.diagnosis.permissions.published_table import PublishedTableError, read_published
from proxy_addons.intake.permission_folder import INDEX_FILE
from proxy_addons.intake.permission_index import pack
from proxy_addons.intake.permission_source import PUBLISHED_AT, SourceError, fetch
from proxy_addons.intake.permission_store import permissions_in_use, this_users_folder
from proxy_addons.intake.rule_files import built_in_tables
from proxy_addons.sinks.private_file import FileNotWrittenError, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.diagnosis.permissions.table import PermissionTable

PUBLISHED: Final = "published"
_STALE: Final = 180
"""Days after which a table is called old: Microsoft's changes about weekly."""


def import_published(place: str) -> str:
    """Compile a published table and put it in the place of the one before; says in a sentence what came of it.

    Raises Complaint where the source gives no table or the folder takes none; the one before stays in use then.
    """
    source = PUBLISHED_AT if place == PUBLISHED else place
    today = _now().date().isoformat()
    target = this_users_folder() / INDEX_FILE
    stays = "The data in use stays as it was"
    try:
        table = read_published(fetch(source), source=source, day=today)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_private(target, pack(table))
    except SourceError as error:
        raise Complaint(f"{error}. {stays}") from None
    except PublishedTableError as error:
        raise Complaint(f"{source}: {error}. {stays}. Name Microsoft's permissions.json") from None
    except FileNotWrittenError as error:
        raise Complaint(f"{target}: {error.strerror}. {stays}") from None
    except OSError as error:
        raise Complaint(f"{target.parent}: {error.strerror}. {stays}. Set WHY403_DATA_DIR to another folder") from None
    size = f"{counted(len(table), 'operation')} on {counted(len(table.templates), 'path')}"
    return (
        f"{size} and {counted(len(table.traits), 'permission')} from {source}\nsha256 {table.origin.digest}\n{target}\n"
    )


def status_report(form: PermissionsFormat) -> str:
    """Every table in use, first the one that answers first, with its age and digest."""
    in_use = permissions_in_use(built_in_tables().permissions)
    data = in_use.data
    tables = [("graph", table) for table in data.graph]
    tables += [("exchange", data.exchange)] if len(data.exchange) else []
    if form is PermissionsFormat.JSON:
        shown = {
            "folder": str(this_users_folder()),
            "tables": [
                {
                    "service": service,
                    "table": table.origin.name,
                    "source": table.origin.source,
                    "date": table.origin.day,
                    "age_days": _age(table),
                    "sha256": table.origin.digest,
                    "operations": len(table),
                    "paths": len(table.templates),
                    "permissions": len(table.traits),
                }
                for service, table in tables
            ],
            "doubts": len(data.doubts),
            "problems": list(in_use.problems),
        }
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() + "\n"
    rows = [("Service", "Table", "Date", "Age", "Operations", "Permissions", "SHA-256", "Source")]
    rows += [
        (
            service,
            table.origin.name,
            table.origin.day,
            _told_age(table),
            str(len(table)),
            str(len(table.traits)),
            table.origin.digest[:12],
            table.origin.source,
        )
        for service, table in tables
    ]
    after = [
        f"Seen to be wrong: {counted(len(data.doubts), 'time')}",
        f"Folder: {this_users_folder()}",
        *in_use.problems,
    ]
    return table_text(rows, form) + "\n" + "".join(f"{line}\n" for line in after)


def doubts_report(form: PermissionsFormat) -> str:
    """Every recorded success the data calls impossible."""
    doubts = sorted(permissions_in_use(built_in_tables().permissions).data.doubts)
    if form is PermissionsFormat.JSON:
        shown = [
            {
                "operation": doubt.template,
                "method": doubt.method,
                "scheme": doubt.scheme.value,
                "held": list(doubt.permissions),
                "table": doubt.table,
            }
            for doubt in doubts
        ]
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() + "\n"
    if not doubts:
        return "The data was not seen to be wrong.\n"
    rows = [("Operation", "Scheme", "Succeeded with", "Table")]
    rows += [
        (f"{doubt.method} {doubt.template}", doubt.scheme.value, ", ".join(doubt.permissions) or "nothing", doubt.table)
        for doubt in doubts
    ]
    return table_text(rows, form)


def table_text(rows: Sequence[Sequence[str]], form: PermissionsFormat) -> str:
    """Rows under a heading as aligned text or as a Markdown table; the last column is open in text."""
    if form is PermissionsFormat.MD:
        head, *rest = (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
        return "".join((head, f"|{'---|' * len(rows[0])}\n", *rest))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return "".join("  ".join((*map(str.ljust, row[:-1], widths), row[-1])) + "\n" for row in rows)


def _age(table: PermissionTable) -> int | None:
    """Whole days since a table was fetched or verified, None where its day cannot be read."""
    try:
        return (_now() - datetime.fromisoformat(f"{table.origin.day}T00:00:00+00:00")).days
    except ValueError:
        return None


def _told_age(table: PermissionTable) -> str:
    days = _age(table)
    if days is None:
        return "unknown"
    return f"{counted(max(days, 0), 'day')}{' (old)' if days > _STALE else ''}"


def _now() -> datetime:
    return datetime.now(UTC)
