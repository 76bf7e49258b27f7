"""Bodies in unusual forms and encodings, other services, and traffic nobody should send."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from urllib.parse import quote

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from tests.redaction.corpus.case import (
    GRAPH_FACTS,
    NOON,
    TENANT,
    WILHELMINA,
    Case,
    app_token,
    basic,
    exchange,
    exchange_answer,
    graph_answer,
    graph_error,
    user_token,
)

_APP = app_token(roles=["Sites.Selected"])
_URL = "https://graph.microsoft.com/v1.0/me/events"

CASES = (
    Case(
        "a multipart upload",
        exchange(
            "POST",
            "https://graph.microsoft.com/v1.0/me/onenote/pages",
            403,
            sent={
                "Authorization": f"Bearer {user_token()}",
                "Content-Type": "multipart/form-data; boundary=geheimeGrenze8832",
            },
            body=(
                '--geheimeGrenze8832\r\nContent-Disposition: form-data; name="Presentation"\r\nContent-Type: text/html\r\n\r\n'
                "<html><body>Diagnose Borreliose, Patient Kjeld Aamodt</body></html>\r\n"
                '--geheimeGrenze8832\r\nContent-Disposition: form-data; name="password"\r\n\r\nSchneeeule_55\r\n'
                '--geheimeGrenze8832\r\nContent-Disposition: form-data; name="file"; filename="Kjeld Aamodt Befund.txt"\r\n'
                "Content-Transfer-Encoding: base64\r\n\r\n"
                + b64encode(b"Befund: Borreliose von Kjeld Aamodt").decode()
                + "\r\n--geheimeGrenze8832--\r\n"
            ),
            received=graph_answer(),
            answer=graph_error(
                "40004", "The OAuth token provided does not have the necessary scopes to complete the request."
            ),
        ),
        secrets=("Schneeeule_55", "geheimeGrenze8832"),
        personal=(*WILHELMINA, "Kjeld Aamodt", "Aamodt", "Borreliose"),
        facts=(
            *GRAPH_FACTS,
            "40004",
            "does not have the necessary scopes to complete the request.",
            "multipart/form-data",
        ),
    ),
    Case(
        "an OData batch of HTTP messages",
        exchange(
            "POST",
            "https://kestrellabs.sharepoint.com/_api/$batch",
            200,
            sent={"Authorization": f"Bearer {_APP}", "Content-Type": "multipart/mixed; boundary=batch_7d1f"},
            body=(
                "--batch_7d1f\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
                "GET https://kestrellabs.sharepoint.com/sites/Vorstand-Falkenberg/_api/web/getuserbyid(7) HTTP/1.1\r\n"
                f"Authorization: Bearer {_APP}\r\nAccept: application/json\r\n\r\n\r\n--batch_7d1f--\r\n"
            ),
            received={
                "SPRequestGuid": "bd2c41a1-70a2-9000-5dd9-3f2b8a1c7e60",
                "Date": NOON,
                "Content-Type": "multipart/mixed; boundary=resp_99",
            },
            answer=(
                "--resp_99\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n"
                '{"odata.error":{"code":"-2147024891, System.UnauthorizedAccessException","message":{"lang":"en-US","value":"Access denied. kjeld.aamodt@kestrel-labs.example has no access."}}}\r\n'
                "--resp_99--\r\n"
            ),
        ),
        secrets=(_APP,),
        personal=("Vorstand-Falkenberg", "kjeld.aamodt"),
        facts=(
            "bd2c41a1-70a2-9000-5dd9-3f2b8a1c7e60",
            "-2147024891, System.UnauthorizedAccessException",
            "Access denied.",
            "kestrellabs.sharepoint.com",
            "HTTP/1.1 403",
            NOON,
        ),
    ),
    Case(
        "JSON on lines",
        exchange(
            "POST",
            "https://graph.microsoft.com/beta/external/connections",
            400,
            body='{"id":"1","acl":"kjeld.aamodt@kestrel-labs.example"}\n{"id":"2","password":"Nachtigall_3x"}\n',
            received=graph_answer(),
            answer=graph_error("BadRequest", "Line 2 is not valid."),
        ),
        secrets=("Nachtigall_3x",),
        personal=("kjeld.aamodt",),
        facts=(*GRAPH_FACTS, "BadRequest", "is not valid."),
    ),
    Case(
        "gzip that nobody undid",
        exchange(
            "POST",
            _URL,
            403,
            body=gzip.compress(
                json.dumps(
                    {
                        "subject": "Gehaltsgespräch Aamodt",
                        "attendees": [{"emailAddress": {"address": "kjeld.aamodt@kestrel-labs.example"}}],
                        "apiKey": "sk-9f8e7d6c5b4a",
                    }
                ).encode(),
                mtime=0,
            ),
            received=graph_answer(),
            answer=gzip.compress(
                graph_error("ErrorAccessDenied", "Access is denied. Check credentials and try again.").encode(), mtime=0
            ),
        ),
        secrets=("sk-9f8e7d6c5b4a",),
        personal=("Gehaltsgespräch Aamodt", "kjeld.aamodt"),
        facts=(*GRAPH_FACTS, "ErrorAccessDenied", "attendees", "emailAddress"),
    ),
    Case(
        "UTF-16",
        exchange(
            "POST",
            "https://mail.kestrel-labs.example/EWS/Exchange.asmx",
            500,
            body='<a xmlns="urn:x"><EmailAddress>kjeld.aamodt@kestrel-labs.example</EmailAddress></a>'.encode("utf-16"),
            received=exchange_answer(),
            answer='{"error":{"code":"ErrorNonExistentMailbox","message":"The SMTP address kjeld.aamodt@kestrel-labs.example has no mailbox associated with it."}}'.encode(
                "utf-16-le"
            ),
        ),
        personal=("kjeld.aamodt",),
        facts=("ErrorNonExistentMailbox", "has no mailbox associated with it."),
    ),
    Case(
        "names and keys that are secrets themselves",
        exchange(
            "POST",
            _URL + "?8Kd0sLq2Zx7Vb4Nm1PwR6tYu3IoA",
            403,
            sent={
                "X-Kjeld-Aamodt-Key": "v4lu3-0f-k3y-1234",
                "AKIA5Q2W8ERT7Y6UIOPA": "1",
                "Cookie": "ck_9s8d7f6g5h4j3k2l=1; session=Amselnest_42",
            },
            body=json.dumps({"kjeld.aamodt@kestrel-labs.example": {"secret-9d8f7a6s5d": 1}, "Kjeld Aamodt": True}),
            received=graph_answer(),
            answer=graph_error("ErrorAccessDenied", "Access is denied."),
        ),
        secrets=(
            "8Kd0sLq2Zx7Vb4Nm1PwR6tYu3IoA",
            "v4lu3-0f-k3y-1234",
            "AKIA5Q2W8ERT7Y6UIOPA",
            "ck_9s8d7f6g5h4j3k2l",
            "Amselnest_42",
            "secret-9d8f7a6s5d",
        ),
        personal=("kjeld.aamodt", "Kjeld Aamodt", "X-Kjeld-Aamodt-Key"),
        facts=(*GRAPH_FACTS, "ErrorAccessDenied", "Access is denied."),
    ),
    Case(
        "broken JSON costs its body only",
        exchange(
            "POST",
            _URL,
            400,
            body='{"subject": "Gehaltsgespräch Aamodt", "to": "kjeld.aamodt@kestrel-labs.example"',
            received=graph_answer(),
            answer='{"error":{"code":"BadRequest","message":"Unable to read JSON sent by kjeld.aamodt@kestrel-labs.example',
        ),
        personal=("Gehaltsgespräch", "kjeld.aamodt"),
        facts=(*GRAPH_FACTS, _URL),
    ),
    Case(
        "a document type in XML",
        exchange(
            "POST",
            "https://outlook.office365.com/EWS/Exchange.asmx",
            400,
            body='<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "Kjeld Aamodt">]><a>&x; Amselnest_42</a>',
            received=exchange_answer(),
        ),
        secrets=("Amselnest_42",),
        personal=("Kjeld Aamodt",),
        facts=("AM0PR02CA0113", NOON),
    ),
    Case(
        "bytes that are no text",
        Exchange(
            Request(
                "POST",
                _URL,
                Headers(
                    (("Authorization", f"Bearer {_APP}"), ("X-Note", "\xe4\udc80\ud800 Amselnest_42"), ("Date", NOON))
                ),
                Body(b"\xff\xfe\xfa\x00\x01kjeld.aamodt@kestrel-labs.example\x80\x81"),
            ),
            Response(
                403,
                Headers((("Date", NOON),)),
                Body(b'{"error":{"code":"ErrorAccessDenied","message":"bad \xff\xfe byte, a half \\ud83d pair"}}'),
            ),
        ),
        secrets=(_APP, "Amselnest_42"),
        personal=("kjeld.aamodt",),
        facts=("ErrorAccessDenied", NOON, "Sites.Selected"),
    ),
    Case(
        "duplicate keys and numbers nobody can hold",
        exchange(
            "POST",
            _URL,
            403,
            body='{"password":"Erstes_Kennwort1","password":"Zweites_Kennwort2","phone":49301234567890,"n":'
            + "9" * 5000
            + ',"x":1e999,"y":NaN}',
            received=graph_answer(),
            answer='{"error":{"code":"ErrorAccessDenied","code":"SecondCode","message":"Access is denied."}}',
        ),
        secrets=("Erstes_Kennwort1", "Zweites_Kennwort2"),
        personal=("49301234567890", "9" * 40),
        facts=("ErrorAccessDenied", "SecondCode", "Access is denied."),
    ),
    Case(
        "a token of a megabyte",
        exchange(
            "GET",
            _URL,
            401,
            sent={
                "Authorization": "Bearer eyJ0eXAiOiJKV1QifQ." + "Qz7" * 350_000 + ".sig",
                "client-request-id": "6b5a4f3e-2d1c-4b0a-8976-5f4e3d2c1b0a",
            },
            received=graph_answer(),
            answer=graph_error("InvalidAuthenticationToken", "Access token is empty."),
        ),
        secrets=("Qz7Qz7Qz7Qz7Qz7Qz7Qz7Qz7",),
        facts=(*GRAPH_FACTS, "InvalidAuthenticationToken", "Access token is empty."),
    ),
    Case(
        "a corporate proxy's page",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/me",
            403,
            sent={
                "Proxy-Authorization": basic("k.aamodt", "Proxyfuchs!8"),
                "X-Forwarded-For": "10.11.12.13, 203.0.113.99",
                "Via": "1.1 edge01 (squid/6.6)",
            },
            received={
                "Server": "Zscaler/6.2",
                "Content-Type": "text/html",
                "Date": NOON,
                "X-Squid-Error": "ERR_ACCESS_DENIED 0",
            },
            answer="<!DOCTYPE html><html><body>Access Denied. Policy: Webmail. User k.aamodt, IP 10.11.12.13. Ask helpdesk@kestrel-labs.example</body></html>",
        ),
        secrets=("Proxyfuchs!8",),
        personal=("k.aamodt", "10.11.12.13", "203.0.113.99", "helpdesk@kestrel-labs.example"),
        facts=("Zscaler/6.2", "Access Denied.", "squid/6.6", "ERR_ACCESS_DENIED 0", NOON),
    ),
    Case(
        "no answer at all",
        exchange(
            "GET",
            "https://graph.microsoft.com/v1.0/me",
            None,
            error="[Errno 111] Connect call failed ('10.11.12.13', 443) for k.aamodt@kestrel-labs.example",
        ),
        personal=("10.11.12.13", "k.aamodt"),
        facts=("Connect call failed", "443"),
    ),
    Case(
        "a personal site",
        exchange(
            "GET",
            "https://kestrellabs-my.sharepoint.com/personal/w_ostrowski_kestrel-labs_example/_api/web/GetFileByServerRelativeUrl('/personal/w_ostrowski_kestrel-labs_example/Documents/Testament.docx')",
            403,
            sent={
                "Authorization": f"Bearer {user_token(aud='https://kestrellabs-my.sharepoint.com')}",
                "Referer": "https://kestrellabs-my.sharepoint.com/personal/w_ostrowski_kestrel-labs_example",
            },
            received={
                "SPRequestGuid": "bd2c41a1-70a2-9000-5dd9-3f2b8a1c7e60",
                "x-ms-diagnostics": '3000003;reason="Invalid audience Uri.";category="invalid_client"',
                "Date": NOON,
            },
            answer='{"error_description":"Access denied to w_ostrowski_kestrel-labs_example"}',
        ),
        personal=(*WILHELMINA, "w_ostrowski", "Testament"),
        facts=("bd2c41a1-70a2-9000-5dd9-3f2b8a1c7e60", "3000003", "kestrellabs-my.sharepoint.com", "Access denied to"),
    ),
    Case(
        "secrets in the URL",
        exchange(
            "GET",
            "https://kjeld:Waldkauz_77@api.kestrel-labs.example/v1/x?sig="
            + quote("a+b/c=Steinadler77", safe="")
            + "&code=Uhu88Uhu&X-Amz-Credential=AKIA123456789&redirect=https%3A%2F%2Fx.example%2F%3Ftoken%3DSperber66Sperber",
            403,
            received={"Date": NOON},
        ),
        secrets=("Waldkauz_77", "a+b/c=Steinadler77", "Uhu88Uhu", "AKIA123456789", "Sperber66Sperber"),
        personal=("kjeld",),
        facts=("api.kestrel-labs.example", NOON),
    ),
    Case(
        "a key in the text of an error",
        exchange(
            "POST",
            _URL,
            400,
            received=graph_answer(),
            answer=graph_error(
                "BadRequest",
                "Could not parse -----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx7Vb4Nm1PwR6tYu3\n-----END RSA PRIVATE KEY----- near "
                f"{user_token()} and M.R3_BAY.-CbR7sT9uV1wX3yZ5 for session 5d41402abc4b2a76b9719d911017c592 of Ragnhild",
            ),
        ),
        secrets=(
            "MIIEpAIBAAKCAQEAx7Vb4Nm1PwR6tYu3",
            user_token(),
            "M.R3_BAY.-CbR7sT9uV1wX3yZ5",
            "5d41402abc4b2a76b9719d911017c592",
        ),
        personal=("Ragnhild",),
        facts=("BadRequest", "Could not parse", GRAPH_FACTS[0]),
    ),
    Case(
        "base64 of JSON, twice",
        exchange(
            "POST",
            _URL,
            403,
            body=json.dumps(
                {
                    "payload": b64encode(
                        json.dumps(
                            {"inner": b64encode(b'{"password":"Turmfalke31","displayName":"Kjeld Aamodt"}').decode()}
                        ).encode()
                    ).decode()
                }
            ),
            received=graph_answer(),
            answer=b64encode(
                graph_error("ErrorAccessDenied", "Access is denied. Check credentials and try again.").encode()
            ),
        ),
        secrets=("Turmfalke31",),
        personal=("Kjeld Aamodt",),
        facts=("ErrorAccessDenied", "Check credentials and try again."),
    ),
    Case(
        "WS-Trust with a password",
        exchange(
            "POST",
            "https://sts.kestrel-labs.example/adfs/services/trust/13/usernamemixed",
            500,
            body='<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">'
            "<s:Header><o:Security><o:UsernameToken><o:Username>kjeld.aamodt@kestrel-labs.example</o:Username><o:Password>Bussard&amp;Milan9</o:Password></o:UsernameToken></o:Security></s:Header><s:Body/></s:Envelope>",
            received={"Date": NOON},
            answer='<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en-US">ID3242: The security token could not be authenticated or authorized.</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>',
        ),
        secrets=("Bussard&Milan9", "Bussard&amp;Milan9"),
        personal=("kjeld.aamodt",),
        facts=(
            "The security token could not be authenticated or authorized.",
            "UsernameToken",
            "sts.kestrel-labs.example",
        ),
    ),
    Case(
        "an upload session's address",
        exchange(
            "PUT",
            f"https://kestrellabs.sharepoint.com/sites/Personalakten/_api/v2.0/drives/b!aGVsbG9Xb3JsZEZvb0Jhcg/items/01QXZ7M5FALKENBERG/uploadSession?guid='{TENANT}'&overwrite=True&tempauth=v1.eyJzaXRlaWQiOiJhYmMifQ.c2lnbmF0dXJlX3BhcnQ",
            401,
            sent={"Content-Range": "bytes 0-99/100"},
            received={"SPRequestGuid": "bd2c41a1-70a2-9000-5dd9-3f2b8a1c7e60", "Date": NOON},
        ),
        secrets=("eyJzaXRlaWQiOiJhYmMifQ", "c2lnbmF0dXJlX3BhcnQ"),
        personal=("Personalakten", "aGVsbG9Xb3JsZEZvb0Jhcg", "01QXZ7M5FALKENBERG"),
        facts=("bd2c41a1-70a2-9000-5dd9-3f2b8a1c7e60", "kestrellabs.sharepoint.com", "uploadSession"),
    ),
)
