from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from tests.support.wire import ADMIN_API, EWS, GRAPH, INVOKE_COMMAND, TENANT, TOKEN_ENDPOINT, as_json, asked, facts_of


def test_the_parts_of_the_url_are_told() -> None:
    facts = facts_of(asked("HTTPS://Graph.Microsoft.com:443/v1.0/me?$top=1", method="get"))
    assert [facts.text(f"request.{part}") for part in ("method", "scheme", "host", "path", "query")] == [
        "GET",
        "https",
        "graph.microsoft.com",
        "/v1.0/me",
        "$top=1",
    ]


def test_headers_are_told_joined_and_a_header_not_sent_is_known_to_be_absent() -> None:
    facts = facts_of(asked(GRAPH, (("Prefer", "a"), ("prefer", "b"))))
    missing = facts.get("request.header.origin")
    assert facts.text("request.header.prefer") == "a, b"
    assert missing is not None
    assert missing.value is None


@pytest.mark.parametrize("name", ["Authorization", "Proxy-Authorization", "Cookie"])
def test_of_a_credential_only_that_it_was_sent_is_told(name: str) -> None:
    assert facts_of(asked(GRAPH, ((name, "secret"),))).text(f"request.header.{name.lower()}") == "sent"


@pytest.mark.parametrize(
    ("anchor", "mailbox", "is_app"),
    [
        ("adele@contoso.com", "adele@contoso.com", False),
        ("UPN:adele@contoso.com", "adele@contoso.com", False),
        ("AAD-SMTP:adele@contoso.com", "adele@contoso.com", False),
        ("APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.onmicrosoft.com", "", True),
        ("UPN:SystemMailbox{8cc370d3-822a-4ab8-a926-bb94bd0641a9}@contoso.onmicrosoft.com", "", False),
        ("OID:a1b2@c3d4", "", False),
    ],
)
def test_the_anchor_names_a_mailbox_unless_it_is_a_systems(anchor: str, mailbox: str, *, is_app: bool) -> None:
    facts = facts_of(asked(INVOKE_COMMAND, (("X-AnchorMailbox", anchor),)))
    assert (facts.text("request.mailbox"), facts.flag("request.is_app_anchor")) == (mailbox, is_app)


def test_the_mailbox_in_the_url_goes_before_the_anchor() -> None:
    url = "https://graph.microsoft.com/v1.0/users/Adele@Contoso.com/messages"
    facts = facts_of(asked(url, (("X-AnchorMailbox", "alex@contoso.com"),)))
    assert (facts.text("request.mailbox"), facts.text("request.mailbox_domain")) == ("Adele@Contoso.com", "contoso.com")


# Entra's form


def _form(fields: dict[str, str]) -> bytes:
    return urlencode(fields).encode()


@pytest.mark.parametrize(
    ("grant", "operation"),
    [
        ("client_credentials", "client_credentials"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt-bearer"),
        ("a secret sent by mistake", "token"),
        ("x:", "token"),
    ],
)
def test_a_token_request_is_named_by_its_grant(grant: str, operation: str) -> None:
    assert facts_of(asked(TOKEN_ENDPOINT, (), _form({"grant_type": grant}))).text("request.operation") == operation


def test_a_token_request_without_a_grant_is_named_by_its_surface() -> None:
    assert facts_of(asked(TOKEN_ENDPOINT)).text("request.operation") == "POST token-endpoint"


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (TENANT, "guid"),
        ("aaa.bbb.ccc", "jwt"),
        ("a%2Bb", "encoded-text"),
        ("aBc8Q~dEf", "text"),
        ("", ""),
    ],
)
def test_of_a_secret_only_its_shape_is_told(value: str, shape: str) -> None:
    facts = facts_of(asked(TOKEN_ENDPOINT, (), _form({"client_secret": value})))
    assert facts.text("request.form.client_secret") == shape


def test_other_fields_are_told_as_they_are() -> None:
    assert facts_of(asked(TOKEN_ENDPOINT, (), b"Scope=a+b")).text("request.form.scope") == "a b"


@pytest.mark.parametrize("body", [b"grant_type=x", b"", b'{"grant_type": "x"}', b"<x/>"])
def test_a_field_not_sent_in_a_body_that_was_seen_is_known_to_be_absent(body: bytes) -> None:
    fact = facts_of(asked(TOKEN_ENDPOINT, (), body)).get("request.form.client_secret")
    assert fact is not None
    assert fact.value is None


@pytest.mark.parametrize("body", [None, b"a=b&" * 10_000])
def test_fields_of_a_body_nobody_read_are_not_known(body: bytes | None) -> None:
    assert facts_of(asked(TOKEN_ENDPOINT, (), body)).get("request.form.client_secret") is None


def test_of_a_body_cut_off_the_whole_fields_are_told_and_the_others_are_not_known() -> None:
    facts = facts_of(asked(TOKEN_ENDPOINT, (), b"grant_type=x&scope=half", truncated=True))
    assert facts.text("request.form.grant_type") == "x"
    assert facts.get("request.form.scope") is None


# The Admin API


def test_a_cmdlet_is_the_operation() -> None:
    body = as_json({"CmdletInput": {"CmdletName": "Get-Mailbox"}})
    facts = facts_of(asked(INVOKE_COMMAND, (), body))
    assert (facts.text("request.cmdlet"), facts.text("request.operation")) == ("Get-Mailbox", "Get-Mailbox")


def test_what_is_no_cmdlets_name_does_not_become_the_operation() -> None:
    body = as_json({"CmdletInput": {"CmdletName": "adele@contoso.com"}})
    assert facts_of(asked(INVOKE_COMMAND, (), body)).text("request.operation") == "POST InvokeCommand"


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("Mailbox", "POST Mailbox"),
        ("Mailbox('adele@contoso.com')", "POST Mailbox"),
        ("", "POST {id}"),
        ("1", "POST {id}"),
    ],
)
def test_an_admin_call_is_named_by_its_endpoint(path: str, operation: str) -> None:
    assert facts_of(asked(ADMIN_API.removesuffix("Mailbox") + path)).text("request.operation") == operation


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"{", b"[1]", b'{"CmdletInput": 1}', b'{"CmdletInput": {"CmdletName": 5}}']
)
def test_a_body_without_a_cmdlet_names_none(body: bytes) -> None:
    fact = facts_of(asked(INVOKE_COMMAND, (), body)).get("request.cmdlet")
    assert fact is not None
    assert fact.value is None


@pytest.mark.parametrize(("body", "truncated"), [(None, False), (b'{"CmdletInput": {"Cmdlet', True)])
def test_the_cmdlet_of_a_body_nobody_read_is_not_known(body: bytes | None, *, truncated: bool) -> None:
    assert facts_of(asked(INVOKE_COMMAND, (), body, truncated=truncated)).get("request.cmdlet") is None


def test_the_keys_of_a_json_body_are_told() -> None:
    assert facts_of(asked(GRAPH, (), as_json({"AccountEnabled": True}))).names("request.body_keys") == (
        "accountenabled",
    )


def test_a_body_nested_beyond_reason_has_no_keys() -> None:
    assert facts_of(asked(GRAPH, (), b'{"a":' * 50_000)).names("request.body_keys") == ()


def test_a_call_to_no_service_we_know_is_named_by_its_method() -> None:
    assert facts_of(asked("https://example.com/secret/path")).text("request.operation") == "POST other"


# EWS


def _soap(header: str, body: str) -> bytes:
    return f"<s:Envelope><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode()


IMPERSONATION = "<t:ExchangeImpersonation><t:SmtpAddress>adele@contoso.com</t:SmtpAddress></t:ExchangeImpersonation>"
OTHER = "<t:DistinguishedFolderId><t:Mailbox><t:EmailAddress>{}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"


def test_an_ews_call_tells_its_operation_and_whom_it_impersonates() -> None:
    facts = facts_of(asked(EWS, (), _soap(IMPERSONATION, "<m:FindItem/>")))
    assert [facts.text(f"ews.{name}") for name in ("operation", "impersonation", "impersonated")] == [
        "FindItem",
        "smtp",
        "adele@contoso.com",
    ]
    assert (facts.text("request.operation"), facts.text("request.mailbox")) == ("EWS FindItem", "adele@contoso.com")


def test_a_call_without_impersonation_is_known_to_have_none() -> None:
    fact = facts_of(asked(EWS, (), _soap("", "<m:FindItem/>"))).get("ews.impersonation")
    assert fact is not None
    assert fact.value is None


@pytest.mark.parametrize(
    ("header", "owner", "other"), [("", "alex@contoso.com", True), (IMPERSONATION, "Adele@contoso.com", False)]
)
def test_the_impersonated_mailbox_is_no_other_mailbox(header: str, owner: str, *, other: bool) -> None:
    facts = facts_of(asked(EWS, (), _soap(header, f"<m:FindItem>{OTHER.format(owner)}</m:FindItem>")))
    assert (facts.flag("ews.addresses_other_mailbox"), facts.text("request.mailbox")) == (other, owner)


def test_the_operation_is_taken_from_the_header_where_the_body_is_not_read() -> None:
    action = '"http://schemas.microsoft.com/exchange/services/2006/messages/GetFolder"'
    facts = facts_of(asked(EWS, (("SOAPAction", action), ("X-AnchorMailbox", "adele@contoso.com")), None))
    assert (facts.text("ews.operation"), facts.text("request.mailbox")) == ("GetFolder", "adele@contoso.com")


@pytest.mark.parametrize("body", [b"", b"no soap", None])
def test_a_body_that_is_no_message_tells_nothing_of_impersonation(body: bytes | None) -> None:
    facts = facts_of(asked(EWS, (), body))
    assert facts.get("ews.impersonation") is None
    assert facts.text("request.operation") == "EWS"


def test_a_message_cut_off_in_its_header_does_not_tell_that_nobody_is_impersonated() -> None:
    facts = facts_of(asked(EWS, (), b"<s:Envelope><s:Header><t:Requ", truncated=True))
    assert facts.get("ews.impersonation") is None


def test_a_message_cut_off_in_its_body_does_not_tell_that_no_other_mailbox_is_named() -> None:
    facts = facts_of(asked(EWS, (), b"<s:Envelope><s:Body><m:FindItem><t:Dist", truncated=True))
    assert (facts.text("ews.operation"), facts.get("ews.addresses_other_mailbox"), facts.get("ews.fields")) == (
        "FindItem",
        None,
        None,
    )


def test_a_mailbox_found_before_the_cut_is_told() -> None:
    body = f"<s:Envelope><s:Body><m:FindItem>{OTHER.format('alex@contoso.com')}<t:".encode()
    assert facts_of(asked(EWS, (), body, truncated=True)).flag("ews.addresses_other_mailbox")


def test_an_operation_nobody_could_have_named_is_not_told() -> None:
    facts = facts_of(asked(EWS, (("SOAPAction", "a b"),), _soap("", f"<m:{'x' * 100}/>")))
    assert (facts.get("ews.operation"), facts.text("request.operation")) == (None, "EWS")


def test_a_json_body_of_a_batch_is_not_needed_to_name_it() -> None:
    body = json.dumps({"requests": []}).encode()
    assert (
        facts_of(asked("https://graph.microsoft.com/v1.0/$batch", (), body)).text("request.operation") == "POST /$batch"
    )
