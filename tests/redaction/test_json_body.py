import json

import pytest

from proxy_addons.redaction.json_body import clean_json
from proxy_addons.redaction.scope import Scope, UnreadableError
from tests.redaction.notes import ledger, text_of


def shown(text: str, *, in_error: bool = False) -> str:
    notes = ledger()
    return text_of(clean_json(text, Scope(lambda _text, _scope, _ledger: None, in_error=in_error), notes), notes)


def test_members_are_rebuilt_by_their_rules() -> None:
    body = {
        "userPrincipalName": "jane@contoso.com",
        "accountEnabled": True,
        "manager": None,
        "jobTitle": "Ärztin",
        "age": 41,
    }
    assert json.loads(shown(json.dumps(body))) == {
        "userPrincipalName": "<user>",
        "accountEnabled": True,
        "manager": None,
        "jobTitle": "<text:up-to-16>",
        "age": "<number>",
    }


def test_numbers_of_known_meaning_stay() -> None:
    assert (
        shown('{"error_codes":[50076],"status":403,"expires_in":3599}')
        == '{"error_codes":[50076],"status":403,"expires_in":3599}'
    )


def test_names_that_are_not_public_are_masked() -> None:
    assert (
        shown('{"jane@contoso.com":true,"0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b":true}') == '{"<user>":true,"<id>":true}'
    )


def test_duplicate_names_stay_duplicates() -> None:
    assert shown('{"code":"A","code":"B"}', in_error=True) == '{"code":"A","code":"B"}'


def test_numbers_nobody_can_hold_are_masked() -> None:
    digits = "9" * 5000
    assert (
        shown(f"[{digits},1.{digits},NaN,1e999,-Infinity]")
        == '["<number>","<number>","<number>","<number>","<number>"]'
    )


def test_a_sentence_stays_inside_an_error_only() -> None:
    assert shown('{"error":{"message":"Access is denied."},"message":"Access is denied."}') == (
        '{"error":{"message":"Access is denied."},"message":"<text:up-to-64>"}'
    )


def test_an_item_with_a_refused_status_is_an_error() -> None:
    assert shown('{"id":"1","status":403,"body":{"message":"Access is denied."}}') == (
        '{"id":"1","status":403,"body":{"message":"Access is denied."}}'
    )


def test_headers_inside_a_body_follow_the_rules_of_headers() -> None:
    assert shown('{"headers":{"Retry-After":"120","Authorization":"Bearer x","n":5}}') == (
        '{"headers":{"Retry-After":"120","Authorization":"Bearer <secret:up-to-16>","n":"<number>"}}'
    )


def test_what_hangs_below_a_secret_is_secret() -> None:
    assert shown('{"passwordProfile":{"x":"Zwiebel","list":["Kuchen"]}}') == (
        '{"passwordProfile":{"x":"<secret:up-to-16>","list":["<secret:up-to-16>"]}}'
    )


@pytest.mark.parametrize("text", ["", "{", "[1,", "{'a':1}", '{"a":1}x'])
def test_what_is_no_json_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="no JSON"):
        shown(text)


def test_nesting_beyond_reason_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="nested too deep"):
        shown("[" * 100_000 + "]" * 100_000)


def test_deep_and_wide_documents_are_shown_in_part() -> None:
    deep = shown("[" * 100 + "]" * 100)
    assert deep == "[" * 41 + "]" * 41
    wide = json.loads(shown(json.dumps([{"accountEnabled": True}] * 5000)))
    assert 100 < len(wide) < 1000


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert shown('{"lang":"\\ud83d","error":{"message":"bad \\ud83d"}}') == (
        '{"lang":"<text:up-to-16>","error":{"message":"bad <text>"}}'
    )
