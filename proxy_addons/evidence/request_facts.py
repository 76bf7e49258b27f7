"""Facts about what was asked: method, operation, service, mailbox, and the shape of what an Entra form carries."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from proxy_addons.evidence import soap
from proxy_addons.evidence.operation import graph_operation, is_guid, mailbox_in_path, tenant_in_path

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
    for name in dict.fromkeys(name.lower() for name, _ in request.headers.fields):
        yield f"request.header.{name}", ", ".join(request.headers.get_all(name)), f"request header {name}"
    anchor = request.headers.get("x-anchormailbox")
    yield "request.anchor_mailbox", anchor, "request header X-AnchorMailbox"
    yield "request.is_app_anchor", (anchor or "").upper().startswith("APP:"), "request header X-AnchorMailbox"
    yield from _body(request, service)


def _body(request: Request, service: Service) -> Iterator[Reading]:
    if service.surface == "ews":
        yield from _ews(request)
        return
    form: Mapping[str, str] = {}
    if request.body.content is not None and service.name == "entra":
        form = _form(request)
        yield "request.form.", None, "request body"
        for name, value in form.items():
            shown = _shape(value) if name.lower() in _SECRET_FIELDS else value
            yield f"request.form.{name.lower()}", shown, f"request body field {name}"
    decoded = _json_object(request)
    if request.body.content is not None:
        keys = tuple(key.lower() for key in decoded)
        yield "request.body_keys", keys, "request body"
    command = decoded.get("CmdletInput")
    cmdlet = command.get("CmdletName") if isinstance(command, dict) else None
    if service.surface in {"admin-api", "exo-powershell"} and request.body.content is not None:
        yield "request.cmdlet", cmdlet if isinstance(cmdlet, str) else None, "request body CmdletInput.CmdletName"
    path = request.split_url.path
    mailbox = mailbox_in_path(path) or _anchored(request)
    yield from _mailbox(mailbox, "request URL" if mailbox_in_path(path) else "request header X-AnchorMailbox")
    yield "request.operation", _operation(request, service, form, cmdlet), "request"


def _operation(request: Request, service: Service, form: Mapping[str, str], cmdlet: object) -> str:
    path = request.split_url.path
    if service.surface == "token-endpoint" and form.get("grant_type"):
        return form["grant_type"].rpartition(":")[2] or "token"
    if isinstance(cmdlet, str) and re.fullmatch(r"[A-Za-z]+-[A-Za-z0-9]+", cmdlet):
        return cmdlet
    if service.surface in {"graph", "aad-graph", "outlook-rest", "graph-batch"}:
        return graph_operation(request.method, path)
    if service.surface in {"admin-api", "exo-powershell"}:
        return f"{request.method.upper()} {path.rstrip('/').rpartition('/')[2]}"
    return f"{request.method.upper()} {service.surface}"


def _ews(request: Request) -> Iterator[Reading]:
    read_message = soap.read_request(request.body.text)
    action = (request.headers.get("soapaction") or "").strip('"').rpartition("/")[2]
    operation = (read_message.operation if read_message else "") or action
    if operation:
        yield "ews.operation", operation, "request body" if read_message else "request header SOAPAction"
    yield "request.operation", f"EWS {operation}".rstrip(), "request body"
    if read_message is None:
        yield from _mailbox(_anchored(request), "request header X-AnchorMailbox")
        return
    yield "ews.impersonation", read_message.impersonation_by, "request body ExchangeImpersonation"
    yield "ews.impersonated", read_message.impersonated or None, "request body ExchangeImpersonation"
    yield "ews.addresses_other_mailbox", bool(read_message.mailbox), "request body t:Mailbox"
    yield "ews.fields", read_message.fields, "request body t:FieldURI"
    mailbox = read_message.mailbox or read_message.impersonated
    yield from _mailbox(mailbox or _anchored(request), "request body" if mailbox else "request header X-AnchorMailbox")


def _mailbox(address: str, seen_in: str) -> Iterator[Reading]:
    yield "request.mailbox", address or None, seen_in
    yield "request.mailbox_domain", address.rpartition("@")[2].lower() or None if "@" in address else None, seen_in


def _anchored(request: Request) -> str:
    """The address in X-AnchorMailbox, without its prefix; app anchors name a system mailbox and count as none."""
    anchor = (request.headers.get("x-anchormailbox") or "").strip()
    prefix, colon, rest = anchor.partition(":")
    if prefix.upper() == "APP" or "SystemMailbox{" in anchor:
        return ""
    return rest if colon and "@" not in prefix else anchor


def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form body; the label is not trusted, and more fields than any client sends are no form."""
    if request.body.text.lstrip().startswith(("{", "[", "<")):
        return {}
    try:
        return dict(parse_qsl(request.body.text, keep_blank_values=True, max_num_fields=200))
    except ValueError:
        return {}


def _shape(value: str) -> str:
    """What a secret looks like, never the secret: enough to see that a secret's id was sent for its value."""
    if is_guid(value):
        return "guid"
    if re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", value):
        return "jwt"
    return "encoded-text" if re.search(r"%[0-9A-Fa-f]{2}", value) else "text" if value else ""


def _json_object(request: Request) -> Mapping[str, object]:
    if not request.body.text.lstrip().startswith("{"):
        return {}
    try:
        decoded: object = json.loads(request.body.text)
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}
