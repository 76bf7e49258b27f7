"""What `why403 status` asks: the state of a running proxy as one JSON object, made of what it counts and stores.

It is made of the same metrics as `/metrics`, so that it tells the same of one process and of several workers. Nothing
in it comes from the wire: causes are ids of rules.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from inspect import isawaitable
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response
from starlette.routing import Route

from proxy_addons.admin.counted import Counted
from proxy_addons.admin.failure_groups import titles_of
from proxy_addons.admin.store_reader import BusyError
from proxy_addons.diagnosis.verdict import UNDETERMINED
from proxy_addons.sinks.store.browsing import stored_causes
from proxy_addons.sinks.store.trouble import RefusedDataError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from proxy_addons.admin.metrics_page import Collected
    from proxy_addons.admin.page_parts import PageParts

    type Told = dict[str, object]

STATUS_SCHEMA: Final = "why403.status/1"
STATUS_PATH: Final = "/status"
CAUSES_SHOWN: Final = 5
_HOUR_MS: Final = 3_600_000
_DAY_SECONDS: Final = 86_400
ENDS_SOON_DAYS: Final = 14
"""As the alert Why403CertificateExpiring has it."""

_NOT_HOLDING: Final[Mapping[str, tuple[str, str]]] = {
    "listeners": ("a proxy port takes no connections", "The log says why."),
    "rules": ("no rules are loaded", "The log names file, line and column."),
    "staying": ("it is leaving and takes no new connection", "If that was not wanted, start it again."),
}


def running_state_route(parts: PageParts, collected: Collected, readiness: Callable[[], Mapping[str, bool]]) -> Route:
    """The answer; 200 whatever it tells, because readiness is a part of it."""

    async def show(_: Request) -> Response:
        found = collected.collect()
        counted = Counted.of(await found if isawaitable(found) else found)
        conditions, now = dict(readiness()), time.time()
        troubles = [
            *_troubles(conditions, counted, now, stores=parts.store is not None),
            *_refused_rules(parts, counted),
        ]
        told = {
            "schema": STATUS_SCHEMA,
            "state": _state(conditions),
            "conditions": conditions,
            "troubles": [{"what": what, "remedy": remedy} for what, remedy in troubles],
            **running_state(counted, now),
            "ports": dict(parts.ports()),
            "last_hour": await _last_hour(parts, now),
        }
        if parts.store is None:
            told["store"] = {"state": "off"}
        return Response(orjson.dumps(told), media_type="application/json")

    return Route(STATUS_PATH, show, methods=["GET"])


def running_state(counted: Counted, now: float) -> Told:
    """What the numbers tell. Shares are of 1, times are RFC 3339, `..._seconds` are seconds."""
    build = counted.labels("why403_build_info")
    started = counted.number("process_start_time_seconds") or now
    ends = counted.number("why403_certificate_not_after_timestamp_seconds")
    taken_up = counted.number("why403_rules_last_reload_success_timestamp_seconds")
    return {
        "version": build.get("version", ""),
        "mitmproxy": build.get("mitmproxy", ""),
        "python": build.get("python", ""),
        "started": _moment(started),
        "up_seconds": max(0, int(now - started)),
        "workers": int(counted.number("why403_workers")) or 1,
        "exchanges": _exchanges(counted),
        "failures": _failures(counted),
        "store": {
            "state": "works" if counted.number("why403_store_up") else "unusable",
            "queue": int(counted.number("why403_store_queue_length")),
            "records": counted.total("why403_store_records_total"),
            "dropped": counted.by("why403_store_dropped_total", "reason"),
        },
        "sinks": {
            name: {"written": written, "failed": counted.total("why403_sink_failures_total", sink=name)}
            for name, written in counted.by("why403_sink_writes_total", "sink").items()
        },
        "rules": {
            "loaded": int(counted.number("why403_rules_loaded")),
            "revision": counted.labels("why403_rules_info").get("revision", ""),
            "taken_up": _moment(taken_up),
            "files_usable": bool(counted.number("why403_rules_last_reload_successful")),
        },
        "authority": {"ends": _moment(ends), "days_left": int((ends - now) // _DAY_SECONDS) if ends else None},
        "event_loop_lag": asdict(counted.slowest("why403_event_loop_lag_seconds")),
        "overhead": asdict(counted.slowest("why403_overhead_seconds")),
        "ews_exchanges": counted.total("why403_ews_exchanges_total"),
        "log_lines": counted.by("why403_log_messages_total", "level"),
        "internal_errors": counted.by("why403_internal_errors_total", "part"),
    }


def _exchanges(counted: Counted) -> Told:
    services = {
        name: {
            "exchanges": whole,
            "failures": counted.total("why403_failures_total", service=name),
            "no_answer": counted.total("why403_exchanges_total", service=name, outcome="no_response"),
        }
        for name, whole in counted.by("why403_exchanges_total", "service").items()
    }
    return {
        "total": counted.total("why403_exchanges_total"),
        "in_flight": int(counted.number("why403_exchanges_in_flight")),
        "by_service": services,
    }


def _failures(counted: Counted) -> Told:
    total = counted.total("why403_failures_total")
    unexplained = counted.total("why403_failures_total", certainty=UNDETERMINED)
    return {
        "total": total,
        "unexplained": unexplained,
        "unexplained_share": round(unexplained / total, 4) if total else None,
    }


def _state(conditions: Mapping[str, bool]) -> str:
    if conditions and all(conditions.values()):
        return "ready"
    return "leaving" if conditions.get("staying") is False else "not ready"


def _troubles(conditions: Mapping[str, bool], counted: Counted, now: float, *, stores: bool) -> list[tuple[str, str]]:
    """What is wrong at this moment, each with its remedy; what went wrong once stands in the numbers."""
    unknown = ("a condition does not hold", "The log says why.")
    found = [_NOT_HOLDING.get(name, unknown) for name, holds in conditions.items() if not holds]
    if not conditions:
        found.append(("it does not know yet whether it is ready", "Ask again in a moment."))
    if stores and not counted.number("why403_store_up"):
        found.append(("the failure store cannot be used", "The log names reason and remedy; traffic does not notice."))
    ends = counted.number("why403_certificate_not_after_timestamp_seconds")
    if ends and ends - now < ENDS_SOON_DAYS * _DAY_SECONDS:
        days = int((ends - now) // _DAY_SECONDS)
        told = "has ended" if days < 0 else f"ends in {days} days"
        found.append(
            (
                f"the proxy's authority {told}",
                "Move it out of --confdir, start again, and have clients trust the new one.",
            )
        )
    return found


def _refused_rules(parts: PageParts, counted: Counted) -> list[tuple[str, str]]:
    if not counted.number("why403_rules_last_reload_success_timestamp_seconds"):
        return []
    if counted.number("why403_rules_last_reload_successful"):
        return []
    told = parts.rules_trouble()
    reason = f": {told}" if told else ""
    return [
        (
            f"the rule files cannot be used, the rules before stay{reason}",
            "Run why403 rules check: it names every mistake.",
        )
    ]


async def _last_hour(parts: PageParts, now: float) -> Told:
    """The leading causes of what was stored whole within the last hour, by all proxies that share the store."""
    nothing: Told = {"stored": 0, "causes": []}
    if parts.store is None:
        return nothing
    try:
        found = await parts.store.ask(lambda database: stored_causes(database, int(now * 1000) - _HOUR_MS))
    except (StoreError, RefusedDataError, BusyError):
        return {**nothing, "unread": True}
    titles = titles_of(parts.rules())
    shown = [{"cause": cause, "title": titles.get(cause, ""), "stored": count} for cause, count in found[:CAUSES_SHOWN]]
    return {"stored": sum(count for _, count in found), "causes": shown}


def _moment(seconds: float) -> str | None:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}" if seconds else None
