"""What EWS answers on the wire: diagnostics, empty 403s, SOAP faults, errors inside a 200."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.lab.clients import EWS, EXCHANGE, EXCHANGE_DEFAULT, GRAPH_DEFAULT, LabClient, personal_token

if TYPE_CHECKING:
    import httpx

    from proxy_addons.lab import Lab

ADELE = "adele@contoso.com"
SCOPE = f"{EXCHANGE}/EWS.AccessAsUser.All"
BODY = '<m:GetFolder><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>'
BACK_END_HEADERS = ("X-CalculatedBETarget", "X-BEServer", "X-DiagInfo", "X-BackEndHttpStatus")


def envelope(impersonated: str, body: str) -> str:
    sid = f"<t:ConnectingSID><t:PrimarySmtpAddress>{impersonated}</t:PrimarySmtpAddress></t:ConnectingSID>"
    header = f"<t:ExchangeImpersonation>{sid}</t:ExchangeImpersonation>" if impersonated else ""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def call(client: LabClient, token: str, impersonated: str = ADELE, body: str = BODY, **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {token}", "Content-Type": "text/xml", **headers}
    return client.post(EWS, content=envelope(impersonated, body), headers=given)


def diagnosed(response: httpx.Response, status: int, number: int, category: str) -> None:
    assert response.status_code == status
    assert response.content == b""
    assert response.headers["x-ms-diagnostics"].startswith(f"{number};")
    assert response.headers["x-ms-diagnostics"].endswith(f'error_category="{category}"')
    assert 'client_id="00000002-0000-0ff1-ce00-000000000000"' in response.headers["www-authenticate"]
    assert response.headers["www-authenticate"].endswith('error="invalid_token"')


def empty_403_of_the_back_end(response: httpx.Response) -> None:
    assert response.status_code == 403
    assert response.content == b""
    assert "x-ms-diagnostics" not in response.headers
    assert all(name in response.headers for name in BACK_END_HEADERS)
    assert len(response.headers.get_list("X-FEServer")) == 2


def test_no_token_gets_the_plain_challenge(client: LabClient) -> None:
    response = client.post(EWS, content=envelope(ADELE, BODY))
    assert response.status_code == 401
    assert "x-ms-diagnostics" not in response.headers
    assert "X-FEServer" in response.headers
    assert "X-BEServer" not in response.headers


def test_basic_authentication_is_offered_nothing_but_basic(client: LabClient) -> None:
    response = client.post(EWS, content=envelope(ADELE, BODY), headers={"Authorization": "Basic YTpi"})
    assert response.headers["www-authenticate"] == 'Basic Realm="",Basic Realm=""'
    assert response.headers["x-backendhttpstatus"] == "401"


def test_a_token_that_is_none_is_2000001(client: LabClient) -> None:
    diagnosed(call(client, "nonsense"), 401, 2000001, "invalid_token")


def test_a_token_that_has_not_started_is_2000001(client: LabClient) -> None:
    diagnosed(call(client, client.app_token("early-daemon", EXCHANGE_DEFAULT)), 401, 2000001, "invalid_token")


@pytest.mark.parametrize(
    ("app", "scope", "number", "category"),
    [
        ("altered-daemon", EXCHANGE_DEFAULT, 2000000, "invalid_signature"),
        ("late-daemon", EXCHANGE_DEFAULT, 2000002, "token_expired"),
        ("mail-daemon", GRAPH_DEFAULT, 2000003, "invalid_resource"),
        ("government-daemon", EXCHANGE_DEFAULT, 2000003, "invalid_resource"),
        ("foreign-daemon", EXCHANGE_DEFAULT, 2000004, "invalid_tenant"),
        ("directory-reader", EXCHANGE_DEFAULT, 2000008, "invalid_grant"),
    ],
)
def test_a_faulty_token_gets_its_number(client: LabClient, app: str, scope: str, number: int, category: str) -> None:
    diagnosed(call(client, client.app_token(app, scope)), 401, number, category)


def test_a_token_of_a_tenant_without_exchange_is_2000004(lab: Lab, client: LabClient) -> None:
    app = lab.app("mail-daemon")
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.secret,
        "scope": EXCHANGE_DEFAULT,
    }
    token = client.ask_for_token(form, tenant="fabrikam.com").json()["access_token"]
    diagnosed(call(client, token), 401, 2000004, "invalid_tenant")


def test_a_guest_is_2000005(client: LabClient) -> None:
    token = client.user_token("gwen_fabrikam.com#ext#@contoso.onmicrosoft.com", SCOPE)
    diagnosed(call(client, token, ""), 401, 2000005, "invalid_user")


def test_a_disabled_application_is_2000006(lab: Lab, client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    lab.tenant.change(disabled_apps=[lab.app("mail-daemon").client_id])
    diagnosed(call(client, token), 401, 2000006, "invalid_client")


def test_an_app_with_admin_roles_only_has_not_enough_scope(client: LabClient) -> None:
    response = call(client, client.app_token("admin-daemon", EXCHANGE_DEFAULT))
    diagnosed(response, 403, 2000008, "invalid_grant")
    assert "not enough scope" in response.headers["x-ms-diagnostics"]


def test_a_user_without_the_ews_scope_has_not_enough_scope(client: LabClient) -> None:
    token = client.user_token(ADELE, f"{EXCHANGE}/Exchange.ManageV2")
    diagnosed(call(client, token, ""), 403, 2000008, "invalid_grant")


def test_a_revoked_session_is_challenged_with_claims(lab: Lab, client: LabClient) -> None:
    cp1 = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})
    token = client.user_token(ADELE, SCOPE, claims=cp1)
    lab.tenant.change(sessions_revoked={ADELE: lab.tenant.now})
    response = call(client, token, "")
    assert response.status_code == 401
    assert 'error="insufficient_claims", claims="' in response.headers["www-authenticate"]


@pytest.mark.parametrize(
    "switches",
    [
        {"ews_enabled": False},
        {"ews_disabled_mailboxes": [ADELE]},
        {"ews_policy": "EnforceBlockList", "ews_block_list": ["python-httpx/*"]},
        {"ews_policy": "EnforceAllowList", "ews_allow_list": ["Outlook*"]},
        {"ews_policy": "EnforceAllowList"},
        {"ews_allowed_app_ids": ["00000000-0000-0000-0000-000000000001"]},
        {"app_access_policy": {"mail-daemon": ["alex@contoso.com"]}},
    ],
)
def test_a_policy_refuses_with_an_empty_403_and_no_reason(
    lab: Lab, client: LabClient, switches: dict[str, object]
) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    assert call(client, token).status_code == 200
    lab.tenant.change_to(switches)
    empty_403_of_the_back_end(call(client, token))


def test_another_user_agent_passes_the_block_list(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(ews_policy="EnforceBlockList", ews_block_list=["python-httpx/*"])
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    assert call(client, token, **{"User-Agent": "Contoso/1.0"}).status_code == 200


def test_the_lists_may_be_set_to_skip_impersonated_calls(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(ews_policy="EnforceAllowList", ews_lists_skip_impersonation=True)
    assert call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT)).status_code == 200
    empty_403_of_the_back_end(call(client, client.user_token(ADELE, SCOPE), ""))


def test_a_listed_application_may_use_ews(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(ews_allowed_app_ids=[lab.app("mail-daemon").client_id])
    assert call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT)).status_code == 200


def test_a_consumer_mailbox_is_refused_at_the_edge(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    by_header = call(client, token, **{"X-AnchorMailbox": "adele.vance@outlook.com"})
    by_body = call(client, token, "adele.vance@outlook.com")
    for response in (by_header, by_body):
        assert response.status_code == 403
        assert response.headers["server"] == "Microsoft-HTTPAPI/2.0"
        assert response.headers["x-nanoproxy"] == "1"
        assert "request-id" not in response.headers


def test_a_personal_accounts_token_is_refused_at_the_edge(lab: Lab, client: LabClient) -> None:
    response = call(client, personal_token(lab, client))
    assert (response.status_code, response.headers["x-nanoproxy"]) == (403, "1")


def faulted(response: httpx.Response, code: str) -> str:
    assert response.status_code == 500
    assert f">{code}</e:ResponseCode>" in response.text
    return response.text


def test_a_missing_impersonation_header_is_a_fault(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    assert "must be present" in faulted(call(client, token, ""), "ErrorInvalidExchangeImpersonationHeaderData")


def test_a_users_token_with_an_impersonation_header_is_a_fault(client: LabClient) -> None:
    text = faulted(call(client, client.user_token(ADELE, SCOPE)), "ErrorInvalidExchangeImpersonationHeaderData")
    assert "must not exist" in text


def test_a_mailbox_outside_the_scope_cannot_be_impersonated(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(impersonation_scope=["alex@contoso.com"])
    faulted(call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT)), "ErrorImpersonateUserDenied")


def test_impersonating_nobody_is_a_fault(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    faulted(call(client, token, "nobody@contoso.com"), "ErrorNonExistentMailbox")


def test_a_user_without_a_mailbox_is_a_fault(client: LabClient) -> None:
    faulted(call(client, client.user_token("noah@contoso.com", SCOPE), ""), "ErrorNonExistentMailbox")


def test_a_body_that_is_not_soap_fails_schema_validation(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    for content in ("<not", "<a/>", ""):
        response = client.post(EWS, content=content, headers={"Authorization": f"Bearer {token}"})
        faulted(response, "ErrorSchemaValidation")


def test_an_operation_the_lab_does_not_know_says_so(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    faulted(call(client, token, body="<m:GetDelegate/>"), "ErrorInvalidOperation")


def test_a_get_is_not_allowed(client: LabClient) -> None:
    token = client.app_token("mail-daemon", EXCHANGE_DEFAULT)
    assert client.get(EWS, headers={"Authorization": f"Bearer {token}"}).status_code == 405


def folder_of(address: str, name: str = "inbox") -> str:
    mailbox = f"<t:Mailbox><t:EmailAddress>{address}</t:EmailAddress></t:Mailbox>"
    return f'<t:DistinguishedFolderId Id="{name}">{mailbox}</t:DistinguishedFolderId>'


def failed_inside_200(response: httpx.Response, code: str) -> None:
    assert response.status_code == 200
    assert 'ResponseClass="Error"' in response.text
    assert f"<m:ResponseCode>{code}</m:ResponseCode>" in response.text


def test_another_users_folder_is_denied_inside_a_200(client: LabClient) -> None:
    body = f"<m:GetFolder><m:FolderIds>{folder_of('alex@contoso.com')}</m:FolderIds></m:GetFolder>"
    failed_inside_200(call(client, client.user_token(ADELE, SCOPE), "", body), "ErrorAccessDenied")


def test_one_bad_folder_of_two_fails_alone(client: LabClient) -> None:
    wanted = f'<t:DistinguishedFolderId Id="inbox"/>{folder_of(ADELE, "archiveinbox")}'
    body = f"<m:GetFolder><m:FolderIds>{wanted}</m:FolderIds></m:GetFolder>"
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT), body=body)
    failed_inside_200(response, "ErrorFolderNotFound")
    assert 'ResponseClass="Success"' in response.text


def test_a_folder_of_nobody_is_a_mailbox_that_does_not_exist(client: LabClient) -> None:
    body = f"<m:GetFolder><m:FolderIds>{folder_of('nobody@contoso.com')}</m:FolderIds></m:GetFolder>"
    failed_inside_200(call(client, client.user_token(ADELE, SCOPE), "", body), "ErrorNonExistentMailbox")


def test_an_unknown_item_is_not_found(client: LabClient) -> None:
    body = '<m:GetItem><m:ItemIds><t:ItemId Id="AAMk"/></m:ItemIds></m:GetItem>'
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT), body=body)
    failed_inside_200(response, "ErrorItemNotFound")


def test_an_item_of_a_foreign_mailbox_is_hidden_as_not_found(lab: Lab, client: LabClient) -> None:
    inbox = lab.tenant.mail.distinguished("alex@contoso.com", "inbox")
    assert inbox is not None
    item = lab.tenant.mail.messages_in(inbox)[0].item_id
    body = f'<m:GetItem><m:ItemIds><t:ItemId Id="{item}"/></m:ItemIds></m:GetItem>'
    failed_inside_200(call(client, client.user_token(ADELE, SCOPE), "", body), "ErrorItemNotFound")


def test_sending_as_another_is_denied_inside_a_200(client: LabClient) -> None:
    sender = "<t:From><t:Mailbox><t:EmailAddress>alex@contoso.com</t:EmailAddress></t:Mailbox></t:From>"
    body = (
        '<m:CreateItem MessageDisposition="SendOnly"><m:Items><t:Message><t:Subject>x</t:Subject>'
        f"{sender}</t:Message></m:Items></m:CreateItem>"
    )
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT), body=body)
    failed_inside_200(response, "ErrorSendAsDenied")


def test_sending_as_oneself_needs_no_folder_to_be_named(lab: Lab, client: LabClient) -> None:
    body = (
        '<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message><t:Subject>Raw</t:Subject>'
        "</t:Message></m:Items></m:CreateItem>"
    )
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT), body=body)
    assert 'ResponseClass="Success"' in response.text
    sent = lab.tenant.mail.distinguished(ADELE, "sentitems")
    assert sent is not None
    assert "Raw" in [each.subject for each in lab.tenant.mail.messages_in(sent)]


def test_a_mailbox_without_a_licence_fails_inside_a_200(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(licence_removed=[ADELE])
    failed_inside_200(call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT)), "ErrorInvalidLicense")


def test_a_page_of_nonsense_is_the_first_page(client: LabClient) -> None:
    body = (
        '<m:FindItem><m:IndexedPageItemView Offset="x" MaxEntriesReturned="-1"/>'
        '<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>'
    )
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT), body=body)
    assert 'TotalItemsInView="3" IncludesLastItemInRange="true"' in response.text


def test_a_name_nobody_has_is_not_resolved(client: LabClient) -> None:
    body = "<m:ResolveNames><m:UnresolvedEntry>zzz</m:UnresolvedEntry></m:ResolveNames>"
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT), body=body)
    failed_inside_200(response, "ErrorNameResolutionNoResults")


def test_an_id_is_converted_and_a_malformed_one_is_not(lab: Lab, client: LabClient) -> None:
    inbox = lab.tenant.mail.distinguished(ADELE, "inbox")
    assert inbox is not None
    ids = f'<t:AlternateId Id="{inbox.folder_id}" Format="EwsId" Mailbox="{ADELE}"/><t:AlternateId Id="x"/>'
    body = f'<m:ConvertId DestinationFormat="EntryId"><m:SourceIds>{ids}</m:SourceIds></m:ConvertId>'
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT), body=body)
    failed_inside_200(response, "ErrorInvalidIdMalformed")
    assert 'Format="EntryId"' in response.text


def test_the_clients_id_is_echoed_only_on_request(client: LabClient) -> None:
    own = "7b1c9c4e-5a51-4f0e-9d6f-2f4b4f1a7c11"
    assert "client-request-id" not in call(client, "x", **{"client-request-id": own}).headers
    asked = call(client, "x", **{"client-request-id": own, "return-client-request-id": "true"})
    assert asked.headers["client-request-id"] == own
