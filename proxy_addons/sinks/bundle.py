"""Bundles: the evidence of refused calls as one zip that is safe to send.

A bundle is built from redacted records, in memory, and every finished member is searched once more for everything that
was taken out. Only when nothing is found does a file appear, complete and under its final name: whoever looks sees a
whole bundle or none. The same records and the same moment give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons import __version__
from proxy_addons.diagnosis.report import report_json
from proxy_addons.diagnosis.report_html import Page, html_page
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pseudonyms import renumbering
from proxy_addons.sinks.bundle_clock import clock_offset
from proxy_addons.sinks.bundle_pages import admin_page, developer_page, support_page
from proxy_addons.sinks.bundle_seal import UNSEALED, Seal
from proxy_addons.sinks.last_check import refuse_leaks, search_for, without_leaks
from proxy_addons.sinks.private_file import write_private
from proxy_addons.sinks.redaction_report import redaction_report
from proxy_addons.sinks.support_summary import support_summary

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from proxy_addons.redaction.record import Record
    from proxy_addons.redaction.sweep import Sweep

SCHEMA: Final = "why403.bundle/1"
MANIFEST: Final = "manifest.json"
MEMBERS: Final = (
    "summary.md",
    "developer.md",
    "admin.md",
    "support.md",
    "report.html",
    "exchanges.har",
    "diagnosis.json",
    "redaction.json",
    MANIFEST,
)
"""What is in a bundle, in the order a person reads it."""
TOOL: Final = f"why403 {__version__}"
_READ_ONLY_TIME: Final = (1980, 1, 1, 0, 0, 0)
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class BundleResult:
    """A bundle that was written: where, how large, and the SHA-256 of every member but the manifest that lists them."""

    path: Path
    size: int
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class About:
    """What a bundle states of its making: revisions of rules and tool, date of the permission data, moment (UTC)."""

    rules_revision: str
    created: datetime
    permission_data: str = ""
    tool: str = TOOL

    @property
    def moment(self) -> str:
        """`created` as RFC 3339."""
        return self.created.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_bundle(  # noqa: PLR0913  # a bundle and what it states of its making
    path: Path,
    records: Sequence[Record],
    *,
    rules_revision: str,
    created: datetime,
    tool: str = TOOL,
    permission_data: str = "",
    seal: Seal = UNSEALED,
) -> BundleResult:
    """Write these failures as one file to `path`, readable by its owner only; `created` is the moment it states (UTC).

    A signature goes into `path` with `.sig` behind it. Raises UnsafeExportError where something survived redaction and
    FileNotWrittenError where the disk says no. Either way nothing is left behind.
    """
    members = bundle_members(records, About(rules_revision, created, permission_data, tool), path.name)
    content = seal.encrypted(_packed(members))
    signature = seal.signature(content)
    write_private(path, content)
    if signature:
        write_private(path.with_name(f"{path.name}.sig"), signature)
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in members.items() if name != MANIFEST}
    return BundleResult(path, len(content), digests)


def bundle_members(records: Sequence[Record], about: About, file_name: str = "") -> dict[str, bytes]:
    """Every member of a bundle, swept: what a preview shows. UnsafeExportError where something survived."""
    search = search_for(record.originals for record in records)
    members = _members(records, about, search)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    members[MANIFEST] = _json(
        {
            "schema": SCHEMA,
            "tool": about.tool,
            "rules_revision": about.rules_revision,
            "permission_data": about.permission_data or None,
            "created": about.moment,
            "clock_offset": clock_offset([record.har_entry for record in records]),
            "failures": len(records),
            "members": [
                {"name": name, "bytes": len(members[name]), "sha256": digest} for name, digest in digests.items()
            ],
        }
    )
    refuse_leaks(file_name, members, search)
    return members


def _members(records: Sequence[Record], about: About, search: Sweep) -> dict[str, bytes]:
    reports = [record.report for record in records]
    revision = about.rules_revision
    page = Page("this bundle", len(records), __version__, revision)
    texts = {
        "summary.md": support_summary(reports, tool=about.tool, rules_revision=revision, created=about.moment),
        "developer.md": developer_page(reports),
        "admin.md": admin_page(reports),
        "support.md": support_page(reports),
        "report.html": "".join(html_page(page, [("", report) for report in reports])),
        "exchanges.har": _text(_archive(records, search)),
        "diagnosis.json": _text(
            report_json(
                reports, source="bundle", exchanges=len(records), tool_version=__version__, rules_revision=revision
            )
        ),
    }
    texts = _without_object_ids(texts, records)
    numbers = renumbering(texts.values(), (pair for record in records for pair in sorted(record.aliases)))
    members = {name: numbers.apply(text).encode() for name, text in texts.items()}
    members["redaction.json"] = _json(redaction_report(records, stand_ins=numbers.count(), tool=about.tool))
    return members


def _archive(records: Sequence[Record], search: Sweep) -> dict[str, object]:
    """The exchanges; a text in which another one of them tells something private is left out."""
    entries = [without_leaks(dict(record.har_entry), search)[0] for record in records]
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "why403", "version": __version__},
            "entries": [
                {**entry, "_failure": record.report.id}
                for entry, record in zip(entries, records, strict=True)
                if isinstance(entry, dict)
            ],
        }
    }


def _without_object_ids(texts: Mapping[str, str], records: Sequence[Record]) -> dict[str, str]:
    """The id of a person of one exchange may stand in another one where nothing tells what it is."""
    known = {found: shown for record in records for found, shown in record.originals.object_ids.items()}

    def stand_in(match: re.Match[str]) -> str:
        return known.get(match[0].casefold(), match[0]).strip("<>")

    return {name: GUID.sub(stand_in, text) for name, text in texts.items()}


def _text(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _json(content: Mapping[str, object]) -> bytes:
    return _text(content).encode()


def _packed(members: Mapping[str, bytes]) -> bytes:
    """The zip, the same bytes for the same members: no clock, no user, no platform in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _READ_ONLY_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = _PRIVATE << 16
            archive.writestr(entry, content, compresslevel=9)
    return packed.getvalue()
