"""Continuous access evaluation: Graph takes back a token that was good a moment ago, and asks for a new one."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from tests.clients.real_clients import ADELE, GRAPH, Clients

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.clock import Clock
    from tests.clients.watch import Watch

DEFAULT = [f"{GRAPH}/.default"]
TOKEN_IS_BACKDATED = 300
"""Seconds by which Entra dates a token back."""


def test_a_revoked_session_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    person = clients.person(ADELE)
    clients.graph(person, lambda graph: graph.me.get(), f"{GRAPH}/User.Read")
    lab.tenant.change(sessions_revoked={ADELE: lab.tenant.now})
    # The challenge names PoP before Bearer, which msgraph-sdk does not understand: its user sees the refusal.
    with pytest.raises(ODataError, match="TokenIssuedBeforeRevocationTimestamp"):
        clients.graph(person, lambda graph: graph.me.get(), f"{GRAPH}/User.Read")
    verdict = watch.verdict("graph-cae-revoked", "certain")
    assert verdict.evidence["challenge.cae_code"] == "TokenIssuedBeforeRevocationTimestamp"
    assert (verdict.line["auth.gate"], verdict.gates["conditional-access"]) == ("conditional-access", "failed")


def test_a_forbidden_location_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(location_blocked=True)
    with pytest.raises(ODataError, match="LocationConditionEvaluationSatisfied"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.users.get())
    verdict = watch.verdict("graph-cae-location", "certain")
    assert verdict.evidence["challenge.cae_code"] == "LocationConditionEvaluationSatisfied"


def test_a_client_that_answers_the_challenge_goes_on_and_leaves_one_failure(
    lab: Lab, clients: Clients, clock: Clock, watch: Watch
) -> None:
    app = clients.confidential("mail-daemon", client_capabilities=["cp1"])
    token = app.acquire_token_for_client(DEFAULT)["access_token"]
    clock.advance(minutes=10)
    lab.tenant.change(sessions_revoked={"mail-daemon": lab.tenant.now - TOKEN_IS_BACKDATED - 1})
    with pytest.raises(httpx.HTTPStatusError, match="401 Unauthorized") as refused:
        clients.call(token, "GET", f"{GRAPH}/v1.0/users")
    claims = re.search(r'claims="([^"]+)"', refused.value.response.headers["www-authenticate"])
    assert claims is not None
    wanted = base64.b64decode(claims[1]).decode()
    renewed = app.acquire_token_for_client(DEFAULT, claims_challenge=wanted)["access_token"]
    assert clients.call(renewed, "GET", f"{GRAPH}/v1.0/users").status_code == 200
    assert watch.verdict("graph-cae-revoked", "certain").line["auth.token.identity"] == "app"


def test_a_client_that_cannot_answer_a_challenge_never_gets_one(lab: Lab, clients: Clients, watch: Watch) -> None:
    token = clients.app_token("mail-daemon", GRAPH)
    lab.tenant.change(sessions_revoked={"mail-daemon": lab.tenant.now}, location_blocked=True)
    assert clients.call(token, "GET", f"{GRAPH}/v1.0/users").status_code == 200
    assert watch.verdicts() == []
