from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.answered import ASKED, Answers, answered
from proxy_addons.diagnosis.failure import Failure, explain
from proxy_addons.evidence.exchange import Exchange, Headers, Request
from proxy_addons.intake.rule_files import load_folder
from tests.support.wire import NOW, TENANT, Pairs, answered as response, as_json, bearer

if TYPE_CHECKING:
    from proxy_addons.diagnosis.verdict import Evidence

RULES = load_folder()
GROUPS = "https://graph.microsoft.com/v1.0/groups"
PLAIN = as_json({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}})


def _refused(token: Pairs | None = None, body: bytes = PLAIN, url: str = GROUPS) -> Failure:
    claims = {
        "aud": "https://graph.microsoft.com",
        "tid": TENANT,
        "idtyp": "app",
        "roles": ["User.Read.All"],
        "iat": NOW - 600,
        "nbf": NOW - 600,
        "exp": NOW + 3000,
    }
    request = Request("GET", url, Headers(token if token is not None else bearer(**claims)))
    exchange = Exchange(request, response(403, (("request-id", "r"), ("x-ms-ags-diagnostic", "{}")), body))
    (failure,) = explain(exchange, RULES)
    return failure


def _evidence(failure: Failure, fact: str) -> Evidence | None:
    return next((seen for seen in failure.report.diagnosis.leading.evidence if seen.fact == fact), None)


def test_a_grant_that_opens_the_call_and_is_not_in_the_token_decides() -> None:
    failure = answered(_refused(), Answers(granted=("User.Read.All", "Group.Read.All")), RULES)

    leading = failure.report.diagnosis.leading
    seen = _evidence(failure, "directory.gained_opens")
    assert (leading.cause, leading.certainty) == ("graph-stale-token", "certain")
    assert seen is not None
    assert seen.seen_in.startswith(ASKED)


def test_a_list_the_service_printed_itself_decides_before_any_table() -> None:
    needed = "API requires one of 'A.Read.All, B.Read.All'. Roles on the request 'User.Read.All'."
    message = f"Missing role permissions on the request. {needed}"
    body = as_json({"error": {"code": "Forbidden", "message": message}})

    opened = answered(_refused(body=body), Answers(granted=("B.Read.All",)), RULES)
    closed = answered(_refused(body=body), Answers(granted=("Group.Read.All",)), RULES)

    certain = [
        [finding.cause for finding in each.report.diagnosis.findings if finding.certainty == "certain"]
        for each in (opened, closed)
    ]
    assert "graph-stale-token" in certain[0]
    assert "graph-stale-token" not in certain[1]


@pytest.mark.parametrize(
    "granted", [("User.Read.All",), ("user.read.all", "Chat.Read.All"), ()], ids=["the same", "no help", "none"]
)
def test_grants_that_do_not_open_the_call_change_no_cause(granted: tuple[str, ...]) -> None:
    before = _refused()

    after = answered(before, Answers(granted=granted), RULES)

    assert after.report.diagnosis.leading.cause == before.report.diagnosis.leading.cause
    assert after.report.id == before.report.id


def test_a_call_no_table_knows_is_not_judged_by_grants() -> None:
    failure = answered(_refused(url=f"{GROUPS}/no/such/thing"), Answers(granted=("Group.Read.All",)), RULES)

    assert _evidence(failure, "directory.gained_opens") is None


def test_of_a_token_nobody_can_read_nothing_is_compared() -> None:
    token = (("Authorization", f"Bearer EwB{'A' * 400}"),)

    failure = answered(_refused(token), Answers(granted=("Group.Read.All",)), RULES)

    assert failure.report.diagnosis.leading.cause != "graph-stale-token"


def test_every_answer_becomes_a_note_for_people() -> None:
    answers = Answers(
        exists=True,
        enabled=False,
        granted=(),
        roles=("Global Reader",),
        sign_in_error=53003,
        refused=("The directory was asked about its sign-in and answered 403.",),
    )

    notes = answered(_refused(), answers, RULES).report.notes

    assert notes[-5:] == (
        "The directory says that the app is disabled.",
        "The directory says that these permissions are granted: none.",
        "The directory says that these roles are assigned: Global Reader.",
        "The sign-in log says of this token: error 53003.",
        "The directory was asked about its sign-in and answered 403.",
    )


def test_an_app_the_tenant_does_not_have_is_told() -> None:
    notes = answered(_refused(), Answers(exists=False, enabled=True, sign_in_error=0, roles=()), RULES).report.notes

    assert "The directory has no service principal for this app in this tenant." in notes
    assert "The sign-in log says of this token: no error." in notes
    assert "The directory says that these roles are assigned: none." in notes


def test_no_answer_leaves_everything_as_it_was() -> None:
    before = _refused()

    assert answered(before, Answers(), RULES) == before


def test_a_failure_the_rules_no_longer_see_keeps_its_diagnosis() -> None:
    before = _refused()
    waved_through = Failure(
        Exchange(before.exchange.request, response(200, (("request-id", "r"),), b"{}")), before.report
    )

    assert answered(waved_through, Answers(), RULES).report.diagnosis == before.report.diagnosis
