"""Writes the dashboards: `python deploy/grafana/build.py` (a test holds the committed files against it).

Plain dictionaries in Grafana's own form. Every query names the variables `job` and `instance`, so that one dashboard
serves any number of proxies; every panel says what question it answers. `>= 0` behind a quantile drops NaN, which is
what nothing at all has for a quantile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent / "dashboards"
ROW_WIDTH = 24
SCOPE = 'job=~"$job", instance=~"$instance"'
"""Stands in the queries below as SCOPE."""

type Json = dict[str, object]


@dataclass(frozen=True)
class Query:
    """What Prometheus is asked, and how a line is called."""

    expr: str
    legend: str = ""
    exemplars: bool = False
    instant: bool = False


@dataclass(frozen=True)
class Panel:
    """A panel. `kind` and `unit` are Grafana's words."""

    title: str
    question: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    warn: float | None = None


@dataclass(frozen=True)
class Row:
    """A heading with panels below it."""

    title: str
    panels: tuple[Panel, ...]


OVERVIEW = (
    Row(
        "Is it healthy?",
        (
            Panel(
                "Proxies up",
                "How many of the proxies Prometheus knows answer?",
                (Query("sum(up{SCOPE})"),),
                kind="stat",
                width=6,
                height=4,
            ),
            Panel(
                "Calls per second",
                "Does traffic flow?",
                (Query("sum(rate(why403_exchanges_total{SCOPE}[$__rate_interval]))"),),
                unit="reqps",
                kind="stat",
                width=6,
                height=4,
            ),
            Panel(
                "Refused",
                "What share of the calls does Microsoft refuse?",
                (
                    Query(
                        "sum(rate(why403_failures_total{SCOPE}[$__rate_interval])) "
                        "/ (sum(rate(why403_exchanges_total{SCOPE}[$__rate_interval])) > 0)"
                    ),
                ),
                unit="percentunit",
                kind="stat",
                width=6,
                height=4,
                warn=0.2,
            ),
            Panel(
                "Our overhead, p99",
                "Do we hold calls up?",
                (
                    Query(
                        "histogram_quantile(0.99, "
                        "sum by (le) (rate(why403_overhead_seconds_bucket{SCOPE}[$__rate_interval]))) >= 0"
                    ),
                ),
                unit="s",
                kind="stat",
                width=6,
                height=4,
                warn=0.05,
            ),
        ),
    ),
    Row(
        "Whose fault?",
        (
            Panel(
                "Calls by service",
                "Which service is called, and how often?",
                (Query("sum by (service) (rate(why403_exchanges_total{SCOPE}[$__rate_interval]))", "{{service}}"),),
                unit="reqps",
            ),
            Panel(
                "Calls by outcome",
                "How do calls end?",
                (Query("sum by (outcome) (rate(why403_exchanges_total{SCOPE}[$__rate_interval]))", "{{outcome}}"),),
                unit="reqps",
            ),
            Panel(
                "No answer, by reason",
                "Why does nothing come back: names, connection, TLS, time?",
                (Query("sum by (cause) (rate(why403_upstream_errors_total{SCOPE}[$__rate_interval]))", "{{cause}}"),),
                unit="ops",
            ),
            Panel(
                "Microsoft's response time, p95",
                "Is Microsoft slow? The dots lead to single calls.",
                (
                    Query(
                        "histogram_quantile(0.95, sum by (service, le) "
                        "(rate(why403_upstream_response_seconds_bucket{SCOPE}[$__rate_interval]))) >= 0",
                        "{{service}}",
                        exemplars=True,
                    ),
                ),
                unit="s",
            ),
            Panel(
                "Our overhead",
                "And we?",
                tuple(
                    Query(
                        f"histogram_quantile({share}, "
                        "sum by (le) (rate(why403_overhead_seconds_bucket{SCOPE}[$__rate_interval]))) >= 0",
                        name,
                    )
                    for share, name in ((0.5, "median"), (0.99, "p99"))
                ),
                unit="s",
            ),
            Panel(
                "Failed TLS handshakes",
                "Does a client not trust us, or a server's certificate not hold?",
                (
                    Query(
                        "sum by (side) (rate(why403_tls_handshake_failures_total{SCOPE}[$__rate_interval]))", "{{side}}"
                    ),
                ),
                unit="ops",
            ),
        ),
    ),
    Row(
        "Do results arrive?",
        (
            Panel(
                "Deliveries by sink",
                "Where do explained failures go?",
                (Query("sum by (sink) (rate(why403_sink_writes_total{SCOPE}[$__rate_interval]))", "{{sink}}"),),
                unit="ops",
            ),
            Panel(
                "Failed deliveries and dropped bundles",
                "What was lost?",
                (
                    Query(
                        "sum by (sink) (rate(why403_sink_failures_total{SCOPE}[$__rate_interval]))", "{{sink}} failed"
                    ),
                    Query(
                        "sum by (reason) (rate(why403_bundles_dropped_total{SCOPE}[$__rate_interval]))",
                        "bundle dropped: {{reason}}",
                    ),
                ),
                unit="ops",
            ),
            Panel(
                "Values removed by redaction",
                "Is the redactor alive? Flat zero with failures is an alarm.",
                (Query("sum by (kind) (rate(why403_redactions_total{SCOPE}[$__rate_interval]))", "{{kind}}"),),
                unit="ops",
            ),
            Panel(
                "Errors of our own, and log lines",
                "Is anything wrong inside?",
                (
                    Query(
                        "sum by (part) (rate(why403_internal_errors_total{SCOPE}[$__rate_interval]))",
                        "error in {{part}}",
                    ),
                    Query("sum by (level) (rate(why403_log_messages_total{SCOPE}[$__rate_interval]))", "log {{level}}"),
                ),
                unit="ops",
            ),
            Panel(
                "Rules in use",
                "Do all instances explain with the same rules?",
                (Query("count by (revision) (why403_rules_info{SCOPE})", "{{revision}}"),),
            ),
            Panel(
                "What runs",
                "Which versions?",
                (
                    Query(
                        "count by (version, mitmproxy, python) (why403_build_info{SCOPE})",
                        "{{version}}, mitmproxy {{mitmproxy}}, Python {{python}}",
                    ),
                ),
            ),
        ),
    ),
    Row(
        "Resources",
        (
            Panel(
                "Processor",
                "One process uses one core at most: is it full?",
                (Query("rate(process_cpu_seconds_total{SCOPE}[$__rate_interval])", "{{instance}}"),),
                unit="percentunit",
                warn=0.8,
            ),
            Panel(
                "Event loop lag, p99",
                "How late is everything?",
                (
                    Query(
                        "histogram_quantile(0.99, sum by (instance, le) "
                        "(rate(why403_event_loop_lag_seconds_bucket{SCOPE}[$__rate_interval]))) >= 0",
                        "{{instance}}",
                    ),
                ),
                unit="s",
                warn=0.1,
            ),
            Panel(
                "Memory",
                "Does it grow?",
                (Query("process_resident_memory_bytes{SCOPE}", "{{instance}}"),),
                unit="bytes",
            ),
            Panel(
                "Connections",
                "Do connections leak?",
                (Query("sum by (instance, side) (why403_connections{SCOPE})", "{{instance}} {{side}}"),),
            ),
            Panel(
                "Under way",
                "Is something stuck, or draining?",
                (
                    Query("why403_exchanges_in_flight{SCOPE}", "{{instance}}"),
                    Query("why403_draining{SCOPE} > 0", "{{instance}} is leaving"),
                ),
            ),
            Panel(
                "File descriptors",
                "How far from the limit?",
                (Query("process_open_fds{SCOPE} / process_max_fds{SCOPE}", "{{instance}}"),),
                unit="percentunit",
                warn=0.8,
            ),
        ),
    ),
)

FAILURES = (
    Row(
        "What is refused?",
        (
            Panel(
                "Causes",
                "What is refused most in the chosen time? `why403 rules show CAUSE` explains each.",
                (
                    Query(
                        "topk(20, sum by (cause) (increase(why403_causes_total{SCOPE}[$__range])) > 0)",
                        "{{cause}}",
                        instant=True,
                    ),
                ),
                kind="bargauge",
                width=12,
                height=12,
            ),
            Panel(
                "Failures by service",
                "Who refuses? The dots lead to single failures.",
                (
                    Query(
                        "sum by (service) (rate(why403_failures_total{SCOPE}[$__rate_interval]))",
                        "{{service}}",
                        exemplars=True,
                    ),
                ),
                unit="ops",
                width=12,
                height=12,
            ),
        ),
    ),
    Row(
        "How well are they explained?",
        (
            Panel(
                "Failures by certainty",
                "How sure are the explanations?",
                (Query("sum by (certainty) (rate(why403_failures_total{SCOPE}[$__rate_interval]))", "{{certainty}}"),),
                unit="ops",
            ),
            Panel(
                "Not explained",
                "What share has no explanation?",
                (
                    Query(
                        'sum(increase(why403_failures_total{SCOPE, certainty="undetermined"}[$__range])) '
                        "/ (sum(increase(why403_failures_total{SCOPE}[$__range])) > 0)",
                        instant=True,
                    ),
                ),
                unit="percentunit",
                kind="stat",
                warn=0.2,
            ),
            Panel(
                "Explaining, p99",
                "What does an explanation cost the loop?",
                (
                    Query(
                        "histogram_quantile(0.99, "
                        "sum by (le) (rate(why403_diagnosis_seconds_bucket{SCOPE}[$__rate_interval]))) >= 0"
                    ),
                ),
                unit="s",
            ),
        ),
    ),
    Row(
        "What stands behind them?",
        (
            Panel(
                "Tokens of refused calls",
                "Was there a token at all, and could it be read?",
                (Query("sum by (kind) (rate(why403_tokens_total{SCOPE}[$__rate_interval]))", "{{kind}}"),),
                unit="ops",
            ),
            Panel(
                "New in the last hour",
                "Which causes were not there the week before?",
                (
                    Query(
                        "sum by (cause) (increase(why403_causes_total{SCOPE}[1h])) > 0 "
                        "unless sum by (cause) (increase(why403_causes_total{SCOPE}[7d] offset 1h)) > 0",
                        "{{cause}}",
                        instant=True,
                    ),
                ),
                kind="bargauge",
            ),
            Panel(
                "Calls of EWS",
                "Does anybody still call what is being switched off?",
                (Query("sum by (outcome) (rate(why403_ews_exchanges_total{SCOPE}[$__rate_interval]))", "{{outcome}}"),),
                unit="reqps",
            ),
        ),
    ),
)


def dashboard(uid: str, title: str, about: str, rows: Sequence[Row]) -> Json:
    """One dashboard in Grafana's form."""
    return {
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["why403"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "templating": {"list": [*_variables()]},
        "links": [
            {
                "title": "why403",
                "type": "dashboards",
                "tags": ["why403"],
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "panels": [*_panels(rows)],
    }


def _variables() -> Iterator[Json]:
    yield {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    for name, label, query in (
        ("job", "Job", "label_values(why403_build_info, job)"),
        ("instance", "Instance", 'label_values(why403_build_info{job=~"$job"}, instance)'),
    ):
        yield {
            "name": name,
            "label": label,
            "type": "query",
            "datasource": _source(),
            "query": {"query": query, "refId": name},
            "refresh": 2,
            "multi": True,
            "includeAll": True,
            "allValue": ".+",
            "current": {"text": "All", "value": "$__all"},
        }


def _panels(rows: Sequence[Row]) -> Iterator[Json]:
    identifiers = count(1)
    top = 0
    for row in rows:
        yield {
            "id": next(identifiers),
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"h": 1, "w": ROW_WIDTH, "x": 0, "y": top},
            "panels": [],
        }
        top, left, tallest = top + 1, 0, 0
        for panel in row.panels:
            if left + panel.width > ROW_WIDTH:
                top, left, tallest = top + tallest, 0, 0
            yield _panel(next(identifiers), panel, {"h": panel.height, "w": panel.width, "x": left, "y": top})
            left, tallest = left + panel.width, max(tallest, panel.height)
        top += tallest


def _panel(identifier: int, panel: Panel, place: Json) -> Json:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.warn is not None:
        steps.append({"color": "red", "value": panel.warn})
    return {
        "id": identifier,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.question,
        "datasource": _source(),
        "gridPos": place,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if panel.kind == "timeseries" else {},
        "targets": [
            {
                "refId": chr(ord("A") + place_in_panel),
                "datasource": _source(),
                "expr": query.expr.replace("SCOPE", SCOPE),
                "legendFormat": query.legend or "__auto",
                "exemplar": query.exemplars,
                "instant": query.instant,
                "range": not query.instant,
            }
            for place_in_panel, query in enumerate(panel.queries)
        ],
    }


def _source() -> Json:
    return {"type": "prometheus", "uid": "${datasource}"}


DASHBOARDS = {
    "overview.json": dashboard(
        "why403-overview", "why403: overview", "Is the proxy healthy, and whose fault is it when it is not?", OVERVIEW
    ),
    "failures.json": dashboard(
        "why403-failures",
        "why403: failures",
        "What Microsoft 365 refuses, why, and how well it is explained.",
        FAILURES,
    ),
}


def written(dashboard: Json) -> str:
    """A dashboard as the text of its file."""
    return json.dumps(dashboard, indent=2) + "\n"


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for name, content in DASHBOARDS.items():
        (HERE / name).write_text(written(content), encoding="utf-8")
