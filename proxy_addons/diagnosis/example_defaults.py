"""What an example need not spell out: an invented tenant, usual tokens, and the headers real servers send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

DATE: Final = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
TENANT: Final = "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21"
REQUEST_ID: Final = "2f6c1c0e-8d0b-4c57-9c1a-5d7b3e9f4a10"
CORRELATION_ID: Final = "b7e0d2a4-13c5-4f6e-8a9b-0c1d2e3f4a5b"
APP: Final = "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36"
APP_OBJECT: Final = "d4e5f6a7-b8c9-4d0e-9f1a-2b3c4d5e6f70"
USER_OBJECT: Final = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d"
EWS_URL: Final = "https://outlook.office365.com/EWS/Exchange.asmx"

MEMBER: Final = "b79fbf4d-3ef9-4689-8143-76b194e85509"
APP_ONLY: Final = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
EXCHANGE_ADMINISTRATOR: Final = "29232cdf-9323-42fd-ade2-1d097af3e4de"

REQUEST_HEADERS: Final[Mapping[str, str]] = {
    "User-Agent": "contoso-mail-archiver/2.3",
    "client-request-id": CORRELATION_ID,
}

COMMON_CLAIMS: Final[Mapping[str, JsonValue]] = {
    "iss": f"https://sts.windows.net/{TENANT}/",
    "tid": TENANT,
    "appid": APP,
    "iat": -600,
    "nbf": -600,
    "exp": 3900,
    "uti": "AbCdEfGhIjKlMnOpQrStUv",
    "ver": "1.0",
}
_APP: Final[Mapping[str, JsonValue]] = {
    "idtyp": "app",
    "appidacr": "2",
    "oid": APP_OBJECT,
    "sub": APP_OBJECT,
    "wids": [APP_ONLY],
}
_USER: Final[Mapping[str, JsonValue]] = {
    "idtyp": "user",
    "appidacr": "0",
    "oid": USER_OBJECT,
    "sub": "pairwise-subject",
    "upn": "adele@contoso.com",
    "acct": 0,
    "wids": [MEMBER],
}
_EXCHANGE: Final[Mapping[str, JsonValue]] = {"aud": "https://outlook.office365.com"}
_GRAPH: Final[Mapping[str, JsonValue]] = {"aud": "https://graph.microsoft.com"}

TOKENS: Final[Mapping[str, Mapping[str, JsonValue]]] = {
    "exchange-app": {**_APP, **_EXCHANGE, "roles": ["full_access_as_app"]},
    "exchange-user": {**_USER, **_EXCHANGE, "scp": "EWS.AccessAsUser.All"},
    "exchange-admin-app": {
        **_APP,
        **_EXCHANGE,
        "roles": ["Exchange.ManageAsAppV2"],
        "wids": [APP_ONLY, EXCHANGE_ADMINISTRATOR],
    },
    "exchange-admin-user": {
        **_USER,
        **_EXCHANGE,
        "scp": "Exchange.ManageV2",
        "wids": [MEMBER, EXCHANGE_ADMINISTRATOR],
    },
    "graph-app": {**_APP, **_GRAPH, "roles": ["User.Read.All"]},
    "graph-user": {**_USER, **_GRAPH, "scp": "User.Read openid profile"},
}

EXCHANGE_CHALLENGE: Final = (
    'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", '
    'trusted_issuers="00000001-0000-0000-c000-000000000000@*", '
    'token_types="app_asserted_user_v1 service_asserted_app_v1", '
    'authorization_uri="https://login.windows.net/common/oauth2/authorize", error="invalid_token"'
)

_CLOUD_FRONT_END: Final[Mapping[str, str]] = {
    "Server": "Microsoft-IIS/10.0",
    "request-id": REQUEST_ID,
    "X-FEServer": "AS8PR04CA0142",
}
SPEAKERS: Final[Mapping[str, Mapping[str, str]]] = {
    "bare": {},
    "exchange-front-end": _CLOUD_FRONT_END,
    "exchange-backend": {
        **_CLOUD_FRONT_END,
        "X-CalculatedBETarget": "DB9PR05MB9221.eurprd05.prod.outlook.com",
        "X-BackEndHttpStatus": "{status}",
        "X-BEServer": "DB9PR05MB9221",
        "X-DiagInfo": "DB9PR05MB9221",
        "X-Proxy-RoutingCorrectness": "1",
    },
    "graph-gateway": {
        "request-id": REQUEST_ID,
        "client-request-id": CORRELATION_ID,
        "x-ms-ags-diagnostic": '{{"ServerInfo":{{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"003",'
        '"RoleInstance":"AM4PEPF00027A65"}}}}',
    },
    "entra": {
        "x-ms-request-id": REQUEST_ID,
        "client-request-id": CORRELATION_ID,
        "x-ms-ests-server": "2.1.22316.4 - WEULR1 ProdSlices",
    },
    "on-premises": {
        "Server": "Microsoft-IIS/10.0",
        "request-id": REQUEST_ID,
        "X-FEServer": "EXCH01",
        "X-Powered-By": "ASP.NET",
    },
}
"""Headers by speaker; `{{status}}` in a value is the status of the response."""

FAULT: Final = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:{code}</faultcode>'
    '<faultstring xml:lang="en-US">{message}</faultstring><detail>'
    '<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{code}</e:ResponseCode>'
    '<e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{message}</e:Message></detail>'
    "</s:Fault></s:Body></s:Envelope>"
)
RESPONSE_ERROR: Final = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<m:{operation}Response xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages>'
    '<m:{operation}ResponseMessage ResponseClass="Error"><m:MessageText>{message}</m:MessageText>'
    "<m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>"
    "</m:{operation}ResponseMessage></m:ResponseMessages></m:{operation}Response></s:Body></s:Envelope>"
)
