"""EWS on the wire: reading a SOAP request, writing responses, response messages and faults.

Source: Microsoft's EWS reference (element names, namespaces) and observed envelopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES: Final = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES: Final = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS: Final = "http://schemas.microsoft.com/exchange/services/2006/errors"
_VERSION: Final = (
    f'<h:ServerVersionInfo MajorVersion="15" MinorVersion="20" MajorBuildNumber="8137" MinorBuildNumber="22" '
    f'Version="V2018_01_08" xmlns:h="{TYPES}"/>'
)


class UnreadableRequestError(ValueError):
    """A body that is not a SOAP envelope with an operation."""


@dataclass(frozen=True, slots=True)
class EwsRequest:
    """One operation, and the identity the client wants to act as."""

    operation: str
    body: Element
    impersonated: str | None
    """What stands in ExchangeImpersonation, in whichever of its three forms; None where the header is absent."""


def read_request(content: bytes) -> EwsRequest:
    """The operation in an envelope. Raises `UnreadableRequestError` for anything else."""
    try:
        envelope = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as problem:
        raise UnreadableRequestError(str(problem)) from None
    body = envelope.find(f"{{{SOAP}}}Body")
    if body is None or len(body) == 0:
        raise UnreadableRequestError("there is no operation in the SOAP body")
    identity = envelope.find(f"{{{SOAP}}}Header/{{{TYPES}}}ExchangeImpersonation/{{{TYPES}}}ConnectingSID")
    impersonated = None if identity is None else "".join(identity.itertext()).strip()
    return EwsRequest(local_name(body[0]), body[0], impersonated)


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def texts(element: Element, name: str) -> tuple[str, ...]:
    """The text of every descendant of this name in the types namespace."""
    return tuple((found.text or "").strip() for found in element.iter(f"{{{TYPES}}}{name}"))


def tag(name: str, *content: str, **attributes: str) -> str:
    """One element; `content` is markup already, attribute values are escaped here."""
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{given}>{''.join(content)}</{name}>" if content else f"<{name}{given}/>"


def text(name: str, content: str) -> str:
    """One element with text."""
    return tag(name, escape(content))


def success(operation: str, *content: str) -> str:
    """A response message that worked."""
    return tag(f"m:{operation}ResponseMessage", text("m:ResponseCode", "NoError"), *content, ResponseClass="Success")


def failure(operation: str, code: str, message: str) -> str:
    """A response message that failed, which travels inside HTTP 200."""
    return tag(
        f"m:{operation}ResponseMessage",
        text("m:MessageText", message),
        text("m:ResponseCode", code),
        text("m:DescriptiveLinkKey", "0"),
        ResponseClass="Error",
    )


def response(operation: str, messages: tuple[str, ...]) -> bytes:
    """The envelope of a successful call with its response messages."""
    return _envelope(
        tag(f"m:{operation}Response", tag("m:ResponseMessages", *messages), **{"xmlns:m": MESSAGES, "xmlns:t": TYPES})
    )


def fault(code: str, message: str) -> bytes:
    """The envelope of a refused call; travels with HTTP 500."""
    return _envelope(
        tag(
            "s:Fault",
            tag("faultcode", f"a:{escape(code)}", **{"xmlns:a": TYPES}),
            tag("faultstring", escape(message), **{"xml:lang": "en-US"}),
            tag(
                "detail",
                tag("e:ResponseCode", escape(code), **{"xmlns:e": ERRORS}),
                tag("e:Message", escape(message), **{"xmlns:e": ERRORS}),
            ),
        )
    )


def _envelope(body: str) -> bytes:
    content = tag("s:Envelope", tag("s:Header", _VERSION), tag("s:Body", body), **{"xmlns:s": SOAP})
    return b'<?xml version="1.0" encoding="utf-8"?>' + content.encode()
