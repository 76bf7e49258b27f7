"""Facts about what was asked: method, operation, service, mailbox, and the shape of what an Entra form carries."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from proxy_addons.evidence import soap
from proxy_addons.evidence.operation import (
    graph_operation,
    is_guid,
    mailbox_in_path,
    tenant_in_path,
    user_id_in_path,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.evidence.exchange import Request
    from proxy_addons.evidence.services import Service

Reading = tuple[str, "str | int | bool | tuple[str, ...] | None", str]

_SECRET_FIELDS: Final = frozenset(
    {
        "client_secret",
        "client_assertion",
        "assertion",
        "code",
        "code_verifier",
        "refresh_token",
        "password",
        "device_code",
        "user_code",
        "state",
        "nonce",
        "id_token",
        "access_token",
        "requested_token",
        "subject_token",
        "actor_token",
    }
)
_CREDENTIAL_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_ANCHOR_PREFIXES: Final = frozenset({"", "SMTP", "UPN", "AAD-SMTP", "AAD-UPN"})
_MAX_FIELDS: Final = 200
_CMDLET_SURFACES: Final = frozenset({"admin-api", "exo-powershell"})


def read(request: Request, service: Service) -> Iterator[Reading]:
    """Everything a request says about itself, token aside."""
    url = request.split_url
    yield "request.method", request.method.upper(), "request line"
    yield "request.scheme", url.scheme.lower(), "request URL"
    yield "request.host", request.host, "request URL"
    yield "request.path", url.path, "request URL"
    yield "request.query", url.query or None, "request URL"
    yield "service.name", service.name, "request URL"
    yield "service.surface", service.surface, "request URL"
    yield "service.cloud", service.cloud, "request URL"
    yield "service.audiences", service.audiences, "request URL"
    yield "request.user_agent", request.headers.get("user-agent"), "request header User-Agent"
    yield "request.tenant", tenant_in_path(url.path, service.surface) or None, "request URL"
    yield "request.header.", None, "request headers"
    for name, value in request.headers.joined().items():
        yield f"request.header.{name}", shown_header(name, value), f"request header {name}"
    anchor = request.headers.get("x-anchormailbox")
    yield "request.anchor_mailbox", anchor, "request header X-AnchorMailbox"
    domain = (anchor or "").rpartition("@")[2].strip().lower() if "@" in (anchor or "") else ""
    yield "request.anchor_domain", domain or None, "request header X-AnchorMailbox"
    yield "request.is_app_anchor", (anchor or "").upper().startswith("APP:"), "request header X-AnchorMailbox"
    yield from _body(request, service)


def read_asked(request: Request, service: Service) -> Iterator[Reading]:
    """Only what calls are compared by: operation, mailbox, tenant, form, User-Agent. A healthy call costs no more."""
    path = request.split_url.path
    yield "request.user_agent", request.headers.get("user-agent"), "request header User-Agent"
    yield "request.tenant", tenant_in_path(path, service.surface) or None, "request URL"
    yield from _body(request, service, keys=False)


def shown_header(name: str, value: str) -> str:
    """A header's value as a fact. Of credentials only that they were sent, for facts get into sentences."""
    return "sent" if name in _CREDENTIAL_HEADERS else value


def _body(request: Request, service: Service, *, keys: bool = True) -> Iterator[Reading]:
    """What the body tells; without `keys` JSON is read only where it names the operation."""
    if service.surface == "ews":
        yield from _ews(request)
        return
    form = _form(request) if service.name == "entra" else None
    if form is not None:
        yield from _form_facts(form, complete=not request.body.truncated)
    cmdlet = None
    decoded = _json_object(request) if keys or service.surface in _CMDLET_SURFACES else None
    if decoded is not None:
        yield "request.body_keys", tuple(key.lower() for key in decoded), "request body"
    if decoded is not None and service.surface in _CMDLET_SURFACES:
        command = decoded.get("CmdletInput")
        cmdlet = command.get("CmdletName") if isinstance(command, dict) else None
        yield "request.cmdlet", cmdlet if isinstance(cmdlet, str) else None, "request body CmdletInput.CmdletName"
    named = mailbox_in_path(request.split_url.path)
    yield from _mailbox(named or _anchored(request), "request URL" if named else "request header X-AnchorMailbox")
    yield "request.user_id", user_id_in_path(request.split_url.path) or None, "request URL"
    yield "request.operation", _operation(request, service, form or {}, cmdlet), "request"


def _form_facts(form: Mapping[str, str], *, complete: bool) -> Iterator[Reading]:
    if complete:
        yield "request.form.", None, "request body"
    for name, value in form.items():
        shown = _shape(value) if name.lower() in _SECRET_FIELDS else value
        yield f"request.form.{name.lower()}", shown, f"request body field {name}"


def _operation(request: Request, service: Service, form: Mapping[str, str], cmdlet: object) -> str:
    """The operation as a label: only names of the interface, nothing a caller could put a person or a secret into."""
    path, method = request.split_url.path, word(request.method.upper(), "OTHER")
    if service.surface == "token-endpoint" and form.get("grant_type"):
        return word(form["grant_type"].rpartition(":")[2], "token")
    if isinstance(cmdlet, str) and re.fullmatch(r"[A-Za-z]{1,40}-[A-Za-z0-9]{1,60}", cmdlet):
        return cmdlet
    if service.surface in {"graph", "aad-graph", "outlook-rest", "graph-batch"}:
        return graph_operation(method, path)
    if service.surface in {"admin-api", "exo-powershell"}:
        endpoint = "".join(path.strip("/").split("/")[3:][-1:])
        return f"{method} {word(endpoint.partition('(')[0], '{id}')}"
    return f"{method} {service.surface}"


def _ews(request: Request) -> Iterator[Reading]:
    message = soap.read_request(request.body.text)
    action = (request.headers.get("soapaction") or "").strip('"').rpartition("/")[2]
    named = word(message.operation, "") if message else ""
    operation = named or word(action, "")
    if operation:
        yield "ews.operation", operation, "request body" if named else "request header SOAPAction"
    yield "request.operation", f"EWS {operation}".rstrip(), "request"
    cut_off = request.body.truncated
    if message is None or (cut_off and not message.operation):
        yield from _mailbox(_anchored(request), "request header X-AnchorMailbox")
        return
    yield "ews.impersonation", message.impersonation_by, "request body ExchangeImpersonation"
    yield "ews.impersonated", message.impersonated or None, "request body ExchangeImpersonation"
    other = bool(message.mailbox) and message.mailbox.casefold() != message.impersonated.casefold()
    if other or not cut_off:
        yield "ews.addresses_other_mailbox", other, "request body t:Mailbox"
    if not cut_off:
        yield "ews.fields", message.fields, "request body t:FieldURI"
    mailbox = message.mailbox or message.impersonated
    yield from _mailbox(mailbox or _anchored(request), "request body" if mailbox else "request header X-AnchorMailbox")


def _mailbox(address: str, seen_in: str) -> Iterator[Reading]:
    yield "request.mailbox", address or None, seen_in
    yield "request.mailbox_domain", address.rpartition("@")[2].lower() or None if "@" in address else None, seen_in


def _anchored(request: Request) -> str:
    """The address in X-AnchorMailbox, without its prefix; app anchors name a system mailbox and count as none."""
    anchor = (request.headers.get("x-anchormailbox") or "").strip()
    prefix, colon, rest = anchor.partition(":")
    if "SystemMailbox{" in anchor or (colon and prefix.upper() not in _ANCHOR_PREFIXES):
        return ""
    return rest if colon else anchor


def _form(request: Request) -> Mapping[str, str] | None:
    """The fields of a form body; None where they are not known. The label is not trusted.

    More fields than any client sends are not read, and neither is the last field of a body that was cut off.
    """
    text = request.body.text
    if request.body.content is None:
        return None
    if text.lstrip().startswith(("{", "[", "<")):
        return {}
    try:
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return None
    return dict(fields[:-1] if request.body.truncated else fields)


def _shape(value: str) -> str:
    """What a secret looks like, never the secret: enough to see that a secret's id was sent for its value."""
    if is_guid(value):
        return "guid"
    if re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", value):
        return "jwt"
    return "encoded-text" if re.search(r"%[0-9A-Fa-f]{2}", value) else "text" if value else ""


def _json_object(request: Request) -> Mapping[str, object] | None:
    """The JSON object of a body, empty where the body is none; None where that is not known."""
    body = request.body
    try:
        decoded: object = json.loads(body.text) if body.text.lstrip().startswith("{") else {}
    except (ValueError, RecursionError):
        return None if body.truncated else {}
    return None if body.content is None else decoded if isinstance(decoded, dict) else {}
