"""Errors whose JSON ends before its time, as loggers and size limits leave them."""

from __future__ import annotations

import pytest

from proxy_addons.evidence.error_body import read_error
from proxy_addons.evidence.exchange import Body
from tests.support.wire import GRAPH, answered, asked, facts_of

RAOP = (
    b'{"error":{"code":"ErrorAccessDenied",'
    b'"message":"Access to OData is disabled: [RAOP] : Blocked by \\"tenant\\" conf'
)


def test_code_and_beginning_of_the_message_are_read() -> None:
    error = read_error(Body(RAOP))
    assert (error.dialect, error.code, error.cut_off) == ("graph", "ErrorAccessDenied", True)
    assert error.message == 'Access to OData is disabled: [RAOP] : Blocked by "tenant" conf'


def test_an_entra_error_is_read_with_its_number() -> None:
    error = read_error(Body(b'{"error":"invalid_grant","error_description":"AADSTS53003: Access has been blo'))
    assert (error.dialect, error.code, error.aadsts) == ("entra", "invalid_grant", 53003)


@pytest.mark.parametrize("body", [b'{"error":{"code":"Forb', b'{"value":[{"message":"hello', b"{"])
def test_half_a_code_and_other_beginnings_are_no_error(body: bytes) -> None:
    assert read_error(Body(body)).dialect == "none"


def test_half_an_escape_is_kept_as_it_stands() -> None:
    assert read_error(Body(b'{"error":{"code":"x","message":"a\\u00')).message == "a\\u00"


def test_what_may_have_stood_in_the_rest_is_not_known() -> None:
    facts = facts_of(asked(GRAPH), answered(403, (), RAOP))
    assert (facts.text("error.code"), facts.get("error.suberror")) == ("ErrorAccessDenied", None)
