"""The few things a diagnosis needs from a SOAP message: EWS operation, impersonation, fault, response codes.

Read by scanning tags instead of building a tree: captured bodies are cut off at a bound, and half a message still says
what was asked. Nothing is expanded, so document types and entity bombs are text like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Final

_BODY: Final = re.compile(r"<(?:[\w.-]+:)?Body\b[^>]*>\s*<(?:[\w.-]+:)?(?P<operation>\w+)", re.DOTALL)
_ENVELOPE: Final = re.compile(r"<(?:[\w.-]+:)?Envelope\b")
# The element is named after the operation or not at all: FindItemResponseMessage, ResponseMessage (free/busy),
# DelegateUserResponseMessageType, GetInboxRulesResponse. Only the attribute is common to all.
_ERROR_MESSAGE: Final = re.compile(
    r"<(?:[\w.-]+:)?(?P<message>\w+)\b[^>]*\bResponseClass\s*=\s*[\"']Error[\"'][^>]*>(?P<inside>.*?)</(?:[\w.-]+:)?(?P=message)>",
    re.DOTALL,
)
_FOLDER_MAILBOX: Final = re.compile(
    r"<(?:[\w.-]+:)?DistinguishedFolderId\b[^>]*>\s*<(?:[\w.-]+:)?Mailbox\b[^>]*>(?P<inside>.*?)</(?:[\w.-]+:)?Mailbox\s*>",
    re.DOTALL,
)
_DELEGATE_OPERATIONS: Final = frozenset({"GetDelegate", "AddDelegate", "RemoveDelegate", "UpdateDelegate"})
_FIELD: Final = re.compile(r"\bFieldURI\s*=\s*[\"']([\w:]{1,80})[\"']")
_IDENTIFIERS: Final = {
    "PrimarySmtpAddress": "smtp",
    "SmtpAddress": "smtp",
    "PrincipalName": "upn",
    "SID": "sid",
}


def is_soap(text: str) -> bool:
    """Whether a text holds a SOAP envelope, whatever its prefix."""
    return _ENVELOPE.search(text, 0, 4096) is not None


def element(text: str, name: str) -> str | None:
    """The text of the first element of that local name, entities resolved; None where there is none."""
    match = re.search(rf"<(?:[\w.-]+:)?{name}\b[^>]*?(?:/>|>(?P<inside>.*?)</(?:[\w.-]+:)?{name}\s*>)", text, re.DOTALL)
    if match is None:
        return None
    return unescape(re.sub(r"<[^>]*>", "", match["inside"] or "")).strip()


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """What an EWS call asks: operation, and whom it impersonates and by which identifier (`by` None: nobody).

    `mailbox` is another mailbox whose folders are meant, empty where there is none; `fields` are the properties named.
    """

    operation: str
    impersonation_by: str | None
    impersonated: str
    mailbox: str
    fields: tuple[str, ...] = ()


def read_request(text: str) -> SoapRequest | None:
    """Read an EWS request; None where the text is no SOAP."""
    if not is_soap(text):
        return None
    body = _BODY.search(text)
    operation = body["operation"] if body else ""
    header = text[: body.start()] if body else text
    by, who = _impersonation(header)
    inside = text[body.start() :] if body else ""
    fields = tuple(dict.fromkeys(_FIELD.findall(inside)))
    return SoapRequest(operation, by, who, _target(operation, inside), fields)


def _target(operation: str, body: str) -> str:
    """The mailbox whose folders or delegates are meant; a t:Mailbox elsewhere is a recipient or a sender."""
    folder = _FOLDER_MAILBOX.search(body)
    if folder is not None:
        return element(folder["inside"], "EmailAddress") or ""
    if operation in _DELEGATE_OPERATIONS:
        return element(body, "EmailAddress") or ""
    return element(body, "MailboxSmtpAddress") or ""


def _impersonation(header: str) -> tuple[str | None, str]:
    block = re.search(r"<(?:[\w.-]+:)?ExchangeImpersonation\b[^>]*?(?:/>|>(?P<inside>.*?)</)", header, re.DOTALL)
    if block is None:
        return None, ""
    found = [(kind, value) for name, kind in _IDENTIFIERS.items() if (value := element(header[block.start() :], name))]
    if not found:
        return "empty", ""
    return ("several", found[0][1]) if len(found) > 1 else found[0]


@dataclass(frozen=True, slots=True)
class SoapError:
    """One error of an EWS answer: ResponseCode or fault code, its text, and the fault's own code."""

    code: str
    message: str
    fault_code: str = ""


def read_fault(text: str) -> SoapError | None:
    """Read a SOAP 1.1 or 1.2 fault; the EWS ResponseCode in its detail is the most specific code."""
    if not is_soap(text) or not re.search(r"<(?:[\w.-]+:)?Fault\b", text):
        return None
    fault_code = (element(text, "faultcode") or element(text, "Value") or "").rpartition(":")[2]
    message = element(text, "Message") or element(text, "faultstring") or element(text, "Text") or ""
    return SoapError(element(text, "ResponseCode") or fault_code, message, fault_code)


def read_response_errors(text: str) -> tuple[SoapError, ...]:
    """The response messages of an EWS 200 that failed (ResponseClass="Error"), in order."""
    if not is_soap(text):
        return ()
    return tuple(
        SoapError(element(match["inside"], "ResponseCode") or "", element(match["inside"], "MessageText") or "")
        for match in _ERROR_MESSAGE.finditer(text)
    )
