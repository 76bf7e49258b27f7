import base64
from dataclasses import replace

import pytest

from proxy_addons.diagnosis.failure import explain
from proxy_addons.diagnosis.moment_class import read_bounds
from proxy_addons.diagnosis.retelling import Numbers, numbers_at
from proxy_addons.evidence.bearer_token import read_authorizations
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.token_facts import moments_named
from proxy_addons.redaction.ledger import Ledger
from proxy_addons.redaction.occurrence import occurrence_of
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import Record, redact, redact_with
from proxy_addons.redaction.repetition import Repetition, repetition_of
from tests.support.rulebases import rule, ruleset

PSEUDONYMS = Pseudonyms(b"a key of thirty-two bytes, invent")
RULES = ruleset(rule("graph-refused", {"response.status": 403}), folder="graph")
FIRST, SECOND = "7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e", "11111111-2222-4333-8444-555555555555"
NOTHING = Numbers({}, 0, None)
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
    return repetition_of(occurrence, failure, record, ledger, numbers_of(exchange), {})


def numbers_of(exchange: Exchange) -> Numbers:
    token = read_authorizations(exchange.request.headers.get_all("authorization"))
    return numbers_at(exchange.server_time, moments_named(token), ())


def told_again(known: Repetition, exchange: Exchange, own: tuple[str, ...]) -> Record:
    numbers = numbers_of(exchange)
    return known.again(exchange, own, numbers, known.told_at(numbers))


def test_a_repetition_is_what_redacting_it_would_have_made() -> None:
    known = repetition(refused(FIRST))
    assert known is not None
    again = replace(refused(SECOND), started=1_790_000_100.5)
    assert known.admits((SECOND,), numbers_of(again))
    made, expected = told_again(known, again, (SECOND,)), redact(explain(again, RULES)[0], PSEUDONYMS)
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
    assert not known.admits((other,), numbers_of(exchange))
    assert known.admits((THIRD,), numbers_of(exchange))


def test_words_of_an_id_that_were_asked_about_are_told() -> None:
    rules = ruleset(
        rule("graph-refused", {"response.status": 403}, deciding_test="Try fade0000 once more."), folder="graph"
    )
    (failure,) = explain(refused(FIRST), rules)
    occurrence, ledger = occurrence_of(refused(FIRST)), Ledger(PSEUDONYMS)
    assert occurrence is not None
    known = repetition_of(occurrence, failure, redact_with(ledger, failure), ledger, NOTHING, {})
    assert known is not None
    assert known.said_in((FIRST,)) == set()
    assert known.said_in(("FADE0000-2222-4333-8444-555555555555",)) == {"fade0000"}


def aged(exchange: Exchange, seconds: int) -> Exchange:
    """The same with a token of a quarter of an hour, so much later."""
    claims = base64.urlsafe_b64encode(b'{"iat":1789999100,"exp":1790003030}').decode().rstrip("=")
    token = Headers((("Authorization", f"Bearer eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl"),))
    dated = Headers((*(exchange.response or Response(403)).headers.fields, ("Date", DATES[seconds])))
    response = replace(exchange.response or Response(403), headers=dated)
    return replace(
        exchange,
        request=replace(exchange.request, headers=token),
        response=response,
        started=1_790_000_000.0 + seconds,
    )


DATES = {0: "Mon, 21 Sep 2026 14:13:20 GMT", 120: "Mon, 21 Sep 2026 14:15:20 GMT"}


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("Issued {token.age} ago.", "Issued 17 min ago."),
        ("Issued {token.age} ago, not 15 min.", None),
        ("{response.status} at the age of {token.age}.", "403 at the age of 17 min."),
    ],
)
def test_spans_of_time_are_told_anew_where_each_is_known_for_one(verdict: str, told: str | None) -> None:
    rules = ruleset(
        {**rule("graph-refused", {"all": [{"response.status": 403}, {"token.age": {"above": 0}}]}), "verdict": verdict},
        folder="graph",
    )
    bounds = read_bounds(rules.rules)
    first, later = aged(refused(FIRST), 0), aged(refused(SECOND), 120)
    (failure,), occurrence, ledger = explain(first, rules), occurrence_of(first), Ledger(PSEUDONYMS)
    assert occurrence is not None
    assert bounds is not None
    record = redact_with(ledger, failure)
    known = repetition_of(occurrence, failure, record, ledger, numbers_of(first), bounds.told_by)
    assert known is not None
    assert known.tells_anew == (told is not None)
    own = (occurrence_of(later) or occurrence).own
    assert known.admits(own, numbers_of(later))
    made, expected = told_again(known, later, own).report, redact(explain(later, rules)[0], PSEUDONYMS)
    assert (made == expected.report) == known.tells_anew
    assert made.diagnosis.leading.verdict == (told or record.report.diagnosis.leading.verdict)
    assert "valid for another 48 minutes" in str(made.diagnosis.gates)


def test_a_sentence_that_sounds_like_the_minutes_left_has_everything_worked_out() -> None:
    rules = ruleset(
        rule("graph-refused", {"response.status": 403}, deciding_test="Was it valid for another 50 minutes?"),
        folder="graph",
    )
    first, ledger = aged(refused(FIRST), 0), Ledger(PSEUDONYMS)
    (failure,), occurrence = explain(first, rules), occurrence_of(first)
    assert occurrence is not None
    record = redact_with(ledger, failure)
    assert repetition_of(occurrence, failure, record, ledger, numbers_of(first), {}) is None


def test_a_span_that_was_taken_out_is_not_told_anew() -> None:
    first = aged(refused(FIRST, url="?password=17%20min"), 0)
    known, later = repetition(first), aged(refused(SECOND, url="?password=17%20min"), 120)
    assert known is not None
    own = (occurrence_of(later) or known.occurrence).own
    assert known.admits(own, numbers_of(first))
    assert not known.admits(own, numbers_of(later))


def test_a_number_that_is_too_long_to_be_shown_as_it_is_has_everything_worked_out() -> None:
    known = repetition(refused(FIRST))
    assert known is not None
    assert not known.admits((FIRST,), replace(NOTHING, refusals=100_000))


def test_an_id_that_a_token_names_is_not_the_calls_own() -> None:
    claims = base64.urlsafe_b64encode(f'{{"oid":"{FIRST}"}}'.encode()).decode().rstrip("=")
    told = refused(FIRST)
    token = Headers((("Authorization", f"Bearer eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl"),))
    assert repetition(replace(told, request=replace(told.request, headers=token))) is None
