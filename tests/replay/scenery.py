"""What surrounds the telling parts of a recording: tokens, header sets of the services, request headers of clients."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

AUDIENCES: Final = {
    "graph": "https://graph.microsoft.com",
    "graph-id": "00000003-0000-0000-c000-000000000000",
    "exchange": "https://outlook.office365.com",
    "office": "https://outlook.office.com",
    "exchange-id": "00000002-0000-0ff1-ce00-000000000000",
    "aadgraph": "https://graph.windows.net",
    "arm": "https://management.azure.com",
    "scc": "https://ps.compliance.protection.outlook.com",
    "spo": "https://contoso.sharepoint.com",
}
MEMBER: Final = "b79fbf4d-3ef9-4689-8143-76b194e85509"
APP_ONLY: Final = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"

CLIENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "exchangelib": {
        "User-Agent": "exchangelib/5.4.3 (python-requests/2.32.3)",
        "Accept-Encoding": "gzip, deflate",
        "Accept": "*/*",
        "Connection": "keep-alive",
    },
    "ewsmanaged": {
        "User-Agent": "ExchangeServicesClient/15.00.0913.015",
        "Accept": "text/xml",
        "Accept-Encoding": "gzip,deflate",
        "Connection": "Keep-Alive",
    },
    "graphsdk": {
        "User-Agent": "python-httpx/0.27.2",
        "SdkVersion": "graph-python/1.15.0, graph-python-core/1.2.0 (hostOS=Linux; hostArch=x86_64)",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    },
    "graphps": {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; de-DE) PowerShell/7.4.6 "
        "Invoke-MgGraphRequest",
        "SdkVersion": "graph-powershell/2.25.0",
        "Accept-Encoding": "gzip",
        "Cache-Control": "no-store, no-cache",
    },
    "msal": {
        "User-Agent": "python-requests/2.32.3",
        "x-client-SKU": "MSAL.Python",
        "x-client-Ver": "1.31.0",
        "x-client-OS": "linux",
        "x-client-CPU": "x64",
        "x-ms-lib-capability": "retry-after, h429",
        "Accept": "application/json",
    },
    "exops": {
        "User-Agent": "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.4391",
        "X-CmdletName": "Get-Mailbox",
        "X-ClientApplication": "ExoManagementModule",
        "X-SerializationLevel": "Partial",
        "X-ResponseFormat": "clixml",
        "Prefer": "odata.maxpagesize=1000",
    },
    "browser": {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/131.0.0.0 Safari/537.36",
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "de-DE,de;q=0.9,en;q=0.8",
        "Origin": "https://app.contoso.com",
        "Referer": "https://app.contoso.com/",
        "sec-fetch-mode": "cors",
    },
    "curl": {"User-Agent": "curl/8.9.1", "Accept": "*/*"},
    "phone": {
        "User-Agent": "Apple-iPhone14C2/2201.88",
        "MS-ASProtocolVersion": "16.1",
        "Accept": "*/*",
        "Accept-Language": "en-gb",
    },
}
SERVICES: Final[Mapping[str, Mapping[str, str | tuple[str, ...]]]] = {
    "graph": {
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
        "Strict-Transport-Security": "max-age=31536000",
        "request-id": "{id}",
        "client-request-id": "{id}",
        "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"002",'
        '"RoleInstance":"AM2PEPF0001BF1A"}}',
        "Content-Type": "application/json",
    },
    "exo": {
        "Cache-Control": "private",
        "Server": "Microsoft-IIS/10.0",
        "request-id": "{id}",
        "Alt-Svc": 'h3=":443";ma=2592000,h3-29=":443";ma=2592000',
        "X-CalculatedFETarget": "AM0PR02CU002.internal.outlook.com",
        "X-BackEndHttpStatus": ("{status}", "{status}"),
        "X-FEProxyInfo": "AM0PR02CA0031.EURPRD02.PROD.OUTLOOK.COM",
        "X-CalculatedBETarget": "AM9PR03MB7234.eurprd03.prod.outlook.com",
        "X-RUM-Validated": "1",
        "X-DiagInfo": "AM9PR03MB7234",
        "X-BEServer": "AM9PR03MB7234",
        "X-Proxy-RoutingCorrectness": "1",
        "X-Proxy-BackendServerStatus": "{status}",
        "X-FEEFZInfo": "AMS",
        "X-FEServer": ("AM0PR02CA0104", "AM0PR02CA0031"),
        "X-FirstHopCafeEFZ": "AMS",
        "X-Powered-By": "ASP.NET",
        "MS-CV": "4UbXfTgb8kqGaGc+0VkTuw.1.1",
    },
    "exofront": {
        "Server": "Microsoft-IIS/10.0",
        "request-id": "{id}",
        "X-FEServer": "FR0P281CA0077",
        "X-RequestId": "{id}",
        "X-FEProxyInfo": "FR0P281CA0077.DEUP281.PROD.OUTLOOK.COM",
        "X-FEEFZInfo": "HHN",
        "MS-CV": "TS8pf8cI0Eq9Pq8Cm6IcWg.0",
        "X-Powered-By": "ASP.NET",
    },
    "entra": {
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "Content-Type": "application/json; charset=utf-8",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "P3P": 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
        "x-ms-request-id": "{id}",
        "x-ms-ests-server": "2.1.22397.10 - WEULR1 ProdSlices",
        "x-ms-srs": "1.P",
        "X-XSS-Protection": "0",
        "Set-Cookie": ("fpc=Ah3; path=/; secure; HttpOnly; SameSite=None", "x-ms-gateway-slice=estsfd; path=/"),
    },
    "onprem": {
        "Server": "Microsoft-IIS/10.0",
        "request-id": "{id}",
        "X-FEServer": "EX19-02",
        "X-Powered-By": "ASP.NET",
    },
    "onpremback": {
        "Cache-Control": "private",
        "Server": "Microsoft-IIS/10.0",
        "request-id": "{id}",
        "X-CalculatedBETarget": "ex19-01.corp.contoso.local",
        "X-DiagInfo": "EX19-01",
        "X-BEServer": "EX19-01",
        "X-AspNet-Version": "4.0.30319",
        "X-FEServer": "EX19-02",
        "X-Powered-By": "ASP.NET",
    },
    "spo": {
        "Cache-Control": "private, max-age=0",
        "P3P": 'CP="ALL IND DSP COR ADM CONo CUR CUSo IVAo IVDo PSA PSD TAI TELo OUR SAMo CNT COM INT NAV ONL PHY PRE"',
        "X-SharePointHealthScore": "1",
        "SPRequestGuid": "{id}",
        "request-id": "{id}",
        "MS-CV": "oWf1G3kQAPA1Q4x0.0",
        "MicrosoftSharePointTeamServices": "16.0.0.25326",
        "X-MS-InvokeApp": "1; RequireReadOnly",
        "Content-Type": "application/json;odata=verbose;charset=utf-8",
    },
    "bare": {},
    "exo-brief": {"request-id": "{id}", "X-FEServer": "DM5PR13CA0042", "Server": "Microsoft-IIS/10.0"},
    "exo-back-brief": {
        "request-id": "{id}",
        "X-CalculatedBETarget": "dm5pr18mb1004.namprd18.prod.outlook.com",
        "X-BackEndHttpStatus": "{status}",
        "X-BEServer": "DM5PR18MB1004",
        "X-FEServer": "DM5PR13CA0042",
    },
    "graph-brief": {"request-id": "{id}", "client-request-id": "{id}"},
    "entra-brief": {"x-ms-request-id": "{id}"},
}


def guid(label: str) -> str:
    """The same invented id for the same label."""
    return str(UUID(bytes=hashlib.sha256(label.encode()).digest()[:16], version=4))


TENANT: Final = guid("contoso")
OTHER_TENANT: Final = guid("fabrikam")


def authorization(spec: str | Mapping[str, JsonValue], now: int) -> str | None:
    """An Authorization header, None for none: `none`, `raw <header value>`, or the claims of an access token.

    Of the claims, `for` names the audience, `roles` makes the token app-only and `scp` a user's, `age` and `life` are
    seconds; every other key is a claim as it stands, and null takes a claim away. With `bare` the token has a header of
    two members and no claims but aud, iat, exp and those given, as tokens of test data have them.
    """
    if isinstance(spec, str):
        return None if spec == "none" else spec.removeprefix("raw ")
    given = dict(spec)
    audience = str(given.pop("for", "exchange"))
    bare = given.pop("bare", False)
    head = given.pop("head", {})
    issued = now - int(str(given.pop("age", 600)))
    expires = issued + int(str(given.pop("life", 4500)))
    tenant = str(given.get("tid", TENANT))
    if bare:
        brief: dict[str, JsonValue] = {"aud": AUDIENCES.get(audience, audience), "iat": issued, "exp": expires}
        return f"Bearer {_segment({'typ': 'JWT', 'alg': 'RS256'})}.{_segment(brief | given)}.c2lnbmF0dXJl"
    user = "scp" in given or given.get("idtyp") == "user"
    claims: dict[str, JsonValue] = {
        "aud": AUDIENCES.get(audience, audience),
        "iss": f"https://sts.windows.net/{tenant}/",
        "iat": issued,
        "nbf": issued,
        "exp": expires,
        "aio": "k2RgYDifv3DK+0dzwo4kGwgkLfq6GgA=",
        "app_displayname": "nightly sync",
        "appid": guid("app"),
        "appidacr": "1",
        "idp": f"https://sts.windows.net/{tenant}/",
        "idtyp": "user" if user else "app",
        "oid": guid("somebody"),
        "rh": "1.AXkAOi-NXHsem0uKbQ9OK3ydEQMAAAAAAAAAwAAAAAAAAABiAAA.",
        "sub": guid("somebody") if not user else "2qZ0mKlb5y7oE3H0s9gYpQ1JxJ1n0o4u8vYg3J9aX0E",
        "tid": tenant,
        "uti": "Zl9kq0mX1kGc7u9QbY0fAA",
        "ver": "1.0",
        "wids": [MEMBER] if user else [APP_ONLY],
        "xms_ftd": "Hc1",
        "xms_idrel": "1 30",
    }
    if user:
        claims |= {
            "acct": 0,
            "amr": ["pwd", "mfa"],
            "appidacr": "0",
            "ipaddr": "203.0.113.77",
            "name": "Adele Vance",
            "unique_name": "adele@contoso.com",
            "upn": "adele@contoso.com",
        }
        del claims["idp"]
    claims = {name: value for name, value in (claims | given).items() if value is not None}
    header = {"typ": "JWT", "alg": "RS256", "x5t": "kWbkb0cF2uH4Q6", "kid": "kWbkb0cF2uH4Q6"}
    if "graph" in audience:
        header["nonce"] = "t7C0yTj3dF5m8Xv2bA1n9QhZsKpLwRe6UoIgYcJfMxE"
    header |= {str(key): str(value) for key, value in head.items()} if isinstance(head, dict) else {}
    return "Bearer " + ".".join(
        (_segment(header), _segment(claims), base64.urlsafe_b64encode(b"S" * 256).decode().rstrip("="))
    )


def _segment(part: Mapping[str, JsonValue] | Mapping[str, str]) -> str:
    raw = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
