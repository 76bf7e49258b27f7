"""Scenes of Exchange: EWS, its challenges, cmdlets, and servers of the customer's own."""

import json
from base64 import b64encode
from html import escape
from urllib.parse import quote

from tests.redaction.proof.entry import Entry
from tests.redaction.proof.kinds import Cast, any_personal
from tests.redaction.proof.spelling import spelled
from tests.support.wire import jwt

EWS = "https://outlook.office365.com/EWS/Exchange.asmx"


def ews(cast: Cast) -> Entry:
    entry = Entry(cast, "POST", EWS, status=cast.rng.choice([200, 403, 500]))
    entry.sent += [
        ("Content-Type", "text/xml; charset=utf-8"),
        ("User-Agent", cast.fact("exchangelib/5.5.0 (python-requests/2.32.3)")),
        ("X-AnchorMailbox", cast.rng.choice(["", "SMTP:", "UPN:"]) + cast.upn()),
        ("client-request-id", cast.fact(cast.guid())),
        ("return-client-request-id", "true"),
    ]
    entry.bearer()
    entry.exchange()
    entry.received.append(("Content-Type", "text/xml"))
    body = (
        f'<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message><t:Subject>{escape(cast.subject())}</t:Subject><t:Body BodyType="HTML">{escape(spelled(cast.rng, any_personal(cast)))}</t:Body>'
        f'<t:ToRecipients><t:Mailbox><t:Name>{escape(cast.name())}</t:Name><t:EmailAddress>{cast.upn()}</t:EmailAddress></t:Mailbox></t:ToRecipients><t:ItemId Id="{cast.exchange_id()}" ChangeKey="{cast.exchange_id()}"/>'
        f"<t:Attachments><t:FileAttachment><t:Name>{escape(cast.subject())}.pdf</t:Name><t:Content>{b64encode(cast.subject().encode()).decode()}</t:Content></t:FileAttachment></t:Attachments></t:Message></m:Items></m:CreateItem>"
    )
    head = f"<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{cast.upn()}</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation><!-- {cast.name()} -->"
    entry.body = _soap(body, head)
    if cast.rng.random() < 0.5:
        entry.body = b"\xff\xfe" + entry.body.encode("utf-16-le")
    code, said = cast.rng.choice(
        [
            ("ErrorAccessDenied", "Access is denied. Check credentials and try again."),
            ("ErrorImpersonateUserDenied", "The account does not have permission to impersonate the requested user."),
            ("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."),
            ("ErrorItemNotFound", "The specified object was not found in the store."),
        ]
    )
    cast.facts += [code, said]
    entry.answer = cast.rng.choice(
        [
            _soap(
                f'<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>{said} {escape(any_personal(cast))}</m:MessageText><m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey><m:MessageXml><t:Value Name="Mailbox">{cast.upn()}</t:Value></m:MessageXml></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>'
            ),
            _soap(
                f'<s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:{code}</faultcode><faultstring xml:lang="en-US">{said}</faultstring><detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{code}</e:ResponseCode><e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">{said} {escape(spelled(cast.rng, any_personal(cast)))}</e:Message></detail></s:Fault>'
            ),
        ]
    )
    return entry


def challenge(cast: Cast) -> Entry:
    entry = Entry(cast, "POST", EWS, status=401)
    entry.sent.append(("Authorization", f"Basic {b64encode(f'{cast.upn()}:{cast.password()}'.encode()).decode()}"))
    entry.exchange()
    claims = b64encode(
        json.dumps({"access_token": {"nbf": {"essential": True, "value": "1790000123"}}}).encode()
    ).decode()
    entry.received += [
        (
            "WWW-Authenticate",
            f'Bearer client_id="{cast.fact("00000002-0000-0ff1-ce00-000000000000")}", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.windows.net/common/oauth2/authorize", error="{cast.fact("invalid_token")}"',
        ),
        (
            "WWW-Authenticate",
            f'Bearer realm="", authorization_uri="{cast.fact("https://login.microsoftonline.com/common/oauth2/authorize")}", error="{cast.fact("insufficient_claims")}", claims="{cast.fact(claims)}"',
        ),
        ("WWW-Authenticate", f'Basic Realm="{cast.machine()}"'),
        ("WWW-Authenticate", f"Negotiate {cast.opaque()}"),
        (
            "x-ms-diagnostics",
            '2000003;reason="The audience claim value is invalid \'aud\'.";error_category="invalid_resource"',
        ),
        ("X-Powered-By", "ASP.NET"),
    ]
    cast.facts += ["2000003", "The audience claim value is invalid 'aud'.", "invalid_resource"]
    return entry


def powershell(cast: Cast) -> Entry:
    entry = Entry(cast, "POST", f"https://outlook.office365.com/adminapi/beta/{cast.fact(cast.tenant)}/InvokeCommand")
    entry.sent += [
        ("Content-Type", "application/json"),
        ("X-CmdletName", cast.fact("Get-MailboxPermission")),
        ("X-AnchorMailbox", f"UPN:{cast.upn()}"),
        ("X-ResponseFormat", "json"),
        ("connection-id", cast.guid()),
    ]
    entry.bearer()
    entry.exchange()
    entry.body = json.dumps(
        {
            "CmdletInput": {
                "CmdletName": "Get-MailboxPermission",
                "Parameters": {
                    "Identity": cast.upn(),
                    "User": cast.name(),
                    cast.rng.choice(["Password", "Foo", "ResultSize"]): any_personal(cast),
                },
            }
        }
    )
    entry.answer = cast.rng.choice(
        [
            json.dumps(
                {
                    "error": {
                        "code": "NotFound",
                        "message": "Error executing cmdlet",
                        "details": [
                            {
                                "code": "Context",
                                "target": "",
                                "message": f"Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation couldn't be performed because object '{cast.upn()}' couldn't be found on 'DB7PR04A03DC001.eurprd04.prod.outlook.com'.",
                            }
                        ],
                    }
                }
            ),
            f'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><S S="Error">Get-Mailbox : Access denied for {escape(any_personal(cast))}_x000D__x000A_</S><Obj RefId="0"><MS><S N="UserName">{cast.upn()}</S><SS N="Password">{cast.random_bytes(30).hex()}</SS></MS></Obj></Objs>',
        ]
    )
    if "Ex6F9304" in entry.answer:
        cast.facts += ["Ex6F9304", "DB7PR04A03DC001.eurprd04.prod.outlook.com", "ManagementObjectNotFoundException"]
    entry.received.append(("Content-Type", "application/json"))
    return entry


def headers(cast: Cast) -> Entry:
    entry = Entry(cast, url=f"https://mail.{cast.domain}/EWS/Exchange.asmx", status=403)
    principal = b64encode(
        json.dumps(
            {
                "auth_typ": "aad",
                "claims": [{"typ": "name", "val": cast.name()}, {"typ": "preferred_username", "val": cast.upn()}],
                "userId": cast.object_id(),
            }
        ).encode()
    ).decode()
    entry.sent += [
        ("x-ms-client-principal", principal),
        ("x-ms-client-principal-name", cast.upn()),
        ("X-Forwarded-For", f"{cast.ip()}, {cast.ip()}"),
        ("Forwarded", f'for="{cast.ip()}";proto=https'),
        ("X-Real-IP", cast.ip()),
        ("Via", f"1.1 {cast.machine()}.corp.local (squid/5.7)"),
        ("X-User-Identity", spelled(cast.rng, any_personal(cast))),
        ("X-Machine", cast.machine()),
        ("X-MS-TOKEN-AAD-ACCESS-TOKEN", jwt(cast.claims())),
        ("Ocp-Apim-Subscription-Key", cast.secret()),
        ("x-functions-key", cast.secret()),
        ("Api-Key", cast.password()),
        (
            "Cookie",
            f"ESTSAUTH={cast.opaque()}; user={quote(cast.upn())}; {cast.secret()}={spelled(cast.rng, any_personal(cast))}; theme=dark",
        ),
        (
            "Referer",
            f"https://{cast.domain}/users/{quote(cast.upn())}?q={quote(cast.subject())}#access_token={cast.opaque()}",
        ),
        ("Origin", f"https://{cast.domain}"),
        (
            "User-Agent",
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {cast.fact('Microsoft Outlook 16.0.17928')} ({cast.machine()}; {cast.name()})",
        ),
        (cast.password(), "1"),
        ("X-Debug", json.dumps({"user": cast.upn(), "pw": cast.password()})),
        ("If-None-Match", f'W/"{cast.secret()}"'),
        ("From", cast.upn()),
        ("Content-Disposition", f"attachment; filename*=UTF-8''{quote(cast.subject())}.docx"),
        (
            "Proxy-Authorization",
            f'Digest username="{cast.upn()}", realm="{cast.machine()}", response="{cast.random_bytes(16).hex()}"',
        ),
    ]
    entry.received += [
        (
            "Location",
            f"https://{cast.domain}/owa/auth/logon.aspx?url={quote(f'https://mail.{cast.domain}/?user={cast.upn()}', safe='')}&reason=0&token={cast.opaque()}",
        ),
        (
            "Set-Cookie",
            f"cadata={cast.opaque()}; domain=mail.{cast.domain}; path=/{cast.subject().replace(' ', '_')}; HttpOnly",
        ),
        ("X-FEServer", cast.machine()),
        ("X-OWA-Error", cast.fact("Microsoft.Exchange.Data.Storage.AccessDeniedException")),
        ("Server", cast.fact("Microsoft-IIS/10.0")),
        ("request-id", cast.fact(cast.guid())),
        ("X-Who", any_personal(cast)),
        ("Link", f"<https://x.example/{quote(cast.upn())}>; rel=next"),
        ("Warning", f'199 - "{cast.name()}"'),
    ]
    entry.answer = f"<!DOCTYPE html><html><head><title>403 - Forbidden: Access is denied.</title><script>var u='{cast.upn()}'; var t=\"{cast.opaque()}\";</script></head><body data-user='{escape(cast.name())}'><!-- {cast.password()} --><h2>403 - Forbidden: Access is denied.</h2><h3>You do not have permission to view this directory or page using the credentials that you supplied.</h3><p>{escape(cast.name())} {cast.phone()} {escape(spelled(cast.rng, any_personal(cast)))}</p><input type=hidden value='{cast.opaque()}'></body></html>"
    cast.facts += [
        "403 - Forbidden: Access is denied.",
        "You do not have permission to view this directory or page using the credentials that you supplied.",
    ]
    return entry


def on_premises(cast: Cast) -> Entry:
    """A server of the customer's own: its names are as private as its users."""
    server = f"{cast.machine()}.corp.{cast.domain}".lower()
    entry = Entry(cast, "POST", f"https://{server}/autodiscover/autodiscover.xml", status=cast.rng.choice([401, 403]))
    entry.sent += [
        ("Host", server),
        ("X-AnchorMailbox", cast.upn()),
        ("X-Forwarded-Host", f"{cast.machine()}.{cast.org}.local"),
        ("Client-Name", cast.machine()),
        ("X-MS-Exchange-Organization-AuthSource", f"{cast.machine()}.{cast.org}.local"),
    ]
    entry.body = f"<Autodiscover><Request><EMailAddress>{cast.upn()}</EMailAddress><LegacyDN>/o=First/ou=Exchange/cn=Recipients/cn={cast.plant('alias', _alias(cast))}</LegacyDN></Request></Autodiscover>"
    entry.answer = f"<Autodiscover><Response><User><DisplayName>{escape(cast.name())}</DisplayName></User><Account><Protocol><Server>{cast.machine()}.{cast.org}.local</Server><OABUrl>https://{cast.machine()}/OAB/</OABUrl><LoginName>CORP\\{_alias(cast)}</LoginName></Protocol></Account></Response></Autodiscover>"
    entry.received += [
        ("request-id", cast.fact(cast.guid())),
        ("X-FEServer", cast.machine()),
        ("X-CalculatedBETarget", f"{cast.machine()}.{cast.org}.local"),
        ("X-DiagInfo", cast.machine()),
        ("Server", cast.fact("Microsoft-IIS/10.0")),
        ("X-AspNet-Version", "4.0.30319"),
        ("WWW-Authenticate", f'Basic realm="{server}"'),
        (
            "Set-Cookie",
            f"X-BackEndCookie={cast.sid()}={cast.opaque()}; expires=Tue, 06-Oct-2026 09:15:42 GMT; path=/autodiscover; secure; HttpOnly",
        ),
        ("Location", f"https://{cast.machine()}.{cast.org}.local/owa/{quote(cast.upn())}/"),
    ]
    return entry


def _alias(cast: Cast) -> str:
    alias = f"{cast.local[:1]}{cast.local.rpartition('.')[2]}{cast.rng.randrange(100, 999)}"
    return cast.plant("alias", alias.lower())


def _soap(body: str, header: str = "") -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
