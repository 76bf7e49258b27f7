"""Operation, impersonation and errors of EWS messages; test_soap_targets is about whose mailbox is meant."""

from __future__ import annotations

import pytest

from proxy_addons.evidence.soap import SoapError, is_soap, read_fault, read_request, read_response_errors

TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"


def _call(header: str, body: str = "<m:FindItem/>", prefix: str = "s:") -> str:
    return (
        f'<?xml version="1.0"?><{prefix}Envelope xmlns:t="{TYPES}"><{prefix}Header>{header}</{prefix}Header>'
        f"<{prefix}Body>{body}</{prefix}Body></{prefix}Envelope>"
    )


def _impersonating(inside: str) -> str:
    return _call(f"<t:ExchangeImpersonation><t:ConnectingSID>{inside}</t:ConnectingSID></t:ExchangeImpersonation>")


@pytest.mark.parametrize("prefix", ["s:", "soap:", "soapenv:", "SOAP-ENV:", ""])
def test_the_operation_is_found_whatever_the_prefixes(prefix: str) -> None:
    read = read_request(_call("", prefix=prefix))
    assert read is not None
    assert read.operation == "FindItem"


@pytest.mark.parametrize("text", ["", "{}", "<html/>", "Envelope", f"{' ' * 5000}<s:Envelope>"])
def test_what_is_no_soap_is_no_request(text: str) -> None:
    assert (is_soap(text), read_request(text), read_fault(text), read_response_errors(text)) == (False, None, None, ())


@pytest.mark.parametrize("text", ["<s:Envelope><s:Header>", "<s:Envelope><s:Body>", "<s:Envelope><s:Body></s:Body>"])
def test_a_message_cut_off_before_its_body_has_no_operation(text: str) -> None:
    read = read_request(text)
    assert read is not None
    assert read.operation == ""


@pytest.mark.parametrize(
    ("inside", "by", "who"),
    [
        ("<t:PrimarySmtpAddress>adele@contoso.com</t:PrimarySmtpAddress>", "smtp", "adele@contoso.com"),
        ("<t:SmtpAddress>adele@contoso.com</t:SmtpAddress>", "smtp", "adele@contoso.com"),
        ("<t:PrincipalName>adele@contoso.com</t:PrincipalName>", "upn", "adele@contoso.com"),
        ("<t:SID>S-1-5-21-1</t:SID>", "sid", "S-1-5-21-1"),
        ("<t:PrimarySmtpAddress/>", "empty", ""),
        ("", "empty", ""),
        ("<t:PrimarySmtpAddress>a@b.c</t:PrimarySmtpAddress><t:SID>S-1</t:SID>", "several", "a@b.c"),
    ],
)
def test_whom_a_call_impersonates_is_told_with_the_identifier(inside: str, by: str, who: str) -> None:
    read = read_request(_impersonating(inside))
    assert read is not None
    assert (read.impersonation_by, read.impersonated) == (by, who)


def test_a_call_without_the_header_impersonates_nobody() -> None:
    read = read_request(_call(""))
    assert read is not None
    assert (read.impersonation_by, read.impersonated) == (None, "")


def test_a_header_cut_off_still_tells_whom_it_impersonates() -> None:
    read = read_request("<s:Envelope><s:Header><t:ExchangeImpersonation><t:SID>S-1</t:SID>")
    assert read is not None
    assert (read.impersonation_by, read.impersonated) == ("sid", "S-1")


def test_impersonation_written_into_the_body_is_none() -> None:
    read = read_request(
        _call("", "<m:FindItem><t:ExchangeImpersonation><t:SID>S-1</t:SID></t:ExchangeImpersonation></m:FindItem>")
    )
    assert read is not None
    assert read.impersonation_by is None


def test_a_folder_without_a_mailbox_is_the_callers_own() -> None:
    read = read_request(_call("", '<m:FindItem><t:DistinguishedFolderId Id="inbox"/></m:FindItem>'))
    assert read is not None
    assert read.mailbox == ""


@pytest.mark.parametrize(
    "body",
    [
        "<m:FindItem><t:DistinguishedFolderId><t:Mailbox/></t:DistinguishedFolderId></m:FindItem>",
        "<m:GetDelegate/>",
    ],
)
def test_a_mailbox_without_an_address_is_none(body: str) -> None:
    read = read_request(_call("", body))
    assert read is not None
    assert read.mailbox == ""


def _fault(inside: str) -> str:
    return _call("", f"<s:Fault>{inside}</s:Fault>")


def test_the_response_code_in_a_faults_detail_is_its_code() -> None:
    code = "ErrorInvalidExchangeImpersonationHeaderData"
    text = "ExchangeImpersonation SOAP header must be present for this type of OAuth token."
    answer = _fault(
        f'<faultcode xmlns:a="{TYPES}">a:{code}</faultcode><faultstring xml:lang="en-US">{text}</faultstring>'
        f'<detail><e:ResponseCode xmlns:e="x">{code}</e:ResponseCode><e:Message>{text}</e:Message></detail>'
    )
    assert read_fault(answer) == SoapError(code, text, code)


@pytest.mark.parametrize(
    ("inside", "error"),
    [
        ("<faultcode>soap:Client</faultcode><faultstring>No.</faultstring>", SoapError("Client", "No.", "Client")),
        (
            (
                "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>a:FailedAuthentication</s:Value></s:Subcode></s:Code>"
                "<s:Reason><s:Text xml:lang='en'>No.</s:Text></s:Reason>"
            ),
            SoapError("FailedAuthentication", "No.", "FailedAuthentication"),
        ),
        ("<s:Code><s:Value>s:Receiver</s:Value></s:Code>", SoapError("Receiver", "", "Receiver")),
        ("<s:Code/>", SoapError("", "", "")),
        ("", SoapError("", "", "")),
    ],
)
def test_a_fault_without_a_response_code_has_the_codes_of_soap(inside: str, error: SoapError) -> None:
    assert read_fault(_fault(inside)) == error


def test_an_answer_without_a_fault_is_none() -> None:
    assert read_fault(_call("", "<m:FindItemResponse/>")) is None


def test_a_fault_that_is_only_spoken_of_is_none() -> None:
    assert read_fault(_call("", "<m:X>&lt;s:Fault&gt;</m:X>")) is None


def _message(outcome: str, code: str) -> str:
    return f"<m:Done ResponseClass = '{outcome}'><m:ResponseCode>{code}</m:ResponseCode></m:Done>"


def test_every_failed_response_message_is_told() -> None:
    failed = [_message("Error", code) for code in ("ErrorAccessDenied", "ErrorItemNotFound")]
    errors = read_response_errors(_call("", _message("Success", "NoError").join(failed)))
    assert [error.code for error in errors] == ["ErrorAccessDenied", "ErrorItemNotFound"]


def test_a_failed_message_without_code_and_text_is_still_one() -> None:
    assert read_response_errors(_call("", '<m:ResponseMessage ResponseClass="Error"/>')) == (SoapError("", ""),)


def test_at_most_a_hundred_errors_are_told() -> None:
    assert len(read_response_errors(_call("", '<m:X ResponseClass="Error"/>' * 300))) == 100
