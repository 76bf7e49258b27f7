import pytest

from proxy_addons.redaction.credential_headers import authorization, challenges, cookies, set_cookie
from tests.redaction.corpus.case import basic
from tests.redaction.notes import ledger, text_of
from tests.support.wire import jwt

TOKEN = jwt({"ver": "1.0"})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"Bearer {TOKEN}", "Bearer <token>"),
        (f"bearer Bearer {TOKEN}", "bearer Bearer <token>"),
        (f'Bearer "{TOKEN}"', 'Bearer "<token>"'),
        (TOKEN, "<token>"),
        ("Bearer", "Bearer"),
        ("Bearer ", "Bearer"),
        ("Bearer undefined", "Bearer undefined"),
        ("Bearer opaque:thing-123", "Bearer <secret:up-to-16>"),
        (basic("jane@contoso.com", "x y"), "Basic <user>:<secret:up-to-16>"),
        ("Basic bm8gY29sb24=", "Basic <secret:up-to-16>"),
        ("Basic !!!", "Basic <secret:up-to-16>"),
        ("NTLM TlRMTVNTUAAD", "NTLM <secret:up-to-16>"),
        ("hunter2 abcdef", "<secret:up-to-16> <secret:up-to-16>"),
    ],
)
def test_the_scheme_stays_and_the_credential_goes(value: str, shown: str) -> None:
    notes = ledger()
    assert text_of(authorization(value, notes), notes) == shown


def test_cookies_keep_known_names_only() -> None:
    notes = ledger()
    shown = text_of(cookies("fpc=abc; session=d; ck_9s8d7f6g5h4j=1; lonely-9x8; ", notes), notes)
    assert (
        shown
        == "fpc=<secret:up-to-16>; session=<secret:up-to-16>; <secret:up-to-16>=<secret:digits:up-to-16>; <secret:up-to-16>"
    )


def test_set_cookie_keeps_its_attributes() -> None:
    notes = ledger()
    value = "fpc=abc; expires=Mon, 21-Dec-2026 12:00:00 GMT; path=/v1.0; domain=.login.microsoftonline.com; secure; SameSite=None; tove=1"
    assert text_of(set_cookie(value, notes), notes) == (
        "fpc=<secret:up-to-16>; expires=Mon, 21-Dec-2026 12:00:00 GMT; path=/v1.0; domain=.login.microsoftonline.com; "
        "secure; SameSite=None; <secret:up-to-16>"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", ""),
        ("NTLM TlRMTVNTUAACAAAA", "NTLM <secret:base64:up-to-16>"),
        ("Negotiate, NTLM", "Negotiate, NTLM"),
        ('Basic realm="Kestrel Labs"', 'Basic realm="<text:up-to-16>"'),
        ('Bearer error="invalid_token", tove="Lindqvist"', 'Bearer error="invalid_token", <text:up-to-16>="<text>"'),
        ('Bearer error_description="No \\"Tove\\""', "Bearer error_description=\"No '<text>'\""),
        ("Ostrowski realm=Falkenberg", '<secret:up-to-16> realm="<text:up-to-16>"'),
        ('PoP nonce="abc"', 'PoP nonce="<secret:up-to-16>"'),
        ("???", "<secret:up-to-16>"),
    ],
)
def test_challenges_keep_what_a_diagnosis_reads(value: str, shown: str) -> None:
    notes = ledger()
    assert text_of(challenges(value, notes), notes) == shown
