"""Calls of Exchange: EWS, Autodiscover, Outlook REST, ActiveSync, the Admin API."""

from __future__ import annotations

import json

from tests.redaction.corpus.case import (
    APP,
    EXCHANGE_FACTS,
    NOON,
    TENANT,
    WILHELMINA,
    Case,
    app_token,
    basic,
    exchange,
    exchange_answer,
    soap,
    user_token,
)

_EWS = "https://outlook.office365.com/EWS/Exchange.asmx"
_TOKEN = app_token(aud="https://outlook.office365.com", roles=["full_access_as_app"])
_ADMIN = app_token(aud="https://outlook.office365.com", roles=["Exchange.ManageAsApp"])
_IMPERSONATE = (
    "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>signe.dahl@kestrel-labs.example</t:PrimarySmtpAddress>"
    "</t:ConnectingSID></t:ExchangeImpersonation>"
)
_FIND = (
    '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>'
    '<m:IndexedPageItemView MaxEntriesReturned="10" Offset="0" BasePoint="Beginning"/>'
    '<m:Restriction><t:Contains ContainmentMode="Substring" ContainmentComparison="IgnoreCase"><t:FieldURI FieldURI="item:Subject"/>'
    '<t:Constant Value="Kündigung Brandström"/></t:Contains></m:Restriction>'
    '<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>signe.dahl@kestrel-labs.example</t:EmailAddress></t:Mailbox>'
    "</t:DistinguishedFolderId></m:ParentFolderIds></m:FindItem>"
)

CASES = (
    Case(
        "EWS refuses with an empty body",
        exchange(
            "POST",
            _EWS,
            403,
            sent={
                "Authorization": f"Bearer {_TOKEN}",
                "User-Agent": "exchangelib/5.6.0 (python-requests/2.32.3)",
                "X-AnchorMailbox": "signe.dahl@kestrel-labs.example",
                "Content-Type": "text/xml; charset=utf-8",
            },
            body=soap(_FIND, _IMPERSONATE),
            received=exchange_answer(),
        ),
        secrets=(_TOKEN, *_TOKEN.split(".")[1:], "5f1c8b0e6a774e33a2c9d4f0b1e8a7c6"),
        personal=("signe.dahl@kestrel-labs.example", "signe.dahl", "Kündigung", "Brandström"),
        facts=(
            *EXCHANGE_FACTS,
            "full_access_as_app",
            "exchangelib/5.6.0 (python-requests/2.32.3)",
            "ExchangeImpersonation",
            "FindItem",
            'Id="inbox"',
            "item:Subject",
            "Exchange2016",
            'Traversal="Shallow"',
            "IdOnly",
        ),
    ),
    Case(
        "EWS names the wrong audience",
        exchange(
            "POST",
            _EWS,
            401,
            sent={"Authorization": f"Bearer {user_token()}"},
            received=exchange_answer(
                **{
                    "x-ms-diagnostics": '2000003;reason="The audience claim value is invalid \'https://graph.microsoft.com\'.";error_category="invalid_resource"',
                    "WWW-Authenticate": 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", '
                    'token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.windows.net/common/oauth2/authorize", error="invalid_token"',
                }
            ),
        ),
        personal=WILHELMINA,
        facts=(
            *EXCHANGE_FACTS,
            "2000003",
            "The audience claim value is invalid 'https://graph.microsoft.com'.",
            "invalid_resource",
            "00000001-0000-0000-c000-000000000000@*",
            "app_asserted_user_v1 service_asserted_app_v1",
            "https://login.windows.net/common/oauth2/authorize",
            "invalid_token",
        ),
    ),
    Case(
        "a SOAP fault about impersonation",
        exchange(
            "POST",
            _EWS,
            500,
            sent={"Authorization": f"Bearer {_TOKEN}"},
            body=soap(
                '<m:GetFolder><m:FolderIds><t:FolderId Id="AAMkAGVmMDEzMTM4LTZmYWUtNDdkNC1hMDZiLTU1OGY5OTZhYmY4OAAuAAAA" ChangeKey="AQAAABYAAAD"/></m:FolderIds></m:GetFolder>',
                _IMPERSONATE,
            ),
            received=exchange_answer(),
            answer=soap(
                '<s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:ErrorImpersonateUserDenied</faultcode>'
                '<faultstring xml:lang="en-US">The account does not have permission to impersonate the requested user signe.dahl@kestrel-labs.example.</faultstring>'
                '<detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorImpersonateUserDenied</e:ResponseCode>'
                '<e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">The account does not have permission to impersonate the requested user.</e:Message></detail></s:Fault>'
            ),
        ),
        secrets=(_TOKEN,),
        personal=("signe.dahl@kestrel-labs.example", "AAMkAGVmMDEzMTM4LTZmYWUtNDdkNC1hMDZiLTU1OGY5OTZhYmY4OAAuAAAA"),
        facts=(
            *EXCHANGE_FACTS,
            "ErrorImpersonateUserDenied",
            "The account does not have permission to impersonate the requested user.",
            "GetFolder",
        ),
    ),
    Case(
        "an error inside a success, beside somebody's mail",
        exchange(
            "POST",
            _EWS,
            200,
            sent={"Authorization": f"Bearer {_TOKEN}"},
            body=soap(_FIND),
            received=exchange_answer(**{"X-BackEndHttpStatus": "200"}),
            answer=soap(
                '<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Items><t:Message>'
                '<t:ItemId Id="AAMkADNkZjY1YzA2LTQ4NDQtNGM1MC1hOGVh" ChangeKey="CQAAABYAAAB1"/><t:Subject>Scheidung Haugen</t:Subject>'
                "<t:From><t:Mailbox><t:Name>Ragnhild Haugen</t:Name><t:EmailAddress>ragnhild@haugen-privat.example</t:EmailAddress></t:Mailbox></t:From>"
                '<t:Body BodyType="HTML">&lt;p&gt;Kontonummer DE89 3704 0044 0532 0130 00&lt;/p&gt;</t:Body></t:Message></m:Items></m:GetItemResponseMessage>'
                '<m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>Access is denied. Check credentials and try again., Cannot open mailbox signe.dahl@kestrel-labs.example.</m:MessageText>'
                "<m:ResponseCode>ErrorAccessDenied</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>"
            ),
        ),
        personal=(
            "Scheidung",
            "Ragnhild Haugen",
            "ragnhild@haugen-privat.example",
            "DE89 3704 0044 0532 0130 00",
            "signe.dahl",
            "AAMkADNkZjY1YzA2LTQ4NDQtNGM1MC1hOGVh",
        ),
        facts=(
            "ErrorAccessDenied",
            "Access is denied. Check credentials and try again.",
            "Cannot open mailbox",
            'ResponseClass="Error"',
            "NoError",
        ),
    ),
    Case(
        "the Admin API refuses a cmdlet",
        exchange(
            "POST",
            f"https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand",
            403,
            sent={
                "Authorization": f"Bearer {_ADMIN}",
                "X-AnchorMailbox": f"APP:{APP}@{TENANT}",
                "X-CmdletName": "Set-Mailbox",
                "X-ResponseFormat": "json",
                "X-SerializationLevel": "Partial",
                "connection-id": "8f7e6d5c-4b3a-4291-8071-625344352617",
            },
            body=json.dumps(
                {
                    "CmdletInput": {
                        "CmdletName": "Set-Mailbox",
                        "Parameters": {
                            "Identity": "Signe Dahl",
                            "ForwardingSmtpAddress": "smtp:extern@haugen-privat.example",
                            "DeliverToMailboxAndForward": True,
                        },
                    }
                }
            ),
            received=exchange_answer(),
            answer=json.dumps(
                {
                    "error": {
                        "code": "Forbidden",
                        "message": "User is not allowed to call Set-Mailbox",
                        "innererror": {
                            "message": "The operation couldn't be performed because object 'Signe Dahl' couldn't be found on 'AM0PR07A009DC01.EURPR07A009.PROD.OUTLOOK.COM'.",
                            "type": "Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException",
                            "stacktrace": "   at Microsoft.Exchange.Haugen.Geheim()",
                        },
                    }
                }
            ),
        ),
        secrets=(_ADMIN,),
        personal=("Signe Dahl", "extern@haugen-privat.example", "Geheim"),
        facts=(
            *EXCHANGE_FACTS,
            f"APP:{APP}@{TENANT}",
            "Set-Mailbox",
            "ForwardingSmtpAddress",
            "User is not allowed to call Set-Mailbox",
            "Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException",
            "AM0PR07A009DC01.EURPR07A009.PROD.OUTLOOK.COM",
            "Exchange.ManageAsApp",
        ),
    ),
    Case(
        "an answer of zero bytes",
        exchange(
            "POST",
            f"https://outlook.office365.com/adminapi/v2.0/{TENANT}/Mailbox",
            403,
            sent={
                "Authorization": f"Bearer {_ADMIN}",
                "X-AnchorMailbox": "UPN:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@kestrellabs.onmicrosoft.com",
            },
            received=exchange_answer(),
            answer=b"\0" * 470,
        ),
        secrets=(_ADMIN,),
        facts=(*EXCHANGE_FACTS, "470 zero bytes", "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}", "/Mailbox"),
    ),
    Case(
        "OData switched off by policy",
        exchange(
            "GET",
            "https://outlook.office.com/api/v2.0/users/signe.dahl@kestrel-labs.example/messages",
            403,
            sent={
                "Authorization": f"Bearer {_TOKEN}",
                "X-ClientStatistics": "MessageId=2c1b0a9f-signe,ResponseTime=42",
            },
            received=exchange_answer(**{"x-ms-error-code": "ErrorAccessDenied"}),
            answer=json.dumps(
                {
                    "error": {
                        "code": "ErrorAccessDenied",
                        "message": "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
                    }
                }
            ),
        ),
        personal=("signe.dahl", "2c1b0a9f-signe"),
        facts=(
            *EXCHANGE_FACTS,
            "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
            "ErrorAccessDenied",
            "/api/v2.0/users/",
        ),
    ),
    Case(
        "Basic authentication",
        exchange(
            "POST",
            "https://outlook.office365.com/EWS/Exchange.asmx",
            401,
            sent={
                "Authorization": basic("signe.dahl@kestrel-labs.example", "Hummel:Wiese#4711"),
                "User-Agent": "Signes-Archivskript/0.3",
            },
            received=exchange_answer(**{"WWW-Authenticate": 'Basic realm="outlook.office365.com"'}),
        ),
        secrets=("Hummel:Wiese#4711",),
        personal=("signe.dahl@kestrel-labs.example",),
        facts=(*EXCHANGE_FACTS, "Basic", 'realm="outlook.office365.com"', "Signes-Archivskript/0.3"),
    ),
    Case(
        "Autodiscover in XML",
        exchange(
            "POST",
            "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml",
            401,
            sent={
                "Authorization": "NTLM TlRMTVNTUAADAAAAGAAYAHgAAAAYABgAkAAAAEsARQBTAFQA",
                "X-MapiHttpCapability": "1",
            },
            body='<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>'
            "<EMailAddress>torvald.ness@kestrel-labs.example</EMailAddress><LegacyDN>/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=a1b2-torvald</LegacyDN>"
            "<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>",
            received=exchange_answer(
                **{
                    "X-AutoDiscovery-Error": "LiveIdBasicAuth:AppPasswordRequired:<X-forwarded-for:198.51.100.23><FE:AM0PR02CA0113>",
                    "WWW-Authenticate": "NTLM TlRMTVNTUAACAAAAHgAeADgAAAAFgoqi",
                }
            ),
        ),
        secrets=("TlRMTVNTUAADAAAAGAAYAHgAAAAYABgAkAAAAEsARQBTAFQA", "TlRMTVNTUAACAAAAHgAeADgAAAAFgoqi"),
        personal=("torvald.ness@kestrel-labs.example", "a1b2-torvald", "198.51.100.23"),
        facts=(*EXCHANGE_FACTS, "LiveIdBasicAuth", "AppPasswordRequired", "AcceptableResponseSchema", "NTLM"),
    ),
    Case(
        "ActiveSync with the user in the query",
        exchange(
            "POST",
            "https://outlook.office365.com/Microsoft-Server-ActiveSync?Cmd=FolderSync&User=torvald.ness%40kestrel-labs.example&DeviceId=F5A1C2D3E4B60718&DeviceType=iPhone",
            403,
            sent={
                "Authorization": f"Bearer {user_token()}",
                "MS-ASProtocolVersion": "16.1",
                "X-MS-PolicyKey": "3942919513",
            },
            received=exchange_answer(),
        ),
        personal=("torvald.ness", "F5A1C2D3E4B60718"),
        facts=(*EXCHANGE_FACTS, "Cmd=FolderSync", "MS-ASProtocolVersion"),
    ),
    Case(
        "a mailbox named in MAPI's URL",
        exchange(
            "POST",
            "https://outlook.office365.com/mapi/emsmdb/?MailboxId=4c5d6e7f-8091-4a2b-83c4-d5e6f7081920@kestrel-labs.example",
            403,
            received=exchange_answer(),
            answer="<html><body><h1>Access denied</h1>/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=1f2e3d-signe</body></html>",
        ),
        personal=("4c5d6e7f-8091-4a2b-83c4-d5e6f7081920", "1f2e3d-signe"),
        facts=(*EXCHANGE_FACTS, "Access denied", "/mapi/emsmdb/"),
    ),
    Case(
        "a publishing rule of ISA",
        exchange(
            "POST",
            "https://mail.kestrel-labs.example/EWS/Exchange.asmx",
            403,
            sent={"Authorization": basic("KESTREL\\t.ness", "Fjordpferd_12")},
            received={
                "Content-Type": "text/html",
                "Via": "1.1 ISA01.kestrel-labs.example (Microsoft ISA)",
                "Date": NOON,
            },
            answer="<html><body><p>Error Code: 403 Forbidden. The server denied the specified Uniform Resource Locator (URL). Contact the server administrator. (12202)</p>"
            "<p>Internet Security and Acceleration Server</p><p>Client: 10.20.30.40, user KESTREL\\t.ness, admin hilde.berg@kestrel-labs.example</p></body></html>",
        ),
        secrets=("Fjordpferd_12",),
        personal=("KESTREL\\t.ness", "10.20.30.40", "hilde.berg"),
        facts=(
            "(12202)",
            "Internet Security and Acceleration Server",
            "The server denied the specified Uniform Resource Locator (URL).",
            "https://mail.kestrel-labs.example/EWS/Exchange.asmx",
            "Microsoft ISA",
        ),
    ),
)
