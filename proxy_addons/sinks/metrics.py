"""What the proxy counts, in a registry of its own.

A registry per instance, because mitmproxy reloads scripts: in prometheus_client's default registry the second copy of
every metric would be a duplicate. Every label set is closed and every series exists from the start with 0, so that
`rate()` and alerts never meet a gap. No label ever holds text from the wire: a cause comes from a rule file.
"""

from __future__ import annotations

import platform
from functools import cache
from typing import TYPE_CHECKING, Final

from mitmproxy import version as mitmproxy_version
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

import proxy_addons
from proxy_addons.diagnosis.verdict import UNDETERMINED, Certainty
from proxy_addons.evidence.response_facts import TRANSPORT_STAGES
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pseudonyms import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from proxy_addons.diagnosis.failure_report import FailureReport

SERVICES: Final = ("graph", "exchange", "sharepoint", "entra", "other")
OUTCOMES: Final = (
    "ok",
    "unauthorized",
    "forbidden",
    "throttled",
    "client_error",
    "server_error",
    "no_response",
    "abandoned",
)
CERTAINTIES: Final = (*(certainty.value for certainty in Certainty), UNDETERMINED)
TOKEN_KINDS: Final = (
    "absent",
    "jwt",
    "jwe",
    "opaque-consumer",
    "refresh-token",
    "authorization-code",
    "client-secret",
    "client-object",
    "malformed",
    "other-scheme",
    "unrecorded",
)
SIDES: Final = ("client", "server")
SINKS: Final = ("annotation", "terminal", "header", "log", "store", "bundle")
DROPS: Final = ("enough", "queue_full", "unsafe", "store_error")
STORE_DROPS: Final = ("queue_full", "unsafe", "store_error")
PARTS: Final = ("capture", "routing", "upstream", "scope", "diagnosis", "admin", "drain", "health", "store", "rules")
RELOADS: Final = ("applied", "refused")
LOG_LEVELS: Final = ("warning", "error", "critical")
CAUSES_AT_MOST: Final = 600
"""More series than this from one rule directory would make every scrape hold up the event loop; the rest is `other`."""

_OUTCOME_OF_STATUS: Final[Mapping[int, str]] = {401: "unauthorized", 403: "forbidden", 429: "throttled"}
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500
_OTHER: Final = "other"


def outcome_of(status: int | None) -> str:
    """The outcome label of an answer; None where none came."""
    if status is None:
        return "no_response"
    if status in _OUTCOME_OF_STATUS:
        return _OUTCOME_OF_STATUS[status]
    return "ok" if status < _CLIENT_ERROR else "client_error" if status < _SERVER_ERROR else "server_error"


class Metrics:
    """All metrics of one running proxy. Units are in the names; `registry` is what /metrics prints."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
        self.registry = CollectorRegistry()
        self.exchanges = self._counter("exchanges", "Exchanges that ended.", {"service": SERVICES, "outcome": OUTCOMES})
        self.ews_exchanges = self._counter(
            "ews_exchanges", "Exchanges with EWS, which is being switched off.", {"outcome": OUTCOMES}
        )
        self.in_flight = Gauge("why403_exchanges_in_flight", "Exchanges under way.", registry=self.registry)
        self.draining = Gauge("why403_draining", "1 from SIGTERM on, until the process ends.", registry=self.registry)
        self.connections = Gauge("why403_connections", "Open connections.", ("side",), registry=self.registry)
        self.tls_handshake_failures = self._counter(
            "tls_handshake_failures", "TLS handshakes that failed, by the side they failed on.", {"side": SIDES}
        )
        for side in SIDES:
            self.connections.labels(side)
        self.certificate_end = Gauge(
            "why403_certificate_not_after_timestamp_seconds",
            "When a certificate of ours ends, in seconds since 1970.",
            ("certificate",),
            registry=self.registry,
        )
        self.certificate_end.labels("ca")
        self.upstream_response_seconds = Histogram(
            "why403_upstream_response_seconds",
            "From the end of a request to the first byte of its answer.",
            ("service",),
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=self.registry,
        )
        # Looked up for every exchange: the client library's own look-up costs several times as much.
        self._waits = {service: self.upstream_response_seconds.labels(service) for service in SERVICES}
        self._ends = {
            (service, outcome): self.exchanges.labels(service, outcome) for service in SERVICES for outcome in OUTCOMES
        }
        self.overhead_seconds = Histogram(
            "why403_overhead_seconds",
            "How long the hooks of why403 held an exchange up.",
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1),
            registry=self.registry,
        )
        self.event_loop_lag_seconds = Histogram(
            "why403_event_loop_lag_seconds",
            "How late the event loop was when it was due.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1),
            registry=self.registry,
        )
        self.upstream_errors = self._counter(
            "upstream_errors", "Exchanges that got no answer, by reason.", {"cause": TRANSPORT_STAGES}
        )
        self.failures = self._counter("failures", "Refused exchanges.", {"service": SERVICES, "certainty": CERTAINTIES})
        self.causes = self._counter("causes", "Refused exchanges by leading cause.", {"cause": (UNDETERMINED, _OTHER)})
        self._causes: frozenset[str] = frozenset()
        self.tokens = self._counter("tokens", "Tokens of refused exchanges by kind.", {"kind": (*TOKEN_KINDS, _OTHER)})
        self.diagnosis_seconds = Histogram(
            "why403_diagnosis_seconds",
            "Time from a captured refusal to its redacted report.",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
            registry=self.registry,
        )
        self.sink_writes = self._counter("sink_writes", "Failures handed to a sink.", {"sink": SINKS})
        self.sink_failures = self._counter("sink_failures", "Failures a sink could not take.", {"sink": SINKS})
        self.store_up = Gauge(
            "why403_store_up", "1 while the failure store works, 0 while it does not.", registry=self.registry
        )
        self.store_records = Counter(
            "why403_store_records", "Full records written to the failure store.", registry=self.registry
        )
        self.store_expired = Counter(
            "why403_store_expired", "Records deleted because of the store's limits.", registry=self.registry
        )
        self.store_dropped = self._counter(
            "store_dropped", "Failures not stored as asked, by reason.", {"reason": STORE_DROPS}
        )
        self.store_queue = Gauge("why403_store_queue_length", "Records waiting to be stored.", registry=self.registry)
        self.page_readers = Gauge("why403_page_readers", "Admin pages that are open and live.", registry=self.registry)
        self.page_readers_dropped = Counter(
            "why403_page_readers_dropped", "Live pages let go because they read too slowly.", registry=self.registry
        )
        self.bundles_dropped = self._counter("bundles_dropped", "Bundles not written, by reason.", {"reason": DROPS})
        self.bundle_queue = Gauge(
            "why403_bundle_queue_length", "Bundles waiting to be written.", registry=self.registry
        )
        self.redactions = self._counter("redactions", "Values removed from reports, by kind.", {"kind": tuple(Kind)})
        self.internal_errors = self._counter("internal_errors", "Errors of why403 itself, by part.", {"part": PARTS})
        self.log_messages = self._counter(
            "log_messages", "Log lines of a level, mitmproxy's own included.", {"level": LOG_LEVELS}
        )
        self.rules_loaded = Gauge("why403_rules_loaded", "Rules in use.", registry=self.registry)
        self.rules_reloads = self._counter(
            "rules_reloads", "Attempts to take up changed rules, by outcome.", {"outcome": RELOADS}
        )
        self.rules_last_reload_successful = Gauge(
            "why403_rules_last_reload_successful",
            "1 where the rules in use are those in the files, 0 where those could not be used.",
            registry=self.registry,
        )
        self.rules_last_reload = Gauge(
            "why403_rules_last_reload_success_timestamp_seconds",
            "When rules were taken up last, in seconds since 1970.",
            registry=self.registry,
        )
        self._rules_info = Gauge("why403_rules_info", "The rules in use.", ("revision",), registry=self.registry)
        self.workers = Gauge("why403_workers", "Processes that take connections.", registry=self.registry)
        self.worker_restarts = Counter(
            "why403_worker_restarts", "Workers started in place of one that ended.", registry=self.registry
        )
        # Asked for with each refusal; what these labels can be is a closed set, so nothing is remembered without end.
        self._failure, self._token = cache(self.failures.labels), cache(self.tokens.labels)
        self._cause, self._redaction = cache(self.causes.labels), cache(self.redactions.labels)
        self._sink_write = cache(self.sink_writes.labels)
        self.process = ProcessCollector(registry=self.registry)
        build = Gauge("why403_build_info", "What runs.", ("version", "mitmproxy", "python"), registry=self.registry)
        build.labels(proxy_addons.__version__, mitmproxy_version.VERSION, platform.python_version()).set(1)

    def _counter(self, name: str, text: str, labels: Mapping[str, Iterable[str]]) -> Counter:
        counter = Counter(f"why403_{name}", text, tuple(labels), registry=self.registry)
        for values in _combinations(*labels.values()):
            counter.labels(*values)
        return counter

    def announce_rules(self, revision: str, causes: Iterable[str]) -> None:
        """Show which rules are in use and give each cause its series."""
        named = sorted(causes)
        self._rules_info.clear()
        self._rules_info.labels(revision).set(1)
        self.rules_loaded.set(len(named))
        self._causes = frozenset((UNDETERMINED, *named[:CAUSES_AT_MOST]))
        for cause in self._causes:
            self.causes.labels(cause)

    def note_rules(self, taken_up: float) -> None:
        """Note the rules of the start; `taken_up` is the time, in seconds since 1970."""
        self.rules_last_reload_successful.set(1)
        self.rules_last_reload.set(taken_up)

    def count_rules_reload(self, taken_up: float | None) -> None:
        """Count an attempt to take up changed rules; None where they could not be used."""
        if taken_up is None:
            self.rules_last_reload_successful.set(0)
            self.rules_reloads.labels("refused").inc()
        else:
            self.note_rules(taken_up)
            self.rules_reloads.labels("applied").inc()

    def count_exchange(self, service: str, outcome: str, waited: float | None = None, trace: str = "") -> None:
        """Count an exchange when it ends.

        `waited` is for how many seconds the answer let itself be waited for; `trace` its client-request-id.
        """
        named = service if service in SERVICES else _OTHER
        self._ends[named, outcome].inc()
        if waited is not None:
            self._waits[named].observe(max(0.0, waited), _exemplar(trace))

    def count_failure(self, report: FailureReport, removed: Mapping[str, int]) -> None:
        """Count a refused exchange by what was found; `removed` is what redaction took out, by kind."""
        leading = report.diagnosis.leading
        certainty = UNDETERMINED if leading.cause == UNDETERMINED else leading.certainty.value
        service = report.exchange.service if report.exchange.service in SERVICES else _OTHER
        exemplar = _exemplar(report.exchange.client_request_id, report.id, report.exchange.trace_id)
        self._failure(service, certainty).inc(exemplar=exemplar)
        self._cause(leading.cause if leading.cause in self._causes else _OTHER).inc()
        self._token(report.token.kind if report.token.kind in TOKEN_KINDS else _OTHER).inc()
        for kind, count in removed.items():
            self._redaction(kind).inc(count)

    def count_written(self, sink: str, failures: int = 1) -> None:
        """Count failures a sink has taken."""
        self._sink_write(sink).inc(failures)


def _exemplar(client_request_id: str, failure: str = "", trace: str = "") -> dict[str, str] | None:
    """What leads from a number to the case behind it, in OpenMetrics only; a `trace` was read and is digits only.

    Anything but a GUID might be somebody's name. All three together stay below the 128 characters the format allows.
    """
    labels = {"failure_id": failure} if failure else {}
    if GUID.fullmatch(client_request_id):
        labels["client_request_id"] = client_request_id
    if trace:
        labels["trace_id"] = trace
    return labels or None


def _combinations(first: Iterable[str], *rest: Iterable[str]) -> Iterable[tuple[str, ...]]:
    if not rest:
        return ((value,) for value in first)
    tails = tuple(_combinations(*rest))
    return ((value, *tail) for value in first for tail in tails)
