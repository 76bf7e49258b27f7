"""Fuzzed: what comes over the wire. Bodies, HTTP messages, SOAP, links, tokens and challenges."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import Final

from bench.fuzz.target import Target, promise
from proxy_addons.addons.links_coding import Recoded, behind
from proxy_addons.addons.links_inside import Inside
from proxy_addons.addons.links_json import JsonLinkStream
from proxy_addons.addons.links_members import JsonLinks, XmlLinks, link_members
from proxy_addons.addons.links_unread import UnreadUntilNamed
from proxy_addons.addons.links_xml import XmlLinkStream
from proxy_addons.evidence.bearer_token import read_authorization
from proxy_addons.evidence.challenge import claims_json, read_challenges, read_claims, read_diagnostics
from proxy_addons.evidence.error_body import body_kind, read_error
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response, header_text
from proxy_addons.evidence.hidden import batch_successes, hidden_failures
from proxy_addons.evidence.soap import read_fault, read_request, read_response_errors
from proxy_addons.evidence.xml_tags import read_tags
from proxy_addons.intake.content_encoding import DECODED_BYTES, undo_content_encoding
from proxy_addons.intake.http_message import read_message
from tests.support.wire import ADMIN_API, BATCH, EWS, GRAPH, TOKEN_ENDPOINT, jwt

CODINGS: Final = ("", "gzip", "deflate", "br", "zstd", "gzip, br", "identity", "x-unknown")
URLS: Final = (
    EWS,
    GRAPH,
    BATCH,
    TOKEN_ENDPOINT,
    ADMIN_API,
    "https://outlook.office365.com/autodiscover/autodiscover.svc",
)
STATUSES: Final = (200, 401, 403, 500)
INSIDE: Final = Inside("https://127.0.0.1:8403", frozenset({"graph.microsoft.com", "outlook.office365.com"}))
_LONGEST_ANSWER: Final = 2**28
ERROR: Final = b'{"error": {"code": "ErrorAccessDenied", "message": "No.", "innerError": {"code": "x", "date": "y"}}}'
ITEMS: Final = b'{"responses": [{"id": "1", "status": 403, "headers": {}, "body": ' + ERROR + b"}]}"
FAULT: Final = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>a:X</faultcode>'
    b"<faultstring>No.</faultstring><detail><e:ResponseCode>ErrorAccessDenied</e:ResponseCode></detail></s:Fault>"
    b"</s:Body></s:Envelope>"
)
FOUND: Final = (
    b'<s:Envelope><s:Body><m:FindItemResponse><m:ResponseMessages><m:FindItemResponseMessage ResponseClass="Error">'
    b"<m:MessageText>No.</m:MessageText><m:ResponseCode>ErrorAccessDenied</m:ResponseCode>"
    b"</m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>"
)
PAGE: Final = b'{"@odata.nextLink": "https:\\/\\/graph.microsoft.com\\/v1.0\\/me?$skip=1", "value": [{"a": "x"}]}'


def _body(data: bytes) -> None:
    coding, rest = CODINGS[data[:1][0] % len(CODINGS)] if data else "", data[2:]
    body = undo_content_encoding(rest, coding)
    promise(
        body.content is None or len(body.content) <= max(DECODED_BYTES, len(rest)), "more was unpacked than allowed"
    )
    read_error(body)
    body_kind(body)
    url, status = URLS[data[1] % len(URLS)] if len(data) > 1 else GRAPH, STATUSES[len(data) % len(STATUSES)]
    exchange = Exchange(Request("POST", url, body=Body(rest)), Response(status, Headers(()), body))
    hidden_failures(exchange)
    batch_successes(exchange)


def _message(data: bytes) -> None:
    message = read_message(data)
    for expected in (True, False):
        body = message.body(expected=expected)
        promise(body.content is None or len(body.content) <= max(DECODED_BYTES, len(data)), "a body grew")


def _soap(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    read_tags(text)
    read_request(text)
    read_fault(text)
    read_response_errors(text)


def _links(data: bytes) -> None:
    """In whatever pieces a body comes, the same body leaves; without an address of ours, the very same bytes."""
    if len(data) < 2:  # noqa: PLR2004  # one byte says which rewriter, one how it is cut
        return
    rest = data[2:]
    path = ("/v1.0/me", "/v1.0/$batch", "/autodiscover/autodiscover.svc", "/autodiscover/autodiscover.json")[
        data[0] % 4
    ]
    host = "outlook.office365.com" if "auto" in path else "graph.microsoft.com"
    kind = "text/xml" if path.endswith("svc") else "application/json"
    links = link_members(host, path, 200, kind)
    if links is None:
        return
    size = data[1] % 61 + 1
    at_once = _fed(_stream(links), [rest])
    pieces = [rest[at : at + size] for at in range(0, len(rest), size)]
    promise(_fed(_stream(links), pieces) == at_once, "pieces change a body")
    if isinstance(links, JsonLinks):
        promise(_fed(JsonLinkStream(links, INSIDE), pieces) == at_once, "a body is another one where all is followed")
    if b"https:" not in rest.lower():
        promise(at_once == rest, "a body without an address was changed")
    if path.endswith("batch"):
        coding = CODINGS[data[1] % 5]
        rewriter = behind(coding if coding != "deflate" else "gzip", _stream(links))
        for piece in (rest, b""):
            if isinstance(rewriter, Recoded):
                promise(sum(len(part) for part in rewriter(piece)) < _LONGEST_ANSWER, "a packed body has no end")


def _stream(links: JsonLinks | XmlLinks) -> UnreadUntilNamed | XmlLinkStream:
    return UnreadUntilNamed(links, INSIDE) if isinstance(links, JsonLinks) else XmlLinkStream(links, INSIDE)


def _fed(stream: UnreadUntilNamed | JsonLinkStream | XmlLinkStream, pieces: list[bytes]) -> bytes:
    return b"".join([stream(piece) for piece in pieces if piece] + [stream(b"")])


def _token(data: bytes) -> None:
    for value in (header_text(data), f"Bearer {header_text(data)}"):
        read_authorization(value)


def _challenge(data: bytes) -> None:
    text = header_text(data)
    read_challenges([text, f"Bearer {text}"])
    read_diagnostics(text)
    claims_json(text)
    read_claims(text)


TARGETS: Final = (
    Target(
        "http-body",
        _body,
        [b"\0\0" + ERROR, b"\0\2" + ITEMS, b"\0\0" + FAULT, b"\0\0" + FOUND, b"\1\0" + gzip.compress(ERROR, mtime=0)],
        [b'"error":', b'"innerError":', b'"responses":', b'"status":403', b'"error_codes":[50076]', b"AADSTS50076:"],
    ),
    Target(
        "http-message",
        _message,
        [
            b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n4\r\n\x1f\x8b\x08\0",
        ],
        [b"\r\n\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked", b"Content-Encoding: br", b"\r\n "],
    ),
    Target(
        "soap", _soap, [FAULT, FOUND], [b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&#x", b"&amp;", b"<!DOCTYPE", b"<t:"]
    ),
    Target("links", _links, [b"\0\7" + PAGE, b"\1\7" + PAGE, b"\2\7<a:Url>https://outlook.office365.com/EWS</a:Url>"]),
    Target(
        "token",
        _token,
        [jwt({"aud": GRAPH, "exp": 1, "scp": "A.B", "roles": ["x"]}).encode(), b"EwB" + b"A" * 900],
        [b"eyJ", b"Bearer ", b"PoP ", b"Basic ", b".", b"=="],
    ),
    Target(
        "challenge",
        _challenge,
        [
            b'Bearer realm="", error="insufficient_claims", claims="' + b64encode(b'{"access_token":{"nbf":1}}') + b'"',
            b'Bearer client_id="0", Negotiate, Basic realm="a\\"b", PoP nonce="x"',
            b'2000003;reason="The user is not allowed.";error_category="invalid_user"',
            json.dumps({"access_token": {"acrs": {"essential": True, "value": "c1"}}}).encode(),
        ],
        [b"Bearer ", b'claims="', b", ", b"Negotiate", b'error="', b";reason="],
        longest=4096,
    ),
)
