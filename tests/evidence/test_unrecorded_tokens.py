"""Recordings whose tokens were taken out: what is left in their place is no token, and no client's mistake either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.evidence.bearer_token import read_authorization
from tests.support.wire import EWS, GRAPH, answered, as_json, asked, facts_of, jwt, segment

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Facts

CLAIMS = {"aud": "https://graph.microsoft.com", "ver": "1.0"}
HEAD = ".".join((segment({"alg": "RS256", "typ": "JWT"}), segment(CLAIMS)))


@pytest.mark.parametrize(
    "value",
    [
        "Bearer ***",
        "Bearer [REDACTED]",
        "Bearer <token>",
        "Bearer {access_token}",
        "Bearer {{token}}",
        "Bearer ••••",
        "Bearer eyJ0eXAiOi...",
        "Bearer YOUR_ACCESS_TOKEN",
        "Basic ***",
        "REDACTED",
        "***",
    ],
)
def test_a_stand_in_is_no_token(value: str) -> None:
    assert read_authorization(value).kind == "unrecorded"


@pytest.mark.parametrize(
    "value",
    ["Bearer [object Object]", "Bearer (null)", "Bearer {'access_token': 'x'}", "Bearer <msal.Token object at 0x7f>"],
)
def test_a_printed_object_is_no_stand_in(value: str) -> None:
    assert read_authorization(value).kind == "client-object"


@pytest.mark.parametrize("signature", ["***", "<redacted>", "signature-removed"])
def test_a_token_whose_signature_was_taken_out_keeps_its_claims(signature: str) -> None:
    token = read_authorization(f"Bearer {HEAD}.{signature}")
    assert (token.kind, token.problem, dict(token.claims)) == ("jwt", "", CLAIMS)


def _kind(facts: Facts) -> str:
    return facts.text("token.kind")


def _graph_error(code: str, message: str, status: int = 401) -> Facts:
    return facts_of(asked(GRAPH), answered(status, (), as_json({"error": {"code": code, "message": message}})))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
        ("40001", "The request does not contain a valid authentication token."),
        ("ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    ],
)
def test_an_answer_about_a_token_shows_that_the_recording_lost_it(code: str, message: str) -> None:
    assert _kind(_graph_error(code, message)) == "unrecorded"


@pytest.mark.parametrize(
    ("code", "message"), [("InvalidAuthenticationToken", "Access token is empty."), ("unauthenticated", "")]
)
def test_an_answer_that_asks_for_a_token_shows_that_none_came(code: str, message: str) -> None:
    assert _kind(_graph_error(code, message)) == "absent"


def test_diagnostics_of_a_token_show_that_the_recording_lost_it() -> None:
    header = ("x-ms-diagnostics", '2000002;reason="The token has expired.";error_category="token_expired"')
    assert _kind(facts_of(asked(EWS), answered(401, (header,)))) == "unrecorded"


@pytest.mark.parametrize(("error", "kind"), [("insufficient_claims", "unrecorded"), ("invalid_token", "absent")])
def test_only_a_challenge_for_claims_shows_that_a_token_came(error: str, kind: str) -> None:
    assert _kind(facts_of(asked(EWS), answered(401, (("WWW-Authenticate", f'Bearer error="{error}"'),)))) == kind


def test_nobody_knows_what_a_server_on_premises_says_to_a_call_without_credentials() -> None:
    answer = answered(401, (), as_json({"error": {"code": "AccessDenied", "message": "No."}}))
    assert _kind(facts_of(asked("https://mail.contoso.com/EWS/Exchange.asmx"), answer)) == "absent"


def test_what_the_service_prints_as_held_stands_for_a_token_nobody_can_read() -> None:
    message = (
        "Missing scope permissions on the request. API requires one of 'Chat.Read'. Scopes on the request 'User.Read'"
    )
    facts = _graph_error("Forbidden", message, 403)
    assert facts.flag("token.holds_required") is False


def test_claims_count_more_than_what_the_service_prints() -> None:
    message = (
        "Missing scope permissions on the request. API requires one of 'Chat.Read'. Scopes on the request 'User.Read'"
    )
    body = as_json({"error": {"code": "Forbidden", "message": message}})
    token = (("Authorization", f"Bearer {jwt({**CLAIMS, 'scp': 'Chat.Read'})}"),)
    assert facts_of(asked(GRAPH, token), answered(403, (), body)).flag("token.holds_required") is True
