"""The scenes: exchanges as Microsoft 365 clients have them, each with secrets, people and facts in their places."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from html import escape
from urllib.parse import quote, urlencode

from tests.redaction.proof.entra_places import saml, sign_in, token_response
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
