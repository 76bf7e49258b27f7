"""What a service prints as needed, held against what the token carries."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.facts import Facts, collect

NEEDS_CHANNEL = (
    "Missing role permissions on the request. API requires one of 'Channel.ReadBasic.All, ChannelSettings.Read.All'. "
    "Roles on the request 'User.Read.All'."
)


def bearer(**claims: object) -> str:
    parts = ({"alg": "RS256"}, {"aud": "https://graph.microsoft.com", **claims})
    encoded = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return f"Bearer {'.'.join(encoded)}.c2lnbmF0dXJl"


def refused(message: str, authorization: str) -> Facts:
    body = Body(json.dumps({"error": {"code": "Forbidden", "message": message}}).encode())
    request = Request("GET", "https://graph.microsoft.com/v1.0/teams", Headers((("Authorization", authorization),)))
    return collect(Exchange(request, Response(403, Headers(), body)), {})


@pytest.mark.parametrize(
    ("roles", "holds"),
    [(["User.Read.All"], False), (["channel.readbasic.all"], True), ([], False)],
    ids=["another", "one of them in other letters", "none"],
)
def test_the_token_is_compared_with_the_printed_list(roles: list[str], holds: bool) -> None:  # noqa: FBT001  # parametrized
    assert refused(NEEDS_CHANNEL, bearer(roles=roles)).flag("token.holds_required") is holds


def test_without_a_printed_list_there_is_nothing_to_hold() -> None:
    fact = refused("Access denied", bearer(roles=["User.Read.All"])).get("token.holds_required")
    assert fact is not None
    assert fact.value is None


def test_of_an_opaque_token_nobody_knows_what_it_holds() -> None:
    assert refused(NEEDS_CHANNEL, "Bearer EwBwA8l6BAAUexample").get("token.holds_required") is None
