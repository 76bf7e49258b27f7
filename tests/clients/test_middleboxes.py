"""Somebody else answers in Microsoft's name, or nobody does. Clients show this as if Microsoft had refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from exchangelib.errors import ErrorServerBusy, MalformedResponseError
from kiota_abstractions.api_error import APIError

from tests.clients.real_clients import EXCHANGE, GRAPH, Clients, read

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.watch import Verdict, Watch

EXCHANGE_HOST = {"middlebox_hosts": ["outlook.office365.com"]}
GRAPH_HOST = {"middlebox_hosts": ["graph.microsoft.com"]}


def test_a_squid_page_instead_of_ews_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change_to({"middlebox": "squid", **EXCHANGE_HOST})
    with pytest.raises(MalformedResponseError, match=r"Unknown failure in response\. Code: 403"):
        read(clients.mailbox_as_app("mail-daemon"))
    verdict = watch.verdict("proxy-squid-denied", "certain")
    assert (verdict.line["auth.gate"], verdict.evidence["speaker.product"]) == ("network", "squid")
    assert verdict.evidence["response.has_microsoft_ids"] == "no"


def test_isa_12202_is_explained_where_exchangelib_speaks_of_a_busy_server(
    lab: Lab, clients: Clients, watch: Watch
) -> None:
    lab.tenant.change_to({"middlebox": "isa", **EXCHANGE_HOST})
    with pytest.raises(ErrorServerBusy, match="Caused by closed connection"):
        read(clients.mailbox_as_app("mail-daemon"))
    verdict = watch.verdict("proxy-isa-url-denied", "certain")
    assert "12202" in verdict.evidence["response.body_text"]
    assert (verdict.line["http.response.status_code"], verdict.line["auth.speaker"]) == (403, "isa-tmg")


@pytest.mark.parametrize(
    ("product", "status", "speaker"),
    [
        ("squid", 403, "corporate-proxy"),
        ("squid-407", 407, "corporate-proxy"),
        ("zscaler", 403, "corporate-proxy"),
        ("cloudflare", 403, "waf"),
    ],
)
def test_a_page_of_another_product_instead_of_graph_is_explained(
    lab: Lab, clients: Clients, watch: Watch, product: str, status: int, speaker: str
) -> None:
    lab.tenant.change_to({"middlebox": product, **GRAPH_HOST})
    with pytest.raises(APIError, match="unexpected status code and the error body could not be parsed"):
        clients.graph(clients.daemon("mail-daemon"), lambda graph: graph.users.get())
    verdict = watch.verdict("lookalike-local-proxy", "certain")
    assert (verdict.line["http.response.status_code"], verdict.line["auth.speaker"]) == (status, speaker)
    assert product.partition("-")[0] in verdict.line["auth.verdict"].lower()


def test_a_page_instead_of_a_token_is_explained(lab: Lab, clients: Clients, watch: Watch) -> None:
    lab.tenant.change(middlebox="zscaler", middlebox_hosts=["login.microsoftonline.com"])
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        clients.app_token("mail-daemon", GRAPH)
    (verdict,) = watch.verdicts()
    assert (verdict.line["auth.gate"], verdict.line["auth.speaker"]) == ("network", "corporate-proxy")


def test_an_unreachable_graph_is_explained_as_no_answer_from_microsoft(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("mail-daemon", GRAPH)
    with pytest.raises(httpx.HTTPStatusError, match="502 Bad Gateway"):
        clients.call(token, "GET", "https://graph.microsoft.us/v1.0/users")
    (ours,) = clients.wire.take_unmatched()
    assert ours.status == 502
    nobody_answered(watch.verdict("undetermined", "possible"), "graph.microsoft.us")


def test_an_unreachable_exchange_is_explained_where_exchangelib_speaks_of_a_busy_server(
    clients: Clients, watch: Watch
) -> None:
    token = clients.app_token("mail-daemon", EXCHANGE)
    endpoint = "https://outlook.office365.us/EWS/Exchange.asmx"
    with pytest.raises(ErrorServerBusy, match="Caused by closed connection"):
        read(clients.mailbox_with(token, impersonate=True, endpoint=endpoint))
    (ours,) = clients.wire.take_unmatched()
    assert ours.status == 502
    nobody_answered(watch.verdict("undetermined", "possible"), "outlook.office365.us")


def nobody_answered(verdict: Verdict, host: str) -> None:
    """The failure says that Microsoft never heard of the call, and blames neither token nor permission."""
    assert "no Microsoft server has judged it" in verdict.line["auth.verdict"]
    assert (verdict.line["auth.gate"], verdict.line["server.address"]) == ("network", host)
    assert verdict.gates["network"] == "failed"
    assert {verdict.gates[gate] for gate in ("audience", "permission", "role", "policy")} == {"unknown"}
    assert "http.response.status_code" not in verdict.line
