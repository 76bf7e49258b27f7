"""Which refused requests may be sent again: only those that read. The list is closed; what is not on it is not sent.

A second sendMail sends a second mail, and a refusal may have come after the work was done. So the request itself, its
body included, has to say what it does, and one that cannot be read whole is not repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.bearer_token import read_authorizations
from proxy_addons.evidence.request_facts import read
from proxy_addons.evidence.services import identify
from proxy_addons.evidence.soap import read_request
from proxy_addons.evidence.xml_tags import read_tags

if TYPE_CHECKING:
    from proxy_addons.evidence.exchange import Request

READ_ONLY_EWS: Final = frozenset(
    {
        "ConvertId",
        "ExpandDL",
        "FindFolder",
        "FindItem",
        "FindPeople",
        "GetDelegate",
        "GetFolder",
        "GetInboxRules",
        "GetItem",
        "GetMailTips",
        "GetPersona",
        "GetRoomLists",
        "GetRooms",
        "GetServerTimeZones",
        "GetServiceConfiguration",
        "GetUserAvailabilityRequest",
        "GetUserConfiguration",
        "GetUserOofSettingsRequest",
        "ResolveNames",
    }
)
"""Operations of EWS that change nothing (learn.microsoft.com/exchange/client-developer/web-service-reference)."""
READ_ONLY_CMDLETS: Final = frozenset(
    {
        "get-accepteddomain",
        "get-casmailbox",
        "get-distributiongroup",
        "get-distributiongroupmember",
        "get-dynamicdistributiongroup",
        "get-dynamicdistributiongroupmember",
        "get-exomailbox",
        "get-mailbox",
        "get-mailboxfolderpermission",
        "get-mailboxpermission",
        "get-organizationconfig",
        "get-recipient",
        "get-rolegroup",
        "get-user",
    }
)
"""Cmdlets of the Admin API and of InvokeCommand that only read."""
_SERVICES: Final = frozenset({"graph", "exchange", "sharepoint"})
_ADMIN: Final = frozenset({"admin-api", "exo-powershell"})


def why_not_repeatable(request: Request) -> str:
    """Why a request must not be sent again, in words for a person; empty where it may."""
    service = identify(request.host, request.split_url.path)
    token = read_authorizations(request.headers.get_all("authorization"))
    method = request.method.upper()
    if service.name not in _SERVICES or request.split_url.scheme != "https":
        return f"{request.host or 'the host'} is no API of Microsoft 365: sign-ins and foreign hosts are never repeated"
    if token.kind in {"absent", "unrecorded"}:
        return "the recording does not hold the token that was sent, so the same call cannot be made again"
    if method in {"GET", "HEAD"}:
        return ""
    if method != "POST":
        return f"{method} writes, and nothing that writes is ever repeated"
    if request.body.content is None or request.body.truncated or request.body.problem:
        return "the request's body was not captured whole, so nobody knows what it does"
    if service.surface == "ews":
        return _why_not_ews(request)
    if service.surface in _ADMIN:
        return _why_not_cmdlet(request)
    return f"POST {_operation(request)} may write, and nothing that writes is ever repeated".replace("  ", " ")


def _why_not_ews(request: Request) -> str:
    text = request.body.text
    asked = read_request(text)
    body = read_tags(text).first("Body") if asked is not None else None
    if asked is None or body is None:
        return "the request's body is no EWS call"
    operations = [element.name for element in read_tags(text).children(body)]
    named = (request.headers.get("soapaction") or "").strip('" ').rpartition("/")[2]
    if named and named.removesuffix("Request") != asked.operation.removesuffix("Request"):
        return f"SOAPAction names {named} and the body {asked.operation}: which of them runs is not known"
    writing = [name for name in operations if name not in READ_ONLY_EWS]
    if writing or len(operations) != 1:
        named = ", ".join(writing or operations) or "without an operation"
        return f"EWS {named} is not on the list of operations that only read"
    return ""


def _why_not_cmdlet(request: Request) -> str:
    service = identify(request.host, request.split_url.path)
    found = next((value for name, value, _ in read(request, service) if name == "request.cmdlet"), None)
    if isinstance(found, str) and found.lower() in READ_ONLY_CMDLETS:
        return ""
    return f"the cmdlet {found or '(not readable)'} is not on the list of cmdlets that only read"


def _operation(request: Request) -> str:
    return request.split_url.path.rstrip("/").rpartition("/")[2]
