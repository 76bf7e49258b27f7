from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from proxy_addons.evidence.bearer_token import MAX_TOKEN, read_authorization, read_authorizations
from tests.support.wire import SIGNATURE, jwt, segment

CLAIMS = {"aud": "https://graph.microsoft.com", "ver": "1.0"}
TOKEN = jwt(CLAIMS)


def test_no_header_is_no_token() -> None:
    token = read_authorization(None)
    assert (token.scheme, token.kind, token.problem) == ("", "absent", "")


@pytest.mark.parametrize(("value", "scheme"), [("", ""), ("   ", ""), ("Bearer", "bearer"), ("Bearer   ", "bearer")])
def test_an_empty_credential_is_told_from_no_header(value: str, scheme: str) -> None:
    token = read_authorization(value)
    assert (token.scheme, token.kind, token.problem) == (scheme, "absent", "empty")


def test_the_claims_of_a_readable_token_are_read() -> None:
    token = read_authorization(f"Bearer {TOKEN}")
    assert (token.kind, token.problem, dict(token.claims)) == ("jwt", "", CLAIMS)


def test_the_header_of_a_token_is_read() -> None:
    assert read_authorization(f"Bearer {jwt(CLAIMS, nonce='abc')}").header["nonce"] == "abc"


def test_the_scheme_is_told_in_lower_case() -> None:
    assert read_authorization(f"bEaReR {TOKEN}").scheme == "bearer"


def test_a_tab_parts_scheme_and_token_as_well() -> None:
    assert read_authorization(f"Bearer\t{TOKEN}").kind == "jwt"


def test_a_pop_token_is_read_too() -> None:
    token = read_authorization(f"PoP {TOKEN}")
    assert (token.scheme, token.kind) == ("pop", "jwt")


@pytest.mark.parametrize("value", ["Basic YTpi", "NTLM TlRMTVNTUAAB", "Negotiate YIIZ", "NTLM", "Digest a=b, c=d"])
def test_another_scheme_is_named_and_its_credential_left_alone(value: str) -> None:
    token = read_authorization(value)
    assert (token.scheme, token.kind) == (value.split(maxsplit=1)[0].lower(), "other-scheme")


def test_a_scheme_nobody_knows_may_be_a_secret_and_is_not_told() -> None:
    token = read_authorization("hunter2 and-the-rest-of-it")
    assert (token.scheme, token.kind) == ("unknown", "other-scheme")


@pytest.mark.parametrize("value", [TOKEN, "EwBwA8l6BAAU" + "a" * 60, "aBc8Q~dEfGhIj", "Bearer: abc", f"{TOKEN} rest"])
def test_a_token_without_its_scheme_is_said_to_lack_it_and_never_shown(value: str) -> None:
    token = read_authorization(value)
    assert (token.scheme, token.kind, token.problem) == ("", "malformed", "no-scheme")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (f"Bearer Bearer {TOKEN}", "double-prefix"),
        (f"Bearer bearer\t{TOKEN}", "double-prefix"),
        (f'Bearer "{TOKEN}"', "quoted"),
        (f"Bearer '{TOKEN}", "quoted"),
        (f"Bearer b'{TOKEN}'", "quoted"),
        (f"Bearer {TOKEN[:60]} {TOKEN[60:]}", "whitespace"),
        (f"Bearer {TOKEN[:60]}\r\n{TOKEN[60:]}", "whitespace"),
        (f"Bearer {TOKEN}, Bearer {TOKEN}", "several"),
        ("Bearer " + "a" * (MAX_TOKEN + 1), "too-long"),
        ("Bearer redacted" + "a" * MAX_TOKEN, "too-long"),
    ],
)
def test_a_token_sent_the_wrong_way_says_what_is_wrong(value: str, problem: str) -> None:
    token = read_authorization(value)
    assert (token.kind, token.problem) == ("malformed", problem)


def test_the_claims_behind_a_doubled_prefix_are_still_read() -> None:
    assert dict(read_authorization(f"Bearer Bearer {TOKEN}").claims) == CLAIMS


def test_two_headers_with_a_token_each_are_read_from_neither() -> None:
    token = read_authorizations([f"Bearer {TOKEN}", f"Bearer {TOKEN}"])
    assert (token.kind, token.problem, dict(token.claims)) == ("malformed", "several", {})


@pytest.mark.parametrize(("values", "kind"), [([], "absent"), ([f"Bearer {TOKEN}"], "jwt")])
def test_one_header_or_none_is_read_as_it_is(values: list[str], kind: str) -> None:
    assert read_authorizations(values).kind == kind


@pytest.mark.parametrize(
    "credential",
    [
        "System.Security.SecureString",
        "[object Object]",
        "Microsoft.Identity.Client.AuthenticationResult",
        "undefined",
        "null",
        "None",
        "{'access_token': 'x'}",
        "@{access_token=x}",
        "<coroutine object get_token at 0x7f>",
    ],
)
def test_an_object_printed_in_place_of_a_token_is_told(credential: str) -> None:
    assert read_authorization(f"Bearer {credential}").kind == "client-object"


def test_a_token_that_begins_like_nothing_is_none_of_it() -> None:
    assert read_authorization("Bearer nonesuch").kind == "malformed"


@pytest.mark.parametrize(
    ("credential", "kind"),
    [
        ("EwBwA8l6BAAUO9chh8cJscQLmU+LSWpbnr0vmwwAAQ3xQq8hZp1nT6mEJ2fVxkYdR4cB9sW7", "opaque-consumer"),
        ("EwAshort", "malformed"),
        ("0.AXwAx0000aaaabbbb", "refresh-token"),
        ("1.AXwAx0000aaaabbbb", "refresh-token"),
        ("M.C5_BAY.0.U.abc", "refresh-token"),
        ("3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36", "client-secret"),
        ("aBc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789", "client-secret"),
        ("opaque-reference-token", "malformed"),
    ],
)
def test_an_opaque_string_is_told_by_what_it_resembles(credential: str, kind: str) -> None:
    assert read_authorization(f"Bearer {credential}").kind == kind


def test_an_encrypted_token_has_a_header_and_no_claims() -> None:
    token = read_authorization(f"Bearer {segment({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.a.b.c.d")
    assert (token.kind, token.header["enc"], dict(token.claims)) == ("jwe", "A256GCM", {})


@pytest.mark.parametrize(
    "credential",
    [
        TOKEN.rpartition(".")[0],
        TOKEN.partition(".")[0],
        TOKEN[:80],
        TOKEN[:20],
    ],
)
def test_a_token_that_was_cut_off_before_its_signature_is_malformed(credential: str) -> None:
    token = read_authorization(f"Bearer {credential}")
    assert (token.kind, token.problem) == ("malformed", "truncated")


@pytest.mark.parametrize(
    "credential",
    [
        f"{TOKEN.rpartition('.')[0]}.",
        f"{TOKEN.rpartition('.')[0]}.c2ln",
        TOKEN[:-7],
        f"{segment({'alg': 'ES256'})}.{segment(CLAIMS)}.",
        f"{segment({'alg': None})}.{segment(CLAIMS)}.",
    ],
)
def test_a_shortened_signature_takes_nothing_from_the_claims(credential: str) -> None:
    token = read_authorization(f"Bearer {credential}")
    assert (token.kind, token.problem, dict(token.claims)) == ("jwt", "truncated", CLAIMS)


def test_the_claims_before_the_cut_are_still_read() -> None:
    assert dict(read_authorization(f"Bearer {TOKEN.rpartition('.')[0]}").claims) == CLAIMS


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "ES256"}])
def test_signatures_of_other_kinds_have_no_length_we_know(header: dict[str, str]) -> None:
    signature = "" if header["alg"] == "none" else "abc"
    assert read_authorization(f"Bearer {segment(header)}.{segment(CLAIMS)}.{signature}").kind == "jwt"


@pytest.mark.parametrize(
    ("credential", "problem"),
    [
        (f"{segment(['no object'])}.{segment(CLAIMS)}.{SIGNATURE}", "not-json"),
        (f"{segment({'alg': 'RS256'})}.YQ.{SIGNATURE}", "not-json"),
        (f"{segment({'alg': 'RS256'})}.a!b.{SIGNATURE}", "not-base64"),
        (f"..{SIGNATURE}", "not-base64"),
        (f"{segment({'alg': 'RS256'})}.{segment(CLAIMS)[:-2]}.{SIGNATURE}", "not-json"),
    ],
)
def test_three_parts_that_hold_no_claims_say_why(credential: str, problem: str) -> None:
    token = read_authorization(f"Bearer {credential}")
    assert (token.kind, token.problem) == ("malformed", problem)


def test_claims_nested_beyond_reason_are_not_read() -> None:
    deep = urlsafe_b64encode(b'{"a":' + b"[" * 30_000).decode()
    assert read_authorization(f"Bearer {segment({'alg': 'RS256'})}.{deep}.{SIGNATURE}").problem == "not-json"
