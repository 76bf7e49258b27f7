import pytest

from proxy_addons.redaction.field_rules import Treatment
from proxy_addons.redaction.fields import clean_field, clean_query, clean_url, is_code, token, treat
from tests.redaction.notes import ledger, text_of
from tests.support.wire import jwt

GUID = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"


@pytest.mark.parametrize(
    ("treatment", "value"),
    [
        (Treatment.CODE, "ErrorAccessDenied"),
        (Treatment.CODE, "-2147024891, System.UnauthorizedAccessException"),
        (Treatment.CODE, "invalid_grant"),
        (Treatment.WORD, "client_credentials"),
        (Treatment.WORD, "max-age=31536000"),
        (Treatment.FACT_ID, GUID),
        (Treatment.NUMBER, "403"),
        (Treatment.NUMBER, "Unlimited"),
        (Treatment.NUMBER, "2026-11-21T12:00:00Z"),
        (Treatment.TIME, "Sat, 21 Nov 2026 12:00:00 GMT"),
        (Treatment.TENANT, "common"),
        (Treatment.TENANT, GUID),
        (Treatment.TENANT, "contoso.onmicrosoft.com"),
        (Treatment.SCOPES, "openid https://graph.microsoft.com/.default Mail.Read"),
        (Treatment.SCOPES, "https%3A%2F%2Fgraph.microsoft.com%2F.default"),
        (Treatment.SCOPES, f"{GUID}, full_access_as_app"),
        (Treatment.HOST, "graph.microsoft.com"),
        (Treatment.URL, "https://login.microsoftonline.com/common/oauth2/authorize"),
        (Treatment.OBJECT_ID, "1"),
        (Treatment.CONTENT, "true"),
        (Treatment.SECRET, ""),
        (Treatment.FILTER, "accountEnabled eq true and startswith(displayName,'')"),
    ],
)
def test_facts_stay_as_they_are(treatment: Treatment, value: str) -> None:
    notes = ledger()
    assert text_of(treat(treatment, value, notes), notes) == value


@pytest.mark.parametrize(
    ("treatment", "value", "shown"),
    [
        (Treatment.CODE, "jane@contoso.com", "<user>"),
        (Treatment.CODE, "Zx9k2LmQ8vT5wL1nR7cJ4pZa", "<text>"),
        (Treatment.WORD, "Ostrowski", "<text:up-to-16>"),
        (Treatment.FACT_ID, "jane-test-1", "<text>"),
        (Treatment.NUMBER, "5550199222333", "<text:digits:up-to-16>"),
        (Treatment.TIME, "later with Tove", "later with <text>"),
        (Treatment.TENANT, "Kestrel Laboratorien", "<text:up-to-64>"),
        (Treatment.TENANT, "jane@contoso.com", "<user>"),
        (Treatment.SCOPES, "Mail.Read jane@contoso.com", "Mail.Read <text:up-to-16>"),
        (Treatment.FILTER, "mail eq 'jane@contoso.com' or id eq ''", "mail eq '<user>' or id eq ''"),
        (Treatment.USER, "jane@contoso.com", "<user>"),
        (Treatment.USER, GUID, "<id>"),
        (Treatment.NAME, "Wilhelmina Ostrowski", "<name>"),
        (Treatment.NAME, "jane@contoso.com", "<user>"),
        (Treatment.IP, "10.0.0.1", "<ip>"),
        (Treatment.IP, "unknown host", "<text:up-to-16>"),
        (Treatment.OBJECT_ID, GUID, "<id>"),
        (Treatment.OBJECT_ID, "AAMkAGI2", "<id>"),
        (Treatment.OBJECT_ID, "jane@contoso.com", "<user>"),
        (Treatment.OPAQUE_ID, "AAMkAGI2", "<id>"),
        (Treatment.SECRET, GUID, "<secret:guid:up-to-64>"),
        (Treatment.TOKEN, "0.AXoAGixrXkN_Dk2a", "<secret:up-to-64>"),
        (
            Treatment.CLAIMS,
            '{"access_token":{"foo":{"value":"Tove Lindqvist"}}}',
            '{"access_token":{"<text:up-to-16>":{"value":"<text:up-to-16>"}}}',
        ),
        (Treatment.CONTENT, "jane@contoso.com", "<user>"),
        (Treatment.CONTENT, GUID, "<id>"),
        (Treatment.CONTENT, "10.0.0.1", "<ip>"),
        (
            Treatment.CONTENT,
            "https://graph.microsoft.com/v1.0/users/jane@contoso.com",
            "https://graph.microsoft.com/v1.0/users/<user>",
        ),
        (Treatment.CONTENT, jwt({"tid": GUID}), "<token>"),
        (Treatment.CONTENT, f"Bearer {jwt({'tid': GUID})}", "<token>"),
        (Treatment.CONTENT, "a salary", "<text:up-to-16>"),
    ],
)
def test_values_that_do_not_look_like_what_they_should_be_do_not_stay(
    treatment: Treatment, value: str, shown: str
) -> None:
    notes = ledger()
    assert text_of(treat(treatment, value, notes), notes) == shown


@pytest.mark.parametrize("value", ["ErrorAccessDenied", "AADB2C", "S2SUnauthorized", "40001", "Microsoft.Exchange.X"])
def test_codes_are_recognised_known_or_not(value: str) -> None:
    assert is_code(value)


@pytest.mark.parametrize("value", ["jane@contoso.com", "two Ostrowski words", "a" * 130, "QmFzZTY0IGlzIG5vIHNlY3JldA"])
def test_other_values_are_no_codes(value: str) -> None:
    assert not is_code(value)


def test_the_facts_of_a_token_are_noted_once() -> None:
    notes = ledger()
    value = jwt({"tid": GUID, "upn": "jane@contoso.com"})
    first, second = token(value, notes), token(value, notes)
    assert first == second
    assert list(notes.tokens) == first


def test_an_unknown_field_is_masked() -> None:
    notes = ledger()
    assert text_of(clean_field("whatever", "a value", notes), notes) == "<text:up-to-16>"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://[::1/", "<text:up-to-16>"),
        ("https://graph.microsoft.com:99999/", "<text:up-to-64>"),
        ("a-scheme-nobody-has-ever-seen://x", "<text:up-to-64>"),
        ("https://x.example/" + "a" * 20_000, "<text:up-to-65536>"),
        ("https://user:pass@mail.contoso.com/EWS", "https://<user>:<secret:up-to-16>@mail.contoso.com/EWS"),
        (
            "https://graph.microsoft.com/v1.0/me#access_token=abc",
            "https://graph.microsoft.com/v1.0/me#<secret:up-to-16>",
        ),
        (
            "https://login.microsoftonline.com/error?code=7000215",
            "https://login.microsoftonline.com/error?code=7000215",
        ),
        (f"api://{GUID}/access", f"api://{GUID}/access"),
        ("/users/jane@contoso.com/messages", "/users/<user>/messages"),
    ],
)
def test_urls_are_rebuilt_from_their_parts(url: str, shown: str) -> None:
    notes = ledger()
    assert text_of(clean_url(url, notes), notes) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("$top=5&$select=id,subject", "$top=5&$select=id,subject"),
        ("8Kd0sLq2Zx7Vb4", "<secret:up-to-16>"),
        ("wsdl", "wsdl"),
        ("code=abcdefg&error=access_denied", "code=<secret:up-to-16>&error=access_denied"),
        ("tove=1", "<text:up-to-16>=<text:digits:up-to-16>"),
        ("", ""),
        ("scope=https%3A%2F%2Fgraph.microsoft.com%2F.default", "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"),
        ("$filter=mail%20eq%20%27jane@contoso.com%27", "$filter=mail%20eq%20'<user>'"),
    ],
)
def test_queries_are_rebuilt_name_by_name(query: str, shown: str) -> None:
    notes = ledger()
    assert text_of(clean_query(query, notes), notes) == shown


@pytest.mark.parametrize("value", ["Hope Black", "Corvin", "SGFsbCwgQ29ydmlu", "203.0.113.7", "jane@contoso.com"])
def test_what_is_no_word_of_a_protocol_is_no_code(value: str) -> None:
    assert not is_code(value)


@pytest.mark.parametrize("value", ["S2SUnauthorized", "Ex6F9304", "AADB2C", "AADSTS50011", "0x80070005", "-2147024891"])
def test_codes_with_digits_are_codes(value: str) -> None:
    assert is_code(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("AM9PR07MB7251", "AM9PR07MB7251"),
        ("DB7PR04A03DC001.eurprd04.prod.outlook.com", "DB7PR04A03DC001.eurprd04.prod.outlook.com"),
        ("DESKTOP-BE7Z2T5", "<domain>"),
        ("srv-ex01.corp.local", "<domain>"),
        ("ex01.contoso.com", "<domain>.contoso.com"),
        ("1", "1"),
    ],
)
def test_a_server_of_microsofts_stays_and_a_machine_of_somebody_does_not(value: str, shown: str) -> None:
    notes = ledger()
    assert text_of(treat(Treatment.SERVER, value, notes), notes) == shown


def test_a_token_in_a_secrets_place_tells_its_facts() -> None:
    notes = ledger()
    assert text_of(treat(Treatment.SECRET, f"Bearer {jwt({'tid': GUID})}", notes), notes) == "<token>"
    assert notes.tokens


def test_an_address_of_a_machine_is_no_version() -> None:
    notes = ledger()
    assert text_of(treat(Treatment.WORD, "203.0.113.7", notes), notes) == "<ip>"
