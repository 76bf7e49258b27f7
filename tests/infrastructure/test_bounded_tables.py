"""Everything that grows while the proxy runs has a bound, and it is written down here.

A table that is empty when it is made is one that grows. Where one is added, this test fails until its bound is named:
a constant of its module, or who else limits it. The soak (`make soak`) shows the sum of all of them.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mitmproxy.test.tflow import tflow

from proxy_addons.addons.flow_explainer import RememberedReports
from proxy_addons.addons.screen import NoScreen
from proxy_addons.addons.stopwatch import Stopwatch
from proxy_addons.evidence.facts import Fact, Facts
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.buffer import GROUPS_AT_MOST, RECORDS_AT_MOST, Buffer, Entry, Outcome
from tests.infrastructure.tree import PACKAGE
from tests.sinks.reports import REPORT
from tests.sinks.store.stored import record
from tests.support.rulebases import rule, ruleset

if TYPE_CHECKING:
    from collections.abc import Iterator

LIVE: Final = (
    "addons/*.py",
    "admin/*.py",
    "cli/cached_hooks.py",
    "cli/connection_handler.py",
    "cli/mitmproxy_shortcuts.py",
    "cli/proxy*.py",
    "cli/run*.py",
    "diagnosis/rule_index.py",
    "evidence/timeline.py",
    "sinks/metrics.py",
    "sinks/worker.py",
    "sinks/store/*.py",
)
"""What lives as long as the proxy does. The rest is made for one exchange, or by a command that ends."""

TABLES: Final = {"dict", "list", "set", "deque", "OrderedDict", "defaultdict", "Counter", "Queue", "SimpleQueue"}
PROMETHEUS: Final = "sinks/metrics.py"
"""Its `Counter` is another one."""

BY_CONSTANT: Final = {
    "addons/bundle_writer.py BundleWriter._taken": "IN_ONE_RUN_AT_MOST",
    "addons/client_tls.py ClientTls._told": "_KINDS_AT_MOST",
    "addons/client_tls.py ClientTls._trusting": "_KINDS_AT_MOST",
    "addons/doubt_keeper.py DoubtKeeper._judged": "JUDGED_AT_MOST",
    "addons/first_hops.py FirstHops._held": "MAX_HELD",
    "addons/flow_explainer.py RememberedReports._reports": "_REMEMBERED_AT_MOST",
    "addons/repetitions.py Repetitions._kinds": "KINDS_AT_MOST",
    "addons/repetitions.py _Kind.known": "_OF_A_KIND_AT_MOST",
    "addons/known_calls.py KnownCalls._seen": "KNOWN_AT_MOST",
    "addons/stopwatch.py Stopwatch._held": "_MOST_UNDER_WAY",
    "admin/event_stream.py Feed._readers": "READERS_AT_MOST",
    "admin/event_stream.py Reader.queue": "QUEUED_AT_MOST",
    "admin/ews_callers.py EwsCallers._rows": "ROWS_AT_MOST",
    "admin/refused_calls.py RefusedCalls._exchanges": "KEPT_CALLS",
    "admin/shared_answers.py SharedAnswers._kept": "KEPT_AT_MOST",
    "cli/run_summary.py Tally._kinds": "_KINDS_AT_MOST",
    "diagnosis/rule_index.py RuleIndex._candidates": "_MOST",
    "evidence/timeline.py Memory.calls": "MAX_CALLS",
    "evidence/timeline.py Memory.token_requests": "MAX_REQUESTERS",
    "evidence/timeline.py Memory.tokens": "MAX_TOKENS",
    "evidence/timeline.py TokenPast.places": "MAX_PLACES",
    "sinks/store/buffer.py Buffer._entries": "RECORDS_AT_MOST",
    "sinks/store/buffer.py Buffer._full_until": "GROUPS_AT_MOST",
    "sinks/store/buffer.py Buffer._kept": "GROUPS_AT_MOST",
    "sinks/store/buffer.py Buffer._tallies": "GROUPS_AT_MOST",
    "sinks/store/buffer.py Buffer._waiting": "RECORDS_AT_MOST",
    "sinks/worker.py LineWriter._together": "_TOGETHER_AT_MOST",
}
UNDER_WAY: Final = "an entry for each exchange or connection that is open, taken out at its end"
FIXED: Final = "as many as the program or its settings have words for it"
PASSING: Final = "made for one answer or one batch, and gone with it"
OTHERWISE: Final = {
    "addons/bundle_writer.py BundleWriter._complained": FIXED,
    "addons/bundle_writer.py BundleWriter._places": FIXED,
    "addons/capture.py Capture._under_way": UNDER_WAY,
    "addons/drain.py Drain._under_way": UNDER_WAY,
    "addons/links.py _Rewritten._sent": PASSING,
    "addons/links_json.py JsonLinkStream._around": PASSING,
    "addons/links_members.py JsonLinks.places": FIXED,
    "addons/reporter.py Reporter._failing_sinks": FIXED,
    "addons/scope.py Scope._written": FIXED,
    "addons/upstream.py Upstream._meant": UNDER_WAY,
    "addons/upstream.py Upstream._targets": FIXED,
    "admin/ews_retirement.py @cache equivalents": FIXED,
    "cli/run_client.py Client._early": FIXED,
    "cli/cached_hooks.py CachedHooks._listeners": FIXED,
    "cli/connection_handler.py ConnectionHandler._due": PASSING,
    "cli/connection_handler.py ConnectionHandler._to_send": PASSING,
    "cli/connection_handler.py module._waiting": UNDER_WAY,
    "cli/mitmproxy_shortcuts.py module._fields_of": FIXED,
    "diagnosis/rule_index.py RuleIndex._outranked": FIXED,
    "evidence/timeline.py TokenPast.challenged": FIXED,
    "sinks/store/buffer.py Batch.tallies": PASSING,
    "sinks/store/stored_record.py @cache _adapter": FIXED,
    "sinks/store/writing.py @cache _counting": FIXED,
    "sinks/worker.py Worker._queue": "the limit its maker gives",
}


def grows(value: ast.expr | None, path: str) -> bool:
    """Whether an expression makes an empty table."""
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(func=ast.Name(id="field"), keywords=keywords):
            return any(key.arg == "default_factory" and _name(key.value) in TABLES for key in keywords)
        case ast.Call(func=called):
            return _name(called) in TABLES and path != PROMETHEUS
        case _:
            return False


def _name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def tables(module: Path) -> Iterator[str]:
    """Every table of a module that outlives a call: attributes, module variables, caches without a size."""
    path = module.relative_to(PACKAGE).as_posix()
    tree = ast.parse(module.read_text(encoding="utf-8"))
    owners: list[ast.Module | ast.ClassDef] = [
        tree,
        *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)),
    ]
    for owner in owners:
        inside = ast.walk(owner) if isinstance(owner, ast.ClassDef) else iter(owner.body)
        for node in inside:
            if isinstance(node, ast.Assign | ast.AnnAssign) and grows(node.value, path):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                kept = isinstance(target, ast.Attribute) or node in owner.body
                if kept:
                    yield f"{path} {getattr(owner, 'name', 'module')}.{_name(target)}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            endless = {"cache", "functools.cache", "lru_cache(maxsize=None)", "functools.lru_cache(maxsize=None)"}
            if endless & {ast.unparse(each) for each in node.decorator_list}:
                yield f"{path} @cache {node.name}"


def test_every_table_of_the_running_proxy_names_its_bound() -> None:
    modules = [module for pattern in LIVE for module in sorted(PACKAGE.glob(pattern))]
    found = {table for module in modules for table in tables(module)}
    assert sorted(found) == sorted({**BY_CONSTANT, **OTHERWISE}), "name the bound of a new table here"


def test_every_bound_that_is_named_is_a_number_of_its_module() -> None:
    for table, constant in BY_CONSTANT.items():
        path = Path(table.partition(" ")[0]).with_suffix("")
        module = importlib.import_module(".".join(("proxy_addons", *path.parts)))
        assert 0 < getattr(module, constant) <= 10_000, table


def test_an_overfilled_buffer_of_the_store_loses_groups_and_never_grows() -> None:
    buffer = Buffer(of_a_group=1)
    outcomes = [buffer.add(Entry(record(n, group=n), "r1", 1000)) for n in range(GROUPS_AT_MOST + 50)]
    assert [outcomes.count(Outcome.LOST), len(buffer), len(buffer._tallies)] == [50, RECORDS_AT_MOST, GROUPS_AT_MOST]
    assert len(buffer._waiting) == RECORDS_AT_MOST


def test_groups_that_are_full_are_forgotten_before_there_are_too_many() -> None:
    buffer = Buffer(of_a_group=1)
    for start in range(0, 3 * GROUPS_AT_MOST, 500):
        buffer.note_full({f"g1-{number}": 1 for number in range(start, start + 500)})
    assert len(buffer._full_until) <= GROUPS_AT_MOST
    assert len(buffer._kept) <= GROUPS_AT_MOST


def test_screens_remember_the_latest_reports_only() -> None:
    remembered = RememberedReports(NoScreen())
    remembered.show([replace(REPORT, id=f"f-{number}") for number in range(3000)])
    assert next(iter(remembered._reports)) == "f-2000"


def test_made_up_status_codes_fill_no_index() -> None:
    rules = ruleset(rule("graph-refused", {"response.status": 403}), folder="graph")
    for status in range(100, 1000):
        rules.index.candidates(Facts({"response.status": Fact("response.status", status, "response status")}))
    assert len(rules.index._candidates) <= 512


def test_the_stopwatch_forgets_exchanges_that_never_end() -> None:
    watch = Stopwatch(Metrics())
    for _ in range(10_050):
        watch.pause(tflow())
    assert len(watch._held) == 10_000
