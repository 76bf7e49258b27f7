from __future__ import annotations

import math
import re

import pytest

from proxy_addons.diagnosis.failure import Failure, explain, explain_next
from proxy_addons.diagnosis.verdict import UNDETERMINED
from proxy_addons.evidence.exchange import Exchange
from proxy_addons.evidence.timeline import NOTHING
from tests.support.rulebases import rule, ruleset
from tests.support.wire import BATCH, EWS, GRAPH, NOW, Pairs, answered, as_json, asked, bearer

RULES = ruleset()


def _explained(exchange: Exchange) -> Failure:
    (failure,) = explain(exchange, RULES)
    return failure


def test_a_healthy_exchange_has_no_failure() -> None:
    assert explain(Exchange(asked(GRAPH), answered(200)), RULES) == ()


def test_a_look_alike_is_no_failure() -> None:
    rules = ruleset(rule("a", {"response.status": 429}, gate="none", lookalike=True), folder="graph")
    assert explain(Exchange(asked(GRAPH), answered(429)), rules) == ()


FOREIGN = Exchange(asked("https://intranet.example/reports"), answered(403))


def test_a_foreign_hosts_refusal_that_no_rule_knows_is_not_reported() -> None:
    assert explain(FOREIGN, RULES) == ()


def test_it_is_reported_where_somebody_asked_for_every_host() -> None:
    failures, _ = explain_next(FOREIGN, RULES, NOTHING, every_host=True)
    assert [failure.report.diagnosis.leading.cause for failure in failures] == [UNDETERMINED]


def test_every_refused_item_of_a_batch_is_a_failure_of_its_own() -> None:
    answer = as_json(
        {"responses": [{"id": "1", "status": 403}, {"id": "2", "status": 200}, {"id": "3", "status": 401}]}
    )
    failures = explain(Exchange(asked(BATCH), answered(200, (), answer)), RULES)
    assert [(each.report.exchange.status, each.report.exchange.hidden_in_success) for each in failures] == [
        (403, True),
        (401, True),
    ]


def test_items_that_failed_for_other_reasons_are_none() -> None:
    answer = as_json({"responses": [{"id": "1", "status": 404}]})
    assert explain(Exchange(asked(BATCH), answered(200, (), answer)), RULES) == ()


def test_the_exchange_is_summarised() -> None:
    headers: Pairs = (("request-id", "r"), ("X-FEServer", "AS8PR04CA0142"), ("Set-Cookie", "secret"))
    body = as_json({"error": {"code": "ErrorAccessDenied", "message": "No."}})
    sent: Pairs = (("User-Agent", "mailer/1.0"), ("client-request-id", "c"))
    summary = _explained(
        Exchange(asked(EWS, sent, method="post"), answered(403, headers, body), started=NOW + 5.0)
    ).report.exchange
    assert (summary.method, summary.url, summary.operation, summary.service, summary.surface, summary.cloud) == (
        "POST",
        EWS,
        "EWS",
        "exchange",
        "ews",
        "worldwide",
    )
    assert (summary.status, summary.time, summary.user_agent, summary.speaker) == (
        403,
        "2026-11-21T12:00:05Z",
        "mailer/1.0",
        "exchange-front-end",
    )
    assert (summary.request_id, summary.client_request_id, summary.error_code, summary.error_message) == (
        "r",
        "c",
        "ErrorAccessDenied",
        "No.",
    )


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", ("a" * 32, "b" * 16)),
        (f"00-{'0' * 32}-{'b' * 16}-01", ("", "")),
        ("\x1b[31mmine", ("", "")),
    ],
)
def test_the_clients_trace_is_noted_where_it_is_one(sent: str, seen: tuple[str, str]) -> None:
    exchange = Exchange(asked(GRAPH, (("traceparent", sent),)), answered(403, ()))
    summary = _explained(exchange).report.exchange
    assert (summary.trace_id, summary.span_id) == seen


def test_only_headers_a_support_case_asks_for_are_kept() -> None:
    headers: Pairs = (("request-id", "r"), ("Set-Cookie", "secret"), ("Server", "x"))
    kept = _explained(Exchange(asked(EWS), answered(403, headers))).report.exchange.support_headers
    assert [name for name, _ in kept] == ["Date", "request-id", "Server"]


def test_the_id_the_server_gives_back_stands_above_the_one_sent() -> None:
    exchange = Exchange(asked(GRAPH, (("client-request-id", "sent"),)), answered(403, (("client-request-id", "told"),)))
    assert _explained(exchange).report.exchange.client_request_id == "told"


def test_entras_request_id_is_taken_where_there_is_no_other() -> None:
    assert (
        _explained(Exchange(asked(EWS), answered(403, (("x-ms-request-id", "x"),)))).report.exchange.request_id == "x"
    )


@pytest.mark.parametrize(
    ("started", "date", "time"),
    [
        (None, "Sat, 21 Nov 2026 12:00:00 GMT", "2026-11-21T12:00:00Z"),
        (math.nan, "Sat, 21 Nov 2026 12:00:00 GMT", "2026-11-21T12:00:00Z"),
        (0.0, None, "1970-01-01T00:00:00Z"),
        (None, None, ""),
    ],
)
def test_the_time_is_that_of_the_capture_or_else_the_servers(
    started: float | None, date: str | None, time: str
) -> None:
    assert _explained(Exchange(asked(EWS), answered(403, date=date), started=started)).report.exchange.time == time


def test_a_call_without_an_answer_is_summarised_as_far_as_it_went() -> None:
    summary = _explained(Exchange(asked(EWS), transport_error="timed out")).report.exchange
    assert (summary.status, summary.support_headers, summary.transport_error) == (None, (), "timed out")


def test_no_part_of_a_summary_holds_a_lone_surrogate() -> None:
    summary = _explained(Exchange(asked(f"{EWS}?\ud800"), answered(403, (("Server", "\ud800"),)))).report.exchange
    assert (summary.url, summary.support_headers[1]) == (f"{EWS}??", ("Server", "?"))


def test_the_token_is_summarised() -> None:
    token = bearer(
        aud="https://outlook.office365.com",
        tid="T",
        iss="https://sts.windows.net/T/",
        appid="A",
        idtyp="app",
        appidacr="2",
        roles=["full_access_as_app"],
        iat=NOW - 60,
        exp=NOW + 60,
        uti="u",
    )
    summary = _explained(Exchange(asked(EWS, token), answered(403))).report.token
    assert (summary.kind, summary.scheme, summary.audience, summary.tenant, summary.app, summary.identity) == (
        "jwt",
        "bearer",
        "https://outlook.office365.com",
        "t",
        "a",
        "app",
    )
    assert (summary.issuer, summary.app_auth, summary.permissions, summary.unique_id) == (
        "https://sts.windows.net/T/",
        "certificate",
        ("full_access_as_app",),
        "u",
    )
    assert (summary.issued, summary.expires) == ("2026-11-21T11:59:00Z", "2026-11-21T12:01:00Z")


@pytest.mark.parametrize(
    ("claims", "state"),
    [
        ({"exp": NOW + 1}, "valid"),
        ({"exp": NOW + 1, "nbf": NOW - 1}, "valid"),
        ({"exp": NOW - 1}, "expired"),
        ({"exp": NOW + 99, "nbf": NOW + 9}, "not-yet-valid"),
        ({}, "unknown"),
    ],
)
def test_where_the_answer_lies_in_the_tokens_life_is_told(claims: dict[str, object], state: str) -> None:
    assert _explained(Exchange(asked(EWS, bearer(**claims)), answered(403))).report.token.lifetime_state == state


def test_the_same_exchange_gets_the_same_id_again() -> None:
    def again() -> str:
        return _explained(Exchange(asked(EWS), answered(403, (("request-id", "r"),)), started=1.0)).report.id

    assert again() == again()
    assert re.fullmatch(r"f-[0-9a-f]{12}", again())


@pytest.mark.parametrize(
    "other",
    [
        Exchange(asked(GRAPH), answered(403), started=1.0),
        Exchange(asked(EWS), answered(401), started=1.0),
        Exchange(asked(EWS), answered(403), started=2.0),
        Exchange(asked(EWS), answered(403, (("request-id", "s"),)), started=1.0),
        Exchange(asked(EWS), answered(403, (), b"x"), started=1.0),
        Exchange(asked(EWS), started=1.0),
    ],
)
def test_another_exchange_gets_another_id(other: Exchange) -> None:
    assert _explained(other).report.id != _explained(Exchange(asked(EWS), answered(403), started=1.0)).report.id
