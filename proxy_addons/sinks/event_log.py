"""The log: one canonical line per failure, and every other line of the process in the same form.

Field names are those of OpenTelemetry's HTTP conventions and the Elastic Common Schema where they have one
(`http.request.method`, `rule.id`, `@timestamp`); token facts have no standard and stand under `auth.`, ids a Microsoft
support case asks for under `ms.`. Lines are flat, so that `jq`, Loki and Elasticsearch need no preparation.

mitmproxy writes whole requests into some of its INFO lines, so nothing below WARNING is taken from it.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

import proxy_addons
from proxy_addons.diagnosis.report_text import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from structlog.typing import EventDict, Processor, WrappedLogger

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.sinks.metrics import Metrics
    from proxy_addons.sinks.worker import LineWriter

type Field = str | int | list[str] | None

FAILURE_LOGGER: Final = "why403.failure"
_QUIET_LOGGERS: Final = ("mitmproxy", "asyncio", "hpack", "quic", "tornado", "urwid", "uvicorn")
_SECRET: Final = re.compile(
    r"(?i)\b(bearer|basic|negotiate|ntlm|digest)\s+[a-z0-9._~+/=-]{12,}|\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}|\bEw[A-Z][\w+/=-]{40,}"
)

_logger = logging.getLogger(FAILURE_LOGGER)


def failure_fields(report: FailureReport) -> dict[str, Field]:
    """A redacted report as log fields; what was not seen is left out."""
    exchange, token, leading = report.exchange, report.token, report.diagnosis.leading
    fields: dict[str, Field] = {
        "event.name": "why403.failure",
        "why403.id": report.id,
        "why403.fingerprint": report.fingerprint,
        "why403.service": exchange.service,
        "why403.surface": exchange.surface,
        "why403.operation": exchange.operation,
        "rule.id": leading.cause,
        "rule.name": leading.title,
        "auth.verdict": leading.verdict,
        "auth.certainty": leading.certainty.value,
        "auth.gate": leading.gate.value,
        "auth.token.kind": token.kind,
        "auth.token.audience": token.audience,
        "auth.token.tenant_id": token.tenant,
        "auth.token.app_id": token.app,
        "auth.token.identity": token.identity,
        "auth.token.permissions": list(token.permissions),
        "auth.token.lifetime": token.lifetime_state,
        "auth.error.code": exchange.error_code,
        "auth.speaker": exchange.speaker,
        "error.type": exchange.transport_error or exchange.error_code,
        "http.request.method": exchange.method,
        "http.response.status_code": exchange.status,
        "server.address": urlsplit(exchange.url).hostname or "",
        "url.full": exchange.url,
        "user_agent.original": exchange.user_agent,
        "ms.request_id": exchange.request_id,
        "ms.client_request_id": exchange.client_request_id,
        "trace.id": exchange.trace_id,
        "span.id": exchange.span_id,
    }
    return {name: value for name, value in fields.items() if value not in ("", None, [])}


def log_failure(report: FailureReport) -> None:
    """Write the canonical line of a redacted report."""
    _logger.info("%s", one_line(report), extra={"fields": failure_fields(report)})


class QueuedHandler(logging.Handler):
    """Formats a line where it arises; a thread writes it, because a full pipe must not hold up the event loop."""

    def __init__(self, writer: LineWriter, metrics: Metrics) -> None:
        super().__init__()
        self._writer = writer
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        """Count the line by level and queue it."""
        if record.levelno >= logging.WARNING:
            level = "critical" if record.levelno >= logging.CRITICAL else record.levelname.lower()
            self._metrics.log_messages.labels(level).inc()
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - a line nobody can format must not raise into whoever logged it
            line = f"a log line of {record.name} could not be formatted"
        if not self._writer.put(line):
            self._metrics.sink_failures.labels("log").inc()


class _LateFormatter(logging.Formatter):
    """Makes the formatter when the first line is to be written, which is after the proxy listens."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._made: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if self._made is None:
            self._made = _formatter(as_json=self._as_json)
        return self._made.format(record)


def _formatter(*, as_json: bool) -> logging.Formatter:
    import structlog
    from structlog.tracebacks import ExceptionDictTransformer

    last: list[Processor] = [_as_json_fields, structlog.processors.JSONRenderer(_dump)] if as_json else [_as_text]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow=["fields", "client"])],
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="@timestamp"),
            # show_locals stays off: a local variable of a failing frame may well be a token.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=20)),
            _take_record,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_secrets,
            *last,
        ],
    )


def start_logging(writer: LineWriter, metrics: Metrics, *, as_json: bool) -> QueuedHandler:
    """Send every log line of this process to `writer`, as JSON or as text for people. Undo it with `stop_logging`."""
    handler = QueuedHandler(writer, metrics)
    handler.setFormatter(_LateFormatter(as_json=as_json))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler


def stop_logging(handler: QueuedHandler) -> None:
    """Detach from the root logger."""
    logging.getLogger().removeHandler(handler)


def _take_record(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    return {**event, "log.level": record.levelname.lower(), "log.logger": record.name}


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The last line of defence, for texts of other people's code: what looks like a credential is masked."""
    # What may hold a credential is not remembered; the fields of a failure are redacted before they come here.
    return {name: _masked(value, _known if name == "fields" else _masked_text) for name, value in event.items()}


def _masked(value: object, mask: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_masked(item, mask) for item in value]
    if isinstance(value, dict):
        return {name: mask(item) if isinstance(item, str) else _masked(item, mask) for name, item in value.items()}
    return value


def _masked_text(text: str) -> str:
    return _SECRET.sub("<credential removed>", text)


_known: Final = lru_cache(maxsize=1024)(_masked_text)
"""The lines of a storm say nearly the same again and again, and to look costs more than to remember."""


def _as_json_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    fields: Mapping[str, Field] = event.pop("fields", None) or {}
    client = event.pop("client", None)
    peer = {"client.address": client[0], "client.port": client[1]} if client else {}
    raised = event.pop("exception", None) or []
    error = {"error.type": raised[0]["exc_type"], "error.message": raised[0]["exc_value"]} if raised else {}
    trail = {"error.stack_trace": _trail(raised)} if raised else {}
    return {
        "@timestamp": event.pop("@timestamp"),
        "log.level": event.pop("log.level"),
        "message": event.pop("event"),
        "service.name": "why403",
        "service.version": proxy_addons.__version__,
        **peer,
        **fields,
        **error,
        **trail,
        **event,
    }


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    clock = str(event["@timestamp"])[11:19]
    trail = " < ".join(_trail(event.get("exception") or []))
    return f"{clock} {event['log.level']:<8}{printable(str(event['event']))}{f' ({trail})' if trail else ''}"


def _trail(raised: list[dict[str, Any]]) -> list[str]:
    """Where an error came through, innermost first."""
    return [f"{frame['filename']}:{frame['lineno']}" for stack in raised for frame in reversed(stack["frames"])]


def _dump(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
