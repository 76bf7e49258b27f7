from __future__ import annotations

import pytest

from proxy_addons.diagnosis.notes import notes
from tests.support.story import EWS_APP, GRAPH_APP, at, facts_after, issuing
from tests.support.wire import EWS, EXCHANGE_ADMINISTRATOR, GRAPH, NOW, Pairs, answered, asked, bearer

REFUSED = answered(403)
CALL = asked(GRAPH, bearer(**GRAPH_APP), method="GET")
MAIL = asked(GRAPH, bearer(**{**GRAPH_APP, "roles": ["User.Read.All", "Mail.Read"]}), method="GET")


def test_where_nothing_was_before_nothing_is_noted() -> None:
    assert notes(facts_after(at(0, CALL, REFUSED))) == ()


def test_what_changed_since_the_last_success_is_said() -> None:
    assert notes(facts_after(at(0, MAIL), at(720, CALL, REFUSED))) == (
        (
            "The same app succeeded with GET /me/messages 12 min earlier. Different since then: permissions. "
            "The token no longer carries Mail.Read."
        ),
    )


def test_a_change_without_any_loss_is_said_without_one() -> None:
    assert notes(facts_after(at(0, CALL), at(60, MAIL, REFUSED))) == (
        "The same app succeeded with GET /me/messages 60 s earlier. Different since then: permissions.",
    )


def test_that_nothing_changed_is_said_too() -> None:
    first, second = notes(facts_after(at(0, CALL), at(60, CALL, REFUSED)))
    assert first.endswith("nothing that can be compared has changed since: look for a change on the server's side.")
    assert second == "This very token was accepted by the same service 60 s earlier."


def test_a_success_that_cannot_be_compared_is_only_named() -> None:
    story = issuing(0, GRAPH_APP)
    refused = asked(story.request.url, bearer(**GRAPH_APP), story.request.body.content)
    assert notes(facts_after(story, at(0, refused, answered(401)))) == (
        "The same app succeeded with client_credentials moments earlier.",
    )


def test_another_mailbox_that_was_open_is_said() -> None:
    alex, adele = (
        asked(EWS, (*bearer(**EWS_APP), ("X-AnchorMailbox", f"{who}@contoso.com"))) for who in ("alex", "adele")
    )
    assert "The same token opened another mailbox within the last 15 minutes." in notes(
        facts_after(at(0, alex), at(1, adele, REFUSED))
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "."),
        (
            {"roles": ["Mail.Read"], "wids": [EXCHANGE_ADMINISTRATOR]},
            ", which carries Mail.Read, Exchange Administrator as well.",
        ),
    ],
)
def test_a_newer_token_is_said_with_what_it_carries(more: dict[str, object], said: str) -> None:
    newer = issuing(0, {**GRAPH_APP, "iat": NOW, **more})
    assert notes(facts_after(newer, at(5, CALL, REFUSED))) == (
        f"The client had a newer token before it sent this one{said}",
    )


def test_a_token_sent_again_after_a_challenge_is_said() -> None:
    challenged = answered(401, (("WWW-Authenticate", 'Bearer claims="eyJ9"'),))
    assert notes(facts_after(at(0, CALL, challenged), at(5, CALL, challenged)))[0] == (
        "This token had already been answered with a claims challenge, and was sent again."
    )


@pytest.mark.parametrize(("before", "said"), [(1, "once"), (3, "3 times in a row")])
def test_a_call_refused_again_and_again_is_said(before: int, said: str) -> None:
    story = [at(second, CALL, REFUSED) for second in range(before + 1)]
    assert notes(facts_after(*story)) == (
        f"The same call with the same token was refused {said} right before; repeating it changes nothing.",
    )


@pytest.mark.parametrize(("agent", "connection", "count"), [("exchangelib/5", "close", 2), ("exchangelib/5", "x", 1)])
def test_what_exchangelib_makes_of_a_closed_connection_is_said(agent: str, connection: str, count: int) -> None:
    headers: Pairs = (*bearer(**EWS_APP), ("User-Agent", agent))
    answer = answered(403, (("Connection", connection),))
    story = [at(second, asked(EWS, headers), answer) for second in (0, 60)]
    assert len(notes(facts_after(*story))) == count


def test_an_app_that_keeps_no_token_is_told_so() -> None:
    story = [issuing(second, GRAPH_APP) for second in range(11)]
    assert notes(facts_after(*story))[-1] == (
        "The app asked for a token 10 times in the last five minutes: it does not seem to keep them."
    )
