"""The scenes: exchanges as Microsoft 365 clients have them, each with secrets, people and facts in their places."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from html import escape
from urllib.parse import quote, urlencode

from tests.redaction.proof.entry import Entry
from tests.redaction.proof.exchange_places import challenge, ews, headers, on_premises, powershell
from tests.redaction.proof.kinds import Cast, any_personal
from tests.redaction.proof.spelling import spelled
from tests.support.wire import jwt

GRAPH = "https://graph.microsoft.com/v1.0"


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
