from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.example_exchange import RequestExample, ResponseExample, build_exchange
from proxy_addons.evidence.bearer_token import read_authorization
from proxy_addons.evidence.facts import Facts, collect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.evidence.exchange import Exchange


def exchange(request: Mapping[str, object], response: Mapping[str, object] | None = None) -> Exchange:
    answered = None if response is None else ResponseExample.model_validate(response)
    return build_exchange(RequestExample.model_validate(request), answered, "" if response else "connection refused")


def facts(request: Mapping[str, object], response: Mapping[str, object] | None = None) -> Facts:
    return collect(exchange(request, response or {"status": 403}), {})


def test_an_ews_call_has_its_usual_address_and_names_whom_it_impersonates() -> None:
    seen = facts({"ews": {"operation": "GetItem", "impersonate": "adele@contoso.com", "impersonate_by": "upn"}})

    assert seen.text("request.operation") == "EWS GetItem"
    assert seen.text("ews.impersonation") == "upn"
    assert seen.text("ews.impersonated") == "adele@contoso.com"
    assert seen.text("request.anchor_mailbox") == "adele@contoso.com"


def test_an_ews_call_may_impersonate_nobody_at_all_or_leave_the_header_empty() -> None:
    assert facts({"ews": {}}).get("ews.impersonation").value is None  # type: ignore[union-attr]  # it is known
    assert facts({"ews": {"impersonate": ""}}).text("ews.impersonation") == "empty"


def test_an_ews_call_may_name_another_mailbox() -> None:
    assert facts({"ews": {"mailbox": "alex@contoso.com"}}).flag("ews.addresses_other_mailbox") is True


def test_a_form_goes_to_the_token_endpoint() -> None:
    seen = facts({"form": {"grant_type": "client_credentials"}, "tenant": "contoso.com"})

    assert seen.text("service.surface") == "token-endpoint"
    assert seen.text("request.tenant") == "contoso.com"
    assert seen.text("request.form.grant_type") == "client_credentials"


def test_a_cmdlet_goes_to_invoke_command_and_an_endpoint_to_the_admin_api() -> None:
    assert facts({"cmdlet": "Get-Mailbox"}).text("service.surface") == "exo-powershell"
    assert facts({"cmdlet": "Get-Mailbox", "endpoint": "Mailbox"}).text("service.surface") == "admin-api"
    assert facts({"endpoint": "Mailbox", "json": {"x": 1}}).names("request.body_keys") == ("x",)


def test_json_makes_a_post_and_a_given_method_stays() -> None:
    built = exchange({"url": "https://graph.microsoft.com/v1.0/users", "json": {"a": 1}}).request
    given = exchange({"url": "https://graph.microsoft.com/v1.0/users", "method": "PATCH", "body": "{}"}).request

    assert (built.method, built.body.content) == ("POST", b'{"a": 1}')
    assert (given.method, given.body.content) == ("PATCH", b"{}")


def test_given_headers_replace_the_usual_ones_whatever_their_case() -> None:
    headers = exchange({"url": "https://graph.microsoft.com/", "headers": {"user-agent": "curl/8"}}).request.headers

    assert headers.get_all("User-Agent") == ("curl/8",)


def test_a_token_is_claims_over_the_usual_ones_and_null_takes_one_away() -> None:
    request = {
        "url": "https://graph.microsoft.com/",
        "token": {"like": "graph-user", "scp": None, "header": {"nonce": "n"}},
    }
    token = read_authorization(exchange(request, {"status": 403}).request.headers.get("authorization"))

    assert token.header["nonce"] == "n"
    assert token.claims["aud"] == "https://graph.microsoft.com"
    assert "scp" not in token.claims


def test_times_of_a_token_count_from_the_answer() -> None:
    request = {"url": "https://graph.microsoft.com/", "token": {"exp": -60, "iat": 1763632000}}
    response = {"status": 401, "date": "2026-01-01T00:00:00"}

    seen = facts(request, response)

    assert seen.number("token.expired_by") == 60
    assert seen.number("token.issued") == 1763632000


def test_an_authorization_that_is_no_token_is_sent_as_it_stands() -> None:
    assert facts({"url": "https://graph.microsoft.com/", "authorization": "Basic eDp5"}).text("token.scheme") == "basic"


def test_without_a_response_there_is_only_what_broke() -> None:
    broken = exchange({"url": "https://graph.microsoft.com/"})

    assert (broken.response, broken.transport_error) == (None, "connection refused")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"nul": 8}, "nul"),
        ({"body": "<html></html>"}, "html"),
        ({"body": "plain"}, "text"),
        ({"json": {"a": 1}}, "json"),
        ({}, "empty"),
        ({"ews_fault": {"code": "ErrorX", "message": "no & never"}}, "xml"),
    ],
)
def test_a_body_is_of_the_kind_it_was_written_as(answer: dict[str, object], kind: str) -> None:
    assert facts({"url": "https://graph.microsoft.com/"}, {"status": 403, **answer}).text("response.body_kind") == kind


def test_errors_of_each_service_are_read_back_as_they_were_given() -> None:
    graph = facts(
        {"url": "https://graph.microsoft.com/"}, {"status": 403, "graph_error": {"code": "C", "message": "M"}}
    )
    fault = facts({"ews": {}}, {"status": 500, "ews_fault": {"code": "ErrorX", "message": "no & never"}})
    entra = facts(
        {"form": {}}, {"status": 400, "aadsts": {"number": 50076, "suberror": "basic_action", "claims": "{}"}}
    )

    assert (graph.text("error.code"), graph.text("error.message")) == ("C", "M")
    assert (fault.text("error.code"), fault.text("error.message")) == ("ErrorX", "no & never")
    assert (entra.number("error.aadsts"), entra.text("error.suberror")) == (50076, "basic_action")
    assert entra.flag("error.has_claims") is True


def test_an_ews_error_stands_inside_a_success() -> None:
    built = exchange({"ews": {}}, {"status": 200, "ews_error": {"code": "ErrorAccessDenied", "message": "no"}})

    assert built.response is not None
    assert 'ResponseClass="Error"' in built.response.body.text


def test_diagnostics_come_with_the_challenge_exchange_sends() -> None:
    seen = facts({"ews": {}}, {"status": 401, "diagnostics": {"number": 2000003, "reason": "aud", "category": "c"}})
    bare = facts({"ews": {}}, {"status": 401, "diagnostics": {"number": 2000008}})

    assert (seen.number("diagnostics.number"), seen.text("diagnostics.reason")) == (2000003, "aud")
    assert seen.text("challenge.error") == "invalid_token"
    assert bare.text("diagnostics.reason") == ""


def test_a_header_may_come_twice() -> None:
    response = {"status": 401, "headers": {"WWW-Authenticate": ["Bearer", "Basic realm=x"]}}

    assert facts({"url": "https://graph.microsoft.com/"}, response).names("challenge.schemes") == ("bearer", "basic")


def test_an_issued_token_is_one_the_client_can_send() -> None:
    built = exchange({"form": {}}, {"status": 200, "issues": {"like": "graph-app"}})

    assert built.response is not None
    token = json.loads(built.response.body.text)["access_token"]
    assert read_authorization(f"Bearer {token}").kind == "jwt"
