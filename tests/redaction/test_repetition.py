import base64
from dataclasses import replace

import pytest

from proxy_addons.diagnosis.failure import explain
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.redaction.ledger import Ledger
from proxy_addons.redaction.occurrence import occurrence_of
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact, redact_with
from proxy_addons.redaction.repetition import Repetition, repetition_of
from tests.support.rulebases import rule, ruleset

PSEUDONYMS = Pseudonyms(b"a key of thirty-two bytes, invent")
RULES = ruleset(rule("graph-refused", {"response.status": 403}), folder="graph")
FIRST, SECOND = "7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e", "11111111-2222-4333-8444-555555555555"
THIRD = "22222222-3333-4444-8555-666666666666"


def refused(
    identifier: str, *, message: str = "no", url: str = "", headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    body = f'{{"error":{{"code":"x","message":"{message}","innerError":{{"request-id":"{identifier}"}}}}}}'
    answer = Headers((("request-id", identifier), ("Server", "nginx"), *headers))
    return Exchange(
        Request("GET", f"https://graph.microsoft.com/v1.0/me{url}"),
        Response(403, answer, Body(body.encode())),
        started=1_790_000_000.0,
    )


def repetition(exchange: Exchange) -> Repetition | None:
    occurrence = occurrence_of(exchange)
    (failure,) = explain(exchange, RULES)
    ledger = Ledger(PSEUDONYMS)
    record = redact_with(ledger, failure)
    assert occurrence is not None
    return repetition_of(occurrence, failure, record, ledger)


def test_a_repetition_is_what_redacting_it_would_have_made() -> None:
    known = repetition(refused(FIRST))
    assert known is not None
    again = replace(refused(SECOND), started=1_790_000_100.5)
    assert known.admits((SECOND,))
    made, expected = known.again(again, (SECOND,), 0), redact(explain(again, RULES)[0], PSEUDONYMS)
    assert made.report == expected.report
    assert dict(made.har_entry) == dict(expected.har_entry)
    assert [made.har_entry["time"], len(made.har_entry)] == [0, len(expected.har_entry)]
    assert made.originals.facts == expected.originals.facts
    assert FIRST not in str(made) + str(dict(made.har_entry))
    assert known.size > len(FIRST)


def test_what_it_keeps_is_not_printed() -> None:
    assert FIRST not in repr(repetition(refused(FIRST, url="?secret=hunter2")))


@pytest.mark.parametrize(
    "exchange",
    [
        refused(FIRST, url=f"/{FIRST}"),
        refused(FIRST, message=f"Ask about {FIRST}"),
        refused(FIRST, headers=(("x-diaginfo", FIRST),)),
        refused(FIRST, headers=(("request-id", SECOND),)),
        refused("00000003-0000-0000-c000-000000000000"),
        refused(FIRST, url="?password=0d1c2b3a"),
    ],
)
def test_an_id_that_stands_elsewhere_as_well_is_worked_out_each_time(exchange: Exchange) -> None:
    assert repetition(exchange) is None


@pytest.mark.parametrize(
    ("exchange", "other"),
    [
        (refused(FIRST, url=f"/{SECOND}"), SECOND),
        (refused(FIRST, message=f"Ask about {SECOND.upper()}"), SECOND),
        (refused(FIRST, url="?password=555555"), SECOND),
    ],
)
def test_another_id_that_stands_in_the_rest_is_not_admitted(exchange: Exchange, other: str) -> None:
    known = repetition(exchange)
    assert known is not None
    assert not known.admits((other,))
    assert known.admits((THIRD,))


def test_words_of_an_id_that_were_asked_about_are_told() -> None:
    rules = ruleset(
        rule("graph-refused", {"response.status": 403}, deciding_test="Try fade0000 once more."), folder="graph"
    )
    (failure,) = explain(refused(FIRST), rules)
    occurrence, ledger = occurrence_of(refused(FIRST)), Ledger(PSEUDONYMS)
    assert occurrence is not None
    known = repetition_of(occurrence, failure, redact_with(ledger, failure), ledger)
    assert known is not None
    assert known.said_in((FIRST,)) == set()
    assert known.said_in(("FADE0000-2222-4333-8444-555555555555",)) == {"fade0000"}


def test_an_id_that_a_token_names_is_not_the_calls_own() -> None:
    claims = base64.urlsafe_b64encode(f'{{"oid":"{FIRST}"}}'.encode()).decode().rstrip("=")
    told = refused(FIRST)
    token = Headers((("Authorization", f"Bearer eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl"),))
    assert repetition(replace(told, request=replace(told.request, headers=token))) is None
