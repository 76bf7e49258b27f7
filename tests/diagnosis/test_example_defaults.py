from __future__ import annotations

import pytest

from proxy_addons.diagnosis import example_defaults as usual
from proxy_addons.diagnosis.example_exchange import RequestExample, ResponseExample, build_exchange
from proxy_addons.evidence.facts import Facts, collect


def facts(request: dict[str, object], response: dict[str, object]) -> Facts:
    exchange = build_exchange(RequestExample.model_validate(request), ResponseExample.model_validate(response))
    return collect(exchange, {usual.EXCHANGE_ADMINISTRATOR: "Exchange Administrator"})


@pytest.mark.parametrize("kind", usual.TOKENS)
def test_a_usual_token_is_valid_readable_and_carries_a_permission(kind: str) -> None:
    seen = facts({"url": "https://graph.microsoft.com/", "token": {"like": kind}}, {"status": 403})

    assert seen.text("token.kind") == "jwt"
    assert seen.flag("token.has_permissions") is True
    assert (seen.number("token.expired_by") or 0) < 0
    assert seen.text("token.identity") == ("app" if kind.endswith("app") else "user")


def test_an_admin_token_shows_its_role() -> None:
    seen = facts({"cmdlet": "Get-Mailbox", "token": {"like": "exchange-admin-app"}}, {"status": 403})

    assert seen.names("token.directory_roles") == ("Exchange Administrator",)


@pytest.mark.parametrize(
    ("like", "url", "speaker"),
    [
        ("exchange-backend", usual.EWS_URL, "exchange-backend"),
        ("exchange-front-end", usual.EWS_URL, "exchange-front-end"),
        ("graph-gateway", "https://graph.microsoft.com/v1.0/me", "graph-gateway"),
        ("entra", "https://login.microsoftonline.com/common/oauth2/v2.0/token", "entra"),
        ("on-premises", "https://mail.contoso.com/EWS/Exchange.asmx", "on-premises-exchange"),
        ("bare", "https://graph.microsoft.com/v1.0/me", "unknown"),
    ],
)
def test_headers_are_those_of_the_speaker_they_are_named_after(like: str, url: str, speaker: str) -> None:
    assert facts({"url": url}, {"status": 403, "like": like}).text("speaker.name") == speaker
