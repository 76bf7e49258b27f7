"""The state of a proxy as its admin port tells it (`why403.status/1`), and the same for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.printing import counted
from proxy_addons.diagnosis.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.cli.admin_client import AdminPort

_LABEL: int = 12
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class Trouble(_Part):
    """What is wrong now, and what to do."""

    what: str
    remedy: str


class Service(_Part):
    """What passed of one service."""

    exchanges: int
    failures: int
    no_answer: int


class Exchanges(_Part):
    """What passed since the start."""

    total: int
    in_flight: int
    by_service: dict[str, Service]


class Failures(_Part):
    """What was refused since the start; the share is of 1, None where nothing was."""

    total: int
    unexplained: int
    unexplained_share: float | None


class Cause(_Part):
    """A leading cause of the last hour, and how many of its failures were stored whole."""

    cause: str
    title: str
    stored: int


class LastHour(_Part):
    """The last hour as the failure store has it."""

    stored: int
    causes: list[Cause]
    unread: bool = False


class Store(_Part):
    """How the failure store is, and what this proxy wrote to it since its start."""

    state: Literal["works", "unusable", "off"]
    queue: int = 0
    records: int = 0
    dropped: dict[str, int] = Field(default_factory=dict)


class Sink(_Part):
    """What one sink took and did not take since the start."""

    written: int
    failed: int


class Rules(_Part):
    """The rules in use."""

    loaded: int
    revision: str
    taken_up: str | None
    files_usable: bool


class Authority(_Part):
    """The proxy's certificate authority."""

    ends: str | None
    days_left: int | None


class Slow(_Part):
    """How long all but one of a hundred took; None where that is more than the buckets measure."""

    observed: int
    p99_within_seconds: float | None
    measured_to_seconds: float


class Status(_Part):
    """One answer of `/status`."""

    schema_: Literal["why403.status/1"] = Field(alias="schema")
    state: Literal["ready", "leaving", "not ready"]
    conditions: dict[str, bool]
    troubles: list[Trouble]
    version: str
    mitmproxy: str
    python: str
    started: str | None
    up_seconds: int
    workers: int
    ports: dict[str, int]
    exchanges: Exchanges
    failures: Failures
    last_hour: LastHour
    store: Store
    sinks: dict[str, Sink]
    rules: Rules
    authority: Authority
    event_loop_lag: Slow
    overhead: Slow
    ews_exchanges: int
    log_lines: dict[str, int]
    internal_errors: dict[str, int]


def read_status(answer: bytes, place: AdminPort) -> Status:
    """The answer of an admin port. Raises Complaint where it is none."""
    try:
        return Status.model_validate_json(answer)
    except ValidationError:
        raise Complaint(
            f"{place.url}/status says nothing this version understands. Ask with the why403 the proxy runs with"
        ) from None


def status_text(told: Status, url: str) -> str:
    """The state in lines for a terminal."""
    lines = [f"why403 {told.version} at {url} is {told.state}."]
    lines += [f"  ! {each.what[:1].upper()}{each.what[1:]}. {each.remedy}" for each in told.troubles]
    lines += ["", *(f"{name:<{_LABEL}}{value}" for name, value in _rows(told))]
    return "".join(f"{printable(line.rstrip())}\n" for line in lines)


def _rows(told: Status) -> Iterator[tuple[str, str]]:
    since = (told.started or "an unknown moment").replace("T", " ").replace("Z", " UTC")
    workers = f", {told.workers} workers" if told.workers > 1 else ""
    yield "up", f"{_span(told.up_seconds)}, since {since}{workers}"
    yield "versions", f"mitmproxy {told.mitmproxy}, Python {told.python}"
    yield "ports", ", ".join(f"{name} {port}" for name, port in told.ports.items()) or "unknown"
    yield "exchanges", f"{told.exchanges.total}, {told.exchanges.in_flight} under way"
    for name, service in told.exchanges.by_service.items():
        unanswered = f", {service.no_answer} without an answer" if service.no_answer else ""
        yield "", f"{name:<11} {service.exchanges:>8}, {service.failures} refused{unanswered}"
    yield "refused", _refused(told.failures)
    yield from _last_hour(told.last_hour)
    yield "store", _store(told.store)
    yield "sinks", ", ".join(_sink(name, each) for name, each in told.sinks.items()) or "nothing handed out yet"
    taken_up = f", taken up {_shown_moment(told.rules.taken_up)}" if told.rules.taken_up else ""
    yield "rules", f"{told.rules.loaded}, revision {told.rules.revision}{taken_up}"
    left = told.authority.days_left
    yield "authority", f"ends {_shown_moment(told.authority.ends)}, in {left} days" if left is not None else "unknown"
    yield "loop lag", _percentile(told.event_loop_lag)
    yield "overhead", _percentile(told.overhead)
    yield "EWS", f"still called, {counted(told.ews_exchanges, 'time')}" if told.ews_exchanges else "not called"
    noted = {**told.log_lines, **{f"own errors in {part}": count for part, count in told.internal_errors.items()}}
    yield "log", ", ".join(f"{name} {count}" for name, count in noted.items()) or "neither warnings nor errors"


def _refused(failures: Failures) -> str:
    if failures.unexplained_share is None:
        return "nothing"
    return f"{failures.total}, {failures.unexplained} of them unexplained ({failures.unexplained_share:.1%})"


def _last_hour(hour: LastHour) -> Iterator[tuple[str, str]]:
    if hour.unread:
        yield "last hour", "the failure store cannot be read"
        return
    yield "last hour", f"{counted(hour.stored, 'failure')} stored whole" if hour.stored else "no failure stored"
    for each in hour.causes:
        yield "", f"{each.stored:>6}  {each.cause}{f': {each.title}' if each.title else ''}"


def _store(store: Store) -> str:
    if store.state == "off":
        return "off"
    dropped = f", dropped: {_numbers(store.dropped)}" if store.dropped else ""
    return f"{store.state}, {counted(store.records, 'record')} written, {store.queue} waiting{dropped}"


def _sink(name: str, sink: Sink) -> str:
    return f"{name} {sink.written}{f' ({sink.failed} failed)' if sink.failed else ''}"


def _numbers(named: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in named.items())


def _percentile(slow: Slow) -> str:
    if not slow.observed:
        return "not measured yet"
    if slow.p99_within_seconds is None:
        return f"more than one of 100 above {slow.measured_to_seconds * 1000:g} ms"
    return f"99 of 100 within {slow.p99_within_seconds * 1000:g} ms"


def _shown_moment(moment: str | None) -> str:
    return "unknown" if moment is None else moment.replace("T", " ").replace("Z", " UTC")


def _span(seconds: int) -> str:
    if seconds < _MINUTE:
        return counted(seconds, "second")
    if seconds < _HOUR:
        return counted(seconds // _MINUTE, "minute")
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{counted(seconds // _DAY, 'day')} {seconds % _DAY // _HOUR} h"
