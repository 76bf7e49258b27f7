from __future__ import annotations

import pytest

from proxy_addons.evidence.error_body import ServiceError
from proxy_addons.evidence.plain_refusal import plain_refusal


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        ("accessDenied", "Access denied"),
        ("anything", "insufficient permissions"),
    ],
)
def test_a_sentence_that_says_no_more_than_no_is_told(code: str, message: str) -> None:
    assert plain_refusal(ServiceError("graph", code, message)) == message


@pytest.mark.parametrize(
    "message",
    ["Privilèges insuffisants pour effectuer l'opération.", "拒绝访问。", "Zugriff verweigert."],
)
def test_a_translated_sentence_is_told_by_its_code(message: str) -> None:
    assert plain_refusal(ServiceError("graph", "ErrorAccessDenied", message)) == message


def test_a_code_without_a_sentence_is_told() -> None:
    assert plain_refusal(ServiceError("graph", "Authorization_RequestDenied")) == "Authorization_RequestDenied"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ErrorAccessDenied", "Access to OData is disabled."),
        ("Forbidden", "Zugriff verweigert."),
        ("InvalidAuthenticationToken", "Access token is empty."),
    ],
)
def test_a_refusal_with_a_reason_is_none(code: str, message: str) -> None:
    assert plain_refusal(ServiceError("graph", code, message)) is None
