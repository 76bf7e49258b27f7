from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode

import pytest

from proxy_addons.evidence.challenge import (
    ClaimsRequest,
    Diagnostics,
    cae_code,
    not_before,
    read_challenges,
    read_claims,
    read_diagnostics,
)

CAE = (
    'PoP realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000", nonce="ey==", Bearer realm="", '
    'authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000", error_description="Continuous access evaluation resulted in '
    'challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp", '
    'error="insufficient_claims", '
    'claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTcyNjI1ODEyMiJ9fX0="'
)
ACRS = json.dumps({"access_token": {"acrs": {"essential": True, "values": ["c1", "c2"]}, "xms_rp": None}})


def test_two_schemes_in_one_field_are_told_apart() -> None:
    assert [challenge.scheme for challenge in read_challenges([CAE])] == ["pop", "bearer"]


def test_parameters_belong_to_the_scheme_before_them() -> None:
    pop, bearer = read_challenges([CAE])
    assert ("nonce" in pop.parameters, "error" in pop.parameters) == (True, False)
    assert bearer.parameters["error"] == "insufficient_claims"


def test_a_value_may_hold_commas_blanks_and_equals_signs() -> None:
    assert read_challenges([CAE])[1].parameters["claims"].endswith("fX0=")


def test_the_claims_of_a_revocation_name_the_moment() -> None:
    claims = read_claims(read_challenges([CAE])[1].parameters["claims"])
    assert claims is not None
    assert not_before(claims) == 1_726_258_122


def test_several_fields_are_read_in_order() -> None:
    assert [c.scheme for c in read_challenges(["Negotiate", 'Basic realm="x"', "Bearer"])] == [
        "negotiate",
        "basic",
        "bearer",
    ]


def test_a_scheme_sent_twice_is_two_challenges() -> None:
    assert len(read_challenges(['Basic Realm="",Basic Realm=""'])) == 2


def test_the_first_of_a_repeated_parameter_counts() -> None:
    assert read_challenges(['Bearer error="a", error="b"'])[0].parameters == {"error": "a"}


@pytest.mark.parametrize(
    ("field", "carries"), [("Negotiate YIIZ==", True), ("NTLM TlRM", True), ("Negotiate, NTLM", False), ("NTLM", False)]
)
def test_a_token_in_place_of_parameters_is_told(field: str, carries: bool) -> None:  # noqa: FBT001  # a table's column
    assert read_challenges([field])[0].carries_token is carries


def test_escaped_quotes_are_part_of_the_value() -> None:
    assert read_challenges([r'Bearer error_description="a \"b\" c", error=x'])[0].parameters == {
        "error_description": 'a "b" c',
        "error": "x",
    }


@pytest.mark.parametrize("field", ["", " , ,", '"', "=x", "12 , -", '"a" b="', "1=2", "\0\ud800é", 'a="never closed'])
def test_a_field_that_makes_no_sense_is_no_error(field: str) -> None:
    assert all(challenge.scheme for challenge in read_challenges([field]))


def test_parameters_before_any_scheme_are_nobodys() -> None:
    assert read_challenges(['error="x", Bearer realm="y"'])[0].parameters == {"realm": "y"}


@pytest.mark.parametrize("raw", [ACRS, b64encode(ACRS.encode()).decode(), urlsafe_b64encode(ACRS.encode()).decode()])
def test_claims_are_read_from_base64_and_from_plain_json(raw: str) -> None:
    assert read_claims(raw) == ClaimsRequest({"acrs": ("c1", "c2"), "xms_rp": ()})


@pytest.mark.parametrize("raw", ["", "%%%", "bm8ganNvbg==", "[1]", "é", "[" * 100_000])
def test_claims_in_no_known_form_are_not_known(raw: str) -> None:
    assert read_claims(raw) is None


@pytest.mark.parametrize("raw", ["{}", '{"access_token": 1}', '{"id_token": {"acr": null}}'])
def test_claims_that_demand_nothing_of_the_access_token_demand_nothing(raw: str) -> None:
    assert read_claims(raw) == ClaimsRequest()


@pytest.mark.parametrize(
    ("demand", "values"),
    [({"value": "cp1"}, ("cp1",)), ({"value": 5}, ("5",)), ({"values": "c1"}, ("c1",)), ({"values": [["x"]]}, ())],
)
def test_a_demand_is_one_value_or_several(demand: object, values: tuple[str, ...]) -> None:
    claims = read_claims(json.dumps({"access_token": {"acrs": demand}}))
    assert claims is not None
    assert claims.demands["acrs"] == values


@pytest.mark.parametrize("values", [(), ("soon",), ("1" * 13,), ("-5",)])
def test_a_moment_that_is_none_is_not_demanded(values: tuple[str, ...]) -> None:
    assert not_before(ClaimsRequest({"nbf": values})) is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (
            '2000003;reason="The audience claim value is invalid \'aud\'.";error_category="invalid_resource"',
            Diagnostics(2_000_003, "The audience claim value is invalid 'aud'.", "invalid_resource"),
        ),
        ('2000008;error_category="invalid_grant"', Diagnostics(2_000_008, "", "invalid_grant")),
        (
            '3000003;reason="Invalid audience Uri.";category="invalid_client"',
            Diagnostics(3_000_003, "Invalid audience Uri.", "invalid_client"),
        ),
        ("2000001", Diagnostics(2_000_001)),
        ('2000001; reason="no end', Diagnostics(2_000_001, "no end")),
        ('2000001;reason="says "no" to it" ; error_category="x"', Diagnostics(2_000_001, 'says "no" to it', "x")),
        ('2000001;reason="has category="a"";error_category="b"', Diagnostics(2_000_001, 'has category="a"', "b")),
    ],
)
def test_the_diagnostics_header_is_read(value: str, read: Diagnostics) -> None:
    assert read_diagnostics(value) == read


@pytest.mark.parametrize("value", [None, "", "none", "12;x", "2000003 and more", "99999999999"])
def test_what_is_no_diagnostics_header_is_none(value: str | None) -> None:
    assert read_diagnostics(value) is None


@pytest.mark.parametrize(
    ("description", "code"),
    [
        (
            "… with result: InteractionRequired and code: LocationConditionEvaluationSatisfied",
            "LocationConditionEvaluationSatisfied",
        ),
        ("The token was revoked.", ""),
        (None, ""),
    ],
)
def test_the_code_of_continuous_access_evaluation_is_read_from_its_sentence(description: str | None, code: str) -> None:
    assert cae_code(description) == code
