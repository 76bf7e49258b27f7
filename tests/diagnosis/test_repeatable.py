from __future__ import annotations

import json

import pytest

from proxy_addons.diagnosis.repeatable import READ_ONLY_CMDLETS, READ_ONLY_EWS, why_not_repeatable
from proxy_addons.evidence.exchange import Body, Headers, Request
from tests.support.wire import bearer

GRAPH = "https://graph.microsoft.com/v1.0"
EWS = "https://outlook.office365.com/EWS/Exchange.asmx"
ADMIN = "https://outlook.office365.com/adminapi/v2.0/contoso.com/Mailbox"
INVOKE = "https://outlook.office365.com/adminapi/beta/contoso.com/InvokeCommand"


def _asked(method: str, url: str, body: bytes = b"", /, **headers: str) -> Request:
    fields = (*bearer(aud="https://graph.microsoft.com"), *((k.replace("_", "-"), v) for k, v in headers.items()))
    return Request(method, url, Headers(fields), Body(body))


def _soap(*operations: str) -> bytes:
    calls = "".join(f"<m:{operation}/>" for operation in operations)
    return f'<s:Envelope xmlns:s="x" xmlns:m="y"><s:Body>{calls}</s:Body></s:Envelope>'.encode()


def _cmdlet(name: object) -> bytes:
    return json.dumps({"CmdletInput": {"CmdletName": name}}).encode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
def test_a_call_that_reads_by_its_method_may_be_repeated(method: str) -> None:
    assert why_not_repeatable(_asked(method, f"{GRAPH}/groups")) == ""


@pytest.mark.parametrize("operation", sorted(READ_ONLY_EWS))
def test_an_ews_operation_on_the_list_may_be_repeated(operation: str) -> None:
    assert why_not_repeatable(_asked("POST", EWS, _soap(operation))) == ""


@pytest.mark.parametrize("cmdlet", ["Get-Mailbox", "get-organizationconfig"])
@pytest.mark.parametrize("url", [ADMIN, INVOKE])
def test_a_cmdlet_on_the_list_may_be_repeated(url: str, cmdlet: str) -> None:
    assert why_not_repeatable(_asked("POST", url, _cmdlet(cmdlet))) == ""


def test_the_list_of_cmdlets_holds_nothing_but_get() -> None:
    assert all(name.startswith("get-") for name in READ_ONLY_CMDLETS)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (_asked("POST", f"{GRAPH}/me/sendMail", b"{}"), "POST sendMail may write"),
        (_asked("POST", f"{GRAPH}/$batch", b"{}"), "POST $batch may write"),
        (_asked("PATCH", f"{GRAPH}/me", b"{}"), "PATCH writes"),
        (_asked("DELETE", f"{GRAPH}/groups/1"), "DELETE writes"),
        (_asked("POST", EWS, _soap("CreateItem")), "EWS CreateItem is not on the list"),
        (_asked("POST", EWS, _soap("SendItem")), "EWS SendItem is not on the list"),
        (_asked("POST", EWS, _soap("GetItem", "DeleteItem")), "EWS DeleteItem is not on the list"),
        (_asked("POST", EWS, _soap("GetItem", "GetFolder")), "EWS GetItem, GetFolder is not on the list"),
        (_asked("POST", EWS, _soap()), "EWS without an operation is not on the list"),
        (_asked("POST", EWS, b"<html/>"), "is no EWS call"),
        (_asked("POST", EWS, b'<s:Envelope xmlns:s="x"><s:Header/></s:Envelope>'), "is no EWS call"),
        (_asked("POST", EWS, _soap("GetItem"), SOAPAction='"http://x/messages/SendItem"'), "SOAPAction names SendItem"),
        (_asked("POST", ADMIN, _cmdlet("Set-Mailbox")), "the cmdlet Set-Mailbox is not on the list"),
        (_asked("POST", ADMIN, _cmdlet(7)), "the cmdlet (not readable) is not on the list"),
        (_asked("POST", ADMIN, b"nonsense"), "the cmdlet (not readable) is not on the list"),
        (_asked("POST", "https://login.microsoftonline.com/common/oauth2/v2.0/token"), "no API of Microsoft 365"),
        (_asked("GET", "https://api.contoso.com/"), "api.contoso.com is no API of Microsoft 365"),
        (_asked("GET", "http://graph.microsoft.com/v1.0/me"), "no API of Microsoft 365"),
        (_asked("GET", ""), "the host is no API of Microsoft 365"),
        (Request("GET", f"{GRAPH}/me"), "does not hold the token"),
        (Request("GET", f"{GRAPH}/me", Headers((("Authorization", "<removed>"),))), "does not hold the token"),
        (Request("POST", EWS, Headers(tuple(bearer())), Body(None)), "not captured whole"),
        (Request("POST", EWS, Headers(tuple(bearer())), Body(b"<s", truncated=True)), "not captured whole"),
        (Request("POST", EWS, Headers(tuple(bearer())), Body(b"x", problem="gzip broke off")), "not captured whole"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_may_write_or_cannot_be_read_whole_is_never_repeated(request_: Request, reason: str) -> None:
    assert reason in why_not_repeatable(request_)


def test_a_soapaction_that_names_the_same_operation_is_no_hindrance() -> None:
    asked = _asked("POST", EWS, _soap("GetItem"), SOAPAction='"http://x/messages/GetItem"')

    assert why_not_repeatable(asked) == ""
