"""The report on one failure: the typed form of the JSON contract `why403.report/1`.

Everything shown or stored (terminal box, page, Markdown, JSON, log line, bundle) is drawn from a `FailureReport`, never
from the exchange itself, so that one redaction of one value covers every place it would appear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proxy_addons.diagnosis.verdict import Diagnosis


@dataclass(frozen=True, slots=True)
class ExchangeSummary:
    """What was asked, of whom, and what came back. Times are RFC 3339 in UTC; empty text means not seen.

    `trace_id` and `span_id` are the client's, in hexadecimal digits (`evidence.trace_context`).
    """

    method: str
    url: str
    operation: str
    service: str
    surface: str
    cloud: str
    status: int | None
    time: str
    user_agent: str
    speaker: str
    request_id: str
    client_request_id: str
    support_headers: tuple[tuple[str, str], ...] = ()
    error_code: str = ""
    error_message: str = ""
    transport_error: str = ""
    hidden_in_success: bool = False
    trace_id: str = ""
    span_id: str = ""


@dataclass(frozen=True, slots=True)
class TokenSummary:
    """What the bearer token says; a decoded token is never a verified one. Empty text means absent or unreadable."""

    kind: str
    scheme: str = ""
    audience: str = ""
    tenant: str = ""
    issuer: str = ""
    app: str = ""
    identity: str = ""
    app_auth: str = ""
    permissions: tuple[str, ...] = ()
    directory_roles: tuple[str, ...] = ()
    issued: str = ""
    expires: str = ""
    lifetime_state: str = "unknown"
    unique_id: str = ""


@dataclass(frozen=True, slots=True)
class FailureReport:
    """One failure as it is shown: `id` names this occurrence, `fingerprint` the kind of failure."""

    id: str
    fingerprint: str
    exchange: ExchangeSummary
    token: TokenSummary
    diagnosis: Diagnosis
    notes: tuple[str, ...] = field(default=())
