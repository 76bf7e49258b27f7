"""The page `/failures/{id}`: one failure, its proof and what to do, and the bundle for a support case."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from proxy_addons import __version__
from proxy_addons.admin.failure_groups import titles_of
from proxy_addons.admin.page_templates import page
from proxy_addons.admin.seen_exchange import seen_exchange
from proxy_addons.admin.waiting_time import longest_wait
from proxy_addons.diagnosis.report_text import certainty_words, headline, helper_name
from proxy_addons.diagnosis.verdict import UNDETERMINED, Certainty
from proxy_addons.sinks.bundle import TOOL, write_bundle
from proxy_addons.sinks.failure_filters import Filters
from proxy_addons.sinks.last_check import UnsafeExportError
from proxy_addons.sinks.private_file import FileNotWrittenError
from proxy_addons.sinks.store.reading import find_record, list_failures
from proxy_addons.sinks.store.stored_record import recognised
from proxy_addons.sinks.support_summary import support_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from proxy_addons.admin.page_parts import PageParts
    from proxy_addons.admin.store_reader import StoreReader
    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Finding
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.sinks.store.database import Database
    from proxy_addons.sinks.store.reading import StoredFailure
    from proxy_addons.sinks.store.stored_record import StoredRecord

SIGNS: Final = {"passed": "✓", "failed": "✗", "unknown": "?"}
_CERTAINTIES: Final = {
    Certainty.CERTAIN: "this exchange alone proves it",
    Certainty.LIKELY: "the best of several explanations",
    Certainty.POSSIBLE: "a candidate",
}
_MISSING: Final = "No such failure is stored"
_GONE: Final = "It may have expired: the store keeps so many days and so many records. See `/`."
_CONFLICT: Final = 409
_OF_A_TRACE: Final = 20


def look_of(finding: Finding) -> str:
    """The class a badge is drawn by."""
    return "open" if finding.cause == UNDETERMINED else finding.certainty.value


def stored_failure_routes(parts: PageParts) -> Sequence[Route]:
    """The page and its bundle."""

    async def show(store: StoreReader, request: Request) -> Response:
        found = await store.ask(lambda database: _found(database, request.path_params["id"]))
        if found is None:
            return parts.missing("failures", _MISSING, _GONE)
        return page("stored_failure.html", {**parts.values("failures"), **_values(parts, *found)})

    async def bundle(store: StoreReader, request: Request) -> Response:
        stored = await store.ask(lambda database: find_record(database, request.path_params["id"]))
        pseudonyms = parts.pseudonyms()
        if stored is None or pseudonyms is None:
            return parts.missing("failures", _MISSING, _GONE)
        try:
            content = await store.work(lambda: _packed(stored, pseudonyms))
        except (UnsafeExportError, FileNotWrittenError) as error:
            values = {"title": "No bundle was made", "text": str(error), "remedy": ""}
            return page("message.html", {**parts.values("failures"), **values}, _CONFLICT)
        name = f"why403-{stored.report.id}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/zip", headers=headers)

    return (
        Route("/failures/{id}/bundle.zip", parts.guarded("failures", bundle), methods=["GET"]),
        Route("/failures/{id}", parts.guarded("failures", show), methods=["GET"]),
    )


def _found(database: Database, identifier: str) -> tuple[StoredRecord, list[StoredFailure]] | None:
    """A failure, and the latest others of its trace."""
    stored = find_record(database, identifier)
    if stored is None:
        return None
    trace = stored.report.exchange.trace_id
    others = list_failures(database, Filters(trace=trace), _OF_A_TRACE + 1) if trace else []
    return stored, [each for each in others if each.id != identifier][:_OF_A_TRACE]


def _packed(stored: StoredRecord, pseudonyms: Pseudonyms) -> bytes:
    """The bundle as `why403 bundle create` makes it."""
    with tempfile.TemporaryDirectory(prefix="why403-") as folder:
        path = Path(folder) / f"why403-{stored.report.id}.zip"
        records = recognised([stored], pseudonyms)
        write_bundle(
            path, records, rules_revision=stored.rules_revision, created=datetime.now(UTC).replace(microsecond=0)
        )
        return path.read_bytes()


def _values(parts: PageParts, stored: StoredRecord, trace: Sequence[StoredFailure]) -> dict[str, object]:
    report, ruleset = stored.report, parts.rules()
    leading, *others = report.diagnosis.findings
    exchange = seen_exchange(stored.har_entry)
    known = {rule.id for rule in ruleset.rules} if ruleset else set()
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "report": report,
        "trace": trace,
        "titles": titles_of(ruleset),
        "headline": headline(report),
        "leading": leading,
        "others": others,
        "exchange": exchange,
        "anchors": {
            seen: exchange.anchor_of(seen.seen_in, seen.fact) for one in (leading, *others) for seen in one.evidence
        },
        "signs": SIGNS,
        "certainty": certainty_words,
        "meaning": _CERTAINTIES[leading.certainty]
        if leading.cause != UNDETERMINED
        else "what was ruled out stands below",
        "look": look_of,
        "helper": helper_name,
        "known": known,
        "wait": longest_wait(leading.propagation),
        "revision": stored.rules_revision,
        "token_facts": _token_facts(report),
        "support": support_summary([report], tool=TOOL, rules_revision=stored.rules_revision, created=created),
        "tool": __version__,
    }


def _token_facts(report: FailureReport) -> list[tuple[str, str]]:
    token = report.token
    facts = (
        ("Kind", " ".join(filter(None, (token.scheme, token.kind)))),
        ("Audience", token.audience),
        ("App", token.app),
        ("Tenant", token.tenant),
        ("Speaks for", token.identity),
        ("App proved itself by", token.app_auth),
        ("Permissions", ", ".join(token.permissions)),
        ("Directory roles", ", ".join(token.directory_roles)),
        ("Issued", token.issued),
        ("Expires", f"{token.expires} ({token.lifetime_state})" if token.expires else ""),
        ("Issuer", token.issuer),
        ("Token id", token.unique_id),
    )
    return [(name, value) for name, value in facts if value]
