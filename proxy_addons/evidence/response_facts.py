"""Facts about the answer: who spoke, status, challenge, diagnostics, error; or how the connection failed."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from proxy_addons.evidence.challenge import cae_code, not_before, read_challenges, read_claims, read_diagnostics
from proxy_addons.evidence.error_body import body_kind, read_error, written_aadsts
from proxy_addons.evidence.hidden import access_status
from proxy_addons.evidence.plain_refusal import plain_refusal
from proxy_addons.evidence.request_facts import shown_header
from proxy_addons.evidence.speaker import has_microsoft_ids, who_answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.evidence.error_body import ServiceError
    from proxy_addons.evidence.exchange import Exchange, Response
    from proxy_addons.evidence.request_facts import Reading
    from proxy_addons.evidence.services import Service

_PAGE_LIMIT: Final = 4000
_STAGES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (stage, re.compile(pattern, re.IGNORECASE))
    for stage, pattern in (
        ("dns", r"name or service|getaddrinfo|nodename|no address associated|name resolution|name_not_resolved"),
        ("tls", r"tls|ssl|cert|handshake"),
        ("timeout", r"timed?[ _]?out"),
        ("reset", r"reset|broken pipe|closed connection|connection[ _]closed|disconnect|eof|peer closed"),
        ("protocol", r"protocol|invalid http|malformed|cannot parse|unexpected server response|smuggling"),
        ("connect", r"refused|unreachable|no route|connect call failed|not connect|connection[ _]failed|establish"),
    )
)
TRANSPORT_STAGES: Final = (*(stage for stage, _ in _STAGES), "other")


def read(exchange: Exchange, service: Service) -> Iterator[Reading]:
    """Everything the answer says; without one, why there is none."""
    yield "error.hidden", exchange.hidden, "response body"
    response = exchange.response
    if response is None:
        yield "transport.error", exchange.transport_error or "no response", "connection"
        yield "transport.stage", transport_stage(exchange.transport_error), "connection"
        yield "speaker.name", "none", "connection"
        return
    yield "transport.error", None, "connection"
    yield "response.status", response.status, "response status line"
    yield from _headers(response)
    yield from _day(exchange)
    error = read_error(response.body)
    yield from _body(response, error, service)
    yield from _challenges(response)
    yield from _diagnostics(response)
    yield from _error(response, error, service)


def _headers(response: Response) -> Iterator[Reading]:
    yield "response.header.", None, "response headers"
    for name, value in response.headers.joined().items():
        yield f"response.header.{name}", shown_header(name, value), f"response header {name}"
    yield "response.has_microsoft_ids", has_microsoft_ids(response.headers), "response headers"
    via = ", ".join(response.headers.get_all("via"))
    yield "response.proxies", tuple(part.strip() for part in via.split(",") if part.strip()), "response header Via"
    error = _redirect_parameter(response, "error")
    yield "response.redirect_error", error or None, "response header Location"


def _day(exchange: Exchange) -> Iterator[Reading]:
    """The day of the answer by the server's clock; without one the recorder's will do, which is seldom days off."""
    moment = exchange.server_time
    dated = exchange.response is not None and exchange.response.date is not None
    with contextlib.suppress(ValueError, OverflowError, OSError):
        if moment is not None:
            day = datetime.fromtimestamp(moment, UTC).date().isoformat()
            yield "response.date_day", day, "response header Date" if dated else "recorder's clock"


def _redirect_parameter(response: Response, name: str) -> str:
    """A parameter of the redirect target, query or fragment (OAuth 2.0 authorization answers), or empty."""
    try:
        parts = urlsplit(response.headers.get("location") or "")
        found = [parse_qs(part, max_num_fields=100).get(name, [""])[0] for part in (parts.query, parts.fragment)]
    except ValueError:
        return ""
    return next(filter(None, found), "")


def _body(response: Response, error: ServiceError, service: Service) -> Iterator[Reading]:
    kind = body_kind(response.body)
    yield "response.body_kind", kind, "response body"
    page = response.body.text[:_PAGE_LIMIT] if kind in {"html", "text"} else ""
    if response.body.content is not None:
        yield "response.body_size", len(response.body.content), "response body"
        yield "response.body_text", page or None, "response body"
        if service.surface == "activesync":
            yield "activesync.status", access_status(response.body), "response body"
    # Somebody in front of Graph may answer with a page, which Graph's gateway packs into a message.
    packed = error.message[:_PAGE_LIMIT] if kind == "json" and "<" in error.message else ""
    speaker = who_answered(response.headers, page or packed, service)
    yield "speaker.name", speaker.name, speaker.seen_in or "response headers"
    yield "speaker.product", speaker.product or None, speaker.seen_in or "response headers"


def _challenges(response: Response) -> Iterator[Reading]:
    where = "response header WWW-Authenticate"
    challenges = read_challenges(response.headers.get_all("www-authenticate"))
    yield "challenge.present", "www-authenticate" in response.headers, where
    in_handshake = any(c.carries_token and c.scheme in {"ntlm", "negotiate"} for c in challenges)
    yield "challenge.in_handshake", in_handshake, where
    yield "challenge.schemes", tuple(challenge.scheme for challenge in challenges), where
    # Where PoP and Bearer share a field, the error stands at the Bearer challenge; an error at another counts as well.
    wanted = ("claims", "error")
    told = next((c for name in wanted for c in challenges if name in c.parameters), None)
    bearer = told or next((c for c in challenges if c.scheme == "bearer"), None)
    parameters = bearer.parameters if bearer else {}
    description = parameters.get("error_description") or parameters.get("errordescription")
    claims = read_claims(parameters["claims"]) if "claims" in parameters else None
    yield "challenge.error", parameters.get("error"), where
    yield "challenge.description", description, where
    yield "challenge.cae_code", cae_code(description) or None, where
    yield "challenge.authorization_uri", parameters.get("authorization_uri"), where
    yield "challenge.has_claims", bool(parameters.get("claims")), where
    demands = claims.demands if claims else {}
    if claims or "claims" not in parameters:
        yield "challenge.claim_names", tuple(demands), f"{where}, claims"
        yield "challenge.acrs", " ".join(demands.get("acrs", ())) or None, f"{where}, claims"
        yield "challenge.nbf", not_before(claims) if claims else None, f"{where}, claims"


def _diagnostics(response: Response) -> Iterator[Reading]:
    where = "response header x-ms-diagnostics"
    diagnostics = read_diagnostics(response.headers.get("x-ms-diagnostics"))
    yield "diagnostics.number", diagnostics.number if diagnostics else None, where
    yield "diagnostics.reason", (diagnostics.reason or None) if diagnostics else None, where
    yield "diagnostics.category", (diagnostics.category or None) if diagnostics else None, where


def _error(response: Response, error: ServiceError, service: Service) -> Iterator[Reading]:
    body, where = response.body, "response body"
    found = error.dialect != "none"
    if body.content is None or (body.truncated and not found):
        return
    yield "error.dialect", error.dialect, where
    yield "error.code", error.code if found else None, where
    yield "error.outer_code", error.outer_code if found else None, where
    yield "error.outer_message", error.outer_message[:_PAGE_LIMIT] if found else None, where
    yield "error.message", error.message[:_PAGE_LIMIT] if found else None, where
    yield "error.plain_refusal", plain_refusal(error), where
    yield "error.codes", error.codes, where
    yield "error.aadsts", error.aadsts, where
    yield "error.required_permissions", error.required, where
    if error.cut_off:
        return
    description = error.description or _redirect_parameter(response, "error_description")
    yield "error.description", description[:_PAGE_LIMIT] or None, where
    yield "error.suberror", error.suberror or None, where
    if error.aadsts is None:
        yield "error.aadsts", _shown_aadsts(response, description, service), where
    yield "error.fault_code", error.fault_code or None, where
    yield "error.has_claims", bool(error.claims), where
    if error.held_printed:
        yield "error.held_permissions", error.held, where


def _shown_aadsts(response: Response, description: str, service: Service) -> int | None:
    """The AADSTS number of an authorize answer, which is no JSON: a redirect's error_description or an error page."""
    if service.name != "entra":
        return None
    page = response.body.text[:_PAGE_LIMIT] if body_kind(response.body) in {"html", "text"} else ""
    return written_aadsts(description, page)


def transport_stage(transport_error: str) -> str:
    """Where a connection failed, told from the words of mitmproxy or of a recorder: nothing else is handed on."""
    return next((stage for stage, pattern in _STAGES if pattern.search(transport_error)), "other")
