from __future__ import annotations

import pytest

from proxy_addons.diagnosis.fingerprint import VERSION, fingerprint, fingerprint_parts
from proxy_addons.diagnosis.verdict import Certainty, Diagnosis, Finding, Gate
from tests.support.wire import EWS, GRAPH, TOKEN_ENDPOINT, answered, asked, bearer, facts_of

DIAGNOSIS = Diagnosis((Finding("a-cause", "", "", Certainty.CERTAIN, Gate.ROLE),), ())


def _of(url: str = EWS, status: int = 403, **claims: object) -> str:
    return fingerprint(facts_of(asked(url, bearer(**claims)), answered(status)), DIAGNOSIS)


def test_the_key_names_its_version() -> None:
    assert _of().startswith(f"g{VERSION}-")


def test_two_people_with_the_same_problem_have_the_same_key() -> None:
    assert _of(appid="a", upn="adele@contoso.com") == _of(appid="A", upn="alex@contoso.com")


@pytest.mark.parametrize("other", [_of(GRAPH), _of(status=401), _of(appid="b"), _of(aud="x"), _of(idtyp="app")])
def test_another_service_status_app_audience_or_identity_is_another_problem(other: str) -> None:
    assert other != _of()


def test_another_cause_is_another_problem() -> None:
    facts = facts_of(asked(EWS), answered(403))
    other = Diagnosis((Finding("b-cause", "", "", Certainty.CERTAIN, Gate.ROLE),), ())
    assert fingerprint(facts, DIAGNOSIS) != fingerprint(facts, other)


def test_at_the_token_endpoint_the_client_is_the_app() -> None:
    facts = facts_of(asked(TOKEN_ENDPOINT, (), b"client_id=app-1"), answered(400))
    assert dict(fingerprint_parts(facts, DIAGNOSIS))["app"] == "app-1"


def test_no_answer_is_told_as_none() -> None:
    assert dict(fingerprint_parts(facts_of(asked(EWS)), DIAGNOSIS))["status"] == "none"
