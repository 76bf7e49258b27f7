"""Whatever stands on the wire, reading it raises nothing: half a recording is made of what nobody foresaw."""

from __future__ import annotations

import base64
import json

from hypothesis import given, strategies as st

from proxy_addons.evidence.bearer_token import read_authorization
from proxy_addons.evidence.challenge import read_challenges, read_claims, read_diagnostics
from proxy_addons.evidence.error_body import body_kind, read_error
from proxy_addons.evidence.exchange import Body
from proxy_addons.evidence.hidden import access_status
from proxy_addons.evidence.soap import read_fault, read_response_errors

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "code", "message", "innerError", "details", "value", "x"]), inner)
    ),
    max_leaves=12,
)
_MARKUP = ["<", ">", "</", "/>", "s:Fault", "m:ResponseCode", "ResponseClass=", '"Error"', "<!DOCTYPE", "]]>", "&x;"]
_WORDS = ["Bearer ", "PoP ", "NTLM ", "realm=", '"', ",", "claims=", "\\", "error=", "=="]
_TAGS = st.lists(st.sampled_from(_MARKUP) | st.text(max_size=8)).map("".join)
_FIELD = st.lists(st.sampled_from(_WORDS) | st.text(max_size=8)).map("".join)


@given(st.text() | st.text(max_size=40).map(lambda text: f"Bearer {text}"))
def test_any_authorization_is_read(value: str) -> None:
    assert read_authorization(value).kind


@given(_VALUES, _VALUES, st.text(max_size=20))
def test_a_token_of_any_json_is_read(header: object, claims: object, signature: str) -> None:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    assert read_authorization(f"Bearer {'.'.join(parts)}.{signature}").kind


@given(_FIELD)
def test_any_challenge_is_read(value: str) -> None:
    for challenge in read_challenges([value]):
        read_claims(challenge.parameters.get("claims", value))


@given(_FIELD)
def test_any_diagnostics_are_read(value: str) -> None:
    read_diagnostics(value)


@given(st.binary() | _VALUES.map(lambda value: json.dumps(value).encode()) | _TAGS.map(str.encode))
def test_any_body_is_read(content: bytes) -> None:
    body = Body(content)
    assert body_kind(body)
    assert read_error(body).dialect
    access_status(body)


@given(_TAGS)
def test_any_markup_is_read(text: str) -> None:
    read_fault(text)
    read_response_errors(text)
