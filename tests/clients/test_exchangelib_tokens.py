"""exchangelib with a token Exchange does not take. All its user reads is "Invalid credentials", or a bare 403."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exchangelib.errors import MalformedResponseError, UnauthorizedError

from tests.clients.real_clients import ADELE, EXCHANGE, GRAPH, LOGIN, Clients, read

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.watch import Watch

INVALID = r"Invalid credentials for https://\S+/EWS/Exchange.asmx"
BARE_403 = r"Unknown failure in response\. Code: 403 headers: \{"


def test_a_graph_token_on_ews_is_explained_as_wrong_audience(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("mail-daemon", GRAPH)
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_with(token, impersonate=True))
    verdict = watch.verdict("token-audience-graph", "certain")
    assert verdict.line["auth.token.audience"] == GRAPH
    assert verdict.line["auth.gate"] == "audience"
    assert verdict.evidence["token.audience_service"] == "graph"
    assert "Microsoft Graph" in verdict.box


def test_a_sharepoint_token_on_ews_is_explained_as_wrong_audience(clients: Clients, watch: Watch) -> None:
    token = clients.user_token(ADELE, "https://contoso.sharepoint.com/AllSites.Read")
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_with(token))
    verdict = watch.verdict("token-audience-sharepoint-or-other", "certain")
    assert verdict.line["auth.token.audience"].endswith(".sharepoint.com")


def test_an_expired_token_is_explained_with_the_hour_it_is_late(clients: Clients, watch: Watch) -> None:
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_as_app("late-daemon"))
    verdict = watch.verdict("token-expired", "certain")
    assert verdict.line["auth.token.lifetime"] == "expired"
    assert verdict.evidence["diagnostics.number"] == "2000002"
    assert "1 h 0 min ago by its exp claim" in verdict.line["auth.verdict"]
    assert (verdict.gates["lifetime"], verdict.gates["audience"]) == ("failed", "passed")


def test_a_token_that_starts_later_is_explained_as_a_wrong_clock(clients: Clients, watch: Watch) -> None:
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_as_app("early-daemon"))
    assert watch.verdict("token-not-yet-valid", "certain").line["auth.token.lifetime"] == "not-yet-valid"


def test_a_token_of_another_tenant_is_explained_with_that_tenant(lab: Lab, clients: Clients, watch: Watch) -> None:
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_as_app("foreign-daemon"))
    verdict = watch.verdict("token-tenant-unknown", "certain")
    assert verdict.line["auth.token.tenant_id"] == lab.app("foreign-daemon").token.tenant
    assert verdict.line["auth.gate"] == "tenant"


def test_a_token_of_a_tenant_without_exchange_is_explained_as_such(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("mail-daemon", EXCHANGE, authority=clients.way.url(f"{LOGIN}/fabrikam.com"))
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_with(token, impersonate=True))
    verdict = watch.verdict("token-tenant-unknown", "certain")
    assert verdict.line["auth.token.tenant_id"] in verdict.line["auth.verdict"]


def test_a_token_changed_after_signing_is_explained_by_its_signature(clients: Clients, watch: Watch) -> None:
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_as_app("altered-daemon"))
    assert watch.verdict("token-signature-invalid", "certain").line["auth.gate"] == "token-format"


def test_a_token_of_another_cloud_is_explained_by_its_issuer(clients: Clients, watch: Watch) -> None:
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_as_app("government-daemon"))
    verdict = watch.verdict("token-wrong-cloud", "certain")
    assert verdict.evidence["token.issuer"].startswith("https://login.microsoftonline.us/")
    assert verdict.evidence["token.issuer_cloud"] == "usgov-high"


def test_an_app_without_any_exchange_permission_is_told_so(clients: Clients, watch: Watch) -> None:
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_as_app("directory-reader"))
    verdict = watch.verdict("token-no-permissions", "certain")
    assert "auth.token.permissions" not in verdict.line


def test_an_app_with_admin_permissions_only_is_told_which_one_ews_needs(clients: Clients, watch: Watch) -> None:
    with pytest.raises(MalformedResponseError, match=BARE_403):
        read(clients.mailbox_as_app("admin-daemon"))
    verdict = watch.verdict("ews-token-has-admin-role-only", "certain")
    assert verdict.line["auth.token.permissions"] == ["Exchange.ManageAsApp", "Exchange.ManageAsAppV2"]
    assert "full_access_as_app" in verdict.line["auth.verdict"]


def test_a_user_token_without_the_ews_scope_is_told_which_one_is_missing(clients: Clients, watch: Watch) -> None:
    token = clients.user_token(ADELE, f"{EXCHANGE}/Exchange.ManageV2")
    with pytest.raises(MalformedResponseError, match=BARE_403):
        read(clients.mailbox_with(token))
    verdict = watch.verdict("token-scope-insufficient", "certain")
    assert verdict.line["auth.token.identity"] == "user"
    assert verdict.findings["ews-delegated-scope-missing"] == "likely"


def test_a_personal_account_is_explained_by_its_unreadable_token(clients: Clients, watch: Watch) -> None:
    address = "adele.vance@outlook.com"
    token = clients.personal_token(address, f"{EXCHANGE}/EWS.AccessAsUser.All")
    with pytest.raises(MalformedResponseError, match=BARE_403):
        read(clients.mailbox_with(token, address))
    verdict = watch.verdict("token-opaque-consumer", "certain")
    assert verdict.line["auth.token.kind"] == "opaque-consumer"
    assert verdict.findings["ews-consumer-mailbox"] == "likely"


def test_a_revoked_session_is_explained_as_a_claims_challenge(lab: Lab, clients: Clients, watch: Watch) -> None:
    token = clients.user_token(ADELE, f"{EXCHANGE}/EWS.AccessAsUser.All", client_capabilities=["cp1"])
    lab.tenant.change(sessions_revoked={ADELE: lab.tenant.now})
    with pytest.raises(UnauthorizedError, match=INVALID):
        read(clients.mailbox_with(token))
    verdict = watch.verdict("ca-claims-challenge", "certain")
    assert verdict.line["auth.gate"] == "conditional-access"
    assert verdict.findings["cae-revoked"] == "likely"
