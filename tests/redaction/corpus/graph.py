"""Calls of Microsoft Graph."""

from __future__ import annotations

import json
from base64 import b64encode

from tests.redaction.corpus.case import (
    APP,
    GRAPH_FACTS,
    TENANT,
    WILHELMINA,
    Case,
    app_token,
    exchange,
    graph_answer,
    graph_error,
    user_token,
)

_USER = user_token()
_APP = app_token(roles=["User.Read.All"])
_BATCH = {
    "requests": [
        {"id": "1", "method": "GET", "url": "/users/tove.lindqvist@kestrel-labs.example/messages?$top=5"},
        {
            "id": "2",
            "method": "POST",
            "url": "/me/sendMail",
            "headers": {"Content-Type": "application/json", "X-Api-Key": "pk_live_Ty7Qw2Zr9LmXs4Vb"},
            "body": {
                "message": {
                    "subject": "Umstrukturierung Nordwerk",
                    "body": {
                        "contentType": "Text",
                        "content": "Bitte nicht weiterleiten: Kennwort ist Zwiebelkuchen77",
                    },
                    "toRecipients": [
                        {"emailAddress": {"name": "Tove Lindqvist", "address": "tove.lindqvist@kestrel-labs.example"}}
                    ],
                }
            },
        },
    ]
}
_BATCH_ANSWER = {
    "responses": [
        {
            "id": "1",
            "status": 403,
            "headers": {"Content-Type": "application/json", "Set-Cookie": "fpc=AqZ1xR5tY7uI9oP3aS6d; path=/"},
            "body": {
                "error": {
                    "code": "ErrorAccessDenied",
                    "message": "Access is denied for tove.lindqvist@kestrel-labs.example. Check credentials and try again.",
                    "innerError": {"request-id": "aa11bb22-cc33-4d44-8e55-ff6677889900"},
                }
            },
        },
        {
            "id": "2",
            "status": 202,
            "headers": {},
            "body": b64encode(b'{"note":"Zwiebelkuchen77 for Tove Lindqvist"}').decode(),
        },
    ]
}

CASES = (
    Case(
        "directory call without the role",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/users?$filter=mail eq 'tove.lindqvist@kestrel-labs.example'&$select=id,displayName",
            403,
            sent={
                "Authorization": f"Bearer {_APP}",
                "User-Agent": "python-requests/2.32.3",
                "SdkVersion": "graph-python-1.12.0",
                "client-request-id": "6b5a4f3e-2d1c-4b0a-8976-5f4e3d2c1b0a",
            },
            received=graph_answer(),
            answer=graph_error(
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
                **{"request-id": "c0a1b2d3-4e5f-4678-9a0b-1c2d3e4f5a6b"},
            ),
        ),
        secrets=(_APP, *_APP.split(".")[1:]),
        personal=("tove.lindqvist@kestrel-labs.example", "tove.lindqvist"),
        facts=(
            *GRAPH_FACTS,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
            "https://graph.microsoft.com/v1.0/users?$filter=mail",
            "$select=id,displayName",
            "python-requests/2.32.3",
            "graph-python-1.12.0",
            "User.Read.All",
            "https://sts.windows.net/",
            TENANT,
            APP,
            "77b1c2d3-e4f5-4a6b-8c9d-0e1f2a3b4c5d",
            "Qm9vZ2llV29vZ2llMTIzNA",
            "1795263900",
            "0997a1d0-0d1d-4acb-b408-d5ca73121e90",
        ),
    ),
    Case(
        "a delegated token with everything personal",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/users/0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b/mailFolders/inbox/messages",
            403,
            sent={
                "Authorization": f"Bearer {_USER}",
                "Cookie": "AADSSO=NA|NoExtension; ESTSAUTH=0.AX0Aq1w2e3r4t5y6u7i8o9p0",
            },
            received=graph_answer(),
            answer=graph_error(
                "ErrorAccessDenied",
                "User Wilhelmina Ostrowski (OBJ 0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b) is not allowed from 198.51.100.77.",
            ),
        ),
        secrets=(
            _USER,
            *_USER.split(".")[1:],
            "0.AX0Aq1w2e3r4t5y6u7i8o9p0",
            "ATQAy/8TAAAAj4bQ2pXn0VbUuWc7sKf1eLrGmHdTzY",
        ),
        personal=WILHELMINA,
        facts=(
            *GRAPH_FACTS,
            "ErrorAccessDenied",
            "Mail.Read",
            "mailFolders/inbox/messages",
            "is not allowed from",
            "pwd",
            "mfa",
            TENANT,
            APP,
            "xK2mQ8vT5wL1nR7cJ4pZaA",
        ),
    ),
    Case(
        "a batch with mail inside",
        exchange(
            "POST",
            "https://graph.microsoft.com/v1.0/$batch",
            200,
            sent={"Authorization": f"Bearer {_USER}", "Content-Type": "application/json"},
            body=json.dumps(_BATCH),
            received=graph_answer(),
            answer=json.dumps(_BATCH_ANSWER),
        ),
        secrets=("pk_live_Ty7Qw2Zr9LmXs4Vb", "Zwiebelkuchen77", "AqZ1xR5tY7uI9oP3aS6d"),
        personal=(*WILHELMINA, "tove.lindqvist@kestrel-labs.example", "Tove Lindqvist", "Umstrukturierung Nordwerk"),
        facts=(
            *GRAPH_FACTS,
            "ErrorAccessDenied",
            "Check credentials and try again.",
            "aa11bb22-cc33-4d44-8e55-ff6677889900",
            "/me/sendMail",
            "/messages?$top=5",
            "toRecipients",
            "403",
        ),
    ),
    Case(
        "an error inside the message of an error",
        exchange(
            "GET",
            "https://graph.microsoft.com/beta/reports/getM365AppUserDetail(period='D7')",
            403,
            sent={"Authorization": f"Bearer {_APP}"},
            received=graph_answer(),
            answer=graph_error(
                "UnknownError",
                json.dumps(
                    {
                        "error": {
                            "code": "S2SUnauthorized",
                            "message": "Invalid permission.",
                            "upn": "ferenc.szabo@kestrel-labs.example",
                        }
                    }
                ),
            ),
        ),
        secrets=(_APP,),
        personal=("ferenc.szabo@kestrel-labs.example", "ferenc.szabo"),
        facts=("UnknownError", "S2SUnauthorized", "Invalid permission."),
    ),
    Case(
        "a path into somebody's drive",
        exchange(
            "PUT",
            "https://graph.microsoft.com/v1.0/users/anselm.vogt%40kestrel-labs.example/drive/root:/Gehaltsliste/Q4%20Entw%C3%BCrfe.xlsx:/content",
            423,
            sent={"Authorization": f"Bearer {_USER}", "Content-Type": "application/octet-stream"},
            body=b"PK\x03\x04\x14\x00Gehaltsliste geheim \x00\x01\x02\x03\x04\x05\x06\x07\x08",
            received=graph_answer(),
            answer=graph_error("notAllowed", "The file Q4 Entwürfe.xlsx is locked by anselm.vogt@kestrel-labs.example"),
        ),
        secrets=(_USER,),
        personal=(*WILHELMINA, "anselm.vogt", "Gehaltsliste", "Entwürfe", "Entw%C3%BCrfe"),
        facts=(*GRAPH_FACTS, "notAllowed", "/drive/root:/", ":/content", "is locked by"),
    ),
    Case(
        "a CAE challenge",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/me",
            401,
            sent={"Authorization": f"Bearer {_USER}"},
            received=graph_answer(
                **{
                    "WWW-Authenticate": 'PoP realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
                    'client_id="00000003-0000-0000-c000-000000000000", nonce="eyRlZmluaXRlbHlBTm9uY2U0NQ==", '
                    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
                    'client_id="00000003-0000-0000-c000-000000000000", error_description="Continuous access evaluation resulted in '
                    'challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp", '
                    'error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTcyNjI1ODEyMiJ9fX0="'
                }
            ),
            answer=graph_error("InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge."),
        ),
        secrets=(_USER, "eyRlZmluaXRlbHlBTm9uY2U0NQ=="),
        personal=WILHELMINA,
        facts=(
            "insufficient_claims",
            "TokenIssuedBeforeRevocationTimestamp",
            "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTcyNjI1ODEyMiJ9fX0=",
            "https://login.microsoftonline.com/common/oauth2/authorize",
            "00000003-0000-0000-c000-000000000000",
            "InvalidAuthenticationToken",
        ),
    ),
    Case(
        "permissions printed by Teams",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/teams/4b0c1d2e-3f4a-4b5c-8d6e-7f8091a2b3c4/channels/19:9f8e7d6c5b4a39281706f5e4d3c2b1a0@thread.tacv2/messages",
            403,
            sent={"Authorization": f"Bearer {_APP}"},
            received=graph_answer(),
            answer=graph_error(
                "Forbidden",
                "Missing role permissions on the request. API requires one of 'ChannelMessage.Read.All, ChannelMessage.Read.Group'. "
                "Roles on the request 'User.Read.All'. Resource specific consent grants on the request ''.",
            ),
        ),
        secrets=(_APP,),
        personal=("9f8e7d6c5b4a39281706f5e4d3c2b1a0",),
        facts=(
            "4b0c1d2e-3f4a-4b5c-8d6e-7f8091a2b3c4",
            "ChannelMessage.Read.All, ChannelMessage.Read.Group",
            "Roles on the request 'User.Read.All'",
            "Forbidden",
        ),
    ),
    Case(
        "a password reset by an application",
        exchange(
            "PATCH",
            "https://graph.microsoft.com/v1.0/users/ines.caldeira@kestrel-labs.example",
            403,
            sent={"Authorization": f"Bearer {_APP}", "Content-Type": "application/json"},
            body='{"passwordProfile":{"forceChangePasswordNextSignIn":true,"password":"Ouriço!2026"},"mobilePhone":"+351 912 345 678","givenName":"In\\u00eas"}',
            received=graph_answer(),
            answer=graph_error("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        ),
        secrets=("Ouriço!2026",),
        personal=("ines.caldeira@kestrel-labs.example", "+351 912 345 678", "Inês"),
        facts=("Authorization_RequestDenied", "forceChangePasswordNextSignIn", "passwordProfile"),
    ),
    Case(
        "a success with people in it",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/users?$top=2",
            200,
            sent={"Authorization": f"Bearer {_APP}"},
            received=graph_answer(),
            answer=json.dumps(
                {
                    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users",
                    "@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$top=2&$skiptoken=RFNwdAIAAQAAABk6bWFydGE",
                    "value": [
                        {
                            "id": "f1e2d3c4-b5a6-4978-8675-64738291a0bf",
                            "displayName": "Márta Köves",
                            "jobTitle": "Restrukturierungsleiterin",
                            "mail": "marta.koves@kestrel-labs.example",
                            "businessPhones": ["+36 1 555 0199"],
                            "userPrincipalName": "marta.koves@kestrel-labs.example",
                            "employeeId": "104233-77",
                            "accountEnabled": True,
                            "userType": "Member",
                            "onPremisesSecurityIdentifier": "S-1-5-21-3623811015-3361044348-30300820-1013",
                        }
                    ],
                }
            ),
        ),
        secrets=("RFNwdAIAAQAAABk6bWFydGE",),
        personal=(
            "Márta Köves",
            "Restrukturierungsleiterin",
            "marta.koves@kestrel-labs.example",
            "+36 1 555 0199",
            "104233-77",
            "S-1-5-21-3623811015-3361044348-30300820-1013",
            "f1e2d3c4-b5a6-4978-8675-64738291a0bf",
        ),
        facts=(
            "accountEnabled",
            "userType",
            "Member",
            "@odata.nextLink",
            "https://graph.microsoft.com/v1.0/users?$top=2",
        ),
    ),
    Case(
        "a guest in every spelling",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/users('dagny.roark_partnerhaus.example%23EXT%23@kestrellabs.onmicrosoft.com')",
            403,
            sent={
                "Authorization": f"Bearer {user_token(upn='live.com#dagny.roark@partnerhaus.example', unique_name='DAGNY.ROARK@partnerhaus.example', idp='https://sts.windows.net/12345678-90ab-4cde-8f01-234567890abc/', name='Roark, Dagny')}",
                "X-AnchorMailbox": "SMTP:Dagny.Roark@partnerhaus.example",
            },
            received=graph_answer(),
            answer=graph_error(
                "Authorization_RequestDenied",
                "Guest i:0#.f|membership|dagny.roark_partnerhaus.example#ext#@kestrellabs.onmicrosoft.com cannot read Dagny Roark.",
            ),
        ),
        personal=("dagny.roark", "Dagny Roark", "Roark, Dagny", "dagny.roark_partnerhaus.example"),
        facts=("12345678-90ab-4cde-8f01-234567890abc", "cannot read", "Authorization_RequestDenied"),
    ),
    Case(
        "a security query with its text",
        exchange(
            "POST",
            "https://graph.microsoft.com/v1.0/security/runHuntingQuery",
            403,
            sent={"Authorization": f"Bearer {_APP}", "Content-Type": "application/json"},
            body=json.dumps(
                {
                    "Query": "EmailEvents | where SenderFromAddress == 'kasimir.brandt@kestrel-labs.example' and Subject has 'Übernahme Falkenberg'"
                }
            ),
            received=graph_answer(),
            answer=graph_error(
                "Forbidden",
                "Missing application roles. API required roles: ThreatHunting.Read.All, application roles: User.Read.All.",
            ),
        ),
        personal=("kasimir.brandt@kestrel-labs.example", "kasimir.brandt", "Übernahme Falkenberg", "Falkenberg"),
        facts=("ThreatHunting.Read.All", "application roles: User.Read.All", "/security/runHuntingQuery"),
    ),
    Case(
        "Intune's nested message",
        exchange(
            "GET",
            "https://graph.microsoft.com/beta/deviceManagement/managedDevices/1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b",
            403,
            sent={"Authorization": f"Bearer {_APP}"},
            received=graph_answer(),
            answer=graph_error(
                "Forbidden",
                json.dumps(
                    {
                        "_version": 3,
                        "Message": "Application is not authorized to perform this operation. Application must have one of the following scopes: "
                        "DeviceManagementManagedDevices.Read.All - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - "
                        "Activity ID: 3d2c1b0a-9f8e-4d7c-86b5-a4938271605f - Url: https://fef.msub02.manage.microsoft.com/DeviceFE/StatelessDeviceFEService",
                        "CustomApiErrorPhrase": "",
                        "UserId": "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b",
                        "DeviceName": "LAPTOP-WILHELMINA",
                    }
                ),
            ),
        ),
        personal=("LAPTOP-WILHELMINA", "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"),
        facts=(
            "DeviceManagementManagedDevices.Read.All",
            "3d2c1b0a-9f8e-4d7c-86b5-a4938271605f",
            "fef.msub02.manage.microsoft.com",
            "Operation ID (for customer support)",
        ),
    ),
    Case(
        "a personal account's opaque token",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/me/messages/AQMkADAwATM3ZmYAZS1kNzQ5LWM5YTItMDACLTAwCgBGAAAD",
            401,
            sent={
                "Authorization": "Bearer EwBwA8l6BAAUO9chh8cJscQLmU+LSWpbnr0vmwwAATq3kfPzq7RbXYWlT9GxJvNcLhKdMeSoUiAaBgHyCzEwQp=="
            },
            received=graph_answer(),
            answer=graph_error(
                "InvalidAuthenticationToken",
                "CompactToken validation failed with reason code: 80049228. Token EwBwA8l6BAAUO9chh8cJscQLmU+LSWpbnr0vmwwAATq3kfPzq7Rb",
            ),
        ),
        secrets=(
            "EwBwA8l6BAAUO9chh8cJscQLmU+LSWpbnr0vmwwAATq3kfPzq7RbXYWlT9GxJvNcLhKdMeSoUiAaBgHyCzEwQp",
            "O9chh8cJscQLmU+LSWpbnr0vmww",
        ),
        personal=("AQMkADAwATM3ZmYAZS1kNzQ5LWM5YTItMDACLTAwCgBGAAAD",),
        facts=("InvalidAuthenticationToken", "CompactToken", "80049228"),
    ),
    Case(
        "a token sent twice prefixed",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/organization",
            401,
            sent={"Authorization": f"Bearer Bearer {_APP}"},
            received=graph_answer(),
            answer=graph_error("InvalidAuthenticationToken", "Access token is empty."),
        ),
        secrets=(_APP, *_APP.split(".")[1:]),
        facts=("Bearer Bearer", "Access token is empty."),
    ),
)
