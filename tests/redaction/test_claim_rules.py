import json
from base64 import b64encode

import pytest

from proxy_addons.evidence.bearer_token import read_authorization
from proxy_addons.redaction.claim_rules import (
    clean_claim,
    clean_claims,
    clean_claims_request,
    is_app_token,
    token_facts,
)
from tests.redaction.notes import ledger, plain
from tests.support.wire import jwt

GUID = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aud", "https://graph.microsoft.com"),
        ("aud", GUID),
        ("aud", f"api://{GUID}"),
        ("aud", f"{GUID}@{GUID}"),
        ("aud", "urn:microsoft:graph"),
        ("iss", f"https://sts.windows.net/{GUID}/"),
        ("tid", GUID),
        ("appid", GUID),
        ("ver", "1.0"),
        ("idtyp", "user"),
        ("scp", "Mail.Read User.Read full_access_as_app"),
        ("roles", f"Mail.Read {GUID} "),
        ("uti", "xK2mQ8vT5wL1nR7cJ4pZaA"),
        ("kid", "Ab1dE2fGh3"),
        ("acr", "possessionorinherence"[:10]),
    ],
)
def test_the_claims_a_diagnosis_needs_stay(name: str, value: str) -> None:
    assert clean_claim(name, value, ledger()) == value


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("upn", "jane@contoso.com", "<user>"),
        ("name", "Jane Doe", "<name>"),
        ("ipaddr", "10.0.0.1", "<ip>"),
        ("oid", GUID, "<user>"),
        ("tid", "Zx9k2LmQ8vT5", "<text:up-to-16>"),
        ("ver", "correct horse battery", "<text:up-to-64>"),
        ("uti", "!", "<text:up-to-16>"),
        ("aud", "https://user@contoso.com/x", "<text:up-to-64>"),
        ("aud", "https://[broken", "<text:up-to-16>"),
        ("aud", "Ostrowski", "<text:up-to-16>"),
        ("aud", "https://mail.contoso.com/EWS?x=Tove#y", "https://mail.contoso.com/EWS<text:up-to-16>"),
        ("scp", "Mail.Read jane@contoso.com", "Mail.Read <text:up-to-16>"),
        ("nonce", "abc", "<present>"),
        ("whatever", "abc", "<text:up-to-16>"),
    ],
)
def test_the_others_do_not(name: str, value: str, shown: str) -> None:
    assert plain(clean_claim(name, value, ledger())) == shown


def test_the_object_id_of_an_app_only_token_is_a_fact() -> None:
    shown = clean_claims({"idtyp": "app", "oid": GUID, "sub": GUID}, ledger())
    assert (shown["oid"], shown["sub"]) == (GUID, GUID)


@pytest.mark.parametrize(
    ("claims", "is_app"),
    [
        ({"idtyp": "app", "upn": "x"}, True),
        ({"idtyp": "user"}, False),
        ({"idtyp": {"app": 1}, "oid": "1", "sub": "1"}, True),
        ({"oid": "1", "sub": "1"}, True),
        ({"iss": "1", "sub": "1"}, True),
        ({"oid": "1", "sub": "2"}, False),
        ({"oid": "1", "sub": "1", "scp": "x"}, False),
    ],
)
def test_whether_a_token_speaks_for_an_app_alone(claims: dict[str, object], is_app: bool) -> None:  # noqa: FBT001
    assert is_app_token(claims) is is_app


def test_the_claims_of_one_user_are_known_as_one_person() -> None:
    notes = ledger()
    shown = clean_claims({"upn": "jane@contoso.com", "oid": GUID, "sub": "abc-def"}, notes)
    assert notes.aliases == {(shown["upn"], shown["oid"]), (shown["upn"], shown["sub"])}


def test_values_of_every_json_type_are_handled() -> None:
    shown = clean_claims(
        {
            "exp": 1_795_263_900,
            "phone": 5_550_199,
            "wids": [GUID],
            "acct": None,
            "email_verified": True,
            "cnf": {"kid": "x"},
            "address": {"street": "x"},
            "zzqq": 1,
        },
        ledger(),
    )
    assert shown == {
        "exp": 1_795_263_900,
        "phone": "<number>",
        "wids": [GUID],
        "acct": None,
        "email_verified": True,
        "cnf": "<present>",
        "address": "<text:up-to-16>",
        "<text:up-to-16>": "<number>",
    }


def test_what_a_token_says_is_told_with_its_kind_and_problem() -> None:
    read = read_authorization(f"Bearer {jwt({'tid': GUID}, signature='')}")
    facts = token_facts(read, ledger())
    assert (facts["kind"], facts["problem"], facts["claims"]) == ("jwt", "truncated", {"tid": GUID})


def test_an_encrypted_token_tells_its_header_only() -> None:
    facts = token_facts(read_authorization("Bearer eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d"), ledger())
    assert facts["header"] == {"alg": "RSA-OAEP", "enc": "A256GCM"}
    assert "claims" not in facts


def test_a_claims_request_stays_verbatim_where_nothing_had_to_go() -> None:
    plain_text = '{"access_token": {"nbf": {"essential": true, "value": "1726258122"}}}'
    based = b64encode(plain_text.encode()).decode()
    assert clean_claims_request(plain_text, ledger()) == plain_text
    assert clean_claims_request(based, ledger()) == based


def test_a_claims_request_is_rebuilt_where_something_had_to() -> None:
    raw = json.dumps({"id_token": {"email": {"values": ["jane@contoso.com", 5]}}})
    assert plain(clean_claims_request(raw, ledger())) == '{"id_token":{"email":{"values":["<user>","<number>"]}}}'


@pytest.mark.parametrize("raw", ["no json", "[1]", '{"a":1,"a":2}', "[" * 100_000, "gA=="])
def test_what_is_no_claims_request_is_masked(raw: str) -> None:
    assert clean_claims_request(raw, ledger()).startswith("<text:")
