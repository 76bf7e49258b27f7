"""Whose mailbox an EWS call means, which properties it names, and errors in answers of every shape."""

from __future__ import annotations

import pytest

from proxy_addons.evidence.soap import read_request, read_response_errors


def _asked(body: str) -> str:
    return f"<s:Envelope><s:Header/><s:Body>{body}</s:Body></s:Envelope>"


def test_a_folder_of_another_mailbox_is_the_target() -> None:
    """A delegate names the owner inside the folder id."""
    read = read_request(
        _asked(
            '<m:FindItem><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"><t:Mailbox>'
            "<t:EmailAddress>adele@contoso.com</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"
            "</m:ParentFolderIds></m:FindItem>"
        )
    )
    assert read is not None
    assert read.mailbox == "adele@contoso.com"


def test_a_recipient_of_a_message_is_not_the_target() -> None:
    """Mail to an outlook.com address does not make the call one about a personal mailbox."""
    read = read_request(
        _asked(
            "<m:CreateItem><m:Items><t:Message><t:ToRecipients><t:Mailbox><t:EmailAddress>alex@outlook.com"
            "</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>"
        )
    )
    assert read is not None
    assert read.mailbox == ""


@pytest.mark.parametrize(
    "body",
    [
        "<m:GetDelegate><m:Mailbox><t:EmailAddress>adele@contoso.com</t:EmailAddress></m:Mailbox></m:GetDelegate>",
        "<m:GetInboxRules><m:MailboxSmtpAddress>adele@contoso.com</m:MailboxSmtpAddress></m:GetInboxRules>",
    ],
)
def test_operations_that_name_a_mailbox_outright_have_it_as_target(body: str) -> None:
    """Delegate and rule operations carry the mailbox beside no folder."""
    read = read_request(_asked(body))
    assert read is not None
    assert read.mailbox == "adele@contoso.com"


def test_the_properties_asked_for_are_named_once_each() -> None:
    """A repeated FieldURI is one property."""
    field = '<t:FieldURI FieldURI="folder:PermissionSet"/>'
    read = read_request(_asked(f"<m:GetFolder>{field}{field}</m:GetFolder>"))
    assert read is not None
    assert read.fields == ("folder:PermissionSet",)


@pytest.mark.parametrize(
    "name", ["FindItemResponseMessage", "ResponseMessage", "DelegateUserResponseMessageType", "GetInboxRulesResponse"]
)
def test_an_error_is_found_whatever_its_element_is_called(name: str) -> None:
    """Free/busy, delegate and rule answers name the element differently."""
    answer = (
        f'<m:{name} ResponseClass="Error"><m:MessageText>No.</m:MessageText>'
        f"<m:ResponseCode>ErrorAccessDenied</m:ResponseCode></m:{name}>"
    )
    assert [error.code for error in read_response_errors(_asked(answer))] == ["ErrorAccessDenied"]
