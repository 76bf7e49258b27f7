"""The few things a diagnosis needs from a SOAP message: EWS operation, impersonation, fault, response codes.

Read from the tags as they stand (`xml_tags`), because captured bodies are cut off at a bound and half a message still
says what was asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.xml_tags import Document, read_tags

if TYPE_CHECKING:
    from proxy_addons.evidence.xml_tags import Element

_ENVELOPE: Final = re.compile(r"<(?:[\w.-]++:)?+Envelope\b")
_LOOKED_AT: Final = 4096
_MAX_ERRORS: Final = 100
_ERROR_CLASS: Final = re.compile(r"\bResponseClass\s*+=\s*+[\"']Error[\"']")
_ERROR_WORDS: Final = ('"Error"', "'Error'")
_DELEGATE_OPERATIONS: Final = frozenset({"GetDelegate", "AddDelegate", "RemoveDelegate", "UpdateDelegate"})
_FIELD: Final = re.compile(r"\bFieldURI\s*+=\s*+[\"']([\w:]{1,80})[\"']")
_IDENTIFIERS: Final = {
    "PrimarySmtpAddress": "smtp",
    "SmtpAddress": "smtp",
    "PrincipalName": "upn",
    "SID": "sid",
}


def is_soap(text: str) -> bool:
    """Whether a text holds a SOAP envelope, whatever its prefix."""
    return _ENVELOPE.search(text, 0, _LOOKED_AT) is not None


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """What an EWS call asks: operation, and whom it impersonates and by which identifier (`by` None: nobody).

    `mailbox` is another mailbox whose folders are meant, empty where there is none; `fields` are the properties named.
    Without an operation the text ended before the body began.
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
    message = read_tags(text)
    body = message.first("Body")
    by, who = _impersonation(message, body)
    asked = next(message.children(body), None) if body is not None else None
    if asked is None:
        return SoapRequest("", by, who, "")
    named = message.inside(asked) if "FieldURI" in text else ()
    fields = (found for element in named for found in _FIELD.findall(element.attributes))
    return SoapRequest(asked.name, by, who, _target(message, asked), tuple(dict.fromkeys(fields)))


def _target(message: Document, asked: Element) -> str:
    """The mailbox whose folders or delegates are meant; a t:Mailbox elsewhere is a recipient or a sender."""
    for folder in message.inside(asked, "DistinguishedFolderId"):
        for mailbox in message.inside(folder, "Mailbox"):
            return message.text_of("EmailAddress", mailbox) or ""
    if asked.name in _DELEGATE_OPERATIONS:
        return message.text_of("EmailAddress", asked) or ""
    return message.text_of("MailboxSmtpAddress", asked) or ""


def _impersonation(message: Document, body: Element | None) -> tuple[str | None, str]:
    block = message.first("ExchangeImpersonation")
    if block is None or (body is not None and block.start > body.start):
        return None, ""
    found = [(kind, value) for name, kind in _IDENTIFIERS.items() if (value := message.text_of(name, block))]
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
    if not is_soap(text):
        return None
    message = read_tags(text)
    fault = message.first("Fault")
    if fault is None:
        return None
    fault_code = (message.text_of("faultcode", fault) or _soap12_code(message, fault)).rpartition(":")[2]
    texts = (message.text_of(name, fault) for name in ("Message", "faultstring", "Text"))
    return SoapError(message.text_of("ResponseCode", fault) or fault_code, next(filter(None, texts), ""), fault_code)


def _soap12_code(message: Document, fault: Element) -> str:
    """The code of a SOAP 1.2 fault: the subcode where there is one, for it is the more specific (section 5.4.1.3)."""
    for name in ("Subcode", "Code"):
        for code in message.inside(fault, name):
            return message.text_of("Value", code) or ""
    return ""


def read_response_errors(text: str) -> tuple[SoapError, ...]:
    """The response messages of an EWS 200 that failed (ResponseClass="Error"), in order, at most a hundred.

    The element is named after the operation or not at all: FindItemResponseMessage, ResponseMessage (free/busy),
    DelegateUserResponseMessageType, GetInboxRulesResponse. Only the attribute is common to all.
    """
    # Plain searches first: nearly every answer holds none, and the expression would try each word of it.
    if not any(quoted in text for quoted in _ERROR_WORDS) or not is_soap(text) or not _ERROR_CLASS.search(text):
        return ()
    message = read_tags(text)
    failed = [element for element in message.elements if _ERROR_CLASS.search(element.attributes)]
    return tuple(
        SoapError(message.text_of("ResponseCode", element) or "", message.text_of("MessageText", element) or "")
        for element in failed[:_MAX_ERRORS]
    )
