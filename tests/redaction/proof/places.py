"""The scenes: exchanges as Microsoft 365 clients have them, each with secrets, people and facts in their places."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from html import escape
from urllib.parse import quote, urlencode

from tests.redaction.proof.entry import Entry
from tests.redaction.proof.kinds import Cast
from tests.redaction.proof.spelling import spelled
from tests.support.wire import jwt

GRAPH = "https://graph.microsoft.com/v1.0"
EWS = "https://outlook.office365.com/EWS/Exchange.asmx"


def any_personal(cast: Cast) -> str:
    """One personal value or secret of any kind."""
    kinds = (
        cast.name,
        cast.upn,
        cast.password,
        cast.secret,
        cast.opaque,
        cast.phone,
        cast.ip,
        cast.sid,
        cast.machine,
        cast.subject,
        cast.street,
    )
    return cast.rng.choice(kinds)()


def graph_refusal(cast: Cast) -> Entry:
    entry = Entry(
        cast,
        url=f"{GRAPH}/users/{quote(cast.upn(), safe=cast.rng.choice(['', '@']))}/messages?$search=%22{quote(cast.subject())}%22&$top=5",
    )
    entry.bearer()
    entry.graph()
    said = cast.rng.choice(
        [
            f"Access is denied. Check credentials and try again. {spelled(cast.rng, cast.upn())}",
            f"The mailbox of {cast.name()} is either inactive, soft-deleted, or is hosted on-premise.",
            f"Resource '{spelled(cast.rng, any_personal(cast))}' does not exist or one of its queried reference-property objects are not present.",
            f"Insufficient privileges to complete the operation. User {cast.name()} ({cast.ip()}) {cast.phone()}",
        ]
    )
    entry.error(
        cast.rng.choice(["ErrorAccessDenied", "Authorization_RequestDenied", "MailboxNotEnabledForRESTAPI"]), said
    )
    cast.fact("users")
    cast.fact("messages")
    return entry


def graph_success(cast: Cast) -> Entry:
    entry = Entry(cast, url=f"{GRAPH}/me/messages/{quote(cast.exchange_id(), safe='')}", status=200)
    entry.bearer()
    entry.graph()
    mail = {
        "@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#users('{quote(cast.upn())}')/messages/$entity",
        "id": cast.exchange_id(),
        "subject": cast.subject(),
        "bodyPreview": spelled(cast.rng, any_personal(cast)),
        "body": {
            "contentType": "html",
            "content": f"<html><body><p>{escape(cast.subject())} {escape(cast.name())}</p></body></html>",
        },
        "from": {"emailAddress": {"name": cast.name(), "address": cast.upn()}},
        "webLink": f"https://outlook.office365.com/owa/?ItemID={quote(cast.exchange_id(), safe='')}&exvsurl=1",
        "businessPhones": [cast.phone()],
        "officeLocation": cast.street(),
        cast.subject(): 1,
        cast.upn(): {"x": spelled(cast.rng, any_personal(cast))},
        "mobilePhone": cast.phone(),
        "salary": 93817,
        "internetMessageHeaders": [{"name": "Received", "value": f"from {cast.machine()} ({cast.ip()})"}],
    }
    entry.answer = json.dumps({"value": [mail]}, ensure_ascii=cast.rng.random() < 0.5)
    return entry


def sign_in(cast: Cast) -> Entry:
    entry = Entry(
        cast, "POST", f"https://login.microsoftonline.com/{cast.fact(cast.tenant)}/oauth2/v2.0/token", status=401
    )
    form = {
        "grant_type": "client_credentials",
        "client_id": cast.fact(cast.app),
        "client_secret": cast.secret(),
        "scope": "https://graph.microsoft.com/.default",
    }
    if cast.rng.random() < 0.5:
        form = {
            "grant_type": "password",
            "client_id": cast.fact(cast.app),
            "username": cast.upn(),
            "password": cast.password(),
            "scope": "openid Mail.Read",
            cast.rng.choice(["foo", "assertion", "state"]): any_personal(cast),
        }
    entry.sent += [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("client-request-id", cast.fact(cast.guid())),
        ("x-client-SKU", cast.fact("MSAL.Python")),
        ("x-client-OS", "linux"),
    ]
    entry.body = urlencode(form)
    trace, correlation = cast.fact(cast.guid()), cast.fact(cast.guid())
    number, said = cast.rng.choice(
        [
            (
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{app}'.",
            ),
            (
                700016,
                "Application with identifier '{app}' was not found in the directory '{who}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
            ),
            (50126, "Error validating credentials due to invalid username or password."),
            (
                50034,
                "The user account {who} does not exist in the {tenant} directory. To sign into this application, the account must be added to the directory.",
            ),
            (
                53003,
                "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
            ),
            (
                65001,
                "The user or administrator has not consented to use the application with ID '{app}' named '{who}'. Send an interactive authorization request for this user and resource.",
            ),
        ]
    )
    words = f"AADSTS{number}: {said.format(app=cast.app, who=any_personal(cast) if '{who}' in said else '', tenant=cast.tenant)}"
    cast.facts += [
        f"AADSTS{number}",
        *(
            part.strip()
            for part in said.replace("{who}", "|")
            .replace("{app}", "|")
            .replace("{tenant}", "|")
            .replace("''", "|")
            .split("|")
            if len(part.strip()) > 8
        ),
    ]
    entry.received += [
        ("Content-Type", "application/json; charset=utf-8"),
        ("x-ms-request-id", trace),
        ("x-ms-ests-server", cast.fact("2.1.22203.4 - NEULR1 ProdSlices")),
        (
            "Set-Cookie",
            f"fpc={cast.opaque()}; expires=Thu, 05-Nov-2026 08:15:42 GMT; path=/; secure; HttpOnly; SameSite=None",
        ),
        ("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; httponly"),
    ]
    entry.answer = json.dumps(
        {
            "error": cast.fact("invalid_client"),
            "error_description": f"{words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {cast.fact('2026-10-06 08:15:42Z')}",
            "error_codes": [number],
            "timestamp": "2026-10-06 08:15:42Z",
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }
    )
    cast.fact(f"error?code={number}")
    return entry


def token_response(cast: Cast) -> Entry:
    entry = Entry(cast, "POST", "https://login.microsoftonline.com/common/oauth2/v2.0/token", status=200)
    entry.sent.append(("Content-Type", "application/x-www-form-urlencoded"))
    entry.body = urlencode(
        {
            "grant_type": "authorization_code",
            "code": cast.opaque(),
            "redirect_uri": f"https://{cast.org}.example/cb?user={quote(cast.upn())}",
            "code_verifier": cast.secret(),
            "client_assertion": jwt({"iss": cast.app, "jti": cast.opaque()}),
        }
    )
    claims = cast.claims()
    entry.received += [("Content-Type", "application/json"), ("x-ms-request-id", cast.fact(cast.guid()))]
    entry.answer = json.dumps(
        {
            "token_type": "Bearer",
            "expires_in": 3599,
            "scope": claims["scp"],
            "access_token": jwt(claims),
            "refresh_token": cast.opaque(),
            "id_token": jwt(
                {
                    "aud": cast.app,
                    "name": cast.name(),
                    "preferred_username": cast.upn(),
                    "phone_number": cast.phone(),
                    "address": {"street_address": cast.street()},
                }
            ),
            "client_info": b64encode(json.dumps({"uid": cast.object_id(), "utid": cast.tenant}).encode()).decode(),
        }
    )
    return entry


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


def batch(cast: Cast) -> Entry:
    entry = Entry(cast, "POST", f"{GRAPH}/$batch", status=200)
    entry.bearer()
    entry.graph()
    entry.sent.append(("Content-Type", "application/json"))
    inner = jwt(cast.claims())
    entry.body = json.dumps(
        {
            "requests": [
                {
                    "id": "1",
                    "method": "POST",
                    "url": f"/users/{cast.upn()}/sendMail",
                    "headers": {
                        "Authorization": f"Bearer {inner}",
                        "X-Trace-User": cast.name(),
                        "Content-Type": "application/json",
                    },
                    "body": {"message": {"subject": cast.subject(), "x": spelled(cast.rng, any_personal(cast))}},
                }
            ]
        }
    )
    said = "Access is denied. Check credentials and try again."
    entry.answer = json.dumps(
        {
            "responses": [
                {
                    "id": "1",
                    "status": 403,
                    "headers": {"request-id": cast.fact(cast.guid()), "Set-Cookie": f"s={cast.opaque()}"},
                    "body": {
                        "error": {"code": cast.fact("ErrorAccessDenied"), "message": f"{cast.fact(said)} {cast.upn()}"}
                    },
                },
                {"id": "2", "status": 200, "body": {"displayName": cast.name(), "jobTitle": cast.subject()}},
            ]
        }
    )
    return entry


def odata_batch(cast: Cast) -> Entry:
    entry = Entry(cast, "POST", f"https://{cast.org}.sharepoint.com/_api/$batch", status=200)
    edge = cast.plant("boundary", f"batch_{cast.opaque()}"[:60])
    entry.sent.append(("Content-Type", f"multipart/mixed; boundary={edge}"))
    entry.body = (
        f"--{edge}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET /_api/web/GetUserByEmail('{cast.upn()}')?$filter=Title eq '{quote(cast.subject())}' HTTP/1.1\r\nAuthorization: Bearer {cast.opaque()}\r\nX-Who: {quote(cast.name())}\r\n\r\n--{edge}--\r\n"
    ).encode()
    entry.received.append(("Content-Type", f"multipart/mixed; boundary={edge}"))
    error = json.dumps(
        {
            "odata.error": {
                "code": "-2147024891, System.UnauthorizedAccessException",
                "message": {"lang": "en-US", "value": f"Access denied. {cast.name()}"},
            }
        }
    )
    cast.facts += ["-2147024891, System.UnauthorizedAccessException", "Access denied."]
    entry.answer = f"--{edge}\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 403 Forbidden\r\nCONTENT-TYPE: application/json\r\nSPRequestGuid: {cast.fact(cast.guid())}\r\n\r\n{error}\r\n--{edge}--\r\n".encode()
    return entry


def upload(cast: Cast) -> Entry:
    entry = Entry(
        cast,
        "POST",
        f"https://{cast.org}-my.sharepoint.com/personal/{cast.upn().replace('@', '_').replace('.', '_').lower()}/_api/web/GetFolderByServerRelativeUrl('/{quote(cast.subject())}')/Files",
    )
    edge = "----WebKitFormBoundaryA1b2"
    parts = [
        f'Content-Disposition: form-data; name="file"; filename="{cast.subject()}.xlsx"\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{spelled(cast.rng, cast.subject())}',
        f'Content-Disposition: form-data; name="{cast.rng.choice(["password", "comment", "owner"])}"\r\n\r\n{any_personal(cast)}',
        f'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{json.dumps({"author": cast.name(), "n": spelled(cast.rng, any_personal(cast))})}',
    ]
    entry.body = "".join(f"--{edge}\r\n{part}\r\n" for part in parts).encode() + f"--{edge}--\r\n".encode()
    entry.sent.append(("Content-Type", f"multipart/form-data; boundary={edge}"))
    entry.answer = f'<?xml version="1.0"?><m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><m:code>-2147024891, System.UnauthorizedAccessException</m:code><m:message xml:lang="en-US">Access denied. You do not have permission to perform this action or access this resource. {escape(cast.name())}</m:message></m:error>'
    cast.facts += [
        "-2147024891, System.UnauthorizedAccessException",
        "You do not have permission to perform this action or access this resource.",
    ]
    entry.received += [
        ("Content-Type", "application/xml"),
        ("SPRequestGuid", cast.fact(cast.guid())),
        ("request-id", cast.fact(cast.guid())),
        ("X-MS-InvokeApp", "1; RequireReadOnly"),
    ]
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


def odd_body(cast: Cast) -> Entry:
    entry = Entry(
        cast,
        "POST",
        f"https://{cast.rng.choice(['api', 'hooks'])}.{cast.domain}/v1/{quote(any_personal(cast), safe='')}/x?{quote(any_personal(cast), safe='')}&a={quote(spelled(cast.rng, any_personal(cast)), safe='')}&user={quote(cast.upn())}&{quote(cast.upn())}=1",
        status=cast.rng.choice([200, 400, 502]),
    )
    value, other = any_personal(cast), spelled(cast.rng, any_personal(cast))
    tree: object = {
        "a": other,
        value: [other, {"message": value, "error": value, "note": json.dumps({"deep": json.dumps({"v": other})})}],
        "error": {
            "code": value,
            "message": f"{other} failed",
            "target": value,
            "details": [{"code": other, "message": value}],
        },
    }
    text = json.dumps(tree, ensure_ascii=cast.rng.random() < 0.5)
    bodies: list[bytes] = [
        text.encode(),
        text.encode("utf-16"),
        gzip.compress(text.encode(), mtime=0),
        b64encode(gzip.compress(text.encode(), mtime=0)),
        b64encode(text.encode()),
        "\n".join([json.dumps({"u": value}), json.dumps({"v": other})]).encode(),
        text[:-3].encode(),
        f"plain words {value} and {other}".encode(),
        f"<r><{'x'} who='{escape(value, quote=True)}'>{escape(other)}<![CDATA[{value.replace(']]>', '')}]]></x>{escape(value)}</r>".encode(),
        urlencode(
            {
                "payload": json.dumps(tree),
                value: other,
                "SAMLResponse": b64encode(
                    f"<Assertion><NameID>{cast.upn()}</NameID><AttributeValue>{escape(value)}</AttributeValue></Assertion>".encode()
                ).decode(),
                "RelayState": other,
            }
        ).encode(),
        json.dumps(value).encode(),
        json.dumps([other, value]).encode(),
        cast.random_bytes(60) + value.encode() + cast.random_bytes(60),
        f"data: {value}\n\ndata: {other}\n\n".encode(),
        f"BEGIN:VCARD\nFN:{value}\nTEL:{cast.phone()}\nEND:VCARD".encode(),
        b"\0" * 40 + value.encode(),
        value.encode("latin-1", "replace"),
        f"callback({text});".encode(),
        f"{value},{other}\n{other},{value}\n".encode(),
        f"--- {value}\nkey: {other}\n".encode(),
        text.encode("utf-16-be"),
        f"user={value}".encode(),
        f"----x\r\n{value}".encode(),
    ]
    entry.body, entry.answer = cast.rng.choice(bodies), cast.rng.choice(bodies)
    entry.sent.append(
        (
            "Content-Type",
            cast.rng.choice(
                ["application/json", "text/plain", f"application/x-{quote(value)}", "application/octet-stream"]
            ),
        )
    )
    entry.received += [("request-id", cast.fact(cast.guid())), ("Date", cast.fact("Tue, 06 Oct 2026 08:15:42 GMT"))]
    return entry


def saml(cast: Cast) -> Entry:
    assertion = f'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{cast.guid()}"><saml:Issuer>https://sts.windows.net/{cast.tenant}/</saml:Issuer><saml:Subject><saml:NameID>{cast.upn()}</saml:NameID></saml:Subject><saml:AttributeStatement><saml:Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"><saml:AttributeValue>{escape(cast.name())}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>'
    entry = Entry(
        cast,
        "POST",
        f"https://login.microsoftonline.com/{cast.fact(cast.tenant)}/saml2?login_hint={quote(cast.upn())}&client-request-id={cast.fact(cast.guid())}&username={quote(cast.upn())}",
        status=400,
    )
    entry.sent.append(("Content-Type", "application/x-www-form-urlencoded"))
    entry.body = urlencode(
        {
            "SAMLResponse": b64encode(assertion.encode()).decode(),
            "RelayState": any_personal(cast),
            "ctx": cast.opaque(),
            "flowToken": cast.opaque(),
            "canary": cast.opaque(),
            "login": cast.upn(),
            "passwd": cast.password(),
        }
    )
    page = {
        "sErrorCode": "50011",
        "strServiceExceptionMessage": "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application.",
        "correlationId": cast.fact(cast.guid()),
        "sUser": cast.upn(),
        "sFT": cast.opaque(),
        "oPost": {"x": cast.name()},
    }
    cast.facts += ["AADSTS50011", "does not match the redirect URIs configured for the application"]
    entry.answer = f"<!DOCTYPE html><html dir=ltr><head><title>Sign in to your account</title><script>//<![CDATA[\n$Config={json.dumps(page)};//]]></script></head><body>{escape(cast.name())}</body></html>"
    entry.received += [("x-ms-request-id", cast.fact(cast.guid())), ("Content-Type", "text/html; charset=utf-8")]
    return entry


def prose(cast: Cast) -> Entry:
    """Sentences that echo whatever a caller or a server is called, with the sentence's own words as facts."""
    entry = Entry(cast, url=f"{GRAPH}/me", status=cast.rng.choice([400, 401, 403, 404, 500, 502]))
    entry.bearer()
    entry.graph()
    told = [spelled(cast.rng, any_personal(cast)) if cast.rng.random() < 0.3 else any_personal(cast) for _ in range(4)]
    before, after = cast.rng.choice(
        [
            ("The mailbox of", "was not found on the server."),
            ("Access is denied for", "by the policy of the organization."),
            ("The request of", "was refused by the proxy."),
            ("Cannot connect to", "because the connection was closed."),
        ]
    )
    cast.facts += [before, after]
    whole = cast.rng.choice(
        [
            "{b} {} ({}), {} / {} {a}",
            "{b} '{}' <{}> [{}] {} {a}",
            "{b} {}: {}; {}, {} {a}",
            "{b} user={} host={} from={} id={} {a}",
        ]
    )
    said = whole.format(*told, b=before, a=after)
    entry.answer = cast.rng.choice(
        [
            json.dumps(
                {
                    "error": {
                        "code": "generalException",
                        "message": said,
                        "details": [{"message": said, "target": told[0]}],
                    }
                }
            ),
            f"<html><head><title>Error</title></head><body><h1>{before} {escape(told[0])} {after}</h1><pre>{escape(said)}</pre></body></html>",
            f'<?xml version="1.0"?><error><code>Denied</code><message>{escape(said)}</message></error>',
        ]
    )
    entry.received += [
        ("x-ms-diagnostics", f'2000008;reason="{said}";error_category="invalid_grant"'.replace("\n", " ")),
        ("X-Squid-Error", f"ERR_ACCESS_DENIED {told[1]}"),
        ("X-Cache", f"MISS from {cast.machine()}"),
        ("Via", f"1.1 {cast.machine()} (squid/5.7)"),
    ]
    cast.facts += ["2000008", "invalid_grant"]
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


SCENES: dict[str, Callable[[Cast], Entry]] = {
    scene.__name__: scene
    for scene in (
        graph_refusal,
        graph_success,
        sign_in,
        token_response,
        ews,
        challenge,
        batch,
        odata_batch,
        upload,
        powershell,
        headers,
        odd_body,
        saml,
        prose,
        on_premises,
    )
}
