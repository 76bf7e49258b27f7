import base64
import io
import json
import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from proxy_addons.addons.repetitions import Repetitions
from proxy_addons.diagnosis.failure import explain_next
from proxy_addons.diagnosis.ruleset import Ruleset
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.timeline import NOTHING, Ending, Memory, remember
from proxy_addons.intake.har import read_har
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.occurrence import exchanging, occurrence_of
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import Record, redact
from tests.replay.case import read_corpus
from tests.replay.har import har_of

PSEUDONYMS = Pseudonyms(b"a key of thirty-two bytes, invent")
NOON = 1_790_000_000.0
ONE_IN = 25
"""Of so many refusals of the corpus one is taken; all of them take a minute."""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return read_rules()


def refusals(one_in: int = ONE_IN) -> list[Exchange]:
    """Refused exchanges of the corpus, as the live proxy has them: with a clock."""
    found = [
        exchange
        for part in read_corpus()
        for case in part.cases
        for exchange in read_har(io.BytesIO(har_of([case])))
        if isinstance(exchange, Exchange) and exchange.response is not None and exchange.response.status >= 400
    ]
    return [replace(each, started=NOON if each.started is None else each.started) for each in found[::one_in]]


def happening_again(exchange: Exchange, chance: random.Random, seconds: float) -> Exchange:
    """The same call some seconds later, with ids of its own."""
    occurrence, response = occurrence_of(exchange), exchange.response
    assert response is not None
    later = replace(exchange, started=(exchange.started or 0) + seconds)
    if occurrence is None:
        return later
    own = tuple(fresh(value, chance, seconds) for value in occurrence.own)

    exchanged = exchanging(occurrence.own, own)

    def headers(fields: Headers) -> Headers:
        return Headers(tuple((name, exchanged(value)) for name, value in fields.fields))

    content = response.body.content
    body = content and exchanged(content.decode("latin-1")).encode("latin-1")
    return replace(
        later,
        request=replace(exchange.request, headers=headers(exchange.request.headers)),
        response=replace(response, headers=headers(response.headers), body=replace(response.body, content=body)),
    )


def fresh(value: str, chance: random.Random, seconds: float) -> str:
    if value.endswith("GMT"):
        moved = datetime.strptime(value, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC).timestamp() + int(seconds)
        return format_datetime(datetime.fromtimestamp(moved, UTC), usegmt=True)
    if "-" not in value:
        return f"{chance.getrandbits(4 * len(value)):0{len(value)}x}"
    if value[4] == "-":
        return (datetime.fromisoformat(value).replace(tzinfo=UTC).isoformat()[:17]) + f"{chance.randrange(60):02}"
    return str(uuid.UUID(int=chance.getrandbits(128)))


class Both:
    """One proxy that recognises repetitions beside one that does all the work each time."""

    def __init__(self, rules: Ruleset) -> None:
        self.rules = rules
        self.quick = Repetitions(PSEUDONYMS)
        self.memory: Memory = NOTHING
        self.slow_memory: Memory = NOTHING

    def tell(self, exchange: Exchange, *, followed: bool | None = None) -> list[Record]:
        """Both are told of an exchange, and say the same."""
        told, self.memory = self.quick.records(exchange, self.rules, self.memory, credentials_followed=followed)
        failures, self.slow_memory = explain_next(
            exchange, self.rules, self.slow_memory, credentials_followed=followed, every_host=True
        )
        records, expected = [each.record for each in told], [redact(failure, PSEUDONYMS) for failure in failures]
        assert [record.report for record in records] == [record.report for record in expected]
        for record, other in zip(records, expected, strict=True):
            for part, same in zip(whole(record), whole(other), strict=True):
                assert part == same
        assert [each.exchange for each in told] == [failure.exchange for failure in failures]
        assert self.memory == self.slow_memory
        return records

    def admit(self, exchange: Exchange) -> None:
        """Both see a success."""
        self.memory = remember(self.memory, exchange, Ending.WORKED)
        self.slow_memory = remember(self.slow_memory, exchange, Ending.WORKED)


def whole(record: Record) -> tuple[object, ...]:
    """A record with everything that does not show when it is printed."""
    originals = record.originals
    hidden = dict(originals.forbidden), set(originals.facts), dict(originals.object_ids)
    return dict(record.har_entry), record.removals, record.dropped, record.aliases, hidden


def test_every_refusal_of_the_corpus_that_happens_again_is_told_as_if_it_were_new(rules: Ruleset) -> None:
    chance = random.Random(403)  # noqa: S311  # a repeatable choice, no key
    found, both = refusals(), Both(rules)
    told = [happening_again(exchange, chance, seconds) for exchange in found for seconds in (0, 0.5, 1, 30, 61, 3700)]
    chance.shuffle(told)
    for exchange in told:
        both.tell(exchange)
    assert both.quick.recognised > len(told) / 8


def traced(exchange: Exchange, value: str) -> Exchange:
    """The same exchange by a client that is traced."""
    fields = exchange.request.headers.fields
    return replace(exchange, request=replace(exchange.request, headers=Headers((*fields, ("traceparent", value)))))


def test_with_a_trace_of_its_own_each_it_is_the_same(rules: Ruleset) -> None:
    chance = random.Random(404)  # noqa: S311  # a repeatable choice, no key
    found, both = refusals(2 * ONE_IN), Both(rules)
    for exchange in found:
        one = traced(exchange, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        for seconds in (0, 0.5, 1, 30):
            both.tell(happening_again(one, chance, seconds))
    assert both.quick.recognised > len(found) / 2


def test_a_storm_of_a_traced_client_is_worked_out_twice(rules: Ruleset) -> None:
    both = Both(rules)
    told = [both.tell(traced(call(n), f"00-{n + 1:032x}-{n + 1:016x}-01"))[0].report.exchange for n in range(20)]
    assert both.quick.recognised == 18
    assert [(each.trace_id, each.span_id) for each in told] == [(f"{n:032x}", f"{n:016x}") for n in range(1, 21)]


def jwt(**claims: object) -> str:
    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'typ': 'JWT', 'alg': 'RS256'})}.{part(claims)}.c2lnbmF0dXJl"


OBJECT_ID = "0f3c1b7e-5d2a-4c8f-9b61-7a4e2d8c5f10"
GRAPH = "https://graph.microsoft.com"


def call(number: int, *, oid: str = OBJECT_ID, ids: tuple[str, str] | None = None, second: int = 0) -> Exchange:
    """A refusal by Graph as one is sent after the other in a storm."""
    asked, answered = ids or (str(uuid.UUID(int=2 * number)), str(uuid.UUID(int=2 * number + 1)))
    body = (
        '{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation.",'
        f'"innerError":{{"date":"2026-09-21T14:13:{second:02}","request-id":"{answered}","client-request-id":"{asked}"}}}}}}'
    )
    token = jwt(aud=GRAPH, oid=oid, upn="kim.berg@contoso.example", scp="User.Read", iat=NOON - 900, exp=NOON + 3000)
    return Exchange(
        Request(
            "GET", f"{GRAPH}/v1.0/users", Headers((("Authorization", f"Bearer {token}"), ("client-request-id", asked)))
        ),
        Response(
            403,
            Headers((("Date", f"Mon, 21 Sep 2026 14:13:{second:02} GMT"), ("request-id", answered))),
            Body(body.encode()),
        ),
        started=NOON + second + number / 100_000,
    )


def test_a_storm_of_one_kind_is_worked_out_twice(rules: Ruleset) -> None:
    both = Both(rules)
    told = [both.tell(call(number, second=number // 40))[0] for number in range(40)]
    assert both.quick.recognised == 38
    assert (
        len({record.report.id for record in told}) == len({record.report.exchange.request_id for record in told}) == 40
    )
    assert told[39].report.notes[-1].startswith("The same call with the same token was refused 39 times in a row")


def test_an_id_that_is_a_persons_is_never_taken_for_one_of_the_call(rules: Ruleset) -> None:
    both = Both(rules)
    for number in range(4):
        both.tell(call(number))
    seen = both.quick.recognised
    (record,) = both.tell(call(5, ids=(OBJECT_ID, str(uuid.UUID(int=5)))))
    assert both.quick.recognised == seen
    assert OBJECT_ID not in str(dict(record.har_entry)) + str(record.report)


def test_in_a_later_minute_of_its_token_a_refusal_is_the_same_but_for_the_spans_it_tells(rules: Ruleset) -> None:
    chance, both = random.Random(405), Both(rules)  # noqa: S311  # a repeatable choice, no key
    refused = call(0)
    assert refused.response
    assert refused.response.body.content
    content = refused.response.body.content.replace(b"Authorization_RequestDenied", b"Forbidden")
    body = Body(content.replace(b"Insufficient privileges to complete the operation.", b"Tenant is not allowed"))
    refused = replace(refused, response=replace(refused.response, body=body))
    told = [both.tell(happening_again(refused, chance, seconds)) for seconds in (0, 1, 2, 300, 420)]
    assert both.quick.recognised == 3
    assert [
        reading.because
        for (record,) in told[2:]
        for reading in record.report.diagnosis.gates
        if "minutes" in reading.because
    ] == [f"the token was valid for another {left} minutes" for left in (50, 45, 43)]


def test_two_people_with_the_same_refusal_have_a_stand_in_each(rules: Ruleset) -> None:
    both = Both(rules)
    for number in range(8):
        both.tell(call(number, oid=str(uuid.UUID(int=1000 + number % 2))))
    assert both.quick.recognised == 4


def test_a_success_in_between_is_told_of_the_next_refusal(rules: Ruleset) -> None:
    both = Both(rules)
    for number in range(5):
        both.tell(call(number))
    worked = call(6)
    both.admit(replace(worked, response=Response(200), started=(worked.started or 0)))
    (record,) = both.tell(call(7))
    assert "accepted" in " ".join(record.report.notes)


def test_a_call_that_is_refused_while_others_of_its_token_work_is_worked_out_twice(rules: Ruleset) -> None:
    both = Both(rules)
    worked = replace(call(0), request=replace(call(0).request, url=f"{GRAPH}/v1.0/groups"), response=Response(200))
    for number in range(20):
        both.admit(replace(worked, started=(worked.started or 0) + 2 * number - 1))
        both.tell(call(number, second=2 * number))
    assert both.quick.recognised == 18


def test_another_second_in_the_same_minute_changes_the_moments_only(rules: Ruleset) -> None:
    both = Both(rules)
    for number in range(20):
        both.tell(call(number, second=number))
    assert both.quick.recognised > 12


def test_a_first_hop_that_was_followed_is_another_case(rules: Ruleset) -> None:
    both = Both(rules)
    for number, followed in enumerate((None, None, None, True, False, None)):
        both.tell(call(number), followed=followed)
    assert both.quick.recognised == 2


def test_new_rules_begin_anew(rules: Ruleset) -> None:
    both = Both(rules)
    for number in range(4):
        both.tell(call(number))
    both.rules = replace(rules, revision="another")
    both.tell(call(5))
    assert both.quick.recognised == 2


@pytest.mark.parametrize(("kinds", "characters"), [(5, 10**9), (10**9, 100_000)])
def test_what_is_remembered_is_bounded(rules: Ruleset, kinds: int, characters: int) -> None:
    quick = Repetitions(PSEUDONYMS, kinds, characters)
    memory = NOTHING
    for number in range(12):
        once = call(number)
        paged = replace(once, request=replace(once.request, url=f"{GRAPH}/v1.0/users?$skiptoken={'a' * 6000}{number}"))
        _, memory = quick.records(paged, rules, memory, credentials_followed=None)
    assert 0 < len(quick) <= kinds
    assert len(quick) < 12
    assert 0 < quick.characters <= characters


def test_a_kind_whose_clock_runs_on_forgets_its_oldest_moments(rules: Ruleset) -> None:
    quick, memory = Repetitions(PSEUDONYMS), NOTHING
    sizes = []
    for number in range(40):
        hour = replace(call(number), started=NOON + 400 * number)
        response = hour.response
        assert response is not None
        dated = Headers((("Date", f"Mon, 21 Sep 2026 {number // 4:02}:{number % 4 * 15:02}:00 GMT"),))
        _, memory = quick.records(
            replace(hour, response=replace(response, headers=dated)), rules, memory, credentials_followed=None
        )
        sizes.append(quick.characters)
    assert len(quick) == 1
    assert sizes[-1] < 1.1 * sizes[20]


def test_rules_that_look_into_the_ids_of_calls_have_every_refusal_worked_out(rules: Ruleset) -> None:
    told = rules.rules[0].model_copy(update={"verdict": "Refused as {response.header.request-id}."})
    both = Both(replace(rules, rules=(told, *rules.rules[1:])))
    for number in range(4):
        both.tell(call(number))
    assert both.quick.recognised == 0
