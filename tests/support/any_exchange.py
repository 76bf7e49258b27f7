"""Exchanges of every shape for property tests: real hosts and header names, with anything at all in them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Final

from hypothesis import strategies as st

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from tests.support.wire import (
    ADMIN_API,
    BATCH,
    DATE,
    EWS,
    GRAPH,
    INVOKE_COMMAND,
    ON_PREMISES,
    SIGNATURE,
    TOKEN_ENDPOINT,
    segment,
)

_WORDS: Final = (
    *("error", "code", "message", "innerError", "innerException", "errorCode", "Message", "error_description"),
    *("error_codes", "claims", "access_token", "nbf", "acrs", "value", "values", "responses", "requests", "id"),
    *("status", "headers", "body", "url", "method", "odata.error", "CmdletInput", "CmdletName", "suberror"),
    *("type", "@odata.context"),
)
_PIECES: Final = (
    *("AADSTS50076", "API requires one of 'A.B'", "https://graph.microsoft.com", "a@b.c", "#EXT#", "%zz"),
    *("&#99999999999;", "{", "}", "[", "]", "<", ">", '"', "'", "\\", "=", ",", ";", " ", "\r\n", "\x00"),
    *("\ud800", "é", "code: X", "EwB", "eyJ"),
)
_CLAIMS: Final = (
    *("aud", "iss", "exp", "nbf", "iat", "scp", "roles", "wids", "tid", "appid", "azp", "oid", "sub", "upn"),
    *("idtyp", "acct", "idp", "xms_cc", "cnf", "ver", "appidacr", "unique_name", "nonce", ""),
)
_ANSWER_HEADERS: Final = (
    *("WWW-Authenticate", "x-ms-diagnostics", "Date", "Server", "X-FEServer", "X-BEServer", "request-id"),
    *("Via", "Location", "x-ms-ags-diagnostic", "x-ms-ests-server", "Content-Type", "X-CasErrorCode"),
    *("Proxy-Authenticate", ""),
)
_TAGS: Final = (
    *("<s:Header>", "<s:Body>", "</s:Body>", "<m:FindItem>", "<t:DistinguishedFolderId>", "<t:Mailbox>"),
    *("<Fault>", "<t:ExchangeImpersonation>", "<t:SID>", "S-1", "</t:SID>", '<m:X ResponseClass="Error">'),
    *("<m:ResponseCode>", "ErrorAccessDenied", "</m:ResponseCode>", "<!--", "<![CDATA[", "&#99999999999;"),
    *("<t:EmailAddress>", "</t:Mailbox>"),
)
_URLS: Final = (EWS, GRAPH, BATCH, TOKEN_ENDPOINT, ADMIN_API, INVOKE_COMMAND, ON_PREMISES, "https://a:99999/", "//", "")

_text: Final = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(_PIECES), max_size=6).map("".join))
_numbers: Final = st.one_of(
    st.integers(-1, 600), st.just(1_795_262_400), st.just(10**300), st.floats(), st.just(-(10**18))
)
_json: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(_WORDS), _text), inner, max_size=5)
    ),
    max_leaves=12,
)
_json_text: Final = _json.map(json.dumps)
_tokens: Final = st.builds(
    lambda header, claims, signature: f"{segment(header)}.{segment(claims)}.{signature}",
    st.fixed_dictionaries({"alg": st.sampled_from(["RS256", "none", None, 3])}),
    st.dictionaries(st.sampled_from(_CLAIMS), _json, max_size=12),
    st.sampled_from([SIGNATURE, "", "x"]),
)
_authorizations: Final = st.builds(
    "{}{}".format,
    st.sampled_from(["Bearer ", "bearer  ", "Bearer Bearer ", "PoP ", "Basic ", "NTLM ", ""]),
    st.one_of(_tokens, _tokens.map(lambda token: token[:-9]), _text),
)
_challenges: Final = _json_text.map(
    lambda claims: f'Bearer error="insufficient_claims", claims="{b64encode(claims.encode()).decode()}"'
)
_values: Final = st.one_of(
    _text, _challenges, st.just(DATE), _text.map('2000003;reason="{}'.format), st.just("AS8PR04CA0142")
)
_xml: Final = st.lists(
    st.sampled_from(_TAGS),
    max_size=12,
).map(lambda tags: f"<s:Envelope>{''.join(tags)}")
_forms: Final = st.dictionaries(
    st.sampled_from(["grant_type", "client_secret", "scope", "client_id", ""]), _text, max_size=5
).map(lambda fields: "&".join(f"{name}={value}" for name, value in fields.items()))
_contents: Final = st.one_of(
    st.none(),
    st.binary(max_size=40),
    st.one_of(_json_text, _xml, _forms, _text).map(lambda text: text.encode(errors="replace")),
)
_bodies: Final = st.builds(Body, _contents, st.booleans())


def _headers(names: tuple[str, ...]) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    return st.lists(st.tuples(st.sampled_from(names), _values), max_size=6).map(tuple)


_requests: Final = st.builds(
    lambda method, url, rest, tokens, headers, body: Request(
        method, url + rest, Headers((*(("Authorization", token) for token in tokens), *headers)), body
    ),
    st.sampled_from(["GET", "POST", "post", "\0"]),
    st.sampled_from(_URLS),
    st.one_of(st.just(""), _text),
    st.lists(_authorizations, max_size=2),
    _headers(("User-Agent", "X-AnchorMailbox", "SOAPAction", "Cookie", "")),
    _bodies,
)
_responses: Final = st.builds(
    lambda status, headers, body: Response(status, Headers(headers), body),
    st.sampled_from([200, 302, 400, 401, 401, 403, 403, 403, 404, 407, 456, 500, 0, 10**30]),
    _headers(_ANSWER_HEADERS),
    _bodies,
)
EXCHANGES: Final = st.builds(
    Exchange, _requests, st.one_of(st.none(), _responses), st.one_of(st.none(), st.floats()), _text, st.booleans()
)
"""Any exchange at all."""
