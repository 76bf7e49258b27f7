from __future__ import annotations

from types import MappingProxyType

import pytest

from proxy_addons.diagnosis.wording import evidence_text, fill, moment, span
from proxy_addons.evidence.facts import Fact, Facts, Value


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("token.audience", None, "absent"),
        ("token.audience", "x", "x"),
        ("token.audience", "", "empty"),
        ("token.audience", "x" * 301, "x" * 300 + "…"),
        ("token.guest", True, "yes"),
        ("token.guest", False, "no"),
        ("response.status", 403, "403"),
        ("token.expires", 1_795_262_400, "2026-11-21T12:00:00Z"),
        ("token.expired_by", 300, "5 min"),
        ("token.roles", ("a", "b"), "a, b"),
        ("token.roles", (), "none"),
    ],
)
def test_a_fact_is_told_in_words(name: str, value: Value, text: str) -> None:
    assert evidence_text(Fact(name, value, "wire")) == text


def test_facts_are_filled_into_a_sentence() -> None:
    facts = Facts(
        MappingProxyType(
            {"token.roles": Fact("token.roles", ("a",), "token"), "token.user": Fact("token.user", None, "token")}
        )
    )
    sentence = "It has {token.roles} of {token.user} for {token.audience}, not {this}."
    assert fill(sentence, facts) == "It has a of <not seen> for <not seen>, not {this}."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_795_262_400.9, "2026-11-21T12:00:00Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"),
        (10**18, "1000000000000000000"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_a_moment_is_told_in_utc_where_the_calendar_holds_it(seconds: float, text: str) -> None:
    assert moment(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (-150, "-2 min"), (3600, "1 h 0 min"), (-11_100, "-3 h 5 min")],
)
def test_a_span_is_told_in_the_largest_fitting_unit(seconds: int, text: str) -> None:
    assert span(seconds) == text
