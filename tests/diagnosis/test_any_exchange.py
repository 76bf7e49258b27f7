"""Whatever comes in, an explanation comes out, and never one that claims more than it may."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from proxy_addons.diagnosis.failure import explain
from proxy_addons.diagnosis.ranking import diagnose
from proxy_addons.diagnosis.report import failure_json
from proxy_addons.diagnosis.report_text import markdown, one_line, terminal_box
from proxy_addons.diagnosis.verdict import Certainty, GateState
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.facts import collect
from proxy_addons.intake.rule_files import read_rules
from tests.support.any_exchange import EXCHANGES
from tests.support.wire import BATCH, EWS, GRAPH, TOKEN_ENDPOINT, answered, as_json, asked, segment

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset

thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def _rules() -> Ruleset:
    """The rules that are shipped: what holds for any exchange has to hold with them."""
    return read_rules()


@thorough
@given(EXCHANGES)
def test_every_exchange_can_be_explained_and_told_in_every_form(exchange: Exchange) -> None:
    for failure in explain(exchange, _rules()):
        json.dumps(failure_json(failure.report)).encode()
        for shown in (one_line(failure.report), terminal_box(failure.report), markdown(failure.report)):
            shown.encode()


@thorough
@given(EXCHANGES)
def test_no_gate_fails_without_a_certain_finding_or_an_answer(exchange: Exchange) -> None:
    for failure in explain(exchange, _rules()):
        diagnosis = failure.report.diagnosis
        certain = {finding.gate for finding in diagnosis.findings if finding.certainty is Certainty.CERTAIN}
        failed = {reading.gate for reading in diagnosis.gates if reading.state is GateState.FAILED}
        unanswered = {"network"} if failure.exchange.response is None else set()
        assert failed <= certain | unanswered


@thorough
@given(EXCHANGES)
def test_the_same_exchange_is_always_explained_the_same_way(exchange: Exchange) -> None:
    assert explain(exchange, _rules()) == explain(exchange, _rules())


@thorough
@given(EXCHANGES, st.randoms(use_true_random=False))
def test_the_order_of_the_rules_does_not_matter(exchange: Exchange, chance: object) -> None:
    rules = list(_rules().rules)
    chance.shuffle(rules)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    facts = collect(exchange, {})
    assert diagnose(facts, replace(_rules(), rules=tuple(rules))) == diagnose(facts, _rules())


@thorough
@given(EXCHANGES)
def test_the_findings_stand_in_the_order_of_their_certainty(exchange: Exchange) -> None:
    for failure in explain(exchange, _rules()):
        order = [finding.certainty.weakness for finding in failure.report.diagnosis.findings]
        assert order == sorted(order)


HUGE = 256 * 1024
SLOW = [
    *("a", " ", "<", "<a>", "<Body ", "<Message>", "<a '", "{", "[", "\\", "'", '"', "\n", "é", "&#", "0", "a.", "- "),
    *("API required roles: ", "Microsoft Graph permission(s): ", "one of the following scopes: ", "AADSTS50076 "),
    *("application roles: ", "zscaler", "generated ", "code: ", 'reason="', "Bearer a=", "a b ", ", ", "a="),
]


@pytest.mark.parametrize("piece", SLOW)
@pytest.mark.parametrize("url", [EWS, GRAPH])
def test_no_repetition_makes_reading_slow(url: str, piece: str) -> None:
    """A reader that needs more than one pass over these would not come to an end before the suite's patience does."""
    text = (piece * (HUGE // len(piece) + 1))[:HUGE]
    field = text[: HUGE // 4]
    error = as_json({"error": {"code": text, "message": text}, "error_description": text})
    soap = f"<s:Envelope><s:Header>{text}<s:Body>{text}<Fault><faultstring>{text}".encode()
    headers = tuple((name, field) for name in ("Server", "Via", "Location", "X-FEServer", "X-CasErrorCode"))
    challenged = (*headers, ("WWW-Authenticate", f"Bearer {field}"), ("x-ms-diagnostics", f'2000003;reason="{field}'))
    sent = (
        ("Authorization", f"Bearer {field}"),
        ("User-Agent", field),
        ("X-AnchorMailbox", field),
        ("SOAPAction", field),
    )
    for body in (text.encode(), error, soap, f"<html>{text}".encode()):
        explain(Exchange(asked(f"{url}/{field}", sent, body), answered(403, challenged, body)), _rules())


HUGE_NUMBER = f"Bearer {segment({'alg': 1})}.{segment({'exp': 10**300})}.x"
DEEP = b"[" * 50_000


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(asked(GRAPH, tuple((f"h{n}", "x") for n in range(10_000))), answered(403)),
        Exchange(asked(TOKEN_ENDPOINT, (), b"a=b&" * 10_000), answered(400)),
        Exchange(asked(TOKEN_ENDPOINT, (), b"scope=%zz%&%=%00&=&&"), answered(400)),
        Exchange(asked(GRAPH, (("Authorization", f"Bearer {'ey' * 500_000}"),)), answered(401)),
        Exchange(
            asked(GRAPH, (("Authorization", HUGE_NUMBER),)),
            answered(401),
        ),
        Exchange(asked(BATCH, (), b'{"requests":' + DEEP), answered(200, (), b'{"responses":' + DEEP)),
        Exchange(Request("GET", "https://graph.microsoft.com/%zz/%E0%A4%A"), Response(403, Headers(), Body(None))),
        Exchange(Request("", ""), Response(10**30)),
    ],
    ids=["headers", "fields", "percent", "long token", "huge number", "deep batch", "bad escapes", "nothing"],
)
def test_exchanges_nobody_sends_are_explained_all_the_same(exchange: Exchange) -> None:
    assert isinstance(explain(exchange, _rules()), tuple)
